/* SPDX-License-Identifier: MIT */
/*
 * The balloon: giving memory back when the toolstack wants the domain smaller, and taking it again.
 *
 * memory/target says in KiB how large the domain should be. Getting smaller is taking pages from our own
 * allocator and giving their frames away; the pages are remembered. Getting larger is the way back, and then
 * on to pages that never had memory, up to the most that the toolstack allows (maxmem). A part of the memory is
 * never given away, so that a toolstack's mistake leaves a domain that can still be talked to. A thread does
 * it, a page at a time, and tries again when there is nothing to give or to get now.
 */
#include "proc.h"
#include "timer.h"
#include "xenfront/xenfront.h"

#define KEEP_FREE (page_total_count() / 16) /* pages that stay with us */
#define RETRY	  NSEC_PER_SEC

static uint32_t *stack; /* numbers of pages that have no memory now */
static unsigned long stack_count, stack_size, target_pages;
static unsigned long next_new; /* the first page that never had memory */
static struct waitq wake = WAITQ_INIT(wake);
static bool changed;

static unsigned long pages_now(void)
{
	return next_new - stack_count;
}

/* One page less; false: there is none to give now. */
static bool shrink(void)
{
	pfn_t pfn;

	if (page_free_count() <= KEEP_FREE || stack_count == stack_size)
		return false;
	pfn = page_alloc();
	if (pfn_is_none(pfn))
		return false;
	if (!machine_page_give(pfn)) {
		page_put(pfn);
		return false;
	}
	stack[stack_count++] = (uint32_t)pfn_x(pfn);
	return true;
}

/* One that never had memory, beyond what the domain began with. */
static bool grow_beyond(void)
{
	if (next_new == machine_info.page_limit || !machine_page_take(pfn_of(next_new)))
		return false;
	page_release_range(next_new, next_new + 1);
	next_new++;
	return true;
}

static bool grow(void)
{
	pfn_t pfn;

	if (!stack_count)
		return grow_beyond();
	pfn = pfn_of(stack[stack_count - 1]);
	if (!machine_page_take(pfn))
		return false;
	stack_count--;
	page_put(pfn);
	return true;
}

static void towards_target(void)
{
	bool moved = true;

	while (moved && pages_now() != target_pages && !changed) {
		moved = pages_now() > target_pages ? shrink() : grow();
		cond_resched();
	}
}

static void thread(void *unused)
{
	(void)unused;
	for (;;) {
		uint64_t deadline = pages_now() == target_pages ? WAIT_FOREVER : time_now() + RETRY;

		(void)wait_event_full(&wake, *(volatile bool *)&changed, false, deadline);
		changed = false;
		towards_target();
	}
}

static void target_event(struct xs_watch *w, const char *path)
{
	uint32_t kib;

	(void)w, (void)path;
	if (xs_read_u32(0, "memory", "target", &kib))
		return;
	target_pages = min((unsigned long)kib / 4, machine_info.page_limit);
	changed = true;
	waitq_wake(&wake);
}

static struct xs_watch target_watch = { .path = (char *)"memory/target", .fn = target_event };

void balloon_start(void *unused)
{
	(void)unused;
	stack_size = machine_info.page_limit;
	target_pages = next_new = machine_info.page_count;
	stack = kmalloc(stack_size * sizeof(*stack));
	if (!stack || !kthread_create("balloon", thread, NULL) || xs_watch(&target_watch))
		printk("balloon: cannot start, this domain keeps its size\n");
}
