/* SPDX-License-Identifier: MIT */
/*
 * memory_op's questions: sizes, maps, and where the M2P is.
 *
 * Mechanism: these sub-operations tell and change nothing. Each takes a domain or a buffer.
 * Steps: 1. numbers of pages; 2. the M2P's place and frames; 3. the machine's memory map, which
 * only a privileged domain gets; 4. unknown domains and unknown sub-operations.
 * Fails by: the case with what came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#include <xen/memory.h>

struct e820 {
	uint64_t addr, size;
	uint32_t type;
} __attribute__((packed));

static void check_map(void)
{
	static struct e820 map[64];
	struct xen_memory_map arg = { .nr_entries = ARRAY_SIZE(map) };
	uint64_t ram = 0;

	set_xen_guest_handle(arg.buffer, (void *)map);
	if (!is_dom0()) {
		expect(hv_memory_op(XENMEM_machine_memory_map, &arg), -XEN_EPERM, "not privileged");
		return;
	}
	expect(hv_memory_op(XENMEM_machine_memory_map, &arg), 0, "machine_memory_map");
	ensure(arg.nr_entries > 0 && arg.nr_entries <= 64, "%u entries", arg.nr_entries);
	for (unsigned int i = 0; i < arg.nr_entries; i++)
		if (map[i].type == 1)
			ram += map[i].size;
	ensure(ram >= (uint64_t)start_info->nr_pages << PAGE_SHIFT, "less RAM than the domain has");
	arg.nr_entries = 1;
	expect(hv_memory_op(XENMEM_machine_memory_map, &arg), -XEN_EINVAL, "room for one entry");
	expect(hv_memory_op(XENMEM_machine_memory_map, NULL), -XEN_EFAULT, "null argument");
}

static void check_m2p(void)
{
	xen_machphys_mapping_t where;
	xen_pfn_t frames[4] = { 0 };
	struct xen_machphys_mfn_list list = { .max_extents = 4 };

	expect(hv_memory_op(XENMEM_machphys_mapping, &where), 0, "machphys_mapping");
	expect(hv_memory_op(XENMEM_machphys_mapping, NULL), -XEN_EFAULT, "machphys_mapping, null");
	set_xen_guest_handle(list.extent_start, frames);
	expect(hv_memory_op(XENMEM_machphys_mfn_list, &list), 0, "machphys_mfn_list");
	ensure(list.nr_extents >= 1, "no M2P frames");
	list.max_extents = 0;
	expect(hv_memory_op(XENMEM_machphys_mfn_list, &list), 0, "machphys_mfn_list, no room");
	expect_u64(list.nr_extents, 0, "frames listed");
}

void test_main(void)
{
	static const unsigned int domain_ops[] = { XENMEM_current_reservation,
						   XENMEM_maximum_reservation,
						   XENMEM_maximum_gpfn };
	domid_t dom = DOMID_SELF;
	long value;

	trap_init();
	value = hv_memory_op(XENMEM_maximum_ram_page, NULL);
	ensure(value >= (long)start_info->nr_pages, "maximum_ram_page %ld", value);
	expect(hv_memory_op(XENMEM_current_reservation, &dom), start_info->nr_pages, "current");
	value = hv_memory_op(XENMEM_maximum_reservation, &dom);
	ensure((unsigned long)value >= start_info->nr_pages, "maximum_reservation %ld", value);
	for (unsigned int i = 0; i < ARRAY_SIZE(domain_ops); i++) {
		dom = 5;
		expect(hv_memory_op(domain_ops[i], &dom), -XEN_ESRCH, "op %u, domain 5",
		       domain_ops[i]);
		dom = DOMID_INVALID;
		expect(hv_memory_op(domain_ops[i], &dom), -XEN_ESRCH, "op %u, invalid",
		       domain_ops[i]);
		expect(hv_memory_op(domain_ops[i], NULL), -XEN_EFAULT, "op %u, null",
		       domain_ops[i]);
	}
	check_m2p();
	check_map();
	expect(hv_memory_op(8, NULL), -XEN_ENOSYS, "op 8");
	expect(hv_memory_op(40, NULL), -XEN_ENOSYS, "op 40");
}
