/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's own timers. See vtimer.h.
 */
#include "domain/vtimer.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "event/event.h"

#define DEFAULT_PERIOD MS(10) /* as real Xen gives it to a vCPU that has asked for nothing */

static void single_fires(void *data)
{
	virq_send_vcpu(data, VIRQ_TIMER);
}

/* Ticks stay on the beat; those that were missed (the vCPU was not there) are not made up for. */
static void tick(struct vcpu *v, stime_t t)
{
	virq_send_vcpu(v, VIRQ_TIMER);
	v->next_tick += v->period;
	if (v->next_tick <= t)
		v->next_tick = t + v->period;
}

static void period_over(void *data)
{
	struct vcpu *v = data;

	/* It may have left its pCPU while somebody else started the timer. */
	if (!v->period || !READ_ONCE(v->sched.running))
		return;
	tick(v, now());
	timer_set(&v->periodic, v->next_tick);
}

void vtimer_init_vcpu(struct vcpu *v)
{
	timer_init(&v->singleshot, single_fires, v);
	timer_init(&v->periodic, period_over, v);
	v->period = DEFAULT_PERIOD;
}

void vtimer_enter(struct vcpu *v)
{
	stime_t t;

	timer_follow(&v->singleshot);
	if (likely(!v->period))
		return;
	t = now();
	if (!v->next_tick)
		v->next_tick = t + v->period; /* its very first turn */
	else if (v->next_tick <= t)
		tick(v, t);
	timer_set(&v->periodic, v->next_tick);
}

void vtimer_leave(struct vcpu *v)
{
	if (unlikely(v->period))
		timer_stop(&v->periodic);
}

void vtimer_stop_vcpu(struct vcpu *v)
{
	v->period = 0;
	timer_kill(&v->singleshot);
	timer_kill(&v->periodic);
}

void vtimer_set_period(struct vcpu *v, uint64_t period)
{
	v->period = period;
	if (!period) {
		timer_stop(&v->periodic);
		return;
	}
	v->next_tick = now() + period;
	if (READ_ONCE(v->sched.running))
		timer_set(&v->periodic, v->next_tick);
}
