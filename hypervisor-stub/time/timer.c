/* SPDX-License-Identifier: MIT */
/*
 * Timers: a queue a pCPU in order of deadline, and one interrupt for the first of them.
 *
 * The hardware is set again only if a new deadline comes before what it is set to. One that went away
 * costs an interrupt for nothing, which is rarer than setting and stopping: guests move their timer at
 * each switch to idle and back.
 *
 * The interrupt only raises a softirq; the queue is touched with the timer lock held, and a timer's
 * function runs with no lock.
 */
#include "time/timer.h"
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "cpu/spinlock.h"
#include "cpu/irq.h"
#include "time/clock.h"

#define PIT_LONGEST	 0xffff
#define LAPIC_LONGEST	 0x7fffffff
#define LAPIC_MEASURE_US 10000
#define SHORTEST	 1000 /* ns: so that a guest gets somewhere between two interrupts */

struct timer_queue {
	struct spinlock lock;
	struct list timers;
	stime_t programmed;    /* what the hardware is set to; STIME_MAX: nothing */
	struct timer *running; /* whose function runs now */
};

static struct timer_queue queues[MAX_PCPUS];
static uint64_t ticks_per_ns; /* of the hardware, as a 32.32 fixed-point number */
static uint64_t longest_ns;

/* ---- the hardware --------------------------------------------------------------------------------- */

static void timer_interrupt(void)
{
	softirq_raise(SOFTIRQ_TIMER);
}

static uint64_t fixed_point(uint64_t hz)
{
	return (hz << 32) / 1000000000;
}

static void measure_lapic(void)
{
	uint32_t before, ticks;
	uint64_t start;

	lapic_timer_set(~0u);
	before = lapic_timer_read();
	start = rdtsc();
	clock_wait_us(LAPIC_MEASURE_US);
	ticks = before - lapic_timer_read();
	start = rdtsc() - start;
	lapic_timer_set(0);
	ticks_per_ns = fixed_point((uint64_t)ticks * clock_tsc_hz() / start);
	longest_ns = ((uint64_t)LAPIC_LONGEST << 32) / ticks_per_ns;
}

static void init_hardware(void)
{
	pit_stop();
	if (lapic_present()) {
		measure_lapic();
		irq_register(VECTOR_APIC_TIMER, timer_interrupt);
		log_info("timer: local APIC");
	} else {
		ticks_per_ns = fixed_point(PIT_HZ);
		longest_ns = ((uint64_t)PIT_LONGEST << 32) / ticks_per_ns;
		irq_isa_enable(IRQ_PIT, timer_interrupt);
		log_info("timer: PIT");
	}
}

/*
 * A deadline further away than the hardware counts gets an interrupt on the way. One that is very near,
 * or was missed meanwhile, comes a little late: timers that set themselves anew must not keep the
 * softirq going for ever.
 */
static void program(struct timer_queue *q, stime_t deadline)
{
	stime_t t = now();
	uint64_t ns = deadline > t + SHORTEST ? min(deadline - t, longest_ns) : SHORTEST;
	uint64_t ticks = (uint64_t)((unsigned __int128)ns * ticks_per_ns >> 32) + 1;

	q->programmed = t + ns;
	if (lapic_present())
		lapic_timer_set((uint32_t)ticks);
	else
		pit_oneshot((uint16_t)min(ticks, (uint64_t)PIT_LONGEST));
}

/* ---- the queue -------------------------------------------------------------------------------------- */

void timer_init(struct timer *t, void (*fire)(void *), void *data)
{
	list_init(&t->queue);
	t->deadline = 0;
	t->fire = fire;
	t->data = data;
	t->cpu = 0;
}

static void insert(struct timer_queue *q, struct timer *t)
{
	struct timer *other;

	list_for_each (other, &q->timers, queue)
		if (other->deadline > t->deadline)
			break;
	/* Before the first later one, or before the head, which is the end. */
	list_add_tail(&other->queue, &t->queue);
}

/* The queue that t is on, or was on last, locked: it may move to another until we have the lock. */
static struct timer_queue *lock_queue(struct timer *t)
{
	for (;;) {
		struct timer_queue *q = &queues[READ_ONCE(t->cpu)];

		spin_lock(&q->lock);
		if (q == &queues[t->cpu])
			return q;
		spin_unlock(&q->lock);
	}
}

