/* SPDX-License-Identifier: MIT */
/*
 * domctl: what a toolstack asks about a domain, and small marks that it leaves there.
 *
 * Descriptions are snapshots: nothing is stopped for them, and counts that others change are read once.
 */
#include "console/console.h"
#include "control/control.h"
#include "control/domctl.h"
#include "cpu/cpu.h"
#include "event/event.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "time/clock.h"

/* ---- descriptions --------------------------------------------------------------------------------- */

struct activity {
	uint64_t ran; /* ns, all vCPUs together */
	unsigned int online, last;
	bool any_runs, any_ready;
};

static struct activity look_at_vcpus(const struct domain *d)
{
	struct activity a = { .last = XEN_INVALID_MAX_VCPU_ID };
	struct vcpu_runstate_info r;
	struct vcpu *v;

	for_each_vcpu (d, v) {
		runstate_get(v, &r);
		a.ran += r.time[RUNSTATE_running];
		a.last = v->id;
		if (v->sched.down)
			continue;
		a.online++;
		a.any_ready |= !v->sched.blocked;
		a.any_runs |= v->sched.running;
	}
	return a;
}

/* Blocked: all its vCPUs wait. Running: one of them has a pCPU. Without vCPUs online: neither. */
static uint32_t state_flags(const struct domain *d, const struct activity *a)
{
	enum domain_state state = READ_ONCE(d->state);
	uint32_t flags = d->shutdown_code << XEN_DOMINF_shutdownshift;

	if (a->online && !a->any_ready)
		flags |= XEN_DOMINF_blocked;
	if (a->online && a->any_runs)
		flags |= XEN_DOMINF_running;
	if (d->controller_pauses)
		flags |= XEN_DOMINF_paused;
	/* What is left of it is a number that somebody still refers to. */
	if (state == DOM_DEAD)
		flags |= XEN_DOMINF_dying;
	if (state != DOM_ALIVE && d->shutdown_code != SHUTDOWN_CODE_NONE)
		flags |= XEN_DOMINF_shutdown;
	if (d->debugged)
		flags |= XEN_DOMINF_debugged;
	if (d->is_xenstore)
		flags |= XEN_DOMINF_xs_domain;
	return flags;
}

void control_domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	struct activity a = look_at_vcpus(d);

	memset(info, 0, sizeof(*info));
	info->domain = d->id;
	info->flags = state_flags(d, &a);
	info->tot_pages = d->tot_pages;
	info->max_pages = d->max_pages;
	info->outstanding_pages = d->claimed_pages;
	info->shared_info_frame = mfn_x(virt_to_mfn(d->shared_info));
	info->cpu_time = a.ran;
	info->nr_online_vcpus = a.online;
	info->max_vcpu_id = a.last;
	memcpy(info->handle, d->handle, sizeof(info->handle));
	info->gpaddr_bits = 0; /* of a hardware-virtualized guest */
	info->arch_config.emulation_flags = d->emulation_flags;
}

long domctl_getdomaininfo(struct domain *d, struct xen_domctl *op)
{
	control_domain_info(d, &op->u.getdomaininfo);
	op->domain = d->id;
	return 0;
}

long domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
	struct vcpu_runstate_info r;
	struct vcpu *v = domctl_vcpu(d, info->vcpu);

	if (!v)
		return refuse(-EINVAL, "d%u has no vCPU %u", d->id, info->vcpu);
	runstate_get(v, &r);
	info->online = !v->sched.down;
	info->blocked = v->sched.blocked;
	info->running = v->sched.running;
	info->cpu_time = r.time[RUNSTATE_running];
	info->cpu = v->sched.cpu->id;
	return 0;
}

/* ---- marks ---------------------------------------------------------------------------------------- */

long domctl_setdomainhandle(struct domain *d, struct xen_domctl *op)
{
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	return 0;
}

long domctl_setdebugging(struct domain *d, struct xen_domctl *op)
{
	d->debugged = op->u.setdebugging.enable;
	return 0;
}

