/* SPDX-License-Identifier: MIT */
/*
 * A pCPU for host tests: the current vCPU is a variable, and softirqs pend when a test says so.
 */
#ifndef CPU_CPU_H
#define CPU_CPU_H

struct vcpu;

extern struct vcpu *test_current;
extern bool test_preempt;

#define current test_current

static inline bool preempt_wanted(void)
{
	return test_preempt;
}

#endif
