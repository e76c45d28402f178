/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op: a guest brings up its vCPUs, reads their times and registers where it wants to find things.
 *
 * Results as observed32.md 3.12 shows them. Operations on another vCPU than the current one touch only
 * what the scheduler and the timers guard themselves; register areas are the current vCPU's own.
 */
#include "abi/abi.h"
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "domain/vtimer.h"
#include "sched/sched.h"

#define PERIOD_MIN MS(1)
#define PERIOD_MAX (1ULL << 62)

static long unreadable(void)
{
	return refuse(-EFAULT, "the argument cannot be read");
}

static long unwritable(void)
{
	return refuse(-EFAULT, "the answer cannot be written");
}

/* Two vCPUs may want to initialise a third at once: one does, from its first call to its last. */
static bool claim(struct vcpu *v)
{
	struct domain *d = v->domain;
	bool ok;

	spin_lock(&d->life);
	ok = !v->initialised && (!v->initialiser || v->initialiser == current);
	if (ok)
		v->initialiser = current;
	spin_unlock(&d->life);
	return ok;
}

static long initialise(struct vcpu *v, gptr_t arg)
{
	bool online;
	uint8_t probe;
	int rc;

	if (copy_from_guest(&probe, arg, sizeof(probe)))
		return refuse(-EFAULT, "the context cannot be read");
	if (!claim(v))
		return refuse(-EEXIST, "vCPU %u is initialised already", v->id);
	rc = vcpu_set_context(v, arg, &online);
	if (rc == -ERESTART)
		return rc; /* the caller comes back, and nobody else comes between */
	WRITE_ONCE(v->initialiser, NULL);
	if (!rc && online)
		vcpu_start(v);
	return rc;
}

static long up(struct vcpu *v)
{
	if (!v->initialised)
		return refuse(-EINVAL, "vCPU %u is not initialised", v->id);
	vcpu_start(v);
	return 0;
}

static long down(struct vcpu *v)
{
	vcpu_stop(v);
	return 0;
}

static long get_runstate_info(struct vcpu *v, gptr_t arg)
{
	struct vcpu_runstate_info info;

	runstate_get(v, &info);
	return guest_put_vcpu_runstate_info(arg, 0, &info) ? unwritable() : 0;
}

/* An address that is not mapped now may be so later; one inside the hypervisor never is. */
static bool area_possible(gptr_t area)
{
	if (current->domain->is_32bit)
		return area.va < current->domain->compat_m2p || area.va >= COMPAT_HOLE_END;
	return area.va < HV_VIRT_START || area.va >= HV_VIRT_END;
}

static long register_runstate(struct vcpu *v, gptr_t arg)
{
	struct vcpu_register_runstate_memory_area area;
	struct vcpu_runstate_info info;

	if (guest_get_vcpu_register_runstate_memory_area(&area, arg, 0))
		return unreadable();
	if (!area_possible(guest_handle(area.addr.h)))
		return refuse(-EFAULT, "%lx is not the guest's", (uint64_t)area.addr.h.p);
	v->sched.runstate_area = guest_handle(area.addr.h);
	if (v == current) {
		runstate_publish(v);
	} else if (!gptr_is_null(v->sched.runstate_area)) {
		runstate_get(v, &info);
		(void)guest_put_vcpu_runstate_info(v->sched.runstate_area, 0, &info);
	}
	return 0;
}

static long register_time(struct vcpu *v, gptr_t arg)
{
	struct vcpu_register_time_memory_area area;

	if (guest_get_vcpu_register_time_memory_area(&area, arg, 0))
		return unreadable();
	if (!area_possible(guest_handle(area.addr.h)))
		return refuse(-EFAULT, "%lx is not the guest's", (uint64_t)area.addr.h.p);
	v->time_area = guest_handle(area.addr.h);
	if (v == current)
		time_update_vcpu(v);
	return 0;
}

static long register_info(struct vcpu *v, gptr_t arg)
{
	struct vcpu_register_vcpu_info info;

	if (guest_get_vcpu_register_vcpu_info(&info, arg, 0))
		return unreadable();
	return vcpu_register_info(v, _mfn(info.mfn), info.offset);
}

static long set_periodic_timer(struct vcpu *v, gptr_t arg)
{
	struct vcpu_set_periodic_timer set;

	if (guest_get_vcpu_set_periodic_timer(&set, arg, 0))
		return unreadable();
	if (set.period_ns < PERIOD_MIN || set.period_ns > PERIOD_MAX)
		return refuse(-EINVAL, "a period of %lu ns; at least 1 ms, at most 2^62 ns",
			      set.period_ns);
	vtimer_set_period(v, set.period_ns);
	return 0;
}

static long set_singleshot_timer(struct vcpu *v, gptr_t arg)
{
	struct vcpu_set_singleshot_timer set;

	if (v != current)
		return refuse(-EINVAL, "only vCPU %u sets its own single-shot timer", v->id);
	if (guest_get_vcpu_set_singleshot_timer(&set, arg, 0))
		return unreadable();
	timer_set(&v->singleshot, max(set.timeout_abs_ns, (uint64_t)1));
	return 0;
}

static long send_nmi(struct vcpu *v)
{
	if (!v->pv.nmi_pending) {
		v->pv.nmi_pending = true;
		vcpu_kick(v);
	}
	return 0;
}

long do_vcpu_op(int cmd, unsigned int vcpuid, gptr_t arg)
{
	struct domain *d = current->domain;
	struct vcpu *v = vcpuid < d->max_vcpus ? d->vcpu[vcpuid] : NULL;

	/* Linux asks of each number that might be whether it is there: no need for words. */
	if (!v)
		return -ENOENT;
	switch (cmd) {
	case VCPUOP_initialise:
		return initialise(v, arg);
	case VCPUOP_up:
		return up(v);
	case VCPUOP_down:
		return down(v);
	case VCPUOP_is_up:
		return !v->sched.down;
	case VCPUOP_get_runstate_info:
		return get_runstate_info(v, arg);
	case VCPUOP_register_runstate_memory_area:
		return register_runstate(v, arg);
	case VCPUOP_set_periodic_timer:
		return set_periodic_timer(v, arg);
	case VCPUOP_stop_periodic_timer:
		vtimer_set_period(v, 0);
		return 0;
	case VCPUOP_set_singleshot_timer:
		return set_singleshot_timer(v, arg);
	case VCPUOP_stop_singleshot_timer:
		timer_stop(&v->singleshot);
		return 0;
	case VCPUOP_register_vcpu_info:
		return register_info(v, arg);
	case VCPUOP_send_nmi:
		return send_nmi(v);
	case VCPUOP_register_vcpu_time_memory_area:
		return register_time(v, arg);
	case VCPUOP_get_physid:
		return refuse(-EINVAL, "vCPU %u is not pinned to a pCPU", v->id);
	default:
		return refuse(-ENOSYS, "there is no vcpu_op %d", cmd);
	}
}