/* Local time for a guest that wants its clock so: its wall clock is this much ahead of ours. */
long domctl_settimeoffset(struct domain *d, struct xen_domctl *op)
{
	WRITE_ONCE(d->wallclock_offset, op->u.settimeoffset.time_offset_seconds);
	time_update_wallclock(d);
	return 0;
}

/* The port at which a domain that suspends tells so, instead of at VIRQ_DOM_EXC. */
long domctl_subscribe(struct domain *d, struct xen_domctl *op)
{
	d->suspend_port = op->u.subscribe.port;
	return 0;
}

/* Who hears of what concerns the machine: a xenstored in a domain of its own wants VIRQ_DOM_EXC. */
long domctl_set_virq_handler(struct domain *d, struct xen_domctl *op)
{
	uint32_t virq = op->u.set_virq_handler.virq;

	return virq_set_handler(d, virq) ? refuse(-EINVAL, "virq %u is not a global one", virq) : 0;
}

/* A device model's domain may act on its target: only hardware-virtualized domains have such. */
long domctl_set_target(struct domain *d, struct xen_domctl *op)
{
	domid_t target = op->u.set_target.target;
	struct domain *e = domain_get(target);

	if (!e)
		return refuse(-ESRCH, "there is no domain %u", target);
	domain_put(e);
	if (e == d)
		return refuse(-EINVAL, "d%u cannot be its own target", d->id);
	return refuse(-EOPNOTSUPP, "d%u is paravirtual: it has no device model", target);
}

long domctl_sendtrigger(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_sendtrigger *t = &op->u.sendtrigger;
	struct vcpu *v = domctl_vcpu(d, t->vcpu);

	if (!v)
		return refuse(-ESRCH, "d%u has no vCPU %u", d->id, t->vcpu);
	switch (t->trigger) {
	case XEN_DOMCTL_SENDTRIGGER_NMI:
		if (!v->pv.nmi_pending) {
			v->pv.nmi_pending = true;
			vcpu_kick(v);
		}
		return 0;
	case XEN_DOMCTL_SENDTRIGGER_POWER:
	case XEN_DOMCTL_SENDTRIGGER_SLEEP:
		return refuse(-EINVAL, "a paravirtual domain has no buttons");
	default:
		return refuse(-ENOSYS, "there is no trigger %u", t->trigger);
	}
}

/* ---- the time-stamp counter ----------------------------------------------------------------------- */

/* tsc_mode as toolstacks number it; leaf 3 of the hypervisor's CPUID leaves tells it to the guest. */
enum { TSC_DEFAULT, TSC_ALWAYS_EMULATE, TSC_NEVER_EMULATE };

/*
 * A guest reads the processor's own counter, always: rdtsc is not trapped, and a paravirtual guest
 * knows its rate from vcpu_time_info. So a mode that would have it emulated is refused; what a toolstack
 * stored is told back to it, as a domain's save and restore want.
 */
long domctl_gettscinfo(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_tsc_info *t = &op->u.tsc_info;

	t->tsc_mode = d->tsc_mode;
	t->incarnation = d->tsc_incarnation;
	t->pad = 0;
	if (d->tsc_mode == TSC_NEVER_EMULATE) {
		t->gtsc_khz = 0;
		t->elapsed_nsec = 0;
	} else {
		t->gtsc_khz = clock_tsc_hz() / 1000;
		t->elapsed_nsec = now();
	}
	return 0;
}

long domctl_settscinfo(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_tsc_info *t = &op->u.tsc_info;

	if (t->tsc_mode == TSC_ALWAYS_EMULATE)
		return refuse(-EOPNOTSUPP, "the time-stamp counter is never emulated here");
	if (t->tsc_mode != TSC_DEFAULT && t->tsc_mode != TSC_NEVER_EMULATE)
		return refuse(-EINVAL, "there is no tsc_mode %u", t->tsc_mode);
	d->tsc_mode = t->tsc_mode;
	d->tsc_incarnation = t->incarnation + 1;
	return 0;
}
