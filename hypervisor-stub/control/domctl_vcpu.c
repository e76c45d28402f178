/* SPDX-License-Identifier: MIT */
/*
 * domctl: the state of a vCPU, given and taken.
 *
 * The vCPU is paused for it, so that its state is all in memory; a vCPU cannot do that to itself. What
 * exists in real Xen for processor features that a guest does not get here (extended state, per-vCPU
 * model-specific registers) answers that there is none of it, in the forms that save and restore expect.
 */
#include "abi/abi.h"
#include "console/console.h"
#include "control/domctl.h"
#include "cpu/cpu.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "time/timer.h"

/* ---- registers ------------------------------------------------------------------------------------ */

static long reset(struct vcpu *v)
{
	long rc = vcpu_pause(v);

	if (rc)
		return rc;
	rc = vcpu_reset(v);
	vcpu_unpause(v);
	return rc;
}

static long set_context(struct vcpu *v, gptr_t context)
{
	long rc = domain_pause(v->domain);
	bool online;

	if (rc)
		return rc;
	rc = vcpu_set_context(v, context, &online);
	/* Toolstacks clear the shared page first: the domain is to know what time it is. */
	if (!rc && !v->id)
		time_update_wallclock(v->domain);
	if (!rc && online)
		vcpu_start(v);
	else if (!rc)
		vcpu_stop(v);
	domain_unpause(v->domain);
	return rc;
}

long domctl_setvcpucontext(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_vcpucontext *c = &op->u.vcpucontext;
	struct vcpu *v = domctl_vcpu(d, c->vcpu);

	if (!v)
		return refuse(-EINVAL, "d%u has no vCPU %u", d->id, c->vcpu);
	if (d->state != DOM_ALIVE && d->state != DOM_SHUTDOWN)
		return refuse(-EINVAL, "d%u is being destroyed", d->id);
	if (gptr_is_null(guest_handle(c->ctxt)))
		return reset(v);
	return set_context(v, guest_handle(c->ctxt));
}

long domctl_getvcpucontext(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_vcpucontext *c = &op->u.vcpucontext;
	struct vcpu *v = domctl_vcpu(d, c->vcpu);
	long rc;

	if (!v)
		return refuse(-EINVAL, "d%u has no vCPU %u", d->id, c->vcpu);
	if (v == current)
		return refuse(-EINVAL, "a vCPU cannot stop itself to be looked at");
	if (!v->initialised)
		return refuse(-ENODATA, "vCPU %u has no state yet", v->id);
	rc = vcpu_pause(v);
	if (rc)
		return rc;
	rc = vcpu_get_context(v, guest_handle(c->ctxt));
	vcpu_unpause(v);
	return rc;
}

/* ---- entries that vcpu_guest_context has no room for ----------------------------------------------- */

long domctl_get_ext_vcpucontext(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	struct vcpu *v = domctl_vcpu(d, e->vcpu);
	long rc;

	if (!v || v == current)
		return refuse(-ESRCH, "d%u has no vCPU %u that can be stopped", d->id, e->vcpu);
	rc = vcpu_pause(v);
	if (rc)
		return rc;
	*e = (struct xen_domctl_ext_vcpucontext){
		.vcpu = v->id,
		.size = sizeof(*e),
		.syscall32_callback_eip = v->pv.syscall32.address,
		.sysenter_callback_eip = v->pv.sysenter.address,
		.syscall32_callback_cs = v->pv.syscall32.cs,
		.sysenter_callback_cs = v->pv.sysenter.cs,
		.syscall32_disables_events = v->pv.syscall32.mask,
		.sysenter_disables_events = v->pv.sysenter.mask,
	};
	vcpu_unpause(v);
	return 0;
}

