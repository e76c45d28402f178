/* SPDX-License-Identifier: MIT */
/*
 * Address spaces of programs: drafts, live ones, and their mappings. The model is in mm.c.
 *
 * The caller serialises all changes to one space; it trusts the page allocator to give each page
 * once. A space that was never live costs no hypercall to make or to drop.
 */
#include "switch.h"
#include "lib/string.h"

struct space {
	pfn_t root;
	pfn_t l2[3]; /* of the program; PFN_NONE where there is none */
	pfn_t top;   /* this space's copy of the top L2 */
	bool live;   /* its pages are tables to the hypervisor, and read-only to us */
	/* What a TLB may know wrongly since the last space_sync. */
	enum { STALE_NOTHING, STALE_PAGE, STALE_ALL } stale;
	unsigned long stale_va;
};

static struct space *current_space; /* NULL: the builder's root */

#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

/* ---- Tables ---- */

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

/* A note is a non-present entry with this bit, one of those that the processor leaves to us. */
#define PTE_NOTE 0x200u

static pte_t entry_of(pfn_t pfn, unsigned access)
{
	if (pfn_is_note(pfn))
		return (pte_t)note_x(pfn) << PAGE_SHIFT | PTE_NOTE;
	return access_pte(pfn_to_mfn(pfn), access);
}

static bool pte_is_note(pte_t pte)
{
	return ((uint32_t)pte & (PTE_NOTE | PTE_P)) == PTE_NOTE;
}

static pfn_t pte_pfn(pte_t pte)
{
	return pte_is_note(pte) ? note_of((unsigned long)(pte >> PAGE_SHIFT))
				: mfn_to_pfn(pte_mfn(pte));
}

static void entry_write(struct space *s, pte_t *entry, pte_t val)
{
	if (s->live)
		batch_update(va_to_maddr(entry), val);
	else
		*entry = val;
}

static void stale(struct space *s, unsigned long va)
{
	s->stale = s->stale == STALE_NOTHING ? STALE_PAGE : STALE_ALL;
	s->stale_va = va;
}

/* `table` is filled. In a live space the batch is flushed, so that the link can be read back. */
static void table_link(struct space *s, pte_t *upper, pfn_t table)
{
	if (s->live)
		mm_set_kernel_readonly(machine_page_va(table), true);
	entry_write(s, upper, pte_make(pfn_to_mfn(table), TABLE_FLAGS));
	if (s->live)
		batch_flush();
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

/* Makes the L2 for va exist. */
static pte_t *space_l2_make(struct space *s, unsigned long va)
{
	pte_t *l2 = space_l2(s, va), *root = machine_page_va(s->root);
	pfn_t table;

	if (l2)
		return l2;
	table = page_alloc_zeroed();
	if (pfn_is_none(table))
		return NULL;
	s->l2[l3_index(va)] = table;
	table_link(s, &root[l3_index(va)], table);
	/* A PAE processor caches the four entries of the root: only a new CR3 shows a new one. */
	s->stale = STALE_ALL;
	return machine_page_va(table);
}

/* ---- Life of a space ---- */

static void copy_kernel_entries(pte_t *l2)
{
	const pte_t *l3 = machine_page_va(mm_kernel_root);
	const pte_t *top = machine_page_va(mfn_to_pfn(pte_mfn(l3[l3_index(VIRT_BASE)])));

	memcpy(l2, top, (l2_index(mm_special_end - 1) + 1) * sizeof(pte_t));
}

static void put_if_any(pfn_t pfn)
{
	if (!pfn_is_none(pfn))
		page_put(pfn);
}

struct space *space_create(void)
{
	struct space *s = kzalloc(sizeof(*s));
	pte_t *root;

	if (!s)
		return NULL;
	s->l2[0] = s->l2[1] = s->l2[2] = PFN_NONE;
	s->root = page_alloc_zeroed();
	s->top = page_alloc_zeroed();
	if (pfn_is_none(s->root) || pfn_is_none(s->top)) {
		put_if_any(s->root);
		put_if_any(s->top);
		kfree(s);
		return NULL;
	}
	root = machine_page_va(s->root);
	copy_kernel_entries(machine_page_va(s->top));
	root[l3_index(VIRT_BASE)] = pte_make(pfn_to_mfn(s->top), PTE_P);
	return s;
}

/* Calls fn for each table of the space, the lower ones first. */
static void for_each_table(const struct space *s, void (*fn)(pfn_t table))
{
	unsigned i, j;

	for (i = 0; i < 3; i++) {
		const pte_t *l2 = space_l2(s, i * L2_SPAN);

		if (!l2)
			continue;
		for (j = 0; j < PT_ENTRIES; j++)
			if (l2[j] & PTE_P)
				fn(mfn_to_pfn(pte_mfn(l2[j])));
		fn(s->l2[i]);
	}
	fn(s->top);
	fn(s->root);
}

static void table_readonly(pfn_t table)
{
	mm_set_kernel_readonly(machine_page_va(table), true);
}

static void table_writable(pfn_t table)
{
	mm_set_kernel_readonly(machine_page_va(table), false);
}

/* The draft becomes real: the hypervisor checks all of it, from the root down. */
static void space_go_live(struct space *s)
{
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L3_TABLE };

	for_each_table(s, table_readonly);
	pin.arg1.mfn = mfn_x(pfn_to_mfn(s->root));
	batch_flush_then(&pin);
	s->live = true;
}

