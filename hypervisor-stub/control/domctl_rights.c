/* SPDX-License-Identifier: MIT */
/*
 * domctl: hardware is handed to a domain, port by port and frame by frame.
 *
 * Nobody gives away what he has not: the caller's own rights are asked first. What a domain mapped while
 * it had the right stays mapped when it loses it, as on real Xen: a toolstack revokes before it destroys.
 * Locks: a domain's rights have their own (domain/rights.c).
 */
#include "console/console.h"
#include "control/domctl.h"
#include "cpu/cpu.h"
#include "domain/rights.h"

static long change(struct domain *d, enum right kind, uint64_t first, uint64_t last, bool allow)
{
	static const char *const names[] = { "ports", "frames", "interrupts" };
	int rc;

	if (!right_held(current->domain, kind, first, last))
		return refuse(-EPERM, "%s %lx-%lx are not d%u's to give", names[kind], first, last,
			      current->domain->id);
	rc = allow ? right_grant(d, kind, first, last) : right_revoke(d, kind, first, last);
	return rc ? refuse(rc, "no room to note the %s %lx-%lx of d%u", names[kind], first, last,
			   d->id)
		  : 0;
}

long domctl_ioport_permission(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_ioport_permission *p = &op->u.ioport_permission;
	uint64_t end = (uint64_t)p->first_port + p->nr_ports;

	if (!p->nr_ports || end > right_end(RIGHT_PORT))
		return refuse(-EINVAL, "%u ports from %x are no ports", p->nr_ports, p->first_port);
	return change(d, RIGHT_PORT, p->first_port, end - 1, p->allow_access);
}

long domctl_iomem_permission(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_iomem_permission *m = &op->u.iomem_permission;
	uint64_t last = m->first_mfn + m->nr_mfns - 1;

	if (last < m->first_mfn)
		return refuse(-EINVAL, "%lu frames from %lx are no frames", m->nr_mfns,
			      m->first_mfn);
	return change(d, RIGHT_FRAME, m->first_mfn, last, m->allow_access);
}

long domctl_irq_permission(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_irq_permission *i = &op->u.irq_permission;

	if (i->pirq >= right_end(RIGHT_PIRQ))
		return refuse(-EINVAL, "there is no interrupt %u", i->pirq);
	return change(d, RIGHT_PIRQ, i->pirq, i->pirq, i->allow_access);
}

/* A paravirtual guest maps device memory by itself: nothing is to be done for it. */
long domctl_memory_mapping(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_memory_mapping *m = &op->u.memory_mapping;
	uint64_t last = m->first_mfn + m->nr_mfns - 1;

	if (last < m->first_mfn || m->first_gfn + m->nr_mfns - 1 < m->first_gfn ||
	    last >= right_end(RIGHT_FRAME))
		return refuse(-EINVAL, "%lu frames from %lx are no frames", m->nr_mfns,
			      m->first_mfn);
	if (!right_held(current->domain, RIGHT_FRAME, m->first_mfn, last))
		return refuse(-EPERM, "frames %lx-%lx are not d%u's to map for d%u", m->first_mfn,
			      last, current->domain->id, d->id);
	return 0;
}