long domctl_set_ext_vcpucontext(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	struct vcpu *v = domctl_vcpu(d, e->vcpu);
	long rc;

	if (!v || d == current->domain)
		return refuse(-ESRCH, "d%u has no vCPU %u that can be stopped", d->id, e->vcpu);
	if (e->size < offsetof(struct xen_domctl_ext_vcpucontext, vmce))
		return refuse(-EINVAL, "%u bytes: the callbacks need %zu", e->size,
			      offsetof(struct xen_domctl_ext_vcpucontext, vmce));
	if (e->size >= sizeof(*e) && e->vmce.caps)
		return refuse(-EPERM, "machine checks are not told to guests (caps %lx)",
			      e->vmce.caps);
	rc = domain_pause(d);
	if (rc)
		return rc;
	rc = pv_set_callback(v, CALLBACKTYPE_sysenter, e->sysenter_callback_cs,
			     e->sysenter_callback_eip, e->sysenter_disables_events);
	if (!rc)
		rc = pv_set_callback(v, CALLBACKTYPE_syscall32, e->syscall32_callback_cs,
				     e->syscall32_callback_eip, e->syscall32_disables_events);
	domain_unpause(d);
	return rc;
}

/* ---- state beyond FXSAVE: guests have none -------------------------------------------------------- */

/* Its header: XCR0, and all that XCR0 ever was. */
struct extended_state {
	uint64_t xcr0, xcr0_accum;
};

long domctl_getvcpuextstate(struct domain *d, struct xen_domctl *op)
{
	static const struct extended_state none;
	struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
	struct vcpu *v = domctl_vcpu(d, e->vcpu);
	gptr_t buffer = guest_handle(e->buffer);
	bool only_asks = (!e->size && !e->xfeature_mask) || gptr_is_null(buffer);

	if (!v)
		return refuse(-ESRCH, "d%u has no vCPU %u", d->id, e->vcpu);
	if (v == current)
		return refuse(-EINVAL, "a vCPU cannot stop itself to be looked at");
	if (!only_asks) {
		if (e->size < sizeof(none) || e->xfeature_mask)
			return refuse(-EINVAL, "%lu bytes of features %lx, there are %zu of none",
				      e->size, e->xfeature_mask, sizeof(none));
		if (copy_to_guest(buffer, &none, sizeof(none)))
			return refuse(-EFAULT, "the state cannot be written");
	}
	e->xfeature_mask = 0;
	e->size = sizeof(none);
	return 0;
}

long domctl_setvcpuextstate(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
	struct vcpu *v = domctl_vcpu(d, e->vcpu);
	struct extended_state state;

	if (!v)
		return refuse(-ESRCH, "d%u has no vCPU %u", d->id, e->vcpu);
	if (v == current)
		return refuse(-EINVAL, "a vCPU cannot stop itself");
	if (e->size != sizeof(state))
		return refuse(-EINVAL, "%lu bytes: guests have no state beyond FXSAVE", e->size);
	if (copy_from_guest(&state, guest_handle(e->buffer), sizeof(state)))
		return refuse(-EFAULT, "the state cannot be read");
	if (state.xcr0 || state.xcr0_accum)
		return refuse(-EINVAL, "XCR0 %lx: guests have no state beyond FXSAVE", state.xcr0);
	return 0;
}

/* ---- model-specific registers of a vCPU: none has a value that would have to be kept ---------------- */

#define MSRS_MAX 7 /* registers that real Xen could send */

long domctl_get_vcpu_msrs(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpu_msrs *m = &op->u.vcpu_msrs;
	struct vcpu *v = domctl_vcpu(d, m->vcpu);

	if (!v)
		return refuse(-ESRCH, "d%u has no vCPU %u", d->id, m->vcpu);
	if (v == current)
		return refuse(-EINVAL, "a vCPU cannot stop itself to be looked at");
	m->msr_count = gptr_is_null(guest_handle(m->msrs)) ? MSRS_MAX : 0;
	return 0;
}

long domctl_set_vcpu_msrs(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpu_msrs *m = &op->u.vcpu_msrs;
	struct vcpu *v = domctl_vcpu(d, m->vcpu);
	uint32_t count = m->msr_count;
	struct xen_domctl_vcpu_msr msr;

	if (!v)
		return refuse(-ESRCH, "d%u has no vCPU %u", d->id, m->vcpu);
	if (v == current)
		return refuse(-EINVAL, "a vCPU cannot stop itself");
	if (count > MSRS_MAX)
		return refuse(-EINVAL, "%u registers, at most %u", count, MSRS_MAX);
	if (!count)
		return 0;
	m->msr_count = 0; /* the first that was not taken */
	if (copy_from_guest(&msr, guest_handle(m->msrs), sizeof(msr)))
		return refuse(-EFAULT, "register 0 cannot be read");
	return refuse(-EINVAL, "register %x is not a guest's", msr.index);
}
