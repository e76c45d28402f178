/* SPDX-License-Identifier: MIT */
/*
 * What a scheduling policy is: it orders the units that could run, and says who is next on a pCPU.
 *
 * A policy sees units, masks of pCPUs and times, never vCPUs, domains or locks, so it is tested on the
 * host with a clock of the test's own. The core (sched.c) calls it with the runq lock held, and tells it
 * the truth: a unit is either waiting (on the policy's one queue for all pCPUs), or has a pCPU, or
 * neither. Times are ns and never run backwards.
 */
#ifndef SCHED_POLICY_H
#define SCHED_POLICY_H

#include "sched/runlist.h"

#define SCHED_CPUS	 64 /* bits of a mask of pCPUs */
#define SCHED_WEIGHT	 256
#define SCHED_WEIGHT_MAX 65535
#define SCHED_NEVER	 (~0ULL)

/* The parameters that the vCPUs of a domain share. The core writes them. */
struct sched_group {
	unsigned int weight;
	unsigned int cap; /* per cent of one pCPU, for all units together; 0: none */
	uint64_t warp;	  /* bvt: how far the units may borrow, ns of weight 256; 0: not at all */
	uint64_t warp_limit; /* bvt: ns that one may run warped; 0: for ever */
	uint64_t unwarp;     /* bvt: ns without warp after that */
	/* budget.c */
	int64_t budget;	 /* ns left of this period; below 0: more was used than there was */
	uint64_t period; /* which period the budget is of */
};

/* One thing that can run; embedded in vcpu.sched. The core writes the first part, the policy the rest. */
struct sched_unit {
	struct sched_group *group;
	uint64_t hard;	  /* pCPUs where it may run */
	uint64_t soft;	  /* pCPUs where it runs rather than elsewhere */
	unsigned int cpu; /* where it runs, or ran last */
	bool held;	  /* its registers are still on `cpu`: nobody else may take it */
	bool yielded;	  /* running, it asked to let another one go first; the policy clears it */

	struct run_node node;
	bool ready;    /* it waits: on the queue, or parked */
	bool parked;   /* its group's cap is reached: on budget.c's list, not on the queue */
	uint64_t paid; /* ns of its turn that its group has paid for */
	struct {
		uint64_t actual;     /* virtual time: ns * 256 / weight that it has run */
		bool warped;	     /* its effective virtual time is less than the actual one */
		uint64_t warp_ran;   /* ns that it ran warped, since it was long enough without */
		uint64_t warp_seen;  /* when it last ran warped */
		bool ran;	     /* ever: who has not, has not slept either */
		bool prompt;	     /* it slept, and goes before those that compute for a moment */
		uint64_t prompt_ran; /* ns that it ran so */
	} bvt;
	struct {
		struct list all;
		int64_t credits; /* ns that it may still run before those that have some left */
		bool boosted;	 /* it woke, and goes before all others for a short time */
		bool running;
		bool ran;   /* in this period */
		bool whole; /* it is due at least one pCPU; while shares are computed */
	} credit;
};

/* What is the same for all units; the core writes it, at boot and for XEN_SYSCTL_SCHEDOP_putinfo. */
struct sched_settings {
	uint64_t slice;	    /* bvt: the context allowance C; credit: a turn; ns */
	uint64_t ratelimit; /* ns that a unit runs at least before one that wakes takes its pCPU */
};

extern struct sched_settings sched_settings;

struct sched_policy {
	const char *name;
	struct runlist *queue;
	uint64_t slice; /* the default of sched_settings.slice */
	void (*start)(unsigned int cpus);
	/* A new unit, zeroed but for the core's part; and one that waits nowhere and goes. */
	void (*unit_init)(struct sched_unit *u);
	void (*unit_gone)(struct sched_unit *u);
	/* It became able to run: it waits from now on. */
	void (*wake)(struct sched_unit *u, uint64_t now);
	/* It had the pCPU u->cpu for `ran` ns and has it no more. */
	void (*stop)(struct sched_unit *u, uint64_t ran, uint64_t now);
	/* After stop(): it would go on, and waits. */
	void (*requeue)(struct sched_unit *u, uint64_t now);
	/* A waiting unit may no longer run: paused, or its domain ends. */
	void (*remove)(struct sched_unit *u);
	/* Its masks, or its group's parameters, are others than before. It may be waiting. */
	void (*changed)(struct sched_unit *u, uint64_t now);
	/*
	 * Take out the unit that runs next on this pCPU and say for how long, at most, while others
	 * wait; NULL: nobody may run here.
	 */
	struct sched_unit *(*pick)(unsigned int cpu, uint64_t now, uint64_t *slice);
	/* Its place among all, the first is the lowest; a unit with a pCPU has run for `ran` ns there. */
	uint64_t (*rank)(const struct sched_unit *u, uint64_t ran);
};

extern const struct sched_policy policy_bvt, policy_credit;

static inline bool unit_allowed(const struct sched_unit *u, unsigned int cpu)
{
	return u->hard >> cpu & 1;
}

/* It waits, may run here, and no other pCPU still has its registers. */
static inline bool unit_takeable(const struct sched_unit *u, unsigned int cpu)
{
	return unit_allowed(u, cpu) &&
	       (!__atomic_load_n(&u->held, __ATOMIC_ACQUIRE) || u->cpu == cpu);
}

#define node_unit(n) container_of(n, struct sched_unit, node)

#endif
