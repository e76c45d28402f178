/* SPDX-License-Identifier: MIT */
/*
 * The root of a 32-bit guest: four entries, and the fourth is special.
 *
 * Mechanism: the root is an ordinary table page of which four entries count. Entry 3 must be
 * present and names an L2 that holds the hypervisor's hole, so no second root may use it, and it
 * never changes. Flags that PAE reserves are refused; what is set reads back with RW and US, since
 * the hardware walks it as a level of long mode.
 * Steps: 1. entries 0 to 2 come and go; 2. flags; 3. entry 3 and those behind; 4. pinning roots
 * without, with a fresh, and with a shared top L2; 5. entries 4 to 511.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static const uint64_t *root;
static uint64_t root_maddr;

static int set_slot(unsigned int i, uint64_t value)
{
	return mmu_set(root_maddr + i * 8, value);
}

static mfn_t table(void)
{
	void *page = page_alloc();

	page_make_ro(page);
	return virt_to_mfn(page);
}

static void check_low_slots(void)
{
	mfn_t l2 = table();
	uint64_t old = root[1];

	expect(set_slot(1, pte(l2, PTE_P)), 0, "slot 1");
	expect_u64(root[1], pte(l2, PTE_P | PTE_RW | PTE_US), "slot 1 reads back");
	expect(set_slot(2, pte(l2, PTE_P)), 0, "the same L2 in slot 2");
	expect(set_slot(1, pte(l2, PTE_P | PTE_A | PTE_D | PTE_AVL1)), 0, "A, D, software bits");
	expect(set_slot(1, pte(l2, PTE_P | PTE_PWT)), -XEN_EINVAL, "PWT");
	expect(set_slot(1, pte(l2, PTE_P | PTE_PCD)), -XEN_EINVAL, "PCD");
	expect(set_slot(1, pte(l2, PTE_P | PTE_PSE)), -XEN_EINVAL, "PSE");
	expect(set_slot(1, pte(l2, PTE_P | PTE_G)), -XEN_EINVAL, "G");
	expect(set_slot(1, pte(l2, PTE_P | PTE_NX)), -XEN_EINVAL, "NX");
	expect(set_slot(1, pte(l2, PTE_P | 1ULL << 52)), -XEN_EINVAL, "bit 52");
	expect(set_slot(1, 0), 0, "clear slot 1");
	expect(set_slot(2, 0x1230), 0, "not present, garbage");
	expect(set_slot(1, old), 0, "slot 1 as before");
	expect(set_slot(1, pte(virt_to_mfn(page_alloc()), PTE_P)), -XEN_EINVAL, "a writable page");
	expect(set_slot(1, pte(pte_mfn(root[3]), PTE_P)), -XEN_EINVAL, "the top L2");
	expect(set_slot(1, pte(root_mfn(), PTE_P)), -XEN_EINVAL, "the root");
	expect(set_slot(1, pte(hypervisor_mfn(), PTE_P)), -XEN_EINVAL, "a hypervisor frame");
}

static void check_top_slot(void)
{
	expect(set_slot(3, root[3]), -XEN_EINVAL, "slot 3, the same value");
	expect(set_slot(3, 0), -XEN_EINVAL, "slot 3, zero");
	expect(set_slot(3, pte(table(), PTE_P)), -XEN_EINVAL, "slot 3, another L2");
	expect(set_slot(4, 0), -XEN_EINVAL, "slot 4");
	expect(set_slot(511, pte(table(), PTE_P)), -XEN_EINVAL, "slot 511");
}

static void check_pins(void)
{
	uint64_t *fresh = page_alloc();
	mfn_t top = table();
	unsigned int hole = m2p_va() >> 21 & 511;

	page_make_ro(fresh);
	expect(mmuext(MMUEXT_PIN_L3_TABLE, virt_to_mfn(fresh)), -XEN_EINVAL, "pin an empty root");
	page_make_rw(fresh);
	fresh[3] = root[3];
	page_make_ro(fresh);
	expect(mmuext(MMUEXT_PIN_L3_TABLE, virt_to_mfn(fresh)), -XEN_EINVAL, "a shared top L2");
	page_make_rw(fresh);
	fresh[3] = pte(top, PTE_P | PTE_NX);
	page_make_ro(fresh);
	expect(mmuext(MMUEXT_PIN_L3_TABLE, virt_to_mfn(fresh)), -XEN_EINVAL, "NX in slot 3");

	/* Only four slots are the guest's; the hardware must not see what it left in the others. */
	page_make_rw(fresh);
	fresh[3] = pte(top, PTE_P);
	fresh[100] = pte(hypervisor_mfn(), PTE_TABLE);
	page_make_ro(fresh);
	expect(mmuext(MMUEXT_PIN_L3_TABLE, virt_to_mfn(fresh)), 0, "pin a root of one L2");
	expect_u64(fresh[3], pte(top, PTE_P | PTE_RW | PTE_US), "slot 3 reads back");
	ensure(((const uint64_t *)pfn_to_virt(mfn_to_pfn(top)))[hole] & PTE_P,
	       "the new top L2 has no M2P entry");
	expect(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(fresh)), 0, "unpin it");
	expect(page_make_rw(fresh), 0, "it is a page again");
	expect(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(fresh)), 0, "PIN_L4 means nothing here");
}

void test_main(void)
{
	trap_init();
	root = (const uint64_t *)start_info->pt_base;
	root_maddr = pte(root_mfn(), 0);
	ensure(root[3] & PTE_P, "slot 3 is not present");
	for (unsigned int i = 4; i < PT_ENTRIES; i++)
		expect_u64(root[i], 0, "slot %u at start", i);
	check_low_slots();
	check_top_slot();
	check_pins();
}
