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
 * Entries are filled in while the page is still ours, which costs nothing, as far as possible; a
 * fork writes whole tables that way. Later changes go into a batch of {machine address, value}
 * pairs that one hypercall applies in order, which is why "make read-only" and "link" may share it.
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

struct space {
	pfn_t root;
	pfn_t l2[3]; /* of the program; PFN_NONE where there is none */
	pfn_t top;   /* this space's copy of the top L2 */
	bool must_flush;
};

unsigned long *p2m;
const unsigned long *m2p;
pte_t mm_nx;
pfn_t mm_kernel_root;
unsigned long mm_special_end;
const unsigned long machine_user_end = VIRT_BASE;

static unsigned long m2p_count, special_next;
static struct space *current_space; /* NULL: the builder's root */

#define BATCH_SIZE 128
static struct mmu_update batch[BATCH_SIZE];
static unsigned batch_count;

#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

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
	if (pfn >= machine_info.page_count || p2m[pfn] != mfn_x(mfn))
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

void batch_flush(void)
{
	unsigned long state = irq_save();
	unsigned done = 0;
	long rc;

	if (batch_count) {
		rc = hypercall_mmu_update(batch, batch_count, &done);
		if (rc)
			panic("mm: the hypervisor refused page-table update %u of %u (%ld): "
			      "%llx <- %llx",
			      done, batch_count, rc,
			      (unsigned long long)batch[done % BATCH_SIZE].ptr,
			      (unsigned long long)batch[done % BATCH_SIZE].val);
		batch_count = 0;
	}
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

void *mm_map_frame(mfn_t mfn)
{
	void *va = (void *)special_next;

	if (special_next >= mm_special_end)
		panic("mm: no room left for shared frames");
	special_next += PAGE_SIZE;
	batch_update(va_to_maddr(kernel_pte(va)),
		     pte_make(mfn, PTE_P | PTE_RW | PTE_A | PTE_D | mm_nx));
	batch_flush();
	return va;
}

static bool cpu_has_nx(void)
{
	uint32_t eax = 0x80000001u, ebx, ecx, edx;

	asm("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
	return edx & 1u << 20;
}

void mm_init(void)
{
	struct xen_machphys_mapping hole;
	unsigned long limit = LOWMEM_LIMIT;

	if (hypercall_memory_op(XENMEM_machphys_mapping, &hole)) {
		hole.v_start = MACH2PHYS_VIRT_START;
		hole.max_mfn = MACH2PHYS_NR_ENTRIES - 1;
	}
	m2p = (const unsigned long *)hole.v_start;
	m2p_count = hole.max_mfn + 1;
	p2m = (unsigned long *)xen_start_info->mfn_list;
	if (hole.v_start - VIRT_BASE < limit + SPECIAL_BYTES)
		limit = ((hole.v_start - VIRT_BASE) & ~(L1_SPAN - 1)) - SPECIAL_BYTES;

	machine_info.page_count = xen_start_info->nr_pages;
	if (machine_info.page_count > limit >> PAGE_SHIFT) {
		machine_info.ignored = machine_info.page_count - (limit >> PAGE_SHIFT);
		machine_info.page_count = limit >> PAGE_SHIFT;
	}
	special_next = VIRT_BASE + (machine_info.page_count << PAGE_SHIFT);
	special_next = (special_next + L1_SPAN - 1) & ~(L1_SPAN - 1);
	mm_special_end = special_next + SPECIAL_BYTES;
	mm_nx = cpu_has_nx() ? PTE_NX : 0;
	mm_kernel_root = machine_va_page((void *)xen_start_info->pt_base);
}

/* ---- Tables ---- */

/* A page of zeroes that will become a table; ours to write until table_link or table_pin. */
static pfn_t table_alloc(void)
{
	return page_alloc_zeroed();
}

static void table_link(pte_t *upper, pfn_t table)
{
	mm_set_kernel_readonly(machine_page_va(table), true);
	batch_update(va_to_maddr(upper), pte_make(pfn_to_mfn(table), TABLE_FLAGS));
}

/* No table names it any more. */
static void table_free(pfn_t table)
{
	mm_set_kernel_readonly(machine_page_va(table), false);
}

static pte_t *space_l2(const struct space *s, unsigned long va)
{
	pfn_t l2 = s->l2[l3_index(va)];

	return pfn_is_none(l2) ? NULL : machine_page_va(l2);
}

static pte_t *l2_to_l1(const pte_t *l2, unsigned long va)
{
	pte_t e = l2[l2_index(va)];

	return e & PTE_P ? machine_page_va(mfn_to_pfn(pte_mfn(e))) : NULL;
}

/* The entry of a program's address, or NULL when no table reaches it. */
static pte_t *space_pte(const struct space *s, unsigned long va)
{
	pte_t *l2 = space_l2(s, va), *l1 = l2 ? l2_to_l1(l2, va) : NULL;

	return l1 ? &l1[l1_index(va)] : NULL;
}

/* Makes the L2 for va exist. Flushes the batch, so that it can be read. */
static pte_t *space_l2_make(struct space *s, unsigned long va)
{
	pte_t *l2 = space_l2(s, va), *root = machine_page_va(s->root);
	pfn_t table;

	if (l2)
		return l2;
	table = table_alloc();
	if (pfn_is_none(table))
		return NULL;
	s->l2[l3_index(va)] = table;
	table_link(&root[l3_index(va)], table);
	/* PAE processors cache the four entries of the root: only a new CR3 shows a new one. */
	s->must_flush = true;
	batch_flush();
	return machine_page_va(table);
}

/* ---- Life of a space ---- */

static void copy_kernel_entries(pte_t *l2)
{
	const pte_t *l3 = machine_page_va(mm_kernel_root);
	const pte_t *top = machine_page_va(mfn_to_pfn(pte_mfn(l3[l3_index(VIRT_BASE)])));

	memcpy(l2, top, (l2_index(mm_special_end - 1) + 1) * sizeof(pte_t));
}

struct space *space_create(void)
{
	struct space *s = kzalloc(sizeof(*s));
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L3_TABLE };
	pte_t *root;

	if (!s)
		return NULL;
	s->l2[0] = s->l2[1] = s->l2[2] = PFN_NONE;
	s->root = table_alloc();
	s->top = table_alloc();
	if (pfn_is_none(s->root) || pfn_is_none(s->top)) {
		if (!pfn_is_none(s->root))
			page_put(s->root);
		if (!pfn_is_none(s->top))
			page_put(s->top);
		kfree(s);
		return NULL;
	}
	root = machine_page_va(s->root);
	copy_kernel_entries(machine_page_va(s->top));
	root[l3_index(VIRT_BASE)] = pte_make(pfn_to_mfn(s->top), PTE_P);
	mm_set_kernel_readonly(machine_page_va(s->top), true);
	mm_set_kernel_readonly(root, true);
	batch_flush();
	pin.arg1.mfn = mfn_x(pfn_to_mfn(s->root));
	if (hypercall_mmuext_op(&pin, 1))
		panic("mm: the hypervisor refused a new address space");
	return s;
}

static void load_root(pfn_t root)
{
	struct mmuext_op op = { .cmd = MMUEXT_NEW_BASEPTR };

	op.arg1.mfn = mfn_x(pfn_to_mfn(root));
	if (hypercall_mmuext_op(&op, 1))
		panic("mm: the hypervisor refused to load an address space");
}

void space_switch(struct space *s)
{
	if (!s || s == current_space)
		return;
	batch_flush();
	s->must_flush = false;
	load_root(s->root);
	current_space = s;
}

static void destroy_l1(pfn_t table, void (*put)(pfn_t pfn))
{
	const pte_t *l1 = machine_page_va(table);
	unsigned i;

	for (i = 0; i < PT_ENTRIES; i++)
		if (l1[i])
			put(mfn_to_pfn(pte_mfn(l1[i])));
	table_free(table);
}

static void destroy_l2(pfn_t table, void (*put)(pfn_t pfn))
{
	const pte_t *l2 = machine_page_va(table);
	unsigned i;

	for (i = 0; i < PT_ENTRIES; i++)
		if (l2[i] & PTE_P)
			destroy_l1(mfn_to_pfn(pte_mfn(l2[i])), put);
	table_free(table);
}

void space_destroy(struct space *s, void (*put)(pfn_t pfn))
{
	struct mmuext_op op = { .cmd = MMUEXT_UNPIN_TABLE };
	unsigned i, j;

	batch_flush();
	if (current_space == s) {
		load_root(mm_kernel_root);
		current_space = NULL;
	}
	op.arg1.mfn = mfn_x(pfn_to_mfn(s->root));
	if (hypercall_mmuext_op(&op, 1))
		panic("mm: the hypervisor refused to drop an address space");
	for (i = 0; i < 3; i++)
		if (!pfn_is_none(s->l2[i]))
			destroy_l2(s->l2[i], put);
	table_free(s->top);
	table_free(s->root);
	/* Writable again, all at once; only then may they be used for something else. */
	batch_flush();
	for (i = 0; i < 3; i++) {
		const pte_t *l2 = space_l2(s, i * L2_SPAN);

		for (j = 0; l2 && j < PT_ENTRIES; j++)
			if (l2[j] & PTE_P)
				page_put(mfn_to_pfn(pte_mfn(l2[j])));
		if (l2)
			page_put(s->l2[i]);
	}
	page_put(s->top);
	page_put(s->root);
	kfree(s);
}

/* ---- Mappings ---- */

/*
 * SPACE_NONE keeps the frame in a non-present entry: the hypervisor does not look at those, and
 * space_destroy finds it there.
 */
static pte_t access_pte(mfn_t mfn, unsigned access)
{
	pte_t flags = PTE_P | PTE_US | PTE_A;

	if (access == SPACE_NONE)
		return pte_make(mfn, PTE_US);
	if (access & SPACE_WRITE)
		flags |= PTE_RW | PTE_D;
	if (!(access & SPACE_EXEC))
		flags |= mm_nx;
	return pte_make(mfn, flags);
}

static unsigned pte_access(pte_t pte)
{
	if (!(pte & PTE_P))
		return SPACE_NONE;
	return SPACE_READ | (pte & PTE_RW ? SPACE_WRITE : 0) |
	       (mm_nx && pte & mm_nx ? 0 : SPACE_EXEC);
}

int space_map(struct space *s, unsigned long va, pfn_t pfn, unsigned access)
{
	pte_t *l2 = space_l2_make(s, va), *l1, val = access_pte(pfn_to_mfn(pfn), access);
	pfn_t table;

	if (!l2)
		return -ENOMEM;
	l1 = l2_to_l1(l2, va);
	if (l1) {
		if (l1[l1_index(va)] & PTE_P)
			s->must_flush = true;
		batch_update(va_to_maddr(&l1[l1_index(va)]), val);
		return 0;
	}
	table = table_alloc();
	if (pfn_is_none(table))
		return -ENOMEM;
	l1 = machine_page_va(table);
	l1[l1_index(va)] = val;
	table_link(&l2[l2_index(va)], table);
	batch_flush();
	return 0;
}

pfn_t space_unmap(struct space *s, unsigned long va)
{
	pte_t *pte = space_pte(s, va), old = pte ? *pte : 0;

	if (!old)
		return PFN_NONE;
	batch_update(va_to_maddr(pte), 0);
	if (old & PTE_P)
		s->must_flush = true;
	return mfn_to_pfn(pte_mfn(old));
}

void space_protect(struct space *s, unsigned long va, unsigned access)
{
	pte_t *pte = space_pte(s, va), old = pte ? *pte : 0;

	if (!old)
		return;
	batch_update(va_to_maddr(pte), access_pte(pte_mfn(old), access));
	if (old & PTE_P)
		s->must_flush = true;
}

void space_sync(struct space *s)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

	batch_flush();
	if (!s->must_flush)
		return;
	s->must_flush = false;
	if (s == current_space)
		hypercall_mmuext_op(&op, 1);
}

