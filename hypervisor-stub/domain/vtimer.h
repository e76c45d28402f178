/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's own timers: the single shot (set_timer_op and VCPUOP_set_singleshot_timer are two names of
 * it) and the periodic one. Both raise VIRQ_TIMER. They belong to the vCPU; no locks of their own.
 */
#ifndef DOMAIN_VTIMER_H
#define DOMAIN_VTIMER_H

#include "time/timer.h"

struct vcpu;

void vtimer_init_vcpu(struct vcpu *v);
void vtimer_stop_vcpu(struct vcpu *v);
/*
 * The vCPU gets the pCPU, or loses it: the periodic timer ticks only while it runs, so that it wakes
 * nobody who sleeps. A tick that fell due meanwhile comes at once.
 */
void vtimer_enter(struct vcpu *v);
void vtimer_leave(struct vcpu *v);

/* Period in ns, 0: off. */
void vtimer_set_period(struct vcpu *v, uint64_t period);

#endif
