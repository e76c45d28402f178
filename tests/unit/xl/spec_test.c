/* SPDX-License-Identifier: MIT */
/*
 * Disks and network interfaces as configuration files write them: every form that is in use, the numbers of
 * virtual devices, and what is refused.
 *
 * The device numbers are those of docs/misc/vbd-interface of the public ABI, worked out by hand.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "user/xl/spec.h"

static void forms_of_a_disk(void **state)
{
	static const struct {
		const char *text, *target, *vdev;
		bool writable, is_file;
	} good[] = {
		{ "phy:/dev/vda,xvda,w", "/dev/vda", "xvda", true, false },
		{ "phy:/dev/vda2,xvda2,r", "/dev/vda2", "xvda2", false, false },
		{ "phy:vdb,xvdb,w", "/dev/vdb", "xvdb", true, false },
		{ "file:/images/x.img,xvdb,r", "/images/x.img", "xvdb", false, true },
		{ "/dev/vda,raw,xvda,rw", "/dev/vda", "xvda", true, false },
		{ "/dev/vda,,xvda,ro", "/dev/vda", "xvda", false, false },
		{ "/dev/vda,raw,xvda", "/dev/vda", "xvda", true, false },
		{ "format=raw, vdev=xvda, access=rw, target=/dev/vda", "/dev/vda", "xvda", true,
		  false },
		{ "vdev=hda, access=ro, target=/x", "/x", "hda", false, true },
	};
	char error[400];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct disk_spec d;

		if (!parse_disk(good[i].text, &d, error, sizeof(error)))
			fail_msg("%s", error);
		assert_string_equal(d.target, good[i].target);
		assert_string_equal(d.vdev, good[i].vdev);
		assert_int_equal(d.writable, good[i].writable);
		assert_int_equal(d.is_file, good[i].is_file);
		assert_int_equal(d.number, vdev_number(good[i].vdev));
	}
}

static void disks_that_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		",",
		"phy:/dev/vda",
		"phy:/dev/vda,w",
		"phy:/dev/vda,xvda,x",
		"phy:/dev/vda,vda,w",
		"/dev/vda,qcow2,xvda,w",
		"format=vhd,vdev=xvda,target=/x",
		"vdev=xvda,access=rw",
		"target=/x,vdev=xvdaaaaaaaaaaaaaaaaaa",
		"phy:/dev/vda,xvdaaaaaaaaaaaaa,w",
		"phy:/dev/vda,xvda,w,colour=red",
		"phy:/dev/vda,devtype=cdrom,xvda,r",
	};
	char error[400], longer[300];
	struct disk_spec d;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error[0] = '\0';
		if (parse_disk(bad[i], &d, error, sizeof(error)))
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(strstr(error, "disk '"));
	}
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_false(parse_disk(longer, &d, error, sizeof(error)));
	memcpy(longer, "/dev/", 5);
	memcpy(longer + 200, ",xvda,w", 8);
	assert_false(parse_disk(longer, &d, error, sizeof(error)));
}

static void numbers_of_virtual_devices(void **state)
{
	static const struct {
		const char *vdev;
		unsigned number;
	} known[] = {
		{ "xvda", 51712 },
		{ "xvda1", 51713 },
		{ "xvdb", 51728 },
		{ "xvdp15", 51967 },
		{ "xvdq", 268439552 },
		{ "xvda16", 268435472 },
		{ "xvdaa", 268442112 },
		{ "sda", 2048 },
		{ "sdb2", 2066 },
		{ "hda", 768 },
		{ "hdb", 832 },
		{ "hdc1", 5633 },
		{ "hdd", 5696 },
		{ "hde", 0 },
		{ "sdq", 0 },
		{ "vda", 0 },
		{ "w", 0 },
		{ "", 0 },
		{ "x", 0 },
		{ "xv", 0 },
		{ "xvd", 0 },
		{ "sd", 0 },
		{ "xvd1", 0 },
		{ "xvda0", 0 },
		{ "xvda-1", 0 },
		{ "xvda+1", 0 },
		{ "xvda 1", 0 },
		{ "xvda1x", 0 },
		{ "xvda256", 0 },
		{ "xvda99999999999999999999", 0 },
		{ "xvdA", 0 },
		{ "xvdzzzzzzzzzzzzzzzz", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		/* Memory of its own size: the sanitizers see who reads behind its end. */
		char *vdev = strdup(known[i].vdev);

		if (vdev_number(vdev) != known[i].number)
			fail_msg("%s: %u", vdev, vdev_number(vdev));
		free(vdev);
	}
}

static void interfaces(void **state)
{
	char error[400];
	struct vif_spec v;

	(void)state;
	assert_true(parse_vif("", &v, error, sizeof(error)));
	assert_string_equal(v.mac, "");
	assert_string_equal(v.bridge, "xenbr0");
	assert_true(parse_vif("mac=00:16:3E:01:02:03, bridge=br1,ip=10.0.2.15,script=vif-bridge",
			      &v, error, sizeof(error)));
	assert_string_equal(v.mac, "00:16:3E:01:02:03");
	assert_string_equal(v.bridge, "br1");
	assert_string_equal(v.ip, "10.0.2.15");
	assert_true(v.rate_bytes == 0);
}

static void rates(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
		uint32_t usecs;
	} known[] = {
		{ "rate=1MB/s", 50000, 50000 },	      { "rate=10Mb/s", 62500, 50000 },
		{ "rate=250KB/s@20ms", 5000, 20000 }, { "rate=100B/s@1s", 100, 1000000 },
		{ "rate=1GB/s@500us", 500000, 500 },
	};
	static const char *const bad[] = {
		"rate=",	 "rate=fast",	    "rate=0MB/s",	"rate=-1MB/s",
		"rate=nanB/s",	 "rate=infB/s",	    "rate=1e300GB/s",	"rate=1MB",
		"rate=1MB/sec",	 "rate=1MB/s@",	    "rate=1MB/s@0ms",	"rate=1MB/s@20",
		"rate=1MB/s@2h", "rate=1MB/s@-1ms", "rate=1MB/s@5000s", "rate=1B/s@1us",
	};
	char error[400];
	struct vif_spec v;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!parse_vif(known[i].text, &v, error, sizeof(error)))
			fail_msg("%s", error);
		assert_true(v.rate_bytes == known[i].bytes);
		assert_int_equal(v.rate_usecs, known[i].usecs);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse_vif(bad[i], &v, error, sizeof(error)))
			fail_msg("'%s' was taken", bad[i]);
}

static void interfaces_that_are_refused(void **state)
{
	static const char *const bad[] = {
		"mac",
		"mac=",
		"mac=00:16:3e:01:02",
		"mac=00:16:3e:01:02:0g",
		"mac=00-16-3e-01-02-03",
		"mac=00:16:3e:01:02:03:04",
		"bridge=a-name-that-is-too-long",
		"colour=red",
	};
	char error[400];
	struct vif_spec v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse_vif(bad[i], &v, error, sizeof(error)))
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(strstr(error, "is not understood"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_of_a_disk),
		cmocka_unit_test(disks_that_are_refused),
		cmocka_unit_test(numbers_of_virtual_devices),
		cmocka_unit_test(interfaces),
		cmocka_unit_test(rates),
		cmocka_unit_test(interfaces_that_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
