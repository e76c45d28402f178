/* SPDX-License-Identifier: MIT */
/*
 * The page allocator: buddies, with one small record a page.
 *
 * A free block of 2^order pages is on its order's list by the record of its first page. A page in
 * use counts its references: mappings of it in programs, page cache of ramfs, or 1 for a table, a
 * stack or a slab. All is guarded by one lock with interrupts masked.
 */
#include "kernel.h"
#include "lock.h"
#include "page.h"

#define ORDER_COUNT 11

struct page *page_table;
static struct list free_lists[ORDER_COUNT];
static unsigned long free_count, total_count, reserve, low;
static void (*when_low)(void);
static struct spinlock lock = SPINLOCK_INIT;

static unsigned long page_index(const struct page *p)
{
	return p - page_table;
}

struct page *page_of(pfn_t pfn)
{
	bug_on(pfn_x(pfn) >= machine_info.page_limit);
	return &page_table[pfn_x(pfn)];
}

pfn_t page_pfn(const struct page *p)
{
	return pfn_of(page_index(p));
}

static void block_insert(unsigned long index, unsigned order)
{
	struct page *p = &page_table[index];

	p->state = PAGE_FREE;
	p->order = order;
	list_add(&free_lists[order], &p->link);
}

static void block_free(unsigned long index, unsigned order)
{
	free_count += 1ul << order;
	page_table[index].state = PAGE_INSIDE;
	while (order < ORDER_COUNT - 1) {
		unsigned long buddy = index ^ 1ul << order;
		struct page *b = &page_table[buddy];

		if (buddy >= machine_info.page_limit || b->state != PAGE_FREE || b->order != order)
			break;
		list_del(&b->link);
		b->state = PAGE_INSIDE;
		index &= buddy;
		order++;
	}
	block_insert(index, order);
}

static struct page *block_take(unsigned order)
{
	struct page *p;
	unsigned o;

	for (o = order; o < ORDER_COUNT && list_empty(&free_lists[o]); o++)
		;
	if (o == ORDER_COUNT)
		return NULL;
	p = list_first(&free_lists[o], struct page, link);
	list_del(&p->link);
	while (o > order) {
		o--;
		block_insert(page_index(p) + (1ul << o), o);
	}
	free_count -= 1ul << order;
	p->state = PAGE_USED;
	p->order = order;
	p->refs = 1;
	for (unsigned long i = 1; i < 1ul << order; i++)
		p[i].refs = 0;
	return p;
}

static struct page *block_alloc(unsigned order)
{
	struct page *p;

	spin_lock(&lock);
	p = block_take(order);
	spin_unlock(&lock);
	if (unlikely(free_count < low))
		when_low();
	return p;
}

pfn_t page_alloc(void)
{
	struct page *p = block_alloc(0);

	return p ? pfn_of(page_index(p)) : PFN_NONE;
}

pfn_t page_alloc_user(enum page_kind kind)
{
	struct page *p = likely(free_count > reserve) ? block_alloc(0) : NULL;

	if (!p)
		return PFN_NONE;
	p->kind = kind;
	p->slab_free = 0; /* not in the swap cache */
	return pfn_of(page_index(p));
}

enum page_kind page_kind(pfn_t pfn)
{
	return page_of(pfn)->kind;
}

void page_set_marks(unsigned long new_reserve, unsigned long new_low, void (*fn)(void))
{
	reserve = new_reserve;
	low = new_low;
	when_low = fn;
}

pfn_t page_alloc_zeroed(void)
{
	pfn_t pfn = page_alloc();

	if (!pfn_is_none(pfn))
		memset(machine_page_va(pfn), 0, PAGE_SIZE);
	return pfn;
}

void page_get(pfn_t pfn)
{
	spin_lock(&lock);
	page_of(pfn)->refs++;
	spin_unlock(&lock);
}

/* Locks: lock. */
static void put(pfn_t pfn)
{
	struct page *p = page_of(pfn);

	bug_on(p->state == PAGE_FREE || !p->refs);
	if (--p->refs)
		return;
	p->kind = PAGE_KERNEL;
	if (p->state == PAGE_USED) /* inside a block: it ends with the block */
		block_free(pfn_x(pfn), 0);
}

void page_put(pfn_t pfn)
{
	spin_lock(&lock);
	put(pfn);
	spin_unlock(&lock);
}

void page_put_many(const pfn_t pfns[], unsigned n)
{
	spin_lock(&lock);
	while (n)
		put(pfns[--n]);
	spin_unlock(&lock);
}

unsigned page_refs(pfn_t pfn)
{
	return page_of(pfn)->refs;
}

void *pages_alloc(unsigned order)
{
	struct page *p = block_alloc(order);

	return p ? machine_page_va(pfn_of(page_index(p))) : NULL;
}

/* Has somebody a reference of his own to a page of the block, whose owner's is gone? Locks: lock. */
static bool block_is_shared(const struct page *p, unsigned order)
{
	for (unsigned long i = 0; i < 1ul << order; i++)
		if (p[i].refs)
			return true;
	return false;
}

/* Pages of their own from now on, each until its last reference. Locks: lock. */
static void block_split(struct page *p, unsigned order)
{
	for (unsigned long i = 0; i < 1ul << order; i++) {
		p[i].state = PAGE_USED;
		p[i].order = 0;
	}
	for (unsigned long i = 0; i < 1ul << order; i++)
		if (!p[i].refs)
			block_free(page_index(p) + i, 0);
}

/* A page that is lent to another domain, which does not give it back, outlives its block: it must not be reused. */
void pages_free(void *va, unsigned order)
{
	struct page *p = page_of(machine_va_page(va));
	spin_lock(&lock);
	bug_on(p->state != PAGE_USED || p->order != order || !p->refs);
	p->refs--;
	if (block_is_shared(p, order))
		block_split(p, order);
	else
		block_free(page_index(p), order);
	spin_unlock(&lock);
}

struct page *page_of_va(const void *va)
{
	return page_of(machine_va_page(va));
}

unsigned long page_free_count(void)
{
	return free_count;
}

unsigned long page_total_count(void)
{
	return total_count;
}

void page_release_range(unsigned long first, unsigned long end)
{
	spin_lock(&lock);
	total_count += end - first;
	for (; first < end; first++)
		block_free(first, 0);
	spin_unlock(&lock);
}

/* The records themselves lie at the start of the first free range that is large enough. */
void page_init(void)
{
	unsigned long need =
		align_up(machine_info.page_limit * sizeof(struct page), PAGE_SIZE) >> PAGE_SHIFT;
	unsigned i;

	free_count = total_count = 0;
	for (i = 0; i < ORDER_COUNT; i++)
		list_init(&free_lists[i]);
	for (i = 0; i < ARRAY_SIZE(machine_info.free); i++) {
		struct pfn_range *r = &machine_info.free[i];

		if (r->end - r->first < need)
			continue;
		page_table = machine_page_va(pfn_of(r->first));
		memset(page_table, 0, need << PAGE_SHIFT);
		r->first += need;
		break;
	}
	if (!page_table)
		panic("no room for the records of %lu pages", machine_info.page_limit);
	for (i = 0; i < ARRAY_SIZE(machine_info.free); i++)
		page_release_range(machine_info.free[i].first, machine_info.free[i].end);
}
