/* SPDX-License-Identifier: MIT */
/*
 * Cached pages: see cache.h for what they promise.
 *
 * A page is found by (cache, index) in one hash table for all caches, so that a small file costs no tree. Its
 * record is on three lists: the cache's pages, the cache's dirty ones in order of index (so that write-back
 * goes along the disk), and one list of all pages, the least recently used first, from which memory
 * is taken back. A record that is being read is `busy`; who wants it waits.
 *
 *	cache_page(): found, filled ----------------------------------------> the page
 *		      found, busy ------> wait for the reader, look again
 *		      not found --------> insert busy records, read, fill, wake
 *
 * Lock: `lock`. A record is freed only when it is not busy; a page only when nobody has a reference.
 */
#include "cache.h"
#include "proc.h"
#include "swap.h"
#include "timer.h"
#include "vm.h"

#define HASH_BITS 10
#define HASH_SIZE (1u << HASH_BITS)
#define PART	  (PAGE_SIZE / 8)

struct cache_page {
	struct cache_page *chain; /* in the hash table */
	struct list in_cache, in_dirty, in_use_order;
	struct cache *cache;
	void *va;
	uint32_t index;
	bool busy;	/* being read: no contents yet */
	uint8_t dirty;	/* the eighths that changed; not 0: on the list */
	uint8_t flight; /* those on their way */
	bool writing;	/* its contents of some moment are on their way */
	uint32_t epoch; /* when a program got the right to write to it; 0: never */
};

static struct spinlock lock = SPINLOCK_INIT;
static struct cache_page *table[HASH_SIZE];
static struct list use_order = LIST_INIT(use_order);
static struct list all_caches = LIST_INIT(all_caches);
static unsigned long page_total, dirty_total;

/*
 * Programs that got the right to write to a page in an epoch before safe_epoch have lost it since. The others may
 * write again at any time without being noticed, so such a page is dirty as soon as it has been written.
 */
static uint32_t epoch = 1, safe_epoch = 1;
static bool any_mapped; /* some page's epoch is not safe */

#define DIRTY_MOST (page_total_count() / 5) /* then who makes more dirty writes himself */
#define DIRTY_AGE  (2 * NSEC_PER_SEC)

/* ---- the table; Locks: lock ---- */

static struct cache_page **bucket(const struct cache *c, uint32_t index)
{
	uint32_t h = ((uint32_t)(unsigned long)c >> 4) * 0x9e3779b1u ^ index * 0x85ebca6bu;

	return &table[h >> (32 - HASH_BITS)];
}

static struct cache_page *find(const struct cache *c, uint32_t index)
{
	struct cache_page *p = *bucket(c, index);

	while (p && (p->cache != c || p->index != index))
		p = p->chain;
	return p;
}

static void insert(struct cache_page *p)
{
	struct cache_page **b = bucket(p->cache, p->index);

	p->chain = *b;
	*b = p;
	list_add_tail(&p->cache->pages, &p->in_cache);
	list_add_tail(&use_order, &p->in_use_order);
	list_init(&p->in_dirty);
	p->cache->page_count++;
	page_total++;
}

static void mark_clean(struct cache_page *p)
{
	if (!p->dirty)
		return;
	p->dirty = 0;
	list_del(&p->in_dirty);
	p->cache->dirty_count--;
	dirty_total--;
}

/* Forget the record; the page stays as long as others have references. */
static void drop(struct cache_page *p)
{
	struct cache_page **at = bucket(p->cache, p->index);

	while (*at != p)
		at = &(*at)->chain;
	*at = p->chain;
	mark_clean(p);
	list_del(&p->in_cache);
	list_del(&p->in_use_order);
	p->cache->page_count--;
	page_total--;
	page_put(machine_va_page(p->va));
	kfree(p);
}

static void *take(struct cache_page *p)
{
	list_del(&p->in_use_order);
	list_add_tail(&use_order, &p->in_use_order);
	page_get(machine_va_page(p->va));
	return p->va;
}

/* A new busy record with a page as found in memory; NULL: no memory. */
static struct cache_page *make(struct cache *c, uint32_t index)
{
	struct cache_page *p = kzalloc(sizeof(*p));
	pfn_t pfn = p ? page_alloc_user(PAGE_CACHED) : PFN_NONE;

	if (pfn_is_none(pfn)) {
		kfree(p);
		return NULL;
	}
	p->cache = c;
	p->index = index;
	p->va = machine_page_va(pfn);
	p->busy = true;
	insert(p);
	return p;
}

/* ---- finding and reading ---- */

