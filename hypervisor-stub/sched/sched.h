/* SPDX-License-Identifier: MIT */
/*
 * Scheduling: which vCPU runs on which pCPU. The core here knows no policy.
 *
 * Owns: vcpu.sched, run queues (lock: runq), runstate accounting. The policy (now: round robin with
 * slices) is a table of functions, sched/policy.h, pure and tested on the host.
 *
 * A vCPU is in one of four places; the names are those that a guest sees in its runstate:
 *
 *	           wake                    pick
 *	blocked ----------->  runnable  ----------->  running
 *	   ^                  (on a queue) <-----------   |
 *	   |                     |       slice over       |
 *	   +---------------------|------------------------+   SCHEDOP_block, poll
 *	                         v
 *	                      offline: down, paused, or its domain ends
 *
 * Locks. Every lock of the hypervisor, outermost first (cpu/spinlock.h checks the order in debug
 * builds): control, domain list, domain.life, domain.mm, grant.table, grant.entry, evtchn.domain (two:
 * lower domain number first), domain.pages, heap, runq, timer, console. So waking a vCPU is allowed
 * under an event lock, and setting a timer under a runq lock; nothing that sleeps exists, and nothing
 * may switch context while it holds a lock: only the softirq SOFTIRQ_SCHED switches, and softirqs run
 * with none. Interrupt handlers take none either: they raise softirqs.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include "domain/domain.h"

/* Run queues and idle vCPUs of all pCPUs; this one becomes the idle vCPU of the boot pCPU. */
void sched_init(void);
/* The boot pCPU has nothing left to do but to run guests. */
noreturn void sched_start(void);
/* -ENOMEM. The vCPU starts down. */
int sched_init_vcpu(struct vcpu *v);
void sched_free_vcpu(struct vcpu *v);

/* It is initialised and may run (VCPUOP_up, the domain builder); and the opposite. */
void vcpu_start(struct vcpu *v);
void vcpu_stop(struct vcpu *v);
/* Its domain is going: take it off every queue, and off the pCPU at the next softirq. */
void vcpu_retire(struct vcpu *v);

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
/* The current vCPU lets others run first. */
void sched_yield_current(void);

/* idle.c: start this pCPU's stack anew and halt until there is work; never returns. */
noreturn void idle_enter(void);

/* runstate.c: enter a state at time t, and the times spent in each until now. */
void runstate_enter(struct vcpu *v, unsigned int state, stime_t t);
void runstate_get(const struct vcpu *v, struct vcpu_runstate_info *info);
/* Write the registered area of the current vCPU. An area that is not mapped is left alone. */
void runstate_publish(struct vcpu *v);

/* poll.c: an event on `port` arrived for d; wake its vCPUs that poll for it. Locks: evtchn. */
void poll_wake(struct domain *d, evtchn_port_t port);
long poll_ports(gptr_t arg);
void poll_init_vcpu(struct vcpu *v);

long do_sched_op(int cmd, gptr_t arg);
long do_sched_op_compat(int cmd, uint64_t arg);
long do_vcpu_op(int cmd, unsigned int vcpuid, gptr_t arg);

#endif
