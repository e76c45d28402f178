/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's own timers. See vtimer.h.
 */
#include "domain/vtimer.h"
#include "domain/domain.h"
#include "event/event.h"

static void single_fires(void *data)
{
	virq_send_vcpu(data, VIRQ_TIMER);
}

static void period_over(void *data)
{
	struct vcpu *v = data;
	stime_t t = now();

	virq_send_vcpu(v, VIRQ_TIMER);
	if (!v->period)
		return;
	/* Ticks stay on the beat; those that were missed (the vCPU was not there) are not made up for. */
	v->next_tick += v->period;
	if (v->next_tick <= t)
		v->next_tick = t + v->period;
	timer_set(&v->periodic, v->next_tick);
}

void vtimer_init_vcpu(struct vcpu *v)
{
	timer_init(&v->singleshot, single_fires, v);
	timer_init(&v->periodic, period_over, v);
}

void vtimer_stop_vcpu(struct vcpu *v)
{
	v->period = 0;
	timer_stop(&v->singleshot);
	timer_stop(&v->periodic);
}

void vtimer_set_period(struct vcpu *v, uint64_t period)
{
	v->period = period;
	if (!period) {
		timer_stop(&v->periodic);
		return;
	}
	v->next_tick = now() + period;
	timer_set(&v->periodic, v->next_tick);
}
