/* SPDX-License-Identifier: MIT */
/*
 * Timers and the time of day.
 *
 * All times are nanoseconds. "now" is machine_now(): since boot, monotonic.
 */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include "kernel.h"

struct timer {
	struct list link;
	uint64_t deadline;
	void (*fn)(struct timer *t); /* in the timer interrupt, masked */
	bool armed;
};

void timer_init(struct timer *t, void (*fn)(struct timer *t));
void timer_arm(struct timer *t, uint64_t deadline); /* re-arms an armed one */
bool timer_cancel(struct timer *t);		    /* true: it was armed and will not fire */

uint64_t time_now(void);	 /* since boot */
uint64_t time_wall(void);	 /* since 1970 */
void time_set_wall(uint64_t ns); /* settimeofday, clock_settime */
void time_wall_init(void);	 /* once, from the machine */

#endif