pfn_t space_lookup(struct space *s, unsigned long va, unsigned *access)
{
	const pte_t *pte = space_pte(s, va);

	if (!pte || !*pte)
		return PFN_NONE;
	*access = pte_access(*pte);
	return mfn_to_pfn(pte_mfn(*pte));
}

unsigned long space_next(struct space *s, unsigned long va, unsigned long end)
{
	while (va < end) {
		const pte_t *l2 = space_l2(s, va), *l1 = l2 ? l2_to_l1(l2, va) : NULL;

		if (l1 && l1[l1_index(va)])
			return va;
		if (!l2)
			va = (va & ~(L2_SPAN - 1)) + L2_SPAN;
		else if (!l1)
			va = (va & ~(L1_SPAN - 1)) + L1_SPAN;
		else
			va += PAGE_SIZE;
	}
	return end;
}

/* ---- Copying, for fork ---- */

/* Copies the entries of one L1 from va up to end; the new table is still ours to write. */
static void copy_l1(pte_t *to, const pte_t *from, unsigned long va, unsigned long end, bool cow,
		    void (*get)(pfn_t pfn))
{
	unsigned i;

	for (i = l1_index(va); i < PT_ENTRIES && va < end; i++, va += PAGE_SIZE) {
		pte_t e = from[i];

		if (!e)
			continue;
		if (cow && e & PTE_RW) {
			e &= ~PTE_RW;
			batch_update(va_to_maddr(&from[i]), e);
		}
		to[i] = e;
		get(mfn_to_pfn(pte_mfn(e)));
	}
}

