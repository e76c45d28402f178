/* SPDX-License-Identifier: MIT */
/*
 * domctl: where a domain's vCPUs may run, and what share they get.
 *
 * Memory has one node, node 0, whatever a toolstack wishes; its wish is kept, and told back.
 */
#include "abi/abi.h"
#include "console/console.h"
#include "control/control.h"
#include "control/domctl.h"
#include "cpu/cpu.h"
#include "sched/params.h"
#include "sched/sched.h"

#define NODES_MAX 64 /* bits of real Xen's node maps */
#define NODES	  1UL
#define CPUS_MAX  64 /* of masks */

static long check_affinity(const struct domain *d, const struct xen_domctl_vcpuaffinity *a)
{
	if (!domctl_vcpu(d, a->vcpu))
		return refuse(-EINVAL, "d%u has no vCPU %u", d->id, a->vcpu);
	if (!a->flags)
		return refuse(-EINVAL, "neither hard nor soft affinity");
	if (a->flags & XEN_VCPUAFFINITY_HARD && gptr_is_null(guest_handle(a->cpumap_hard.bitmap)))
		return refuse(-EINVAL, "no bitmap of the hard affinity");
	if (a->flags & XEN_VCPUAFFINITY_SOFT && gptr_is_null(guest_handle(a->cpumap_soft.bitmap)))
		return refuse(-EINVAL, "no bitmap of the soft affinity");
	return 0;
}

/* Set it, and tell the caller what of it can come true now. */
static long set_hard(struct vcpu *v, const struct xenctl_bitmap *map)
{
	uint64_t cpus;
	long rc = control_bitmap_get(&cpus, map, CPUS_MAX);

	if (!rc)
		rc = vcpu_set_hard_affinity(v, cpus);
	return rc ? rc : control_bitmap_put(map, cpus & sched_online(), pcpu_count);
}

static long set_soft(struct vcpu *v, const struct xenctl_bitmap *map)
{
	uint64_t cpus;
	long rc = control_bitmap_get(&cpus, map, CPUS_MAX);

	if (!rc)
		rc = vcpu_set_soft_affinity(v, cpus);
	cpus &= sched_online() & vcpu_hard_affinity(v);
	return rc ? rc : control_bitmap_put(map, cpus, pcpu_count);
}

long domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	long rc = check_affinity(d, a);
	uint64_t old;
	struct vcpu *v;

	if (rc)
		return rc;
	v = d->vcpu[a->vcpu];
	if (a->flags & XEN_VCPUAFFINITY_FORCE && v->sched.overridden)
		(void)vcpu_override_affinity(v, -1);
	old = vcpu_hard_affinity(v);
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = set_hard(v, &a->cpumap_hard);
	if (!rc && a->flags & XEN_VCPUAFFINITY_SOFT) {
		rc = set_soft(v, &a->cpumap_soft);
		/* Who is told that it failed expects that nothing was done. */
		if (rc && a->flags & XEN_VCPUAFFINITY_HARD)
			(void)vcpu_set_hard_affinity(v, old);
	}
	return rc;
}

long domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	long rc = check_affinity(d, a);

	if (!rc && a->flags & XEN_VCPUAFFINITY_HARD)
		rc = control_bitmap_put(&a->cpumap_hard, vcpu_hard_affinity(d->vcpu[a->vcpu]),
					pcpu_count);
	if (!rc && a->flags & XEN_VCPUAFFINITY_SOFT)
		rc = control_bitmap_put(&a->cpumap_soft, vcpu_soft_affinity(d->vcpu[a->vcpu]),
					pcpu_count);
	return rc;
}

long domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op)
{
	uint64_t nodes;
	long rc = control_bitmap_get(&nodes, &op->u.nodeaffinity.nodemap, NODES_MAX);

	if (rc)
		return rc;
	if (!(nodes & NODES))
		return refuse(-EINVAL, "nodes %lx: there is node 0 only", nodes);
	/* All of them: whatever the vCPUs' affinity gives. */
	d->node_affinity = ~nodes ? nodes : 0;
	return 0;
}

long domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op)
{
	return control_bitmap_put(&op->u.nodeaffinity.nodemap,
				  d->node_affinity ? d->node_affinity : NODES, NODES_MAX);
}

long domctl_scheduler_op(struct domain *d, struct xen_domctl *op)
{
	return sched_domain_adjust(d, &op->u.scheduler_op);
}
