/* SPDX-License-Identifier: MIT */
/*
 * Who may ask what of whom: all of it, as one table.
 *
 * Three kinds of domains ask. A *privileged* one (domain 0) is the toolstack: it builds domains and names
 * them in its calls. One that a toolstack declared the *xenstore* domain (XEN_DOMCTL_CDF_xs_domain) may
 * learn who lives and who died, and no more. Every other domain is *unprivileged*: it may name itself, and
 * others only where something of theirs was offered to it: a grant, a port. Rights over hardware
 * (I/O ports, device memory, interrupts) are no part of this table: they are handed out one by one.
 *
 *	ANYONE		   no rule here; the operation itself asks for an offer of the other side
 *	SELF_OR_PRIVILEGED a domain on itself, a privileged one on any
 *	WATCHER		   privileged, or the xenstore domain
 *	PRIVILEGED	   a privileged one, on any or on nothing
 *
 * Real Xen also knows device models that may name their one target; those belong to
 * hardware-virtualized domains, of which there are none here.
 *
 * A hypercall's operations that have no line follow its own rule; hypercalls that have none are
 * ANYONE's. Trusted: nothing but d->privileged and d->is_xenstore, set when a domain is created. No locks.
 */
#include "domain/privilege.h"
#include "console/console.h"
#include "cpu/cpu.h"

#include <xen/arch-x86/xen-mca.h>
#include <xen/domctl.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/pmu.h>
#include <xen/version.h>

enum who { ANYONE, SELF_OR_PRIVILEGED, WATCHER, PRIVILEGED };

struct rule {
	unsigned int op;
	enum who who;
	const char *name;
};

#define OP(op, who)          \
	{                    \
		op, who, #op \
	}
#define END                  \
	{                    \
		.name = NULL \
	}

/* ---- what every domain calls ------------------------------------------------------------------ */

static const struct rule memory_op[] = {
	OP(XENMEM_machine_memory_map, PRIVILEGED),
	OP(XENMEM_claim_pages, PRIVILEGED),
	OP(XENMEM_get_pod_target, PRIVILEGED),
	OP(XENMEM_set_pod_target, PRIVILEGED),
	OP(XENMEM_acquire_resource, PRIVILEGED),
	OP(XENMEM_paging_op, PRIVILEGED),
	OP(XENMEM_access_op, PRIVILEGED),
	OP(XENMEM_sharing_op, PRIVILEGED),
	END,
};

static const struct rule event_channel_op[] = {
	OP(EVTCHNOP_alloc_unbound, SELF_OR_PRIVILEGED),
	OP(EVTCHNOP_status, SELF_OR_PRIVILEGED),
	OP(EVTCHNOP_reset, SELF_OR_PRIVILEGED),
	OP(EVTCHNOP_bind_interdomain, ANYONE), /* the other side made its port for the caller */
	END,
};

static const struct rule grant_table_op[] = {
	OP(GNTTABOP_map_grant_ref, ANYONE), /* as for the next two: the grant names the caller */
	OP(GNTTABOP_copy, ANYONE),
	OP(GNTTABOP_transfer, ANYONE),
	OP(GNTTABOP_setup_table, SELF_OR_PRIVILEGED),
	OP(GNTTABOP_query_size, SELF_OR_PRIVILEGED),
	OP(GNTTABOP_get_status_frames, SELF_OR_PRIVILEGED),
	OP(GNTTABOP_get_version, SELF_OR_PRIVILEGED),
	END,
};

static const struct rule sched_op[] = {
	OP(SCHEDOP_remote_shutdown, PRIVILEGED),
	OP(SCHEDOP_pin_override, PRIVILEGED),
	END,
};

static const struct rule xen_version[] = {
	OP(XENVER_commandline, PRIVILEGED), /* others read "<denied>" */
	OP(XENVER_build_id, PRIVILEGED),
	END,
};

static const struct rule xenpmu_op[] = {
	OP(XENPMU_mode_get, PRIVILEGED),
	OP(XENPMU_mode_set, PRIVILEGED),
	OP(XENPMU_feature_get, PRIVILEGED),
	OP(XENPMU_feature_set, PRIVILEGED),
	END,
};

/* ---- devices ---------------------------------------------------------------------------------- */

