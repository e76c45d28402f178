/* SPDX-License-Identifier: MIT */
/*
 * What a scheduling policy is: it orders the units that could run on one pCPU, and nothing else.
 *
 * A policy sees units and times, never vCPUs, domains or locks, so it is tested on the host with a
 * clock of the test's own. The core (sched.c) calls it with the pCPU's runq lock held and tells it the
 * truth: a unit is either running, or ready (known to the policy), or neither.
 */
#ifndef SCHED_POLICY_H
#define SCHED_POLICY_H

#include "lib/list.h"

/* One thing that can run; embedded in vcpu.sched. Only the policy writes it. */
struct sched_unit {
	struct list queue;
	bool ready;	/* on the queue */
	bool woken;	/* it woke with a part of its turn left, and goes first */
	bool spent;	/* its turn is over: the next begins at the end of the queue */
	uint64_t slice; /* ns left of its turn */
};

/* The units that wait for one pCPU. */
struct sched_queue {
	struct list ready;
	unsigned int waiting;
};

struct sched_policy {
	const char *name;
	void (*queue_init)(struct sched_queue *q);
	void (*unit_init)(struct sched_unit *u);
	/* It became able to run: it woke (ran is 0), or had the pCPU for that long and goes on. */
	void (*ready)(struct sched_queue *q, struct sched_unit *u, uint64_t ran);
	/* It had the pCPU for `ran` ns and does not want it now. */
	void (*stopped)(struct sched_queue *q, struct sched_unit *u, uint64_t ran);
	/* It gives the rest of its turn away (SCHEDOP_yield), and is running. */
	void (*yields)(struct sched_queue *q, struct sched_unit *u);
	/* A ready unit may no longer run: paused, or its domain ends. */
	void (*remove)(struct sched_queue *q, struct sched_unit *u);
	/* Take out the unit that runs next and say for how long, at most; NULL: nobody is ready. */
	struct sched_unit *(*pick)(struct sched_queue *q, uint64_t *slice);
	/* Should `woken`, which is ready now, take the pCPU from `running` at once? */
	bool (*preempts)(const struct sched_queue *q, const struct sched_unit *running,
			 const struct sched_unit *woken);
};

extern const struct sched_policy policy_rr;

#endif