/* The range shares an L1 with one copied before: its entries go through the batch. */
static void copy_l1_linked(pte_t *to, const pte_t *from, unsigned long va, unsigned long end,
			   bool cow, void (*get)(pfn_t pfn))
{
	unsigned i;

	for (i = l1_index(va); i < PT_ENTRIES && va < end; i++, va += PAGE_SIZE) {
		pte_t e = from[i];

		if (!e)
			continue;
		if (cow && e & PTE_RW) {
			e &= ~PTE_RW;
			batch_update(va_to_maddr(&from[i]), e);
		}
		batch_update(va_to_maddr(&to[i]), e);
		get(mfn_to_pfn(pte_mfn(e)));
	}
}

int space_copy(struct space *to, struct space *from, unsigned long start, unsigned long end,
	       bool cow, void (*get)(pfn_t pfn))
{
	unsigned long va, next;
	pte_t *l2, *l1;
	pfn_t table;

	batch_flush();
	for (va = space_next(from, start, end); va < end; va = space_next(from, next, end)) {
		const pte_t *src = l2_to_l1(space_l2(from, va), va);

		next = (va & ~(L1_SPAN - 1)) + L1_SPAN;
		if (next > end)
			next = end;
		l2 = space_l2_make(to, va);
		if (!l2)
			return -ENOMEM;
		from->must_flush |= cow;
		l1 = l2_to_l1(l2, va);
		if (l1) {
			copy_l1_linked(l1, src, va, next, cow, get);
			batch_flush();
			continue;
		}
		table = table_alloc();
		if (pfn_is_none(table))
			return -ENOMEM;
		copy_l1(machine_page_va(table), src, va, next, cow, get);
		table_link(&l2[l2_index(va)], table);
		batch_flush();
	}
	return 0;
}