/* Off whatever queue it is on, and this pCPU's from now on, whose queue is locked. */
static struct timer_queue *bring_here(struct timer *t)
{
	struct timer_queue *here = &queues[this_pcpu()->id], *q;

	while ((q = lock_queue(t)) != here) {
		list_del(&t->queue);
		t->deadline = 0;
		WRITE_ONCE(t->cpu, this_pcpu()->id);
		spin_unlock(&q->lock);
	}
	list_del(&t->queue);
	return here;
}

/* On this pCPU's queue, locked. */
static void set_here(struct timer_queue *here, struct timer *t, stime_t deadline)
{
	t->deadline = deadline;
	insert(here, t);
	if (deadline <= now())
		softirq_raise(SOFTIRQ_TIMER);
	else if (deadline < here->programmed)
		program(here, deadline);
}

void timer_set(struct timer *t, stime_t deadline)
{
	struct timer_queue *here = bring_here(t);

	set_here(here, t, max(deadline, (stime_t)1));
	spin_unlock(&here->lock);
}

void timer_follow(struct timer *t)
{
	struct timer_queue *here;
	stime_t deadline = READ_ONCE(t->deadline);

	if (!deadline || READ_ONCE(t->cpu) == this_pcpu()->id)
		return;
	here = bring_here(t);
	/* Fired meanwhile: that it fires a second time is not worth a search. */
	set_here(here, t, deadline);
	spin_unlock(&here->lock);
}

void timer_stop(struct timer *t)
{
	struct timer_queue *q;

	if (!timer_is_set(t))
		return;
	q = lock_queue(t);
	list_del(&t->queue);
	t->deadline = 0;
	spin_unlock(&q->lock);
}

void timer_kill(struct timer *t)
{
	timer_stop(t);
	for (unsigned int cpu = 0; cpu < pcpu_count; cpu++)
		while (cpu != this_pcpu()->id && READ_ONCE(queues[cpu].running) == t)
			cpu_relax();
}

/* Take the first one that is due; NULL: none is, and the hardware is set for the next. */
static struct timer *next_due(struct timer_queue *q, stime_t t)
{
	struct timer *first = NULL;

	spin_lock(&q->lock);
	if (!list_empty(&q->timers)) {
		first = list_first(&q->timers, struct timer, queue);
		if (first->deadline > t) {
			program(q, first->deadline);
			first = NULL;
		} else {
			list_del(&first->queue);
			first->deadline = 0;
		}
	}
	WRITE_ONCE(q->running, first);
	spin_unlock(&q->lock);
	return first;
}

void timer_softirq(void)
{
	struct timer_queue *q = &queues[this_pcpu()->id];
	stime_t due = now();
	struct timer *t;

	/* Those that are due now and no others: a function may set its timer again. */
	spin_lock(&q->lock);
	q->programmed = STIME_MAX;
	spin_unlock(&q->lock);
	while ((t = next_due(q, due)))
		t->fire(t->data);
}

static void show_queue(void)
{
	struct timer_queue *q = &queues[this_pcpu()->id];
	stime_t t = now();
	struct timer *timer;

	/* Only this pCPU's softirqs change the queue, and this is one: the lock would be for nothing. */
	log_info("now %llu ns, interrupt at %lld ns from now", (unsigned long long)t,
		 q->programmed == STIME_MAX ? -1LL : (long long)(q->programmed - t));
	list_for_each (timer, &q->timers, queue) {
		uint64_t offset;
		const char *name = symbol_name((uint64_t)timer->fire, &offset);

		log_info("  %12lld ns from now: %s", (long long)(timer->deadline - t), name);
	}
}

void timer_queue_init(void)
{
	for (unsigned int i = 0; i < MAX_PCPUS; i++) {
		spin_init(&queues[i].lock, LOCK_TIMER);
		list_init(&queues[i].timers);
		queues[i].programmed = STIME_MAX;
	}
	init_hardware();
	softirq_register(SOFTIRQ_TIMER, timer_softirq);
	debug_key('a', "timers of this processor", show_queue);
}
