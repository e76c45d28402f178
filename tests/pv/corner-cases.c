/* SPDX-License-Identifier: MIT */
/*
 * Which of two mistakes is reported, and other corners that a careful kernel may meet.
 *
 * Mechanism: real Xen looks at some arguments before others; a port that was debugged there sees the
 * same numbers here.
 * Steps: unknown operations with no elements; a context that cannot be read for a vCPU that runs; an
 * unknown assist with an unknown command; cache control on a page of the hypervisor's; a batch for a
 * domain that does not exist.
 * Fails by: the number that came instead.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static void check_cache_control(void)
{
	char *window = window_init();
	uint64_t shared = start_info->shared_info | PTE_KERN;

	expect(map_va(window, shared), 0, "map shared_info");
	if (is_dom0())
		expect(map_va(window, shared | PTE_PCD), -XEN_EACCES, "the same, uncached");
	map_va(window, 0);
}

void test_main(void)
{
	const mmu_update_t req = { 0, 0 };
	unsigned int done = 77;

	trap_init();
	shared_info_map();
	expect(hv_grant_table_op(3, NULL, 0), -XEN_ENOSYS, "grant_table_op 3, no elements");
	expect(hv_grant_table_op(99, NULL, 0), -XEN_ENOSYS, "grant_table_op 99, no elements");
	expect(hv_grant_table_op(GNTTABOP_map_grant_ref, NULL, 0), 0, "map no grants");
	expect(hv_vcpu_op(VCPUOP_initialise, 0, NULL), -XEN_EFAULT, "initialise from nowhere");
	expect(hv_vm_assist(99, 31), -XEN_EINVAL, "vm_assist 99 of assist 31");
	expect(hv_vm_assist(99, VMASST_TYPE_4gb_segments), -XEN_ENOSYS, "vm_assist 99");
	if (is_dom0()) {
		expect(hv_mmu_update(&req, 1, &done, 5), -XEN_ESRCH, "a batch for domain 5");
		expect(done, 0, "done of a batch for nobody");
	}
	check_cache_control();
}
