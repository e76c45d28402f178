/* SPDX-License-Identifier: MIT */
/* What the files of the scheduler's core share. */
#ifndef SCHED_INTERNAL_H
#define SCHED_INTERNAL_H

#include "cpu/cpu.h"
#include "sched/sched.h"

/* What the core knows of a pCPU; lock: runq. */
struct sched_cpu {
	struct vcpu *turn;  /* whom it runs, or is switching to */
	stime_t since;	    /* since when */
	uint64_t length;    /* ns that it may stay while others wait */
	struct timer slice; /* the end of that; set only while others wait */
};

extern struct spinlock runq;
extern struct sched_cpu sched_cpus[MAX_PCPUS];
extern const struct sched_policy *policy;

/* v's flags changed: put it where it belongs now. Locks: runq. */
void sched_settle(struct vcpu *v);
/* It waits: see that a pCPU looks at the queue, now or in time. Locks: runq. */
void sched_tickle(struct vcpu *v);
/* Its masks or its domain's parameters changed. Locks: runq. */
void sched_unit_changed(struct vcpu *v);

/* params.c: from the options, once the policy is chosen. */
void sched_init_settings(void);

static inline struct vcpu *unit_vcpu(struct sched_unit *u)
{
	return container_of(u, struct vcpu, sched.unit);
}

/* Its pCPU's scheduler chose it, and has chosen nobody after it. Locks: runq. */
static inline bool has_turn(const struct vcpu *v)
{
	return sched_cpus[v->sched.cpu->id].turn == v;
}

#endif
