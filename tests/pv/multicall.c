/* SPDX-License-Identifier: MIT */
/*
 * multicall: many hypercalls for one entry into the hypervisor.
 *
 * Mechanism: entries run in order, each leaving its result in its own slot; an entry that fails
 * does not stop the others. Only an array that cannot be read or written ends the call.
 * Steps: 1. good and bad entries mixed; 2. nesting is refused; 3. none, and far too many; 4. an
 * array that ends in an unmapped page; 5. one on a read-only page.
 * Fails by: the entry's result.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static multicall_entry_t calls[130];

static void check_mixed(long version)
{
	calls[0] = (multicall_entry_t){ .op = __HYPERVISOR_xen_version };
	calls[1] = (multicall_entry_t){ .op = __HYPERVISOR_xen_version, .args = { -1 } };
	calls[2] = (multicall_entry_t){ .op = 63 };
	calls[3] = (multicall_entry_t){ .op = 1000 };
	calls[4] = (multicall_entry_t){ .op = __HYPERVISOR_multicall };
	calls[5] = (multicall_entry_t){ .op = __HYPERVISOR_xen_version };
	expect(hv_multicall(calls, 6), 0, "six entries");
	expect(calls[0].result, version, "entry 0");
	expect((int)calls[1].result, -XEN_ENOSYS, "entry 1, a sub-operation that does not exist");
	expect((int)calls[2].result, -XEN_ENOSYS, "entry 2, hypercall 63");
	expect((int)calls[3].result, -XEN_ENOSYS, "entry 3, hypercall 1000");
	expect((int)calls[4].result, -XEN_EINVAL, "entry 4, multicall in multicall");
	expect(calls[5].result, version, "entry 5");
}

static void check_pointers(long version)
{
	char *window = window_init();
	char *page = page_alloc();
	multicall_entry_t *end = (multicall_entry_t *)(window + PAGE_SIZE) - 2;
	multicall_entry_t *ro = (multicall_entry_t *)(window + 2 * PAGE_SIZE);

	map_va(window, pte(virt_to_mfn(page), PTE_KERN));
	end[0] = end[1] = (multicall_entry_t){ .op = __HYPERVISOR_xen_version };
	expect(hv_multicall(end, 3), -XEN_EFAULT, "third entry unreadable");
	expect(end[0].result, version, "entry 0");
	expect(end[1].result, version, "entry 1");
	end[0].result = end[1].result = 0;
	expect(hv_multicall(end, 0x80000000), -XEN_EFAULT, "2^31 entries");
	expect(hv_multicall(end, -1), -XEN_EFAULT, "2^32 - 1 entries");
	expect(hv_multicall(NULL, 1), -XEN_EFAULT, "null array");
	expect(hv_multicall((void *)-64UL, 1), -XEN_EFAULT, "array at the top");
	expect(hv_multicall(NULL, 0), 0, "no entries");

	map_va(ro, pte(virt_to_mfn(page_alloc()), PTE_KERN_R));
	expect(hv_multicall(ro, 1), -XEN_EFAULT, "array on a read-only page");
}

void test_main(void)
{
	long version = hv_xen_version(XENVER_version, NULL);

	trap_init();
	check_mixed(version);
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		calls[i] = (multicall_entry_t){ .op = __HYPERVISOR_xen_version, .result = 77 };
	expect(hv_multicall(calls, ARRAY_SIZE(calls)), 0, "130 entries");
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		expect(calls[i].result, version, "entry %u of 130", i);
	check_pointers(version);
}