static const struct rule physdev_op[] = {
	OP(PHYSDEVOP_set_iopl, ANYONE), /* what concerns nobody but the caller's own vCPU ... */
	OP(PHYSDEVOP_set_iobitmap, ANYONE),
	OP(PHYSDEVOP_eoi, ANYONE), /* ... or an interrupt that was given to it */
	OP(PHYSDEVOP_irq_status_query, ANYONE),
	OP(PHYSDEVOP_IRQ_UNMASK_NOTIFY, ANYONE),
	OP(PHYSDEVOP_pirq_eoi_gmfn_v1, ANYONE),
	OP(PHYSDEVOP_pirq_eoi_gmfn_v2, ANYONE),
	END,
};

/* ---- toolstacks ------------------------------------------------------------------------------- */

static const struct rule domctl[] = {
	OP(XEN_DOMCTL_getdomaininfo, WATCHER),
	END,
};

static const struct rule no_exceptions[] = { END };

/* ---- the hypercalls --------------------------------------------------------------------------- */

struct call_rules {
	const char *name;
	enum who who; /* operations without a line */
	const struct rule *ops;
};

#define CALL(name, who, ops) [__HYPERVISOR_##name] = { #name, who, ops }

static const struct call_rules calls[] = {
	/* Frames and tables of another domain, wherever a call names one. */
	CALL(mmu_update, SELF_OR_PRIVILEGED, no_exceptions),
	CALL(mmuext_op, SELF_OR_PRIVILEGED, no_exceptions),
	CALL(update_va_mapping_otherdomain, SELF_OR_PRIVILEGED, no_exceptions),
	CALL(memory_op, SELF_OR_PRIVILEGED, memory_op),
	CALL(event_channel_op, ANYONE, event_channel_op),
	CALL(grant_table_op, ANYONE, grant_table_op),
	CALL(sched_op, ANYONE, sched_op),
	CALL(xen_version, ANYONE, xen_version),
	CALL(xenpmu_op, ANYONE, xenpmu_op),
	CALL(hvm_op, SELF_OR_PRIVILEGED, no_exceptions),
	CALL(physdev_op, PRIVILEGED, physdev_op),
	CALL(domctl, PRIVILEGED, domctl),
	CALL(sysctl, PRIVILEGED, no_exceptions),
	CALL(platform_op, PRIVILEGED, no_exceptions),
	CALL(hypfs_op, PRIVILEGED, no_exceptions),
	CALL(kexec_op, PRIVILEGED, no_exceptions),
	CALL(dm_op, PRIVILEGED, no_exceptions),
	CALL(mca, PRIVILEGED, no_exceptions),
};

/* ---- the answer ------------------------------------------------------------------------------- */

static struct rule rule_of(unsigned int hypercall, unsigned int op)
{
	const struct call_rules *c = hypercall < ARRAY_SIZE(calls) ? &calls[hypercall] : NULL;

	if (!c || !c->name)
		return (struct rule){ .who = ANYONE, .name = "?" };
	for (const struct rule *r = c->ops; r->name; r++)
		if (r->op == op)
			return *r;
	return (struct rule){ .op = op, .who = c->who, .name = c->name };
}

static bool allowed(enum who who, const struct domain *caller, const struct domain *target)
{
	switch (who) {
	case ANYONE:
		return true;
	case SELF_OR_PRIVILEGED:
		return caller == target || caller->privileged;
	case WATCHER:
		return caller->is_xenstore || caller->privileged;
	case PRIVILEGED:
		return caller->privileged;
	}
	return false;
}

static long refuse_by(const struct rule *r, const struct domain *caller,
		      const struct domain *target)
{
	if (r->who == SELF_OR_PRIVILEGED && target)
		return refuse(-EPERM, "%s: d%u may name itself, not d%u", r->name, caller->id,
			      target->id);
	return refuse(-EPERM, "%s is for a privileged domain, not for d%u", r->name, caller->id);
}

long privilege_check(unsigned int hypercall, unsigned int op, const struct domain *target)
{
	const struct domain *caller = current->domain;
	struct rule r = rule_of(hypercall, op);

	return allowed(r.who, caller, target) ? 0 : refuse_by(&r, caller, target);
}
