/* SPDX-License-Identifier: MIT */
/*
 * Further vCPUs of a test: each runs functions that vCPU 0 hands it, on a stack of its own.
 *
 * What a secondary vCPU may use: printk, the expect family, hypercalls, event.h. TRY() and user_call()
 * belong to vCPU 0, whose state they keep in globals; so do the allocators of mm.h. An exception on a
 * secondary vCPU fails the test. All vCPUs share the boot page tables and the trap table.
 */
#ifndef PV_SMP_H
#define PV_SMP_H

#include "pv.h"

enum { SMP_MAX = 8, SMP_STACK = 16384 };

typedef void (*smp_fn)(unsigned int vcpu);

/* How many vCPUs this domain has, SMP_MAX at most; fails the test below `least`. Needs shared_info. */
unsigned int smp_vcpus(unsigned int least);

/* Start `fn` on a vCPU that is not busy: it is initialised the first time. 0 or a negative error. */
int smp_start(unsigned int vcpu, smp_fn fn);
/* Wait until it has returned and the vCPU is down; fails the test after 20 s. */
void smp_wait(unsigned int vcpu);
/* Run `fn` on vCPUs 0 to n - 1 at once, and wait for all. */
void smp_run(unsigned int n, smp_fn fn);
/* A place that all of `n` vCPUs reach before any goes on. */
void smp_barrier(unsigned int n);

/* The registers with which vCPU `vcpu` would start in `fn`; for tests of VCPUOP_initialise itself. */
void smp_context(unsigned int vcpu, smp_fn fn, struct vcpu_guest_context *context);

/* Give the processor to somebody else: on one pCPU, who spins waits for himself. */
static inline void relax(void)
{
	hv_sched_op(SCHEDOP_yield, NULL);
}

#endif
