/* SPDX-License-Identifier: MIT */
/*
 * The toolstack's questions about the machine, for tests that run as domain 0.
 */
#ifndef PV_SYSCTL_H
#define PV_SYSCTL_H

#include "hypercall.h"
#include <xen/sysctl.h>

/* A structure for `cmd`, everything else zero. */
static inline struct xen_sysctl sysctl_about(uint32_t cmd)
{
	struct xen_sysctl op = { .cmd = cmd, .interface_version = XEN_SYSCTL_INTERFACE_VERSION };

	return op;
}

static inline int hv_sysctl(struct xen_sysctl *op)
{
	return hypercall(__HYPERVISOR_sysctl, op, 0, 0, 0, 0);
}

/* An operation of which only the result counts. */
static inline int sysctl_simple(uint32_t cmd)
{
	struct xen_sysctl op = sysctl_about(cmd);

	return hv_sysctl(&op);
}

#endif