/* The allocator knows no cache: whoever adds to one gives back first, and if that is not enough, somebody else does. */
static void make_room(void)
{
	if (page_free_count() < page_total_count() / 16 && !cache_reclaim(2 * CACHE_RUN))
		reclaim_before_use();
}

/* Busy records from index on, until one exists already. How many; 0: no memory. Locks: lock. */
static unsigned make_run(struct cache *c, uint32_t index, unsigned want, struct cache_page *run[])
{
	unsigned n = 0;

	while (n < want && (!n || !find(c, index + n)) && (run[n] = make(c, index + n)))
		n++;
	return n;
}

static int read_run(struct cache *c, struct cache_page *run[], unsigned n)
{
	void *pages[CACHE_RUN];
	int rc;

	for (unsigned i = 0; i < n; i++)
		pages[i] = run[i]->va;
	rc = c->ops->read(c, run[0]->index, pages, n);
	spin_lock(&lock);
	for (unsigned i = 0; i < n; i++) {
		run[i]->busy = false;
		if (rc)
			drop(run[i]);
	}
	spin_unlock(&lock);
	waitq_wake(&c->wait);
	return rc;
}

/* Not there, or not yet: nobody may be asked while it is busy. */
static bool is_busy(struct cache *c, uint32_t index)
{
	struct cache_page *p;
	bool busy;

	spin_lock(&lock);
	p = find(c, index);
	busy = p && p->busy;
	spin_unlock(&lock);
	return busy;
}

void *cache_page_find(struct cache *c, uint32_t index)
{
	struct cache_page *p;
	void *va = NULL;

	spin_lock(&lock);
	p = find(c, index);
	if (p && !p->busy)
		va = take(p);
	spin_unlock(&lock);
	return va;
}

void *cache_page(struct cache *c, uint32_t index, unsigned ahead)
{
	struct cache_page *run[CACHE_RUN];
	unsigned n;
	void *va;
	int rc;

	while (!(va = cache_page_find(c, index))) {
		make_room();
		wait_event(&c->wait, !is_busy(c, index));
		spin_lock(&lock);
		n = find(c, index) ? ~0u
				   : make_run(c, index, min(ahead + 1, (unsigned)CACHE_RUN), run);
		spin_unlock(&lock);
		if (!n)
			return err_ptr(-ENOMEM);
		rc = n == ~0u ? 0 : read_run(c, run, n);
		if (rc && n > 1) { /* perhaps only what nobody asked for is bad */
			ahead = 0;
			continue;
		}
		if (rc)
			return err_ptr(rc);
	}
	return va;
}

/* A file's first pages are often all that is read of it. */
#define FIRST_RUN 8

/*
 * Whoever reads on where somebody has read before goes along the file, so nothing is kept about readers. A small
 * machine reads less at once: what is read in vain drives out something else.
 */
static unsigned run_for(struct cache *c, uint32_t index, uint64_t wanted)
{
	unsigned most = min((unsigned)CACHE_RUN, (unsigned)(page_total_count() / 128) + 1);
	uint64_t run = wanted;
	bool along;

	spin_lock(&lock);
	along = index && find(c, index - 1);
	spin_unlock(&lock);
	if (along)
		run = most;
	else if (!index)
		run = max(run, (uint64_t)FIRST_RUN);
	return (unsigned)min(run, (uint64_t)most);
}

void *cache_page_read(struct cache *c, uint32_t index, size_t wanted, uint64_t left)
{
	void *va = cache_page_find(c, index);
	unsigned run;

	if (va)
		return va;
	run = run_for(c, index, (wanted + PAGE_SIZE - 1) >> PAGE_SHIFT);
	left = (left + PAGE_SIZE - 1) >> PAGE_SHIFT;
	return cache_page(c, index, (unsigned)min((uint64_t)run, left) - 1);
}

void *cache_page_new(struct cache *c, uint32_t index)
{
	struct cache_page *p;
	void *va;

	make_room();
	for (;;) {
		wait_event(&c->wait, !is_busy(c, index));
		spin_lock(&lock);
		p = find(c, index);
		if (!p) {
			p = make(c, index);
			if (p) {
				memset(p->va, 0, PAGE_SIZE);
				p->busy = false;
			}
		}
		va = p && !p->busy ? take(p) : NULL;
		spin_unlock(&lock);
		if (va)
			return va;
		if (!p)
			return err_ptr(-ENOMEM);
	}
}

/* ---- dirty pages ---- */

/* In order of index; who writes along a file finds the place at the end. Locks: lock. */
static void insert_dirty(struct cache *c, struct cache_page *p)
{
	struct list *at = c->dirty.prev;

	while (at != &c->dirty && list_entry(at, struct cache_page, in_dirty)->index > p->index)
		at = at->prev;
	list_insert_between(&p->in_dirty, at, at->next);
}

