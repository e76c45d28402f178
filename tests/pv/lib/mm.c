/* SPDX-License-Identifier: MIT */
/*
 * Translation between pfn, mfn and address; a page allocator that never frees; page-table walks.
 *
 * Trusts the start-of-day layout: the boot mapping is linear from VIRT_BASE, the list at
 * start_info->mfn_list covers every pfn, and everything above the boot stack is spare. Page tables
 * made by this library come from the boot mapping, so a walk can read them there.
 */
#include "pv.h"

start_info_t *start_info;
shared_info_t *shared_info;
uint64_t *window_l1;

static char shared_info_page[PAGE_SIZE] __attribute__((aligned(4096)));
static const unsigned long *m2p;
static unsigned long m2p_entries;

/* Far above the boot mapping and below every hypervisor hole, under the same level-2 table. */
#define WINDOW (VIRT_BASE + 0x20000000UL)

static void m2p_find(void)
{
	xen_machphys_mapping_t where;

	if (hv_memory_op(XENMEM_machphys_mapping, &where)) {
		test_error("XENMEM_machphys_mapping is refused");
		test_exit();
	}
	m2p = (const unsigned long *)where.v_start;
	m2p_entries = where.max_mfn + 1;
}

pfn_t mfn_to_pfn(mfn_t mfn)
{
	if (!m2p)
		m2p_find();
	return mfn.m < m2p_entries ? PFN(((const volatile unsigned long *)m2p)[mfn.m]) : PFN(~0UL);
}

mfn_t pfn_to_mfn(pfn_t pfn)
{
	return MFN(((volatile unsigned long *)start_info->mfn_list)[pfn.p]);
}

void pfn_set_mfn(pfn_t pfn, mfn_t mfn)
{
	((unsigned long *)start_info->mfn_list)[pfn.p] = mfn.m;
}

void *pfn_to_virt(pfn_t pfn)
{
	return (void *)(VIRT_BASE + (pfn.p << PAGE_SHIFT));
}

pfn_t virt_to_pfn(const void *virt)
{
	return PFN(((unsigned long)virt - VIRT_BASE) >> PAGE_SHIFT);
}

mfn_t virt_to_mfn(const void *virt)
{
	return pfn_to_mfn(virt_to_pfn(virt));
}

uint64_t virt_to_maddr(const void *virt)
{
	return (uint64_t)virt_to_mfn(virt).m << PAGE_SHIFT | (unsigned long)virt % PAGE_SIZE;
}

uint64_t pte(mfn_t mfn, uint64_t flags)
{
	return (uint64_t)mfn.m << PAGE_SHIFT | flags;
}

mfn_t pte_mfn(uint64_t entry)
{
	return MFN((entry & PTE_FRAME) >> PAGE_SHIFT);
}

void *page_alloc(void)
{
	static char *next;
	char *page;
	const uint64_t *entry;

	if (!next)
		next = (char *)((entry_regs.sp + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));
	entry = pt_entry((unsigned long)next, 1);
	if (!entry || !(*entry & PTE_P)) {
		test_error("the boot mapping's spare pages are used up at %p", next);
		test_exit();
	}
	page = next;
	next += PAGE_SIZE;
	return memset(page, 0, PAGE_SIZE);
}

pfn_t pfn_alloc(void)
{
	static unsigned long taken;

	return PFN(start_info->nr_pages - ++taken);
}

mfn_t root_mfn(void)
{
	return virt_to_mfn((void *)start_info->pt_base);
}

unsigned long m2p_va(void)
{
	if (!m2p)
		m2p_find();
	return (unsigned long)m2p;
}

mfn_t hypervisor_mfn(void)
{
	/* The highest entry of the M2P that the guest's own tables show. */
	return pte_mfn(*pt_entry(m2p_va(), PT_LEVELS == 3 ? 2 : 4));
}

mfn_t freed_mfn(void)
{
	pfn_t pfn = pfn_alloc();
	xen_pfn_t frame = pfn_to_mfn(pfn).m;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, &frame);
	if (hv_memory_op(XENMEM_decrease_reservation, &r) != 1)
		test_error("decrease_reservation of pfn %#lx", pfn.p);
	return MFN(frame);
}

/* The table that holds `va`'s entry of a level, as a readable address, or NULL. */
static const uint64_t *table_of(unsigned long va, int level, mfn_t *where)
{
	mfn_t mfn = root_mfn();

	for (int l = PT_LEVELS;; l--) {
		pfn_t pfn = mfn_to_pfn(mfn);
		const uint64_t *table = pfn_to_virt(pfn);
		uint64_t entry;

		if (pfn.p >= start_info->nr_pages)
			return NULL;
		*where = mfn;
		if (l == level)
			return table;
		entry = ((const volatile uint64_t *)table)[pt_index(va, l)];
		if (!(entry & PTE_P) || entry & PTE_PSE)
			return NULL;
		mfn = pte_mfn(entry);
	}
}

const uint64_t *pt_entry(unsigned long va, int level)
{
	mfn_t mfn;
	const uint64_t *table = table_of(va, level, &mfn);

	return table ? table + pt_index(va, level) : NULL;
}

uint64_t pt_entry_maddr(unsigned long va, int level)
{
	mfn_t mfn;

	if (!table_of(va, level, &mfn))
		return 0;
	return pte(mfn, pt_index(va, level) * sizeof(uint64_t));
}

int mmu_set(uint64_t maddr, uint64_t value)
{
	const mmu_update_t req = { maddr | MMU_NORMAL_PT_UPDATE, value };

	return hv_mmu_update(&req, 1, NULL, DOMID_SELF);
}

int map_va(const void *va, uint64_t entry)
{
	return hv_update_va_mapping((unsigned long)va, entry, UVMF_INVLPG);
}

int page_make_ro(const void *page)
{
	return map_va(page, pte(virt_to_mfn(page), PTE_KERN_R));
}

int page_make_rw(const void *page)
{
	return map_va(page, pte(virt_to_mfn(page), PTE_KERN));
}

int mmuext(unsigned int cmd, mfn_t mfn)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn.m };

	return hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

int mmuext_addr(unsigned int cmd, unsigned long addr, unsigned int count)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.linear_addr = addr, .arg2.nr_ents = count };

	return hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

char *window_init(void)
{
	if (!window_l1) {
		window_l1 = page_alloc();
		if (page_make_ro(window_l1) ||
		    mmu_set(pt_entry_maddr(WINDOW, 2), pte(virt_to_mfn(window_l1), PTE_TABLE))) {
			test_error("cannot link a level-1 table for the window");
			test_exit();
		}
	}
	return (char *)WINDOW;
}

void shared_info_map(void)
{
	if (map_va(shared_info_page,
		   start_info->shared_info | PTE_KERN | (PT_LEVELS == 4 ? PTE_US : 0)))
		test_error("cannot map shared_info");
	shared_info = (shared_info_t *)shared_info_page;
}
