/* SPDX-License-Identifier: MIT */
/*
 * The guard of a bridge's port: frames that say they are somebody else do not pass, however short or wrapped they are.
 */
#include "net/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct bridge_port port = { .filter = true, .mac = { 0, 0x16, 0x3e, 0, 0, 1 } };
static uint8_t frame[64];

static void own(uint16_t type)
{
	memset(frame, 0, sizeof(frame));
	memset(frame, 0xff, 6);
	memcpy(frame + 6, port.mac, 6);
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
}

static void ip_from(uint8_t last, unsigned protocol)
{
	own(0x0800);
	frame[14] = 0x45;
	frame[23] = (uint8_t)protocol;
	if (last)
		memcpy(frame + 26, (uint8_t[]){ 10, 0, 2, last }, 4);
}

static void arp_from(uint8_t last)
{
	own(0x0806);
	memcpy(frame + 22, port.mac, 6);
	if (last)
		memcpy(frame + 28, (uint8_t[]){ 10, 0, 2, last }, 4);
}

static bool passes(void)
{
	return guard_is_honest(&port, frame, sizeof(frame));
}

static void hardware_addresses(void **state)
{
	(void)state;
	assert_int_equal(guard_addresses(&port, ""), 0);
	ip_from(99, 6);
	assert_true(passes());
	frame[11] ^= 2;
	assert_false(passes());
	arp_from(99);
	assert_true(passes());
	frame[27] ^= 2; /* within ARP */
	assert_false(passes());
	own(0x86dd);
	assert_true(passes());
	assert_false(guard_is_honest(&port, frame, 13));
}

static void addresses(void **state)
{
	(void)state;
	assert_int_equal(guard_addresses(&port, "10.0.2.15  10.0.2.16 "), 0);
	for (unsigned last = 14; last < 18; last++) {
		bool ours = last == 15 || last == 16;

		ip_from((uint8_t)last, 6);
		assert_int_equal(passes(), ours);
		arp_from((uint8_t)last);
		assert_int_equal(passes(), ours);
	}
	own(0x86dd);
	assert_false(passes());
	own(0x8100); /* a frame in a frame */
	assert_false(passes());
	ip_from(15, 6);
	assert_false(guard_is_honest(&port, frame, 14 + 19));
	arp_from(15);
	assert_false(guard_is_honest(&port, frame, 14 + 27));
}

static void without_address(void **state)
{
	(void)state;
	assert_int_equal(guard_addresses(&port, "10.0.2.15"), 0);
	arp_from(0);
	assert_true(passes());
	ip_from(0, 17);
	assert_false(passes());
	frame[35] = 68;
	frame[37] = 67;
	assert_true(passes());
	frame[21] = 1; /* a later fragment, whose ports are data */
	assert_false(passes());
	frame[21] = 0;
	frame[14] = 0x4f; /* a header that is longer than the packet */
	assert_false(guard_is_honest(&port, frame, 14 + 40));
	frame[14] = 0x41;
	assert_false(passes());
}

static void texts(void **state)
{
	static const char *const wrong[] = { "10.0.2",	   "10.0.2.256", "10.0.2.15x",
					     "10.0.2.",	   "a",		 "10.0.2.15,10.0.2.16",
					     "1.2.3.00004" };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(guard_addresses(&port, wrong[i]), -EINVAL);
	assert_int_equal(guard_addresses(&port, "1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5"),
			 -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hardware_addresses),
		cmocka_unit_test(addresses),
		cmocka_unit_test(without_address),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
