/* SPDX-License-Identifier: MIT */
/*
 * Scheduling: which vCPU runs on which pCPU. The core here knows no policy.
 *
 * Owns: vcpu.sched, the run queue, runstate accounting. The policy (borrowed virtual time, or credit) is a
 * table of functions, sched/policy.h, pure and tested on the host. One queue and one lock serve all
 * pCPUs: any of them takes the first vCPU that may run there, so none idles while another has two.
 *
 * A vCPU is in one of four places; the names are those that a guest sees in its runstate:
 *
 *	           wake                    pick
 *	blocked ----------->  runnable  ----------->  running
 *	   ^                  (on the queue) <---------   |
 *	   |                     |       turn over        |
 *	   +---------------------|------------------------+   SCHEDOP_block, poll
 *	                         v
 *	                      offline: down, paused, or its domain ends
 *
 * Between pCPUs. A vCPU's registers live on the pCPU that runs it until context_switch() has saved
 * them all; until then it may be on the queue, but its unit is `held`, and no other pCPU takes it. The
 * end is sched_saved(): only then does sched.running become false, do those that wait in vcpu_pause()
 * go on, and is another pCPU told that there is somebody to run.
 *
 * Locks. Every lock of the hypervisor, outermost first (cpu/spinlock.h checks the order in debug
 * builds): control, domain.life, domain.mm, grant.table, grant.entry, evtchn.domain (two: lower domain
 * number first), domain.pages, domain list, heap, runq, timer, console. So waking a vCPU is allowed
 * under an event lock, and setting a timer under the runq lock; nothing that sleeps exists, and nothing
 * may switch context while it holds a lock: only the softirq SOFTIRQ_SCHED switches, and softirqs run
 * with none. Interrupt handlers take none either: they raise softirqs.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include "domain/domain.h"

/* The run queue, and the idle vCPUs of all pCPUs; this one becomes the idle vCPU of the boot pCPU. */
void sched_init(void);
/* The boot pCPU has nothing left to do but to run guests; until now no pCPU did. */
noreturn void sched_start(void);
/* -ENOMEM. The vCPU starts down. */
int sched_init_vcpu(struct vcpu *v);
void sched_free_vcpu(struct vcpu *v);
/* Default weight, no cap, no warp. Before its vCPUs. */
void sched_init_domain(struct domain *d);

/* It is initialised and may run (VCPUOP_up, the domain builder); and the opposite. */
void vcpu_start(struct vcpu *v);
void vcpu_stop(struct vcpu *v);
/* Its domain is going: take it off the queue, and off the pCPU at the next softirq. */
void vcpu_retire(struct vcpu *v);

/* Make it runnable, if it was blocked or polling; tell the pCPU that should run it. */
void vcpu_wake(struct vcpu *v);
/* It has an event, an NMI or a flag to look at: wake it, or interrupt the pCPU where it runs. */
void vcpu_kick(struct vcpu *v);

/*
 * Pausing is counted; _nosync does not wait. The others return 0 when the vCPU (each vCPU of the domain
 * but the current one) is off its pCPU and saved: until it is unpaused, its fields are the caller's to
 * read and to write. Call with no lock held: the target may need it to get off its pCPU.
 *
 * -ERESTART, and nothing is paused: the caller's own vCPU was meanwhile asked to leave its pCPU, perhaps
 * by its target, which would wait for it as it waits. Leave the hypercall so, it is dispatched again.
 * A caller that runs on behalf of no vCPU (a softirq on an idle pCPU) never gets this answer.
 */
int vcpu_pause(struct vcpu *v);
int domain_pause(struct domain *d);
void vcpu_pause_nosync(struct vcpu *v);
void domain_pause_nosync(struct domain *d);
void vcpu_unpause(struct vcpu *v);
void domain_unpause(struct domain *d);

/* context_switch() has saved all of prev: whoever may run it, may from now on. Locks: none, takes runq. */
void sched_saved(struct vcpu *prev);

/* The current vCPU waits for an event; on return from the softirq it may be another's turn. */
void vcpu_block_current(void);
/* The current vCPU lets others run first. */
void sched_yield_current(void);

/*
 * Where a vCPU may run (hard) and would rather run (soft); bit n is pCPU n. -EINVAL: a hard mask without
 * a pCPU that is online; -EBUSY: SCHEDOP_pin_override is in force. A vCPU that may not stay where it is
 * leaves at the next softirq. What was set is reported, whether such pCPUs exist or not.
 */
long vcpu_set_hard_affinity(struct vcpu *v, uint64_t mask);
long vcpu_set_soft_affinity(struct vcpu *v, uint64_t mask);
uint64_t vcpu_hard_affinity(const struct vcpu *v);
uint64_t vcpu_soft_affinity(const struct vcpu *v);
/* SCHEDOP_pin_override: this pCPU only, below 0: as it was. -EBUSY: is in force; -EINVAL: is not. */
long vcpu_override_affinity(struct vcpu *v, int cpu);
/* All pCPUs of this machine. */
uint64_t sched_online(void);

/* idle.c: start this pCPU's stack anew and halt until there is work; never returns. */
noreturn void idle_enter(void);
/* This pCPU takes part from now on; for the idle loop. */
void sched_join(void);

/* runstate.c: enter a state at time t; locks: runq. And the times spent in each until now, of anybody. */
void runstate_enter(struct vcpu *v, unsigned int state, stime_t t);
void runstate_get(struct vcpu *v, struct vcpu_runstate_info *info);
/*
 * Write the registered area of the current vCPU, with the given times or those of now. An area that is
 * not mapped is left alone.
 */
void runstate_publish(struct vcpu *v);
void runstate_write(struct vcpu *v, struct vcpu_runstate_info *info);

/* poll.c: an event on `port` arrived for d; wake its vCPUs that poll for it. Locks: evtchn. */
void poll_wake(struct domain *d, evtchn_port_t port);
long poll_ports(gptr_t arg);
void poll_init_vcpu(struct vcpu *v);
/* v polls no longer, whoever says so first. */
void poll_end(struct vcpu *v);

long do_sched_op(int cmd, gptr_t arg);
long do_sched_op_compat(int cmd, uint64_t arg);
long do_vcpu_op(int cmd, unsigned int vcpuid, gptr_t arg);

#endif
