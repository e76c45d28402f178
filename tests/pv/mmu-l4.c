/* SPDX-License-Identifier: MIT */
/*
 * The upper levels of a 64-bit guest: level 3 and level 4, and the hypervisor's own slots.
 *
 * Mechanism: a level-4 entry links a level-3 table, that a level-2 table. Slots 256 to 271 of every
 * level 4 are the hypervisor's. Only one level fits a page.
 * Steps: 1. build a path of four new tables under an unused slot and use it; 2. reserved slots;
 * 3. flags; 4. wrong levels; 5. take it apart in any order.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define SLOT 5
#define VA   ((unsigned long)SLOT << 39)

static uint64_t *table(uint64_t first)
{
	uint64_t *page = page_alloc();

	page[0] = first;
	expect(page_make_ro(page), 0, "read-only");
	return page;
}

void test_main(void)
{
	unsigned long *data = page_alloc(), value = 0;
	uint64_t *l1 = table(pte(virt_to_mfn(data), PTE_USER));
	uint64_t *l2 = table(pte(virt_to_mfn(l1), PTE_TABLE));
	uint64_t *l3 = table(pte(virt_to_mfn(l2), PTE_TABLE));
	uint64_t root = pte(root_mfn(), 0), slot = root + SLOT * 8;
	mfn_t m3 = virt_to_mfn(l3);

	trap_init();
	*data = 0x4321;
	expect(mmu_set(slot, pte(m3, PTE_TABLE)), 0, "link a level-3 table");
	expect_exc(try_read((void *)VA, &value), EXC_NONE, "read through four new tables");
	expect_u64(value, 0x4321, "value");
	expect(page_make_rw(l1), -XEN_EBUSY, "level 1, writable");
	expect(page_make_rw(l2), -XEN_EBUSY, "level 2, writable");
	expect(page_make_rw(l3), -XEN_EBUSY, "level 3, writable");

	for (unsigned int i = 256; i < 272; i++)
		expect(mmu_set(root + i * 8, pte(m3, PTE_TABLE)), -XEN_EINVAL, "slot %u", i);
	expect(mmu_set(root + 256 * 8, 0), -XEN_EINVAL, "slot 256, zero");
	expect(mmu_set(root + 272 * 8, pte(m3, PTE_TABLE)), 0, "slot 272");
	expect(mmu_set(root + 272 * 8, 0), 0, "slot 272, cleared");

	expect(mmu_set(root + 6 * 8, pte(m3, PTE_TABLE | PTE_PSE)), -XEN_EINVAL, "PSE at level 4");
	expect(mmu_set(root + 6 * 8, pte(m3, PTE_TABLE | PTE_G)), -XEN_EINVAL, "G at level 4");
	expect(mmu_set(root + 6 * 8, pte(virt_to_mfn(l2), PTE_TABLE)), -XEN_EINVAL, "level 2 as 3");
	expect(mmu_set(root + 6 * 8, pte(virt_to_mfn(data), PTE_TABLE)), -XEN_EINVAL, "data as 3");
	expect(mmu_set(pt_entry_maddr(VA, 3) + 8, pte(m3, PTE_TABLE | PTE_RW)), -XEN_EINVAL,
	       "level 3 in itself, writable");
	expect(mmu_set(pt_entry_maddr(VA, 3) + 8, pte(virt_to_mfn(l2), PTE_TABLE | PTE_PSE)),
	       -XEN_EINVAL, "PSE at level 3");
	expect(mmu_set(pt_entry_maddr(VA, 3) + 8, pte(hypervisor_mfn(), PTE_TABLE)), -XEN_EINVAL,
	       "a hypervisor frame at level 3");

	expect(mmu_set(slot, 0), 0, "unlink all");
	expect(mmuext_addr(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0, "flush");
	expect_exc(try_read((void *)VA, NULL), EXC(VEC_PF, 0), "read after it");
	expect(page_make_rw(l3), 0, "level 3, a page again");
	expect(page_make_rw(l2), 0, "level 2, a page again");
	expect(page_make_rw(l1), 0, "level 1, a page again");
}
