/* SPDX-License-Identifier: MIT */
/*
 * Level-2 entries: linking a page makes it a table.
 *
 * Mechanism: a present level-2 entry takes a reference on its frame as a level-1 table, and so
 * validates the whole page. Superpages are refused. An entry that is replaced or cleared gives its
 * reference back, and the page can be written again.
 * Steps: 1. link, use, unlink; 2. link twice; 3. flags; 4. a table whose content is bad; 5. frames
 * of other kinds; 6. entries of the hypervisor's hole.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

/* An address whose level-2 entry is free: 64 MiB above the window. */
static unsigned long va;
static uint64_t slot;

static void link_cycle(void)
{
	uint64_t *l1 = page_alloc();
	unsigned long *data = page_alloc(), value = 0;

	*data = 0x1234;
	l1[3] = pte(virt_to_mfn(data), PTE_KERN);
	expect(mmu_set(slot, pte(virt_to_mfn(l1), PTE_TABLE)), -XEN_EINVAL,
	       "link, mapped writable");
	expect(page_make_ro(l1), 0, "read-only");
	expect(mmu_set(slot, pte(virt_to_mfn(l1), PTE_TABLE)), 0, "link");
	expect_exc(try_read((void *)(va + 3 * PAGE_SIZE), &value), EXC_NONE, "read through it");
	expect_u64(value, 0x1234, "value");
	expect(page_make_rw(l1), -XEN_EBUSY, "a linked table, writable");
	expect(mmu_set(slot + 8, pte(virt_to_mfn(l1), PTE_TABLE)), 0, "link twice");
	expect_exc(try_read((void *)(va + (515UL << PAGE_SHIFT)), &value), EXC_NONE, "read there");
	expect(mmu_set(slot, 0), 0, "unlink once");
	expect(page_make_rw(l1), -XEN_EBUSY, "still linked");
	expect(mmu_set(slot + 8, 0), 0, "unlink twice");
	/* mmu_update flushes nothing that the guest did not ask for. */
	expect(mmuext_addr(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0, "flush");
	expect(EXC_VECTOR(try_read((void *)(va + 3 * PAGE_SIZE), NULL)), VEC_PF, "vector after it");
	expect(page_make_rw(l1), 0, "a page again");
}

static void check_flags(mfn_t l1)
{
	expect(mmu_set(slot, pte(l1, PTE_P)), 0, "P");
	expect(mmu_set(slot, pte(l1, PTE_TABLE | PTE_NX)), 0, "NX");
	expect(mmu_set(slot, pte(l1, PTE_TABLE | PTE_AVL0 | PTE_AVL2)), 0, "software bits");
	expect(mmu_set(slot, pte(l1, PTE_TABLE | PTE_PSE)), -XEN_EINVAL, "PSE");
	expect(mmu_set(slot, pte(l1, PTE_TABLE | PTE_PCD)), -XEN_EINVAL, "PCD");
	expect(mmu_set(slot, pte(l1, PTE_TABLE | PTE_PWT)), -XEN_EINVAL, "PWT");
	expect(mmu_set(slot, pte(l1, PTE_TABLE | PTE_G)), -XEN_EINVAL, "G");
	expect(mmu_set(slot, ~0ULL & ~PTE_P), 0, "not present, all garbage");
	expect(mmu_set(slot, 0), 0, "clear");
}

static void check_content(uint64_t bad, int rc, const char *what)
{
	uint64_t *l1 = page_alloc();

	l1[100] = bad;
	page_make_ro(l1);
	expect(mmu_set(slot, pte(virt_to_mfn(l1), PTE_TABLE)), rc, "%s", what);
	expect(page_make_rw(l1), 0, "%s: writable afterwards", what);
}

void test_main(void)
{
	uint64_t *l1;

	trap_init();
	va = (unsigned long)window_init() + (64UL << 20);
	slot = pt_entry_maddr(va, 2);
	link_cycle();
	l1 = page_alloc();
	page_make_ro(l1);
	check_flags(virt_to_mfn(l1));
	check_content(pte(root_mfn(), PTE_P | PTE_RW), -XEN_EBUSY, "content: RW to the root");
	check_content(pte(hypervisor_mfn(), PTE_P), -XEN_EBUSY, "content: a hypervisor frame");
	check_content(~0ULL, -XEN_EINVAL, "content: all ones");

	expect(mmu_set(slot, pte(root_mfn(), PTE_TABLE)), -XEN_EINVAL, "the root");
	expect(mmu_set(slot, pte(hypervisor_mfn(), PTE_TABLE)), -XEN_EINVAL, "a hypervisor frame");
	expect(mmu_set(slot, pte(freed_mfn(), PTE_TABLE)), -XEN_EINVAL, "a frame given back");
	expect(mmu_set(slot, start_info->shared_info | PTE_TABLE), -XEN_EINVAL, "shared_info");
	expect(mmu_set(slot, 1ULL << 46 | PTE_TABLE), -XEN_EINVAL, "beyond memory");
	expect_u64(*pt_entry(va, 2), 0, "the entry after all refusals");
#ifdef __i386__
	expect(mmu_set(pt_entry_maddr(m2p_va(), 2), 0), -XEN_EPERM, "the M2P's own entry");
	expect(mmu_set(pt_entry_maddr(0xffe00000, 2), pte(virt_to_mfn(l1), PTE_TABLE)), -XEN_EPERM,
	       "the last entry");
#endif
}
