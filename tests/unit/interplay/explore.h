/* SPDX-License-Identifier: MIT */
/*
 * All interleavings of a few coroutines, with a bound on how often one is interrupted.
 *
 * A run is a list of choices: at each point the processor that runs goes on (choice 0) or another one
 * does. After a run the last choice that has an alternative takes it, and the whole world begins anew:
 * depth first through the tree, nothing is left out and nothing is done twice. A processor that waits
 * (for a lock, or for others to write something) or has ended leaves for free; being interrupted costs
 * one of `bound`. Most races need one or two interruptions, and the runs grow with a power of the bound.
 */
#ifndef TESTS_UNIT_INTERPLAY_EXPLORE_H
#define TESTS_UNIT_INTERPLAY_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

/* Called by what runs on a processor; outside of runs they do nothing. */
void explore_point(void);
/* A point before something is written: who waits for a change looks again. */
void explore_wrote(void);
/* The same without a point. */
void explore_told(void);
void explore_lock(volatile uint8_t *taken);
/* Nothing can be done before another processor wrote something. */
void explore_relax(void);
/* Which processor this is; 0 outside of runs. */
unsigned int explore_cpu(void);

typedef void (*explore_fn)(void);

struct exploration {
	unsigned int cpus;
	const explore_fn *program; /* one for each processor */
	unsigned int bound;
	explore_fn before, after; /* each run: make the world; look at it when all have ended */
	explore_fn step;	  /* at each point: must hold in the middle, too */
};

/* Once, before anything else. */
void explore_init(void);
/* What is explored next, for the trace of a failed run. */
void explore_context(const char *fmt, ...) printf_like(1, 2);
/* Returns how many runs there were. */
unsigned long explore(const struct exploration *what);
/* What did this run do so far: printed, and the end of the program. */
noreturn void explore_failed(const char *fmt, ...) printf_like(1, 2);
/* A word for the trace of a failed run. */
void explore_note(const char *fmt, ...) printf_like(1, 2);

#endif
