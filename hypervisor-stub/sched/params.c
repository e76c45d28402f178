/* SPDX-License-Identifier: MIT */
/*
 * Weights, caps, warp and turns: read, checked, set. See params.h.
 *
 * A change counts from the next decision on; each vCPU concerned is put anew in its place among the
 * others, so that nobody keeps a claim from the time before.
 */
#include "sched/params.h"
#include "boot/options.h"
#include "console/console.h"
#include "sched/internal.h"

#define RATELIMIT_US 1000 /* as in Xen */
#define KEEP_CAP     0xffff

#define US(ns) ((ns) / 1000)
#define NS(us) ((us)*1000)

/* Cache-hot time of credit: one queue for all pCPUs has no use for it, but it reads as it was set. */
static uint32_t migration_delay_us;

static bool is_bvt(void)
{
	return policy == &policy_bvt;
}

uint32_t sched_id(void)
{
	return is_bvt() ? XEN_SCHEDULER_CREDIT2 : XEN_SCHEDULER_CREDIT;
}

const char *sched_name(void)
{
	return policy->name;
}

static uint64_t option_us(const char *name, uint64_t otherwise, uint64_t lowest, uint64_t highest)
{
	uint64_t us = option_number(name, otherwise);

	if (us >= lowest && us <= highest)
		return us;
	log_warning("%s=%lu: from %lu to %lu; %lu it is", name, us, lowest, highest, otherwise);
	return otherwise;
}

void sched_init_settings(void)
{
	uint64_t limit = option_number("sched_ratelimit_us", RATELIMIT_US), slice;

	if (limit)
		limit = option_us("sched_ratelimit_us", RATELIMIT_US,
				  XEN_SYSCTL_SCHED_RATELIMIT_MIN, XEN_SYSCTL_SCHED_RATELIMIT_MAX);
	if (is_bvt())
		slice = option_us("sched_bvt_allowance_us", US(policy->slice),
				  SCHED_ALLOWANCE_MIN_US, SCHED_ALLOWANCE_MAX_US);
	else
		slice = 1000 * option_us("sched_credit_tslice_ms", US(policy->slice) / 1000,
					 XEN_SYSCTL_CSCHED_TSLICE_MIN,
					 XEN_SYSCTL_CSCHED_TSLICE_MAX);
	sched_settings.slice = NS(slice);
	sched_settings.ratelimit = NS(min(limit, slice));
}

/* ---- a domain ------------------------------------------------------------------------------------------ */

/* Locks: runq. */
static void changed(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu (d, v)
		sched_unit_changed(v);
}

static long put(struct domain *d, unsigned int weight, unsigned int cap)
{
	if (is_bvt() && cap > 100 * d->max_vcpus)
		return refuse(-EINVAL, "a cap of %u for %u vCPUs: at most 100 for each", cap,
			      d->max_vcpus);
	spin_lock(&runq);
	if (weight)
		d->sched.weight = weight;
	if (is_bvt() || cap != KEEP_CAP)
		d->sched.cap = cap;
	changed(d);
	spin_unlock(&runq);
	return 0;
}

static long wrong_scheduler(uint32_t id)
{
	return refuse(-EINVAL, "scheduler %u: this one is %u (%s)", id, sched_id(), policy->name);
}

long sched_domain_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
{
	if (op->sched_id != sched_id())
		return wrong_scheduler(op->sched_id);
	/* Both have the same two fields. */
	_Static_assert(sizeof(op->u.credit) == sizeof(op->u.credit2), "weight and cap");
	switch (op->cmd) {
	case XEN_DOMCTL_SCHEDOP_putinfo:
		return put(d, op->u.credit.weight, op->u.credit.cap);
	case XEN_DOMCTL_SCHEDOP_getinfo:
		op->u.credit.weight = (uint16_t)d->sched.weight;
		op->u.credit.cap = (uint16_t)d->sched.cap;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putvcpuinfo:
	case XEN_DOMCTL_SCHEDOP_getvcpuinfo:
		return refuse(-EINVAL, "%s has no parameters of single vCPUs", policy->name);
	default:
		return refuse(-EINVAL, "there is no scheduler operation %u", op->cmd);
	}
}

long sched_get_warp(struct domain *d, struct sched_warp *warp)
{
	if (!is_bvt())
		return refuse(-EOPNOTSUPP, "only bvt has a warp; this is %s", policy->name);
	spin_lock(&runq);
	warp->value = US(d->sched.warp);
	warp->limit = US(d->sched.warp_limit);
	warp->unwarp = US(d->sched.unwarp);
	spin_unlock(&runq);
	return 0;
}

