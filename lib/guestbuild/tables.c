/* SPDX-License-Identifier: MIT */
/*
 * A new domain's first page tables.
 *
 * One run of addresses is mapped to one run of pfns: the boot region, and a frame list that stands apart. For
 * a run the tables of a level are numbered by the addresses that they cover, so where each of them lies is arithmetic,
 * and they are written one after another without looking any of them up. Which pfns they take:
 *
 *	region		root | level 3 | level 2 | level 1	from layout.tables on (PAE: root | 4 of 2 | level 1)
 *	frame list	       level 3 | level 2 | level 1	behind its pages; its root entries are in the region's
 *
 * A table must not be mapped writable, so the region's own tables are mapped read-only. The others are not mapped.
 */
#include "lib/guestbuild/guestbuild.h"
#include "lib/string.h"

#define ENTRIES	  512u
#define PTE_P	  0x001u
#define PTE_RW	  0x002u
#define PTE_US	  0x004u
#define PTE_A	  0x020u
#define PTE_D	  0x040u
#define PTE_PAGE  (PTE_P | PTE_RW | PTE_A | PTE_D)
#define PTE_RO	  (PTE_P | PTE_A)
#define PTE_TABLE (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define FOUR_GB	  (1ULL << 32)

/* Addresses [start, end) show the pfns from `pfn` on; first[level] is the pfn of that level's first table. */
struct run {
	const struct guest_builder *b;
	int top; /* level of the root */
	uint64_t start, end, pfn;
	uint64_t first[5];
};

/* Bits of an address below what one entry of this level covers. */
static unsigned int shift(int level)
{
	return 12 + 9 * (unsigned int)(level - 1);
}

/* The number of the level's table, or of the entry for level - 1, that covers an address, of all there are. */
static uint64_t number(uint64_t va, int level)
{
	return level == 4 ? 0 : (va & 0xffffffffffffULL) >> shift(level + 1);
}

/* A PAE root has four entries and all four tables of level 2 exist, whatever they map. */
static uint64_t level_start(const struct run *r, int level)
{
	return r->top == 3 && level == 2 ? 0 : r->start;
}

static uint64_t level_end(const struct run *r, int level)
{
	return r->top == 3 && level == 2 ? FOUR_GB : r->end;
}

static unsigned int level_tables(const struct run *r, int level)
{
	return (unsigned int)(number(level_end(r, level) - 1, level) -
			      number(level_start(r, level), level) + 1);
}

static uint64_t table_pfn(const struct run *r, uint64_t va, int level)
{
	return r->first[level] + number(va, level) - number(level_start(r, level), level);
}

static uint64_t leaf(const struct run *r, uint64_t va)
{
	const struct guest_layout *l = &r->b->layout;
	uint64_t pfn = r->pfn + (va - r->start) / GUEST_PAGE;
	uint64_t tables = (l->tables - l->base) / GUEST_PAGE;
	bool is_table = pfn >= tables && pfn < tables + l->table_pages;

	return (uint64_t)r->b->frames[pfn] * GUEST_PAGE | (is_table ? PTE_RO : PTE_PAGE);
}

static uint64_t entry(const struct run *r, uint64_t va, int level)
{
	/* An entry of a PAE root may hold no RW and no US. */
	uint64_t flags = r->top == 3 && level == 3 ? PTE_P : PTE_TABLE;

	if (level == 1)
		return leaf(r, va);
	return (uint64_t)r->b->frames[table_pfn(r, va, level - 1)] * GUEST_PAGE | flags;
}

/* Every entry of a level that leads to something. */
static bool fill_level(const struct run *r, int level)
{
	int below = level > 1 ? level - 1 : 1;
	uint64_t last = (level_end(r, below) - 1) >> shift(level), open = ~0ULL;
	uint64_t *table = NULL;

	for (uint64_t n = level_start(r, below) >> shift(level); n <= last; n++) {
		uint64_t va = n << shift(level), pfn = table_pfn(r, va, level);

		if (pfn != open)
			table = r->b->page(r->b->ctx, open = pfn);
		if (!table)
			return false;
		table[n % ENTRIES] = entry(r, va, level);
	}
	return true;
}

static bool clear_level(const struct run *r, int level)
{
	for (unsigned int i = 0; i < level_tables(r, level); i++) {
		void *table = r->b->page(r->b->ctx, r->first[level] + i);

		if (!table)
			return false;
		memset(table, 0, GUEST_PAGE);
	}
	return true;
}

/* Tables from `pfn` on, highest level first; `root`: where its root is, made here or by an earlier run. */
static bool map_run(struct run *r, uint64_t root, uint64_t pfn)
{
	r->first[r->top] = root;
	for (int level = r->top - 1; level >= 1; level--) {
		r->first[level] = pfn;
		pfn += level_tables(r, level);
	}
	for (int level = r->top - 1; level >= 1; level--)
		if (!clear_level(r, level))
			return false;
	for (int level = r->top; level >= 1; level--)
		if (!fill_level(r, level))
			return false;
	return true;
}

bool guest_builder_tables(const struct guest_builder *b)
{
	const struct guest_layout *l = &b->layout;
	uint64_t root = (l->tables - l->base) / GUEST_PAGE;
	struct run region = {
		.b = b, .top = b->image.is_32bit ? 3 : 4, .start = l->base, .end = l->end, .pfn = 0
	};
	struct run list = { .b = b,
			    .top = 4,
			    .start = l->p2m,
			    .end = l->p2m + (uint64_t)l->p2m_pages * GUEST_PAGE,
			    .pfn = l->p2m_pfn };
	void *page = b->page(b->ctx, root);

	if (!page)
		return false;
	memset(page, 0, GUEST_PAGE);
	return map_run(&region, root, root + 1) &&
	       (!l->p2m_apart || map_run(&list, root, l->p2m_pfn + l->p2m_pages));
}
