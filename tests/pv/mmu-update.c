/* SPDX-License-Identifier: MIT */
/*
 * mmu_update: level-1 entries, what may be written and what may not.
 *
 * Mechanism: a guest names an entry by its machine address and gives the new value. The hypervisor
 * takes a reference on the frame that the value names; a frame is a page table or writable, never
 * both, so a writable mapping of a table is refused, and so is any frame of somebody else.
 * Steps: 1. own frames with every flag; 2. not-present garbage; 3. tables, hypervisor frames, freed
 * frames; 4. addresses that are no page-table entry; 5. PRESERVE_AD; 6. MACHPHYS.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static uint64_t slot;
static const uint64_t *shown;

/* The hypervisor may add software marks of its own to a 64-bit guest's entries. */
#define MARKS (PT_LEVELS == 4 ? PTE_US | PTE_G | 1ULL << 52 : 0)

static void accept(uint64_t value, const char *what)
{
	expect(mmu_set(slot, value), 0, "%s", what);
	expect_u64(*shown & ~MARKS, value & ~MARKS, "%s, read back", what);
	expect(mmu_set(slot, 0), 0, "%s, cleared", what);
}

static void refuse(uint64_t value, int rc, const char *what)
{
	expect(mmu_set(slot, value), rc, "%s", what);
	expect_u64(*shown, 0, "%s, the entry", what);
}

static void check_values(void)
{
	mfn_t page = virt_to_mfn(page_alloc());

	accept(pte(page, PTE_P), "read-only");
	accept(pte(page, PTE_P | PTE_RW), "writable");
	accept(pte(page, PTE_KERN | PTE_US), "user");
	accept(pte(page, PTE_KERN | PTE_NX), "no-execute");
	/* Cache attributes are for domains that have devices. */
	if (is_dom0()) {
		accept(pte(page, PTE_KERN | PTE_PCD), "uncached");
		accept(pte(page, PTE_KERN | PTE_PWT), "write-through");
	} else {
		refuse(pte(page, PTE_KERN | PTE_PCD), -XEN_EINVAL, "uncached");
		refuse(pte(page, PTE_KERN | PTE_PWT), -XEN_EINVAL, "write-through");
	}
	accept(pte(page, PTE_KERN | PTE_AVL0 | PTE_AVL1 | PTE_AVL2), "software bits");
	accept(0x7fffffffffffff00 & ~MARKS, "not present, all garbage");
	accept(start_info->shared_info | PTE_KERN, "shared_info, writable");

	accept(pte(root_mfn(), PTE_P), "the root, read-only");
	refuse(pte(root_mfn(), PTE_P | PTE_RW), -XEN_EBUSY, "the root, writable");
	refuse(pte(virt_to_mfn(window_l1), PTE_P | PTE_RW), -XEN_EBUSY, "its own table, writable");
	refuse(pte(hypervisor_mfn(), PTE_P), -XEN_EBUSY, "a hypervisor frame, read-only");
	refuse(pte(hypervisor_mfn(), PTE_P | PTE_RW), -XEN_EBUSY, "a hypervisor frame, writable");
	refuse(pte(freed_mfn(), PTE_P), -XEN_EBUSY, "a frame given back");
	refuse(1ULL << 51 | PTE_P, -XEN_EPERM, "a frame beyond every memory");
	refuse(~0ULL, -XEN_EINVAL, "all ones");
}

static int update(uint64_t ptr, uint64_t value, domid_t dom)
{
	const mmu_update_t req = { ptr, value };

	return hv_mmu_update(&req, 1, NULL, dom);
}

static void check_addresses(void)
{
	uint64_t *plain = page_alloc();

	expect(update(slot | 4, 0, DOMID_SELF), -XEN_ENOSYS, "command 4");
	expect(update(slot | MMU_PT_UPDATE_NO_TRANSLATE, 0, DOMID_SELF), 0, "command 3");
	expect(update(virt_to_maddr(plain), 0x1234, DOMID_SELF), 0, "a plain page");
	expect_u64(*plain, 0x1234, "a plain page is simply written");
	expect(update(pte(hypervisor_mfn(), 0), 0, DOMID_SELF), -XEN_EINVAL, "a hypervisor frame");
	expect(update(pte(freed_mfn(), 0), 0, DOMID_SELF), -XEN_EINVAL, "a frame given back");
	expect(update(1ULL << 50, 0, DOMID_SELF), -XEN_EINVAL, "beyond memory");
	expect(update(slot, 0, 5), -XEN_ESRCH, "a domain that does not exist");
	expect(update(slot, 0, DOMID_INVALID), -XEN_ESRCH, "DOMID_INVALID");
	expect(update(slot, 0, own_domid()), -XEN_ESRCH, "the own number");
}

static void check_preserve_ad(void)
{
	uint64_t value = pte(virt_to_mfn(page_alloc()), PTE_P | PTE_RW);

	expect(mmu_set(slot, value | PTE_A | PTE_D), 0, "set with A and D");
	expect(update(slot | MMU_PT_UPDATE_PRESERVE_AD, value, DOMID_SELF), 0, "preserve_ad");
	expect_u64(*shown & ~MARKS, (value | PTE_A | PTE_D) & ~MARKS, "A and D are kept");
	expect(mmu_set(slot, value), 0, "set without");
	expect_u64(*shown & ~MARKS, value & ~MARKS, "A and D are gone");
	expect(mmu_set(slot, 0), 0, "clear");
}

static void check_machphys(void)
{
	pfn_t pfn = pfn_alloc();
	mfn_t mfn = pfn_to_mfn(pfn);

	expect(update(pte(mfn, MMU_MACHPHYS_UPDATE), 0x1234567, DOMID_SELF), 0, "machphys");
	expect_u64(mfn_to_pfn(mfn).p, 0x1234567, "the M2P's entry");
	expect(update(pte(mfn, MMU_MACHPHYS_UPDATE), pfn.p, DOMID_SELF), 0, "machphys back");
	expect(update(pte(hypervisor_mfn(), MMU_MACHPHYS_UPDATE), 0, DOMID_SELF), -XEN_EINVAL,
	       "machphys of a hypervisor frame");
	expect(update(pte(freed_mfn(), MMU_MACHPHYS_UPDATE), 0, DOMID_SELF), -XEN_EINVAL,
	       "machphys of a frame given back");
}

void test_main(void)
{
	unsigned long va;

	trap_init();
	shared_info_map();
	va = (unsigned long)window_init();
	slot = pt_entry_maddr(va, 1);
	shown = pt_entry(va, 1);
	check_values();
	check_addresses();
	check_preserve_ad();
	check_machphys();
}
