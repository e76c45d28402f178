/* SPDX-License-Identifier: MIT */
/*
 * The calls of a toolstack, for tests that run as domain 0 (build.mk defines __XEN_TOOLS__). All return 0
 * or a negative error.
 */
#ifndef PV_DOMCTL_H
#define PV_DOMCTL_H

#include "hypercall.h"
#include <xen/domctl.h>

/* A structure for `cmd` about domain `id`, everything else zero. */
static inline struct xen_domctl domctl_about(uint32_t cmd, domid_t id)
{
	struct xen_domctl op = { .cmd = cmd,
				 .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
				 .domain = id };

	return op;
}

static inline int hv_domctl(struct xen_domctl *op)
{
	return hypercall(__HYPERVISOR_domctl, op, 0, 0, 0, 0);
}

/* An operation that takes nothing but a domain's number. */
static inline int domctl_simple(uint32_t cmd, domid_t id)
{
	struct xen_domctl op = domctl_about(cmd, id);

	return hv_domctl(&op);
}

#endif
