/* SPDX-License-Identifier: MIT */
/*
 * Address spaces under a hypervisor that checks every page-table entry.
 *
 * The model. A guest in direct mode owns its page tables: the processor walks the very pages that
 * we fill. In exchange it may not write to them. Each frame has a type to the hypervisor (ordinary and
 * writable, or page table of one level) and can have no second one at the same time. So a table's life
 * is always this:
 *
 *	take a page -> fill it -> make OUR mapping of it read-only -> link it into a table above
 *	(or pin it, if it is a root): now the hypervisor has checked each entry, and the page is a
 *	table -> change entries by mmu_update -> unlink (unpin) -> make it writable again -> free it
 *
 * Entries are filled in while the page is still ours, which costs nothing, as far as possible: a
 * new space is a "draft" of ordinary pages, into which fork copies all that it has to, and becomes
 * live, all tables at once, when something is to run in it (space.c). Later changes go into a batch
 * of {machine address, value} pairs that one hypercall applies in order, which is why "make
 * read-only" and "link" may share it.
 *
 * One root. In a 32-bit guest kernel and program share a root: kernel pages are supervisor pages
 * (ring 1 is supervisor to paging, ring 3 is not). A system call or a fault changes no CR3.
 *
 *	L3 (4 entries)	0 ------> L2, tables on demand	  programs: 0 .. 3 GiB
 *			1 ------> L2
 *			2 ------> L2
 *			3 ------> top L2 (own copy)  ---> kernel L1s, shared by all spaces
 *						     ---> the hypervisor's own entries
 *
 * PAE's rules. Entry 3 of a root must exist, its L2 may belong to one root only (the hypervisor puts
 * its own entries there), and it never changes. So each space has a copy of the top L2. All L1s of
 * kernel space exist since boot (mm_boot.c): the copies are equal for ever and none needs news.
 *
 * The end. A space is not taken apart entry by entry: CR3 moves away, the root is unpinned, the
 * hypervisor drops the whole tree at once, and then we read in our own pages what was mapped.
 *
 * TLB. The hypervisor flushes what its own safety needs. What programs see stale is our affair:
 * space_sync flushes when an entry was taken away or lost rights.
 *
 * Locking: one CPU changes one space at a time (the kernel's mm lock); the batch is guarded by
 * masking interrupts.
 */
#include "xen-x86.h"
#include "lib/string.h"

unsigned long *p2m;
static unsigned long p2m_count; /* its entries */
const unsigned long *m2p;
pte_t mm_nx;
pfn_t mm_kernel_root;
unsigned long mm_special_end;
const unsigned long machine_user_end = VIRT_BASE;

static unsigned long m2p_count;

#define BATCH_SIZE 128
static struct mmu_update batch[BATCH_SIZE];
static unsigned batch_count;

/* ---- Frames ---- */

mfn_t pfn_to_mfn(pfn_t pfn)
{
	return mfn_of(p2m[pfn_x(pfn)]);
}

pfn_t mfn_to_pfn(mfn_t mfn)
{
	unsigned long pfn;

	if (mfn_x(mfn) >= m2p_count)
		return PFN_NONE;
	pfn = m2p[mfn_x(mfn)];
	/* The M2P holds whatever a frame's owner wrote there: believe it only if the P2M agrees. */
	if (pfn >= p2m_count || p2m[pfn] != mfn_x(mfn))
		return PFN_NONE;
	return pfn_of(pfn);
}

void *machine_page_va(pfn_t pfn)
{
	return (void *)(VIRT_BASE + (pfn_x(pfn) << PAGE_SHIFT));
}

pfn_t machine_va_page(const void *va)
{
	return pfn_of(((unsigned long)va - VIRT_BASE) >> PAGE_SHIFT);
}

/* ---- The batch ---- */

static _Noreturn void batch_refused(long rc, unsigned done)
{
	const struct mmu_update *u = &batch[done % BATCH_SIZE];

	panic("mm: the hypervisor refused page-table update %u of %u (%ld): %llx <- %llx", done,
	      batch_count, rc, (unsigned long long)u->ptr, (unsigned long long)u->val);
}

void batch_flush(void)
{
	unsigned long state = irq_save();
	unsigned done = 0;
	long rc;

	if (batch_count) {
		rc = hypercall_mmu_update(batch, batch_count, &done);
		if (rc)
			batch_refused(rc, done);
		batch_count = 0;
	}
	irq_restore(state);
}

void batch_flush_then(struct mmuext_op *op)
{
	unsigned long state = irq_save();
	unsigned done = 0;
	struct multicall_entry calls[2] = {
		{ .op = __HYPERVISOR_mmu_update,
		  .args = { (unsigned long)batch, batch_count, (unsigned long)&done, DOMID_SELF } },
		{ .op = __HYPERVISOR_mmuext_op, .args = { (unsigned long)op, 1, 0, DOMID_SELF } },
	};

	if (batch_count)
		hypercall_multicall(calls, 2);
	else
		calls[1].result = hypercall_mmuext_op(op, 1);
	if (batch_count && calls[0].result)
		batch_refused(calls[0].result, done);
	if (calls[1].result)
		panic("mm: the hypervisor refused extended operation %u (%ld)", op->cmd,
		      (long)calls[1].result);
	batch_count = 0;
	irq_restore(state);
}

