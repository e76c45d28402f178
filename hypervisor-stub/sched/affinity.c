/* SPDX-License-Identifier: MIT */
/*
 * Where a vCPU may run, and where it would rather run.
 *
 * The mask that the policy sees (unit.hard) is the one that was set (sched.hard), unless
 * SCHEDOP_pin_override has bound the vCPU to one pCPU for a while. Lock: runq.
 */
#include "console/console.h"
#include "cpu/cpu.h"
#include "sched/internal.h"

long vcpu_set_hard_affinity(struct vcpu *v, uint64_t mask)
{
	long rc = 0;

	if (!(mask & sched_online()))
		return refuse(-EINVAL, "none of the pCPUs %lx is online (%lx are)", mask,
			      sched_online());
	spin_lock(&runq);
	if (v->sched.overridden) {
		rc = -EBUSY;
	} else {
		v->sched.hard = mask;
		v->sched.unit.hard = mask;
		sched_unit_changed(v);
	}
	spin_unlock(&runq);
	return rc ? refuse(rc, "d%uv%u overrides its affinity for now", v->domain->id, v->id) : 0;
}

long vcpu_set_soft_affinity(struct vcpu *v, uint64_t mask)
{
	spin_lock(&runq);
	v->sched.unit.soft = mask;
	spin_unlock(&runq);
	return 0;
}

uint64_t vcpu_hard_affinity(const struct vcpu *v)
{
	return READ_ONCE(v->sched.unit.hard);
}

uint64_t vcpu_soft_affinity(const struct vcpu *v)
{
	return READ_ONCE(v->sched.unit.soft);
}

static long end_override(struct vcpu *v)
{
	if (!v->sched.overridden)
		return -EINVAL;
	v->sched.overridden = false;
	v->sched.unit.hard = v->sched.hard;
	sched_unit_changed(v);
	return 0;
}

static long override(struct vcpu *v, unsigned int cpu)
{
	if (cpu >= MAX_PCPUS || !(sched_online() >> cpu & 1))
		return -EINVAL;
	if (v->sched.overridden)
		return -EBUSY;
	v->sched.overridden = true;
	v->sched.unit.hard = 1ULL << cpu;
	sched_unit_changed(v);
	return 0;
}

long vcpu_override_affinity(struct vcpu *v, int cpu)
{
	long rc;

	spin_lock(&runq);
	rc = cpu < 0 ? end_override(v) : override(v, (unsigned int)cpu);
	spin_unlock(&runq);
	if (rc == -EBUSY)
		return refuse(rc, "the affinity is overridden already");
	if (rc && cpu < 0)
		return refuse(rc, "the affinity is not overridden");
	return rc ? refuse(rc, "there is no pCPU %d", cpu) : 0;
}
