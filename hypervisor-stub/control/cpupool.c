/* SPDX-License-Identifier: MIT */
/*
 * Pools of pCPUs: there is one, number 0, with all of them and every domain in it.
 *
 * One run queue serves all pCPUs (sched/sched.h), so there is nothing to divide. A toolstack that only
 * looks sees what it sees on any Xen that was never divided; one that wants to divide is told the error
 * that it would get for the last pool of a machine. Locks: none but the list of domains.
 */
#include "abi/abi.h"
#include "console/console.h"
#include "control/control.h"
#include "control/sysctl.h"
#include "cpu/cpu.h"
#include "sched/params.h"
#include "sched/sched.h"

#define THE_POOL 0

static bool is_the_pool(uint32_t id)
{
	return id == THE_POOL;
}

static long no_pool(uint32_t id)
{
	return refuse(-ENOENT, "there is no pool %u of pCPUs, only number 0", id);
}

static unsigned int domains;

static void count_domain(struct domain *d)
{
	(void)d;
	domains++;
}

/* Of the first pool whose number is not below the one asked for. */
static long info(struct xen_sysctl_cpupool_op *x)
{
	if (!is_the_pool(x->cpupool_id))
		return no_pool(x->cpupool_id);
	domains = 0;
	domains_each(count_domain);
	x->sched_id = sched_id();
	x->n_dom = domains;
	return control_bitmap_put(&x->cpumap, sched_online(), pcpu_count);
}

static long add_cpu(const struct xen_sysctl_cpupool_op *x)
{
	if (!is_the_pool(x->cpupool_id))
		return no_pool(x->cpupool_id);
	if (x->cpu != XEN_SYSCTL_CPUPOOL_PAR_ANY && x->cpu >= pcpu_count)
		return refuse(-EINVAL, "there is no pCPU %u", x->cpu);
	return refuse(-ENODEV, "every pCPU is in the pool already");
}

static long remove_cpu(const struct xen_sysctl_cpupool_op *x)
{
	if (!is_the_pool(x->cpupool_id))
		return no_pool(x->cpupool_id);
	if (x->cpu != XEN_SYSCTL_CPUPOOL_PAR_ANY && x->cpu >= pcpu_count)
		return refuse(-EINVAL, "there is no pCPU %u", x->cpu);
	return refuse(-EBUSY, "the only pool keeps its pCPUs");
}

static long move_domain(const struct xen_sysctl_cpupool_op *x)
{
	struct domain *d;

	if (x->domid == current->domain->id)
		return refuse(-EPERM, "a domain does not move itself");
	d = x->domid < DOMID_FIRST_RESERVED ? domain_get((domid_t)x->domid) : NULL;
	if (!d)
		return refuse(-ESRCH, "there is no domain %u", x->domid);
	domain_put(d);
	return is_the_pool(x->cpupool_id) ? 0 : no_pool(x->cpupool_id);
}

static long create(const struct xen_sysctl_cpupool_op *x)
{
	if (is_the_pool(x->cpupool_id))
		return refuse(-EEXIST, "pool 0 is there");
	return refuse(-ENOSPC, "one pool has all pCPUs, there is no other");
}

static long destroy(const struct xen_sysctl_cpupool_op *x)
{
	return is_the_pool(x->cpupool_id) ? refuse(-EBUSY, "every domain is in pool 0")
					  : no_pool(x->cpupool_id);
}

long sysctl_cpupool_op(struct xen_sysctl *op)
{
	struct xen_sysctl_cpupool_op *x = &op->u.cpupool_op;

	switch (x->op) {
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
		return create(x);
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
		return destroy(x);
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		return info(x);
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
		return add_cpu(x);
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
		return remove_cpu(x);
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return move_domain(x);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO: /* the pCPUs of no pool */
		return control_bitmap_put(&x->cpumap, 0, pcpu_count);
	default:
		return refuse(-ENOSYS, "there is no operation %u on pools", x->op);
	}
}