unsigned space_switch_calls(struct multicall_entry *calls, struct space *s, struct mmuext_op *op)
{
	if (!s || s == current_space)
		return 0;
	if (!s->live)
		space_go_live(s);
	batch_flush();
	s->stale = STALE_NOTHING;
	current_space = s;
	op->cmd = MMUEXT_NEW_BASEPTR;
	op->arg1.mfn = mfn_x(pfn_to_mfn(s->root));
	calls->op = __HYPERVISOR_mmuext_op;
	calls->args[0] = (unsigned long)op;
	calls->args[1] = 1;
	calls->args[2] = 0;
	calls->args[3] = DOMID_SELF;
	return 1;
}

static void load_root(pfn_t root)
{
	struct mmuext_op op = { .cmd = MMUEXT_NEW_BASEPTR };

	op.arg1.mfn = mfn_x(pfn_to_mfn(root));
	batch_flush_then(&op);
}

void space_switch(struct space *s)
{
	if (s == current_space)
		return;
	if (!s->live)
		space_go_live(s);
	load_root(s->root);
	s->stale = STALE_NOTHING;
	current_space = s;
}

static void put_pages(const struct space *s, void (*put)(pfn_t pfn))
{
	unsigned i, j, k;

	for (i = 0; i < 3; i++) {
		const pte_t *l2 = space_l2(s, i * L2_SPAN);

		for (j = 0; l2 && j < PT_ENTRIES; j++) {
			const pte_t *l1 = l2_to_l1(l2, (unsigned long)j * L1_SPAN);

			for (k = 0; l1 && k < PT_ENTRIES; k++)
				if (l1[k])
					put(pte_pfn(l1[k]));
		}
	}
}

void space_destroy(struct space *s, void (*put)(pfn_t pfn))
{
	struct mmuext_op unpin = { .cmd = MMUEXT_UNPIN_TABLE };

	if (current_space == s) {
		load_root(mm_kernel_root);
		current_space = NULL;
	}
	if (s->live) {
		unpin.arg1.mfn = mfn_x(pfn_to_mfn(s->root));
		batch_flush_then(&unpin);
		/* No tables any more: writable again, all at once, and only then free for other uses. */
		for_each_table(s, table_writable);
		batch_flush();
	}
	put_pages(s, put);
	for_each_table(s, page_put);
	kfree(s);
}

/* ---- Mappings ---- */

static unsigned pte_access(pte_t pte)
{
	if (!(pte & PTE_P))
		return SPACE_NONE;
	return SPACE_READ | (pte & PTE_RW ? SPACE_WRITE : 0) |
	       (mm_nx && pte & mm_nx ? 0 : SPACE_EXEC);
}

int space_map(struct space *s, unsigned long va, pfn_t pfn, unsigned access)
{
	pte_t *l2 = space_l2_make(s, va), *l1, val = entry_of(pfn, access);
	pfn_t table;

	if (!l2)
		return -ENOMEM;
	l1 = l2_to_l1(l2, va);
	if (l1) {
		if (l1[l1_index(va)] & PTE_P)
			stale(s, va);
		entry_write(s, &l1[l1_index(va)], val);
		return 0;
	}
	table = page_alloc_zeroed();
	if (pfn_is_none(table))
		return -ENOMEM;
	l1 = machine_page_va(table);
	l1[l1_index(va)] = val;
	table_link(s, &l2[l2_index(va)], table);
	return 0;
}

static pfn_t entry_change(struct space *s, unsigned long va, pte_t *entry, pte_t val)
{
	pte_t old = *entry;

	entry_write(s, entry, val);
	if (old & PTE_P)
		stale(s, va);
	return pte_pfn(old);
}

