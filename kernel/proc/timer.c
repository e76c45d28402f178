/* SPDX-License-Identifier: MIT */
/*
 * Timers, the tick of a busy CPU, and the time of day.
 *
 * Armed timers are a list by deadline. The machine's one-shot timer is set for the first of them or
 * for the end of the running thread's slice, whichever is earlier; an idle CPU has no tick and
 * sleeps until something is really due. Guarded by one lock, interrupts masked.
 */
#include "timer.h"
#include "lock.h"
#include "sched.h"

static struct list timers = LIST_INIT(timers);
static struct spinlock lock = SPINLOCK_INIT;
static uint64_t programmed = ~0ull; /* what the machine was told */
static uint64_t tick_deadline = ~0ull;
static uint64_t wall_offset; /* 1970 to boot */

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	t->fn = fn;
	t->armed = false;
	list_init(&t->link);
}

static void program(void)
{
	uint64_t next = tick_deadline;

	if (!list_empty(&timers))
		next = min(next, list_first(&timers, struct timer, link)->deadline);
	/* A timer that fires too early finds nothing due; one too late would be lost. */
	if (next >= programmed)
		return;
	programmed = next;
	machine_timer_set(next);
}

void timer_arm(struct timer *t, uint64_t deadline)
{
	struct list *at;

	spin_lock(&lock);
	list_del(&t->link);
	t->deadline = deadline;
	t->armed = true;
	for (at = timers.prev; at != &timers; at = at->prev)
		if (list_entry(at, struct timer, link)->deadline <= deadline)
			break;
	list_insert_between(&t->link, at, at->next);
	program();
	spin_unlock(&lock);
}

bool timer_cancel(struct timer *t)
{
	bool was;

	spin_lock(&lock);
	was = t->armed;
	list_del(&t->link);
	t->armed = false;
	spin_unlock(&lock);
	return was;
}

void timer_tick_start(uint64_t deadline)
{
	spin_lock(&lock);
	/* One that is on its way stays: else switching often enough would put it off for ever. */
	if (tick_deadline == ~0ull)
		tick_deadline = deadline;
	program();
	spin_unlock(&lock);
}

static struct timer *take_expired(uint64_t now)
{
	struct timer *t;

	if (list_empty(&timers))
		return NULL;
	t = list_first(&timers, struct timer, link);
	if (t->deadline > now)
		return NULL;
	list_del(&t->link);
	t->armed = false;
	return t;
}

void kernel_timer(void)
{
	uint64_t now = machine_now();
	struct timer *t;
	bool tick = now >= tick_deadline;

	spin_lock(&lock);
	programmed = ~0ull;
	if (tick)
		tick_deadline = ~0ull;
	while ((t = take_expired(now))) {
		spin_unlock(&lock);
		t->fn(t);
		spin_lock(&lock);
	}
	program();
	spin_unlock(&lock);
	if (tick)
		sched_tick(now);
}

uint64_t time_now(void)
{
	return machine_now();
}

uint64_t time_wall(void)
{
	return wall_offset + machine_now();
}

void time_set_wall(uint64_t ns)
{
	wall_offset = ns - machine_now();
}

void time_wall_init(void)
{
	wall_offset = machine_wall_clock();
}
