/* SPDX-License-Identifier: MIT */
/*
 * Taking pages back: a clock that goes round all address spaces, and a thread that winds it before memory is gone.
 *
 *	free pages	high ........ the thread stops
 *			low ......... the thread begins (page.c calls)
 *			reserve ..... users get none: they come here themselves, with no mm->lock of theirs
 *			0 ........... also the kernel has none
 *
 * The reserve is what the way out needs (slabs, page tables, a driver's pages); writing itself takes no memory
 * (swapcache.c).
 *
 * One step of the clock looks at one mapped page. Used since the last time: it gets another round. A file's: it is
 * unmapped, and the cache may give it back. Anonymous: the entry becomes a note, and the page goes to swap when
 * nobody has it mapped any more. All else stays. Pages that only the cache has go first, without a look at the
 * clock.
 *
 * No deadlock: an mm's lock is only tried. File systems are not called from here, whose locks our caller may hold;
 * dirty pages of files are the write-back thread's. Swap devices need no locks of file systems (swapon.c).
 */
#include "cache.h"
#include "proc.h"
#include "places.h"
#include "timer.h"
#include "vma.h"
#include <uapi/process.h>

#define QUANTUM	   64u /* pages looked at in one address space before it is the next one's turn */
#define PUT_GROUP  64u
#define ROUNDS	   1000u /* others may undo what we do; nobody waits for us for ever */
#define BACK_OFF   (NSEC_PER_SEC / 2)
#define THREAD_RUN 32u

static unsigned long low_mark, high_mark;
static bool wanted;
static struct waitq bell = WAITQ_INIT(bell);

/* ---- one address space ---- */

struct gone {
	pfn_t pages[PUT_GROUP];
	unsigned n;
};

/* Only then no TLB knows them any more. */
static void put_gone(struct mm *mm, struct gone *g)
{
	space_sync(mm->space);
	page_put_many(g->pages, g->n);
	g->n = 0;
}

/* The page loses its entry here. False: it stays. */
static bool evict(struct mm *mm, unsigned long va, pfn_t pfn, struct gone *g)
{
	enum page_kind kind = page_kind(pfn);
	unsigned long note;

	if (kind == PAGE_ANONYMOUS) {
		note = swap_note(pfn);
		if (!note)
			return false;
		space_map(mm->space, va, note_of(note), SPACE_NONE);
		mm->swap_count++;
	} else if (kind == PAGE_CACHED) {
		space_unmap(mm->space, va);
	} else {
		return false;
	}
	mm->page_count--;
	g->pages[g->n++] = pfn;
	return true;
}

/* Goes on where it stopped in this space. How many were evicted; *looked grows. Locks: mm->lock. */
static unsigned long turn(struct mm *mm, unsigned long want, unsigned long *looked)
{
	struct gone gone = { .n = 0 };
	unsigned long va = mm->hand, evicted = 0, n = 0;
	unsigned access;
	struct vma *v;

	while (n < QUANTUM && evicted < want && gone.n < PUT_GROUP) {
		pfn_t pfn;

		v = vma_at_or_after(mm, va);
		if (!v) {
			va = 0;
			break;
		}
		va = space_next(mm->space, max(va, v->start), v->end);
		if (va == v->end || v->flags & (VMA_FOREIGN | VMA_LOCKED)) {
			va = v->end;
			continue;
		}
		pfn = space_lookup(mm->space, va, &access);
		if (!pfn_is_none(pfn) && !pfn_is_note(pfn)) {
			n++;
			if (!space_used(mm->space, va))
				evicted += evict(mm, va, pfn, &gone);
		}
		va += PAGE_SIZE;
	}
	mm->hand = va;
	put_gone(mm, &gone);
	*looked += n;
	return evicted;
}

/* ---- round all of them ---- */

/* Until so many are evicted, or each has been looked at twice: once to see whether it is used again. */
static unsigned long go_round(unsigned long want, bool *skipped)
{
	static uint64_t hand;
	unsigned long evicted = 0, looked = 0, most = 0;
	unsigned idle = 0, spaces = 0;
	struct mm *mm;

	for (mm = mm_next(NULL); mm; mm = mm_next(mm)) {
		most += 2 * mm->page_count + 2;
		spaces++;
	}
	while (evicted < want && looked < most && idle <= 2 * spaces) {
		unsigned long before = looked;

		mm = mm_after(hand);
		if (!mm)
			break;
		hand = mm->id;
		if (mutex_trylock(&mm->lock)) {
			evicted += turn(mm, want - evicted, &looked);
			mutex_unlock(&mm->lock);
		} else {
			*skipped = true;
		}
		mm_put(mm);
		idle = looked == before ? idle + 1 : 0;
	}
	return evicted;
}

unsigned long reclaim_pages(unsigned long want, bool *skipped)
{
	unsigned long freed = cache_reclaim(want);
	bool some_skipped = false;

	/* A page that several share is free when the last of them has lost it: to evict is progress enough. */
	for (unsigned i = 0; i < ROUNDS && freed < want; i++) {
		unsigned long evicted = go_round(want - freed, &some_skipped), got;

		got = cache_reclaim(want - freed);
		while (freed + got < want) {
			unsigned long out = swap_write_out(want - freed - got);

			got += out;
			if (!out)
				break;
		}
		freed += got;
		if (!got && !evicted)
			break;
	}
	if (freed < want && cache_dirty_count()) {
		cache_write_back();
		some_skipped = true;
	}
	if (skipped)
		*skipped = some_skipped;
	return freed;
}

void reclaim_before_use(void)
{
	if (page_free_count() < low_mark)
		(void)reclaim_pages(low_mark - page_free_count(), NULL);
}

/* ---- the thread ---- */

static void memory_is_low(void)
{
	if (wanted)
		return;
	wanted = true;
	waitq_wake(&bell);
}

static void keep_some_free(void *unused)
{
	(void)unused;
	for (;;) {
		wait_event(&bell, *(volatile bool *)&wanted);
		while (page_free_count() < high_mark) {
			if (!reclaim_pages(THREAD_RUN, NULL)) {
				proc_sleep_until(time_now() + BACK_OFF);
				break;
			}
			cond_resched();
		}
		wanted = false;
	}
}

void reclaim_start(void)
{
	unsigned long reserve = page_total_count() / 32;

	reserve = min(max(reserve, 16ul), 256ul);
	low_mark = 2 * reserve;
	high_mark = 3 * reserve;
	if (!kthread_create("reclaim", keep_some_free, NULL))
		panic("no memory for the thread that makes room");
	page_set_marks(reserve, low_mark, memory_is_low);
}