pfn_t space_unmap(struct space *s, unsigned long va)
{
	pte_t *entry = space_pte(s, va);

	return entry && *entry ? entry_change(s, va, entry, 0) : PFN_NONE;
}

void space_protect(struct space *s, unsigned long va, unsigned access)
{
	pte_t *entry = space_pte(s, va);

	if (entry && *entry && !pte_is_note(*entry))
		entry_change(s, va, entry, access_pte(pte_mfn(*entry), access));
}

/* The processor sets A; D is set beforehand, so nothing that it says is lost between our look and the change. */
bool space_used(struct space *s, unsigned long va)
{
	pte_t *entry = space_pte(s, va);

	if (!entry || (*entry & (PTE_P | PTE_A)) != (PTE_P | PTE_A))
		return false;
	entry_change(s, va, entry, *entry & ~PTE_A);
	return true;
}

void space_sync(struct space *s)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

	if (s == current_space && s->stale != STALE_NOTHING) {
		if (s->stale == STALE_PAGE) {
			op.cmd = MMUEXT_INVLPG_LOCAL;
			op.arg1.linear_addr = s->stale_va;
		}
		batch_flush_then(&op);
	} else {
		batch_flush();
	}
	s->stale = STALE_NOTHING;
}

/* ---- Pages of others ---- */

uint64_t space_entry(struct space *s, unsigned long va)
{
	pte_t *l2, *l1;
	pfn_t table;

	if (!s->live)
		panic("mm: a page of another's in a space that never ran");
	l2 = space_l2_make(s, va);
	if (!l2)
		return 0;
	l1 = l2_to_l1(l2, va);
	if (!l1) {
		table = page_alloc_zeroed();
		if (pfn_is_none(table))
			return 0;
		l1 = machine_page_va(table);
		table_link(s, &l2[l2_index(va)], table);
	}
	/* The caller changes it by a hypercall of its own: nothing may be on its way there. */
	batch_flush();
	return va_to_maddr(&l1[l1_index(va)]);
}

int space_map_foreign(struct space *s, unsigned long va, mfn_t mfn, domid_t domain, bool write)
{
	uint64_t at = space_entry(s, va);
	struct mmu_update u = { .ptr = at | MMU_NORMAL_PT_UPDATE };
	unsigned done = 0;

	if (!at)
		return -ENOMEM;
	u.val = access_pte(mfn, SPACE_READ | (write ? SPACE_WRITE : 0));
	return (int)hypercall4(__HYPERVISOR_mmu_update, &u, 1, &done, domain);
}

void space_unmap_foreign(struct space *s, unsigned long va)
{
	pte_t *entry = space_pte(s, va);

	if (entry && *entry) {
		entry_write(s, entry, 0);
		stale(s, va);
	}
}

pfn_t space_lookup(struct space *s, unsigned long va, unsigned *access)
{
	const pte_t *pte = space_pte(s, va);

	if (!pte || !*pte)
		return PFN_NONE;
	*access = pte_access(*pte);
	return pte_pfn(*pte);
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

/* Copies the entries of one L1 from va up to end. */
static void copy_l1(struct space *to, pte_t *to_l1, struct space *from, pte_t *from_l1,
		    unsigned long va, unsigned long end, bool cow, void (*get)(pfn_t pfn))
{
	unsigned i;

	for (i = l1_index(va); i < PT_ENTRIES && va < end; i++, va += PAGE_SIZE) {
		pte_t e = from_l1[i];

		if (!e)
			continue;
		if (cow && e & PTE_RW) {
			e &= ~PTE_RW;
			entry_write(from, &from_l1[i], e);
			from->stale = STALE_ALL;
		}
		entry_write(to, &to_l1[i], e);
		get(pte_pfn(e));
	}
}

int space_copy(struct space *to, struct space *from, unsigned long start, unsigned long end,
	       bool cow, void (*get)(pfn_t pfn))
{
	unsigned long va, next;

	for (va = space_next(from, start, end); va < end; va = space_next(from, next, end)) {
		pte_t *l2 = space_l2_make(to, va), *l1;
		pfn_t table;

		next = (va & ~(L1_SPAN - 1)) + L1_SPAN;
		next = next < end ? next : end;
		if (!l2)
			return -ENOMEM;
		l1 = l2_to_l1(l2, va);
		if (!l1) {
			table = page_alloc_zeroed();
			if (pfn_is_none(table))
				return -ENOMEM;
			l1 = machine_page_va(table);
			table_link(to, &l2[l2_index(va)], table);
		}
		copy_l1(to, l1, from, l2_to_l1(space_l2(from, va), va), va, next, cow, get);
	}
	return 0;
}