static uint8_t parts_of(unsigned offset, unsigned len)
{
	unsigned first = offset / PART, end = (offset + len + PART - 1) / PART;

	return (uint8_t)((1u << end) - (1u << first));
}

void cache_dirty_bytes(struct cache *c, uint32_t index, unsigned offset, unsigned len)
{
	struct cache_page *p;

	spin_lock(&lock);
	p = find(c, index);
	if (p && !p->dirty) {
		if (!c->dirty_count++)
			c->dirty_since = time_now();
		dirty_total++;
		insert_dirty(c, p);
	}
	if (p)
		p->dirty |= parts_of(offset, len);
	spin_unlock(&lock);
}

void cache_dirty_mapped(struct cache *c, uint32_t index)
{
	struct cache_page *p;

	spin_lock(&lock);
	p = find(c, index);
	if (p)
		p->epoch = epoch;
	any_mapped = true;
	spin_unlock(&lock);
	cache_dirty(c, index);
}

void cache_dirty(struct cache *c, uint32_t index)
{
	cache_dirty_bytes(c, index, 0, PAGE_SIZE);
}

static bool is_being_written(struct cache *c, uint32_t index, uint8_t parts)
{
	struct cache_page *p;
	bool yes;

	spin_lock(&lock);
	p = find(c, index);
	yes = p && p->writing && p->flight & parts;
	spin_unlock(&lock);
	return yes;
}

void cache_forget_bytes(struct cache *c, uint32_t index, unsigned offset, unsigned len)
{
	uint8_t parts = parts_of(offset, len), left;
	struct cache_page *p;

	spin_lock(&lock);
	p = find(c, index);
	if (p && p->dirty) {
		left = p->dirty & ~parts;
		if (!left)
			mark_clean(p);
		p->dirty = left;
	}
	spin_unlock(&lock);
	wait_event(&c->wait, !is_being_written(c, index, parts));
}

static bool is_mapped_to_write(const struct cache_page *p)
{
	return p->epoch >= safe_epoch;
}

/* The next run of dirty pages from *from on, marked as being written. Locks: lock. */
static unsigned take_dirty_run(struct cache *c, uint32_t *from, struct cache_page *run[])
{
	struct cache_page *p, *following;
	unsigned n = 0;

	list_for_each_safe (p, following, &c->dirty, in_dirty) {
		if (p->index < *from || p->writing)
			continue;
		if (n && (p->index != run[n - 1]->index + 1 || n == CACHE_RUN))
			break;
		run[n++] = p;
	}
	for (unsigned i = 0; i < n; i++) {
		run[i]->flight = run[i]->dirty;
		if (!is_mapped_to_write(run[i]))
			mark_clean(run[i]);
		run[i]->writing = true;
		page_get(machine_va_page(run[i]->va));
	}
	if (n)
		*from = run[n - 1]->index + 1;
	return n;
}

static void end_run(struct cache *c, struct cache_page *run[], unsigned n, int rc)
{
	spin_lock(&lock);
	for (unsigned i = 0; i < n; i++) {
		run[i]->writing = false;
		page_put(machine_va_page(run[i]->va));
	}
	if (rc)
		c->error = rc;
	spin_unlock(&lock);
	waitq_wake(&c->wait);
}

/* One pass over what is dirty now, `most` pages at most. */
static void write_pass(struct cache *c, unsigned most)
{
	struct cache_page *run[CACHE_RUN];
	uint8_t parts[CACHE_RUN];
	void *pages[CACHE_RUN];
	uint32_t from = 0;
	unsigned n;

	while (most) {
		spin_lock(&lock);
		n = take_dirty_run(c, &from, run);
		spin_unlock(&lock);
		if (!n)
			break;
		for (unsigned i = 0; i < n; i++) {
			pages[i] = run[i]->va;
			parts[i] = run[i]->flight;
		}
		end_run(c, run, n, c->ops->write(c, run[0]->index, pages, parts, n));
		most -= min(most, n);
		cond_resched();
	}
}

static bool any_writing(struct cache *c)
{
	struct cache_page *p;
	bool any = false;

	spin_lock(&lock);
	list_for_each (p, &c->pages, in_cache)
		any |= p->writing;
	spin_unlock(&lock);
	return any;
}

int cache_sync(struct cache *c)
{
	int rc;

	write_pass(c, ~0u);
	wait_event(&c->wait, !any_writing(c));
	spin_lock(&lock);
	rc = c->error;
	c->error = 0;
	spin_unlock(&lock);
	return rc;
}

void cache_balance(struct cache *c)
{
	if (dirty_total > DIRTY_MOST)
		write_pass(c, c->dirty_count / 2 + CACHE_RUN);
}

