/* SPDX-License-Identifier: MIT */
/*
 * Linear page tables: a table that maps itself, read-only.
 *
 * Mechanism: an entry of a level-2 table may name that same table (as if it were a level-1 table),
 * or another one of its level, when it does not allow writing. The mapping shows the live entries,
 * and stores through it fault.
 * Steps: 1. link the level-2 table into itself; 2. read an entry through it; 3. a store faults;
 * 4. the writable form is refused; 5. unlink.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

void test_main(void)
{
	unsigned long va, at;
	uint64_t slot;
	mfn_t l2;
	const volatile uint64_t *through;

	trap_init();
	va = (unsigned long)window_init() + (96UL << 20);
	slot = pt_entry_maddr(va, 2);
	l2 = MFN(slot >> PAGE_SHIFT);

	expect(mmu_set(slot, pte(l2, PTE_TABLE)), -XEN_EINVAL, "itself, writable");
	expect(mmu_set(slot, pte(l2, PTE_P | PTE_US | PTE_A)), 0, "itself, read-only");

	/* The window's level-1 table now appears as page number (slot of the window) there. */
	at = va + (pt_index((unsigned long)window_init(), 2) << PAGE_SHIFT);
	through = (const volatile uint64_t *)at;
	expect(map_va(window_init(), pte(virt_to_mfn(page_alloc()), PTE_KERN)), 0, "map a page");
	expect_u64(through[0], window_l1[0], "the window's entry, through the linear map");
	/* And the level-2 table itself, at the page of its own slot. */
	through = (const volatile uint64_t *)(va + (pt_index(va, 2) << PAGE_SHIFT));
	expect_u64(through[pt_index(va, 2)] | PTE_A, pte(l2, PTE_P | PTE_US | PTE_A),
		   "its own entry");
	expect(EXC_VECTOR(try_write((void *)(through + 1), 0)), VEC_PF, "vector of a store");
	expect(mmu_set(slot, 0), 0, "unlink");
	expect(mmuext_addr(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0, "flush");
	expect(EXC_VECTOR(try_read((void *)through, NULL)), VEC_PF, "vector of a read after it");
}