void batch_update(uint64_t maddr, uint64_t val)
{
	unsigned long state = irq_save();

	if (batch_count == BATCH_SIZE)
		batch_flush();
	batch[batch_count].ptr = maddr | MMU_NORMAL_PT_UPDATE;
	batch[batch_count++].val = val;
	irq_restore(state);
}

/* ---- The kernel's own map ---- */

/* The entry that maps a kernel address; all tables of the kernel exist. */
static pte_t *kernel_pte(const void *va)
{
	unsigned long a = (unsigned long)va;
	const pte_t *l3 = machine_page_va(mm_kernel_root);
	const pte_t *l2 = machine_page_va(mfn_to_pfn(pte_mfn(l3[l3_index(a)])));
	pte_t *l1 = machine_page_va(mfn_to_pfn(pte_mfn(l2[l2_index(a)])));

	return &l1[l1_index(a)];
}

/* Into the batch: takes effect with the next flush of it. Constants lose no right to execute. */
void mm_set_kernel_readonly(void *va, bool readonly)
{
	pte_t *pte = kernel_pte(va);

	batch_update(va_to_maddr(pte), readonly ? *pte & ~PTE_RW : *pte | PTE_RW);
}

uint64_t mm_kernel_pte_maddr(const void *va)
{
	return va_to_maddr(kernel_pte(va));
}

static bool cpu_has_nx(void)
{
	uint32_t eax = 0x80000001u, ebx, ecx, edx;

	asm("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
	return edx & 1u << 20;
}

/* Where the hypervisor's own part of the address space begins. */
static unsigned long hole_start;

void mm_init_frames(void)
{
	struct xen_machphys_mapping hole;

	if (hypercall_memory_op(XENMEM_machphys_mapping, &hole)) {
		hole.v_start = MACH2PHYS_VIRT_START;
		hole.max_mfn = MACH2PHYS_NR_ENTRIES - 1;
	}
	hole_start = hole.v_start;
	m2p = (const unsigned long *)hole.v_start;
	m2p_count = hole.max_mfn + 1;
	p2m = (unsigned long *)xen_start_info->mfn_list;
	p2m_count = xen_start_info->nr_pages;
	machine_info.page_count = xen_start_info->nr_pages;
}

/*
 * How many pages the toolstack may let us have one day. Tables and records for them take 1 % of them, now: more than
 * eight times what we begin with would cost too much of that. Domain 0 keeps what it has.
 */
static unsigned long largest_size(unsigned long most)
{
	domid_t self = DOMID_SELF;
	unsigned long count = machine_info.page_count;
	long allowed = xen_start_info->flags & SIF_PRIVILEGED
			       ? 0
			       : hypercall_memory_op(XENMEM_maximum_reservation, &self);

	if (allowed <= (long)count)
		return count;
	if (most > 8 * count)
		most = 8 * count;
	return (unsigned long)allowed < most ? (unsigned long)allowed : most;
}

unsigned long mm_extend_p2m(unsigned long first_free)
{
	unsigned long *larger = machine_page_va(pfn_of(first_free));
	unsigned long limit = machine_info.page_limit;

	if (limit <= p2m_count)
		return 0;
	memcpy(larger, p2m, p2m_count * sizeof(*p2m));
	for (unsigned long pfn = p2m_count; pfn < limit; pfn++)
		larger[pfn] = P2M_EMPTY;
	p2m = larger;
	p2m_count = limit;
	return (limit * sizeof(*p2m) + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

void mm_init(void)
{
	unsigned long limit = LOWMEM_LIMIT, pages = xen_start_info->nr_pages, special;

	if (hole_start - VIRT_BASE < limit + SPECIAL_BYTES)
		limit = ((hole_start - VIRT_BASE) & ~(L1_SPAN - 1)) - SPECIAL_BYTES;
	if (pages > limit >> PAGE_SHIFT) {
		machine_info.ignored = pages - (limit >> PAGE_SHIFT);
		machine_info.page_count = limit >> PAGE_SHIFT;
	}
	machine_info.page_limit = largest_size(limit >> PAGE_SHIFT);
	special = VIRT_BASE + (machine_info.page_limit << PAGE_SHIFT);
	special = (special + L1_SPAN - 1) & ~(L1_SPAN - 1);
	mm_special_end = special + SPECIAL_BYTES;
	special_init(special);
	mm_nx = cpu_has_nx() ? PTE_NX : 0;
	mm_kernel_root = machine_va_page((void *)xen_start_info->pt_base);
}