long sched_set_warp(struct domain *d, const struct sched_warp *warp)
{
	if (!is_bvt())
		return refuse(-EOPNOTSUPP, "only bvt has a warp; this is %s", policy->name);
	if (warp->value > SCHED_WARP_MAX_US || warp->limit > SCHED_WARP_MAX_US ||
	    warp->unwarp > SCHED_WARP_MAX_US)
		return refuse(-EINVAL, "warp %lu, limit %lu, unwarp %lu us: at most %u each",
			      warp->value, warp->limit, warp->unwarp, SCHED_WARP_MAX_US);
	spin_lock(&runq);
	d->sched.warp = NS(warp->value);
	d->sched.warp_limit = NS(warp->limit);
	d->sched.unwarp = NS(warp->unwarp);
	changed(d);
	spin_unlock(&runq);
	return 0;
}

/* ---- the machine ----------------------------------------------------------------------------------------- */

uint64_t sched_get_allowance(void)
{
	return US(sched_settings.slice);
}

long sched_set_allowance(uint64_t us)
{
	if (!is_bvt())
		return refuse(-EOPNOTSUPP, "only bvt has a context allowance; this is %s",
			      policy->name);
	if (us < SCHED_ALLOWANCE_MIN_US || us > SCHED_ALLOWANCE_MAX_US)
		return refuse(-EINVAL, "a context allowance of %lu us: from %u to %u", us,
			      SCHED_ALLOWANCE_MIN_US, SCHED_ALLOWANCE_MAX_US);
	spin_lock(&runq);
	sched_settings.slice = NS(us);
	spin_unlock(&runq);
	return 0;
}

static bool ratelimit_valid(uint32_t us)
{
	return !us ||
	       (us >= XEN_SYSCTL_SCHED_RATELIMIT_MIN && us <= XEN_SYSCTL_SCHED_RATELIMIT_MAX);
}

static long adjust_credit2(const struct xen_sysctl_credit2_schedule *p)
{
	if (!ratelimit_valid(p->ratelimit_us))
		return refuse(-EINVAL, "a rate limit of %u us: 0, or from %u to %u",
			      p->ratelimit_us, XEN_SYSCTL_SCHED_RATELIMIT_MIN,
			      XEN_SYSCTL_SCHED_RATELIMIT_MAX);
	spin_lock(&runq);
	sched_settings.ratelimit = NS((uint64_t)p->ratelimit_us);
	spin_unlock(&runq);
	return 0;
}

static long adjust_credit(const struct xen_sysctl_credit_schedule *p)
{
	if (p->tslice_ms < XEN_SYSCTL_CSCHED_TSLICE_MIN ||
	    p->tslice_ms > XEN_SYSCTL_CSCHED_TSLICE_MAX || !ratelimit_valid(p->ratelimit_us) ||
	    p->ratelimit_us > p->tslice_ms * 1000 ||
	    p->vcpu_migr_delay_us > XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US)
		return refuse(-EINVAL,
			      "a turn of %u ms, a rate limit of %u us, a migration delay of %u us",
			      p->tslice_ms, p->ratelimit_us, p->vcpu_migr_delay_us);
	spin_lock(&runq);
	sched_settings.slice = NS((uint64_t)p->tslice_ms * 1000);
	sched_settings.ratelimit = NS((uint64_t)p->ratelimit_us);
	migration_delay_us = p->vcpu_migr_delay_us;
	spin_unlock(&runq);
	return 0;
}

static void report(struct xen_sysctl_scheduler_op *op)
{
	if (is_bvt()) {
		op->u.sched_credit2.ratelimit_us = (uint32_t)US(sched_settings.ratelimit);
		return;
	}
	op->u.sched_credit.tslice_ms = (uint32_t)(US(sched_settings.slice) / 1000);
	op->u.sched_credit.ratelimit_us = (uint32_t)US(sched_settings.ratelimit);
	op->u.sched_credit.vcpu_migr_delay_us = migration_delay_us;
}

long sched_system_adjust(struct xen_sysctl_scheduler_op *op)
{
	long rc = 0;

	if (op->cmd != XEN_SYSCTL_SCHEDOP_putinfo && op->cmd != XEN_SYSCTL_SCHEDOP_getinfo)
		return refuse(-EINVAL, "there is no scheduler operation %u", op->cmd);
	if (op->cpupool_id)
		return refuse(-ESRCH, "CPU pool %u: there is only pool 0", op->cpupool_id);
	if (op->sched_id != sched_id())
		return wrong_scheduler(op->sched_id);
	if (op->cmd == XEN_SYSCTL_SCHEDOP_putinfo)
		rc = is_bvt() ? adjust_credit2(&op->u.sched_credit2)
			      : adjust_credit(&op->u.sched_credit);
	if (!rc)
		report(op);
	return rc;
}
