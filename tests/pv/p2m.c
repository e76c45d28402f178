/* SPDX-License-Identifier: MIT */
/*
 * P2M and M2P: the two tables between the guest's numbers and the machine's agree.
 *
 * Mechanism: the list at start_info->mfn_list names the machine frame of each pfn; the read-only
 * table at the address given by XENMEM_machphys_mapping leads back. No frame appears twice, and
 * the boot mapping maps pfn n at VIRT_BASE + n pages.
 * Steps: 1. every pfn there and back; 2. the boot mapping's entries; 3. reading the M2P is allowed,
 * writing it is a page fault; 4. the count of pages is what the hypervisor says it gave.
 * Fails by: the first pfn that does not come back.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

void test_main(void)
{
	xen_machphys_mapping_t where = { 0 };
	domid_t self = DOMID_SELF;
	unsigned long bad = 0, value;
	unsigned long *entry;

	trap_init();
	shared_info_map();
	expect(hv_memory_op(XENMEM_machphys_mapping, &where), 0, "machphys_mapping");
	ensure(where.v_start < where.v_end, "M2P from %#lx to %#lx", where.v_start, where.v_end);
	ensure(where.max_mfn < (where.v_end - where.v_start) / sizeof(long), "max_mfn %#lx",
	       where.max_mfn);

	for (unsigned long p = 0; p < start_info->nr_pages && bad < 3; p++) {
		mfn_t mfn = pfn_to_mfn(PFN(p));

		ensure(mfn.m <= where.max_mfn, "pfn %#lx has mfn %#lx", p, mfn.m);
		if (mfn_to_pfn(mfn).p == p)
			continue;
		test_failure("pfn %#lx, mfn %#lx leads back to pfn %#lx", p, mfn.m,
			     mfn_to_pfn(mfn).p);
		bad++;
	}

	for (unsigned long va = VIRT_BASE; va < entry_regs.sp; va += PAGE_SIZE) {
		const uint64_t *e = pt_entry(va, 1);

		if (!e || pte_mfn(*e).m != virt_to_mfn((void *)va).m) {
			if (e == pt_entry((unsigned long)shared_info, 1))
				continue;
			test_failure("entry of %#lx is %#llx", va, e ? (unsigned long long)*e : 0);
			break;
		}
	}

	entry = (unsigned long *)where.v_start + root_mfn().m;
	expect_exc(try_read(entry, &value), EXC_NONE, "read the M2P");
	expect(EXC_VECTOR(try_write(entry, 0)), VEC_PF, "vector of a write to the M2P");
	expect_u64(trap_cr2(), (unsigned long)entry, "cr2 of that write");
	expect_u64(*entry, value, "the M2P is unchanged");

	expect(hv_memory_op(XENMEM_current_reservation, &self), start_info->nr_pages,
	       "current_reservation");
}
