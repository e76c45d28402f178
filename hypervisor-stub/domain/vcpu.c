/* SPDX-License-Identifier: MIT */
/*
 * vCPUs: made with their domain, freed with it.
 *
 * A vCPU that was not initialised has no registers worth the name and never runs. No locks: a domain
 * that is being made or freed is known to nobody else.
 */
#include "abi/shared.h"
#include "domain/domain.h"
#include "domain/vtimer.h"
#include "event/event.h"
#include "sched/sched.h"

struct vcpu *vcpu_create(struct domain *d, unsigned int id)
{
	struct vcpu *v = kalloc(sizeof(*v));

	if (!v)
		return NULL;
	v->domain = d;
	v->id = id;
	v->vcpu_info = shared_vcpu_info(d, id);
	v->call_name = "start";
	v->call_index = CALL_NO_INDEX;
	d->vcpu[id] = v;
	vtimer_init_vcpu(v);
	if (sched_init_vcpu(v) || pv_init_vcpu(v) || root_init_vcpu(v)) {
		vcpu_free(v);
		return NULL;
	}
	time_update_vcpu(v);
	return v;
}

void vcpu_free(struct vcpu *v)
{
	v->domain->vcpu[v->id] = NULL;
	vtimer_stop_vcpu(v);
	sched_free_vcpu(v);
	pv_free_vcpu(v);
	kfree(v);
}
