/* SPDX-License-Identifier: MIT */
/*
 * xen_version: every sub-operation answers in its own shape.
 *
 * Mechanism: XENVER_version returns major << 16 | minor without looking at its pointer; the others
 * fill a structure of fixed size, return a number, or refuse.
 * Steps: 1. each sub-operation with a good buffer, and that it writes no byte beyond its structure;
 * 2. bad pointers; 3. the features that every PV guest is promised; 4. unknown sub-operations.
 * Fails by: the name of the sub-operation with what it returned.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static char buf[4096];

#define GUARD 0x5a

static void check_text(int cmd, unsigned int size, const char *name)
{
	memset(buf, GUARD, sizeof(buf));
	expect(hv_xen_version(cmd, buf), 0, "%s", name);
	ensure(memchr(buf, 0, size) != NULL, "%s: no terminator in %u bytes", name, size);
	for (unsigned int i = size; i < size + 64; i++)
		ensure(buf[i] == GUARD, "%s: byte %u written, beyond its %u", name, i, size);
	expect(hv_xen_version(cmd, NULL), -XEN_EFAULT, "%s, null pointer", name);
}

static void check_features(void)
{
	struct xen_feature_info fi = { .submap_idx = 0, .submap = 0 };

	expect(hv_xen_version(XENVER_get_features, &fi), 0, "get_features");
	ensure(fi.submap >> XENFEAT_mmu_pt_update_preserve_ad & 1, "no mmu_pt_update_preserve_ad");
	ensure(!(fi.submap >> XENFEAT_auto_translated_physmap & 1), "translated physmap for PV");
	ensure(!(fi.submap >> XENFEAT_hvm_callback_vector & 1), "HVM callback vector for PV");
	ensure(!(fi.submap >> XENFEAT_dom0 & 1) == !is_dom0(), "dom0 feature %#x", fi.submap);
	fi.submap_idx = 1;
	expect(hv_xen_version(XENVER_get_features, &fi), -XEN_EINVAL, "get_features, submap 1");
	expect(hv_xen_version(XENVER_get_features, NULL), -XEN_EFAULT, "get_features, null");
}

void test_main(void)
{
	long version = hv_xen_version(XENVER_version, NULL);
	xen_platform_parameters_t params = { 0 };
	xen_machphys_mapping_t m2p;

	ensure(version >> 16 == 4 && (version & 0xffff) >= 17, "version %#lx is older than 4.17",
	       version);
	expect(hv_xen_version(XENVER_version, (void *)1), version, "version, odd pointer");

	check_text(XENVER_extraversion, sizeof(xen_extraversion_t), "extraversion");
	check_text(XENVER_compile_info, sizeof(struct xen_compile_info), "compile_info");
	check_text(XENVER_capabilities, sizeof(xen_capabilities_info_t), "capabilities");
	hv_xen_version(XENVER_capabilities, buf);
	ensure(strstr(buf, PT_LEVELS == 3 ? "xen-3.0-x86_32p" : "xen-3.0-x86_64") != NULL,
	       "capabilities do not name this guest: %s", buf);
	check_text(XENVER_changeset, sizeof(xen_changeset_info_t), "changeset");
	check_text(XENVER_commandline, sizeof(xen_commandline_t), "commandline");

	expect(hv_xen_version(XENVER_platform_parameters, &params), 0, "platform_parameters");
	expect(hv_memory_op(XENMEM_machphys_mapping, &m2p), 0, "machphys_mapping");
	expect_u64(params.virt_start, m2p.v_start, "virt_start is where the M2P starts");

	check_features();
	expect(hv_xen_version(XENVER_pagesize, NULL), PAGE_SIZE, "pagesize");
	expect(hv_xen_version(XENVER_pagesize, buf), -XEN_EINVAL, "pagesize with a pointer");

	memset(buf, GUARD, sizeof(buf));
	expect(hv_xen_version(XENVER_guest_handle, buf), 0, "guest_handle");
	expect(buf[16], GUARD, "guest_handle writes 16 bytes");
	expect(hv_xen_version(XENVER_guest_handle, NULL), -XEN_EFAULT, "guest_handle, null");

	expect(hv_xen_version(11, buf), -XEN_ENOSYS, "sub-operation 11");
	expect(hv_xen_version(-1, buf), -XEN_ENOSYS, "sub-operation -1");
}