/* ---- taking pages back ---- */

static bool in_range_busy(struct cache *c, uint32_t from, uint32_t last)
{
	struct cache_page *p;
	bool busy = false;

	spin_lock(&lock);
	list_for_each (p, &c->pages, in_cache)
		busy |= p->index >= from && p->index <= last && (p->busy || p->writing);
	spin_unlock(&lock);
	return busy;
}

void cache_drop(struct cache *c, uint32_t from, uint32_t last)
{
	struct cache_page *p, *following;
	bool again = true;

	while (again) {
		wait_event(&c->wait, !in_range_busy(c, from, last));
		again = false;
		spin_lock(&lock);
		list_for_each_safe (p, following, &c->pages, in_cache) {
			if (p->index < from || p->index > last)
				continue;
			if (p->busy || p->writing)
				again = true;
			else
				drop(p);
		}
		spin_unlock(&lock);
	}
}

unsigned long cache_reclaim(unsigned long pages)
{
	struct cache_page *p, *following;
	unsigned long freed = 0;

	spin_lock(&lock);
	list_for_each_safe (p, following, &use_order, in_use_order) {
		if (freed >= pages)
			break;
		if (p->busy || p->writing || p->dirty || page_refs(machine_va_page(p->va)) > 1)
			continue;
		drop(p);
		freed++;
	}
	spin_unlock(&lock);
	return freed;
}

void cache_init(struct cache *c, const struct cache_ops *ops, void *owner)
{
	memset(c, 0, sizeof(*c));
	list_init(&c->pages);
	list_init(&c->dirty);
	waitq_init(&c->wait);
	c->ops = ops;
	c->owner = owner;
	spin_lock(&lock);
	list_add_tail(&all_caches, &c->link);
	spin_unlock(&lock);
}

void cache_destroy(struct cache *c)
{
	spin_lock(&lock);
	list_del(&c->link);
	spin_unlock(&lock);
	wait_event(&c->wait, !*(volatile int *)&c->users);
	cache_drop(c, 0, ~0u);
}

/* ---- write-back by a thread ---- */

/* The first cache that is due, kept from being destroyed; NULL: none. */
static struct cache *next_due(uint64_t before)
{
	struct cache *c;

	spin_lock(&lock);
	list_for_each (c, &all_caches, link)
		if (c->dirty_count && !c->users && c->dirty_since <= before) {
			c->users++;
			spin_unlock(&lock);
			return c;
		}
	spin_unlock(&lock);
	return NULL;
}

static bool is_due(uint64_t before)
{
	const struct cache *c;
	bool due = false;

	spin_lock(&lock);
	list_for_each (c, &all_caches, link)
		due |= c->dirty_count && c->dirty_since <= before;
	spin_unlock(&lock);
	return due;
}

static void write_due(uint64_t before)
{
	struct cache *c;

	while ((c = next_due(before))) {
		spin_lock(&lock);
		c->dirty_since = time_now(); /* of what becomes dirty meanwhile */
		spin_unlock(&lock);
		write_pass(c, ~0u);
		wait_event(&c->wait, !any_writing(c));
		spin_lock(&lock);
		c->users--;
		spin_unlock(&lock);
		waitq_wake(&c->wait);
	}
}

void cache_sync_all(void)
{
	write_due(time_now());
}

/* Pages that programs may write to become pages that can be clean. */
static void end_epoch(void)
{
	uint32_t next;

	spin_lock(&lock);
	next = ++epoch;
	any_mapped = false;
	spin_unlock(&lock);
	if (vm_protect_shared())
		safe_epoch = next;
	else
		any_mapped = true;
}

/* Memory is short: what is dirty is to be written now, whatever its age. */
static bool hurry;
static struct waitq hurry_queue = WAITQ_INIT(hurry_queue);

void cache_write_back(void)
{
	hurry = true;
	waitq_wake(&hurry_queue);
}

static void write_back(void *unused)
{
	(void)unused;
	for (;;) {
		uint64_t before;

		(void)wait_event_full(&hurry_queue, *(volatile bool *)&hurry, false,
				      time_now() + NSEC_PER_SEC);
		before = time_now() - (hurry ? 0 : min(time_now(), (uint64_t)DIRTY_AGE));
		hurry = false;
		if (any_mapped && is_due(before))
			end_epoch();
		write_due(before);
	}
}

void cache_start(void)
{
	if (!kthread_create("writeback", write_back, NULL))
		panic("no memory for the write-back thread");
}

unsigned long cache_page_count(void)
{
	return page_total;
}

unsigned long cache_dirty_count(void)
{
	return dirty_total;
}
