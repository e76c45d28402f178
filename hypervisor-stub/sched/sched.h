/* SPDX-License-Identifier: MIT */
/*
 * Scheduling: which vCPU runs on which pCPU. The core here knows no policy.
 *
 * Owns: vcpu.sched, run queues (lock: runq), runstate accounting. The policy (now: round robin with
 * slices) is a table of functions, sched/policy.h, pure and tested on the host.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

struct vcpu;
struct domain;

void sched_init(void);
/* -ENOMEM. The vCPU starts down. */
int sched_init_vcpu(struct vcpu *v);
void sched_free_vcpu(struct vcpu *v);

/* Make it runnable, if it was blocked or polling; kick the pCPU that should run it. */
void vcpu_wake(struct vcpu *v);
/* It has an event, an NMI or a flag to look at: wake it, or interrupt the pCPU where it runs. */
void vcpu_kick(struct vcpu *v);
/* Counted. vcpu_pause() returns when it no longer runs; _nosync does not wait. */
void vcpu_pause(struct vcpu *v);
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
void domain_pause(struct domain *d);
void domain_unpause(struct domain *d);

/* The current vCPU waits for an event; on return from the softirq it may be another's turn. */
void vcpu_block_current(void);

long do_sched_op(int cmd, gptr_t arg);
long do_sched_op_compat(int cmd, uint64_t arg);
long do_vcpu_op(int cmd, unsigned int vcpuid, gptr_t arg);

#endif
