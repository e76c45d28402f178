/* SPDX-License-Identifier: MIT */
/*
 * What the stack does by time: clock.c. Locks: the stack's.
 */
#ifndef KERNEL_NET_CLOCK_H
#define KERNEL_NET_CLOCK_H

#include <stdint.h>

/* In time_now()'s time; in the past: at once. */
uint64_t clock_due(void);
void clock_run(void);
/* For who is called by lwIP and must not call it: fn runs soon, and once, however often this was said. */
void clock_soon(void (*fn)(void));

#endif
