/* SPDX-License-Identifier: MIT */
/*
 * Time: a clock in nanoseconds since boot, and timers by it.
 *
 * Owns: the TSC's scale, the wall clock, each pCPU's timer queue and its LAPIC deadline.
 * Locks: timer (one queue a pCPU; timer.cpu says which). A timer's function runs in softirq context on the
 * pCPU where it was set last, with no lock held; it may be set and stopped from any pCPU.
 */
#ifndef TIME_TIMER_H
#define TIME_TIMER_H

#include "lib/list.h"

struct vcpu;
struct domain;

typedef uint64_t stime_t; /* ns since boot */

#define STIME_MAX (~(stime_t)0)
#define MS(n)	  ((stime_t)(n)*1000000)

stime_t now(void);

struct timer {
	struct list queue; /* on its pCPU's queue while set */
	stime_t deadline;  /* 0: not set */
	void (*fire)(void *data);
	void *data;
	unsigned int cpu;
};

void timer_init(struct timer *t, void (*fire)(void *), void *data);
/* Set or move. A deadline in the past fires at once, from the next softirq. */
void timer_set(struct timer *t, stime_t deadline);
void timer_stop(struct timer *t);
/* The same, and its function runs nowhere else any more: what it belongs to may be freed. No lock held. */
void timer_kill(struct timer *t);
/* If it is set, let it fire on this pCPU: whom it is for runs here now. */
void timer_follow(struct timer *t);
static inline bool timer_is_set(const struct timer *t)
{
	return t->deadline != 0;
}

/* Calibrate the clock, start the timer interrupt of this pCPU. */
void time_init(void);
/* What each pCPU does once a second; the further ones call it, with the scales as they are. */
void time_start_pcpu(void);
void timer_softirq(void);
/* Queues, and the timer interrupt of this pCPU; time_init() calls it. */
void timer_queue_init(void);

/* Write vcpu_time_info of v (and its registered copy if v is current); at each switch-in and 1 Hz. */
void time_update_vcpu(struct vcpu *v);
/* Write the wall clock into d's shared_info. */
void time_update_wallclock(struct domain *d);
/* It is this much since 1970 when now() is `at`: told to every domain. nanoseconds < 10^9. */
void time_set_wallclock(uint64_t seconds, uint32_t nanoseconds, stime_t at);

/* hypercalls of time */
long do_set_timer_op(uint64_t deadline);

#endif
