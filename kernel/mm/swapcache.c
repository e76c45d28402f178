/* SPDX-License-Identifier: MIT */
/*
 * The swap cache: anonymous pages that have memory and a place on a disk at the same time.
 *
 * A page comes in when the first address space gives it up, and others may still have it mapped; or when it has
 * been read for one of several that share it. It is found here by its note, so all of them get the same page again.
 * It leaves
 *
 *	when nobody maps it: written if need be, and its memory is free;	(swap_write_out)
 *	when no entry holds its note any more: its place is free.		(swap_in, swap_put, swap_leave)
 *
 * A busy page is being read or written and stays: who wants it waits. The cache has one reference of the page and
 * one of its place. A page that is written needs no memory for that: requests, like the lists, exist beforehand.
 *
 * A private page in the cache is mapped read-only only, so its place, once written, stays true (on_disk). A shared
 * one changes at any time and is written again.
 */
#include "places.h"
#include "proc.h"

#define HASH_SIZE 256u

static struct page *table[HASH_SIZE];
static unsigned long cached, read_total, written_total;
static struct waitq not_busy = WAITQ_INIT(not_busy);

/* ---- the table; Locks: swap_lock ---- */

static struct page **bucket(unsigned long note)
{
	return &table[(note >> NOTE_SHIFT) % HASH_SIZE];
}

static struct page *find(unsigned long note)
{
	struct page *p = *bucket(note);

	while (p && p->note != note)
		p = p->chain;
	return p;
}

/* The caller's references of page and place are the cache's from now on. */
static void insert(struct page *p, unsigned long note)
{
	struct page **b = bucket(note);

	p->note = (uint32_t)note;
	p->chain = *b;
	*b = p;
	p->in_swap_cache = true;
	cached++;
}

static void drop(struct page *p)
{
	struct page **at = bucket(p->note);

	while (*at != p)
		at = &(*at)->chain;
	*at = p->chain;
	p->in_swap_cache = p->on_disk = false;
	cached--;
	place_put(p->note);
	page_put(page_pfn(p));
}

/* No entry holds the note any more: the place is of no use. */
static void drop_if_last(struct page *p)
{
	if (p && !p->busy && place_refs(p->note) == 1)
		drop(p);
}

/* ---- entries ---- */

unsigned long swap_note(pfn_t pfn)
{
	struct page *p = page_of(pfn);
	unsigned long note;

	spin_lock(&swap_lock);
	if (!p->in_swap_cache) {
		note = place_alloc();
		if (note) {
			page_get(pfn);
			insert(p, note);
		}
	}
	note = p->in_swap_cache ? p->note : 0;
	if (note)
		place_get(note);
	spin_unlock(&swap_lock);
	return note;
}

void swap_get(unsigned long note)
{
	spin_lock(&swap_lock);
	place_get(note);
	spin_unlock(&swap_lock);
}

void swap_put(unsigned long note)
{
	struct page *p;

	spin_lock(&swap_lock);
	p = find(note);
	place_put(note);
	drop_if_last(p);
	spin_unlock(&swap_lock);
}

void entry_put(pfn_t pfn)
{
	if (unlikely(pfn_is_note(pfn)))
		swap_put(note_x(pfn));
	else
		page_put(pfn);
}

void entry_get(pfn_t pfn)
{
	if (unlikely(pfn_is_note(pfn)))
		swap_get(note_x(pfn));
	else
		page_get(pfn);
}

bool swap_leave(pfn_t pfn)
{
	struct page *p = page_of(pfn);

	spin_lock(&swap_lock);
	if (p->in_swap_cache)
		drop_if_last(p);
	spin_unlock(&swap_lock);
	return !p->in_swap_cache;
}

/* ---- coming back ---- */

static bool is_busy(unsigned long note)
{
	struct page *p;
	bool busy;

	spin_lock(&swap_lock);
	p = find(note);
	busy = p && p->busy;
	spin_unlock(&swap_lock);
	return busy;
}

/* From the cache, as swap_in() promises; false: it is not there, or busy. */
static bool take(unsigned long note, bool changes, pfn_t *pfn)
{
	struct page *p;

	spin_lock(&swap_lock);
	p = find(note);
	if (p && p->busy)
		p = NULL;
	if (p) {
		*pfn = page_pfn(p);
		page_get(*pfn);
		if (changes)
			p->on_disk = false;
		place_put(note);
		drop_if_last(p);
	}
	spin_unlock(&swap_lock);
	return p;
}

/* A busy page for the note, unless somebody was faster (*pfn then is PFN_NONE). 0 or -ENOMEM. */
static int begin_read(unsigned long note, pfn_t *pfn)
{
	int rc = 0;

	spin_lock(&swap_lock);
	*pfn = PFN_NONE;
	if (!find(note)) {
		*pfn = page_alloc_user(PAGE_ANONYMOUS);
		rc = pfn_is_none(*pfn) ? -ENOMEM : 0;
	}
	if (!pfn_is_none(*pfn)) {
		page_of(*pfn)->busy = true;
		place_get(note);
		page_get(
			*pfn); /* until the reader has looked again: it must not be evicted meanwhile */
		insert(page_of(*pfn), note);
	}
	spin_unlock(&swap_lock);
	return rc;
}

