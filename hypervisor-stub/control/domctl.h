/* SPDX-License-Identifier: MIT */
/*
 * Inside the domctls: one function an operation, in the file of its subject.
 *
 * domctl.c has read the structure, checked version and privilege, found the domain (with a reference)
 * and holds the control lock; it also writes the answer back. So an operation is a pure column of
 * checks and one effect on *op and the domain. It returns 0 or a negative error, and -ERESTART to be
 * called again with the structure read anew: whatever it did before, it must find in the domain.
 */
#ifndef CONTROL_DOMCTL_H
#define CONTROL_DOMCTL_H

#include "domain/domain.h"

/* gen.mk defines __XEN_TOOLS__ for control/, or the header shows nothing. */
#include <xen/domctl.h>

/* The vCPU, or NULL if the domain has none of this number. */
static inline struct vcpu *domctl_vcpu(const struct domain *d, uint32_t id)
{
	return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

/* ---- domctl_life.c ------------------------------------------------------------------------------ */

long domctl_createdomain(struct domain *none, struct xen_domctl *op);
long domctl_max_vcpus(struct domain *d, struct xen_domctl *op);
long domctl_set_address_size(struct domain *d, struct xen_domctl *op);
long domctl_get_address_size(struct domain *d, struct xen_domctl *op);
long domctl_pausedomain(struct domain *d, struct xen_domctl *op);
long domctl_unpausedomain(struct domain *d, struct xen_domctl *op);
long domctl_resumedomain(struct domain *d, struct xen_domctl *op);
long domctl_destroydomain(struct domain *d, struct xen_domctl *op);
long domctl_soft_reset(struct domain *d, struct xen_domctl *op);

/* ---- domctl_info.c ------------------------------------------------------------------------------ */

long domctl_getdomaininfo(struct domain *d, struct xen_domctl *op);
long domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op);
long domctl_setdomainhandle(struct domain *d, struct xen_domctl *op);
long domctl_setdebugging(struct domain *d, struct xen_domctl *op);
long domctl_settimeoffset(struct domain *d, struct xen_domctl *op);
long domctl_gettscinfo(struct domain *d, struct xen_domctl *op);
long domctl_settscinfo(struct domain *d, struct xen_domctl *op);
long domctl_sendtrigger(struct domain *d, struct xen_domctl *op);
long domctl_subscribe(struct domain *d, struct xen_domctl *op);
long domctl_set_target(struct domain *d, struct xen_domctl *op);
long domctl_set_virq_handler(struct domain *d, struct xen_domctl *op);

/* ---- domctl_memory.c ---------------------------------------------------------------------------- */

long domctl_max_mem(struct domain *d, struct xen_domctl *op);
long domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op);
long domctl_hypercall_init(struct domain *d, struct xen_domctl *op);

/* ---- domctl_rights.c ---------------------------------------------------------------------------- */

long domctl_ioport_permission(struct domain *d, struct xen_domctl *op);
long domctl_iomem_permission(struct domain *d, struct xen_domctl *op);
long domctl_irq_permission(struct domain *d, struct xen_domctl *op);
long domctl_memory_mapping(struct domain *d, struct xen_domctl *op);

/* ---- domctl_vcpu.c ------------------------------------------------------------------------------ */

long domctl_setvcpucontext(struct domain *d, struct xen_domctl *op);
long domctl_getvcpucontext(struct domain *d, struct xen_domctl *op);
long domctl_set_ext_vcpucontext(struct domain *d, struct xen_domctl *op);
long domctl_get_ext_vcpucontext(struct domain *d, struct xen_domctl *op);
long domctl_setvcpuextstate(struct domain *d, struct xen_domctl *op);
long domctl_getvcpuextstate(struct domain *d, struct xen_domctl *op);
long domctl_get_vcpu_msrs(struct domain *d, struct xen_domctl *op);
long domctl_set_vcpu_msrs(struct domain *d, struct xen_domctl *op);

/* ---- domctl_sched.c ----------------------------------------------------------------------------- */

long domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op);
long domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op);
long domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op);
long domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op);
long domctl_scheduler_op(struct domain *d, struct xen_domctl *op);

#endif