static void end_read(pfn_t pfn, int rc)
{
	struct page *p = page_of(pfn);

	spin_lock(&swap_lock);
	p->busy = false;
	p->on_disk = true;
	if (rc)
		drop(p);
	else
		read_total++;
	spin_unlock(&swap_lock);
	waitq_wake(&not_busy);
}

int swap_in(unsigned long note, bool changes, pfn_t *pfn)
{
	int rc = 0;

	while (!take(note, changes, pfn)) {
		pfn_t fresh;

		wait_event(&not_busy, !is_busy(note));
		rc = begin_read(note, &fresh);
		if (rc)
			return rc;
		if (pfn_is_none(fresh))
			continue;
		rc = block_read(area_of(note)->dev, sector_of(note), machine_page_va(fresh),
				PAGE_SIZE);
		end_read(fresh, rc);
		if (!rc && take(note, changes, pfn)) {
			page_put(fresh);
			return 0;
		}
		page_put(fresh);
		if (rc)
			return rc == -ENOMEM ? -ENOMEM : -EIO;
	}
	return 0;
}

/* ---- going out ---- */

/* One request for all; the mutex says whose it is. Not allocated: this is what is done when there is no memory. */
static struct mutex writing = MUTEX_INIT(writing);
static struct block_request request;
static struct waitq done_queue = WAITQ_INIT(done_queue);
static bool done;

static void wake(struct block_request *r)
{
	(void)r;
	done = true;
	waitq_wake(&done_queue);
}

static bool only_the_cache_has(const struct page *p)
{
	return !p->busy && page_refs(page_pfn(p)) == 1;
}

/* Sorted in by note, so that neighbours on the disk are neighbours in the group. */
static void add_sorted(struct page *group[], unsigned n, struct page *p)
{
	for (; n && group[n - 1]->note > p->note; n--)
		group[n] = group[n - 1];
	group[n] = p;
}

/* Pages to write, marked busy; those that need no writing are freed at once: *freed. */
static unsigned take_group(struct page *group[], unsigned most, unsigned long *freed)
{
	static unsigned hand;
	struct page *p, *chain;
	unsigned n = 0;

	spin_lock(&swap_lock);
	for (unsigned i = 0; i < HASH_SIZE && n < most; i++, hand++)
		for (p = table[hand % HASH_SIZE]; p && n < most; p = chain) {
			chain = p->chain;
			if (!only_the_cache_has(p))
				continue;
			if (p->on_disk) {
				drop(p);
				++*freed;
				continue;
			}
			p->busy = true;
			add_sorted(group, n++, p);
		}
	spin_unlock(&swap_lock);
	return n;
}

static unsigned run_length(struct page *const group[], unsigned n, unsigned limit)
{
	unsigned run = 1;

	while (run < n && run < limit &&
	       group[run]->note == group[run - 1]->note + (1u << NOTE_SHIFT))
		run++;
	return run;
}

static int write_run(struct blockdev *d, struct page *const group[], unsigned n)
{
	memset(&request, 0, sizeof(request));
	request.op = BLOCK_WRITE;
	request.sector = sector_of(group[0]->note);
	request.done = wake;
	for (unsigned i = 0; i < n; i++)
		request.segment[request.segments++] =
			(struct block_segment){ machine_page_va(page_pfn(group[i])), PAGE_SIZE };
	done = false;
	block_submit(d, &request);
	wait_event(&done_queue, *(volatile bool *)&done);
	return request.error;
}

/* A page that could not be written stays in memory, and its device gets no more. */
static unsigned long end_run(struct swap_area *a, struct page *const group[], unsigned n, int rc)
{
	unsigned long freed = 0;

	spin_lock(&swap_lock);
	for (unsigned i = 0; i < n; i++) {
		struct page *p = group[i];

		p->busy = false;
		p->on_disk = !rc;
		if ((!rc && only_the_cache_has(p)) || place_refs(p->note) == 1) {
			freed += page_refs(page_pfn(p)) == 1;
			drop(p);
		}
	}
	if (rc && a->filling)
		printk("swap: %s: error %d while writing: nothing more goes there\n", a->dev->name,
		       rc);
	if (rc)
		a->filling = false;
	else
		written_total += n;
	spin_unlock(&swap_lock);
	waitq_wake(&not_busy);
	return freed;
}

unsigned long swap_write_out(unsigned long most)
{
	struct page *group[BLOCK_SEGMENTS];
	unsigned long freed = 0;
	unsigned n, run;

	mutex_lock(&writing);
	n = take_group(group, (unsigned)min(most, (unsigned long)BLOCK_SEGMENTS), &freed);
	for (unsigned i = 0; i < n; i += run) {
		struct swap_area *a = area_of(group[i]->note);
		struct blockdev *whole = a->dev->whole ? a->dev->whole : a->dev;

		run = run_length(group + i, n - i, whole->max_segments);
		freed += end_run(a, group + i, run, write_run(a->dev, group + i, run));
	}
	mutex_unlock(&writing);
	return freed;
}

unsigned long swap_cached_count(void)
{
	return cached;
}

unsigned long swap_in_count(void)
{
	return read_total;
}

unsigned long swap_out_count(void)
{
	return written_total;
}
