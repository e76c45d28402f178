/* SPDX-License-Identifier: MIT */
/*
 * Inside the sysctls: one function an operation, in the file of its subject.
 *
 * sysctl.c has read the structure and checked version and rights, and writes the structure back when the
 * operation succeeded. An operation returns 0 or a negative error; -ERESTART to be called again with the
 * structure read anew, its place kept in hc_progress().
 */
#ifndef CONTROL_SYSCTL_H
#define CONTROL_SYSCTL_H

#include "control/policy_ops.h"
#include "mm/mm.h"

#include <xen/sysctl.h>

/* Array element i of a 64-bit handle, out. 0 or -EFAULT, explained. */
long sysctl_put(gptr_t array, uint64_t i, const void *element, size_t size);

/* ---- sysctl_machine.c --------------------------------------------------------------------------- */

long sysctl_physinfo(struct xen_sysctl *op);
long sysctl_getcpuinfo(struct xen_sysctl *op);
long sysctl_availheap(struct xen_sysctl *op);
long sysctl_cputopoinfo(struct xen_sysctl *op);
long sysctl_numainfo(struct xen_sysctl *op);
long sysctl_pcitopoinfo(struct xen_sysctl *op);
long sysctl_cpu_hotplug(struct xen_sysctl *op);
long sysctl_page_offline_op(struct xen_sysctl *op);

/* ---- sysctl_power.c: of a machine whose processors have one speed ------------------------------- */

long sysctl_get_pmstat(struct xen_sysctl *op);
long sysctl_pm_op(struct xen_sysctl *op);

/* ---- cpupool.c ---------------------------------------------------------------------------------- */

long sysctl_cpupool_op(struct xen_sysctl *op);

#endif
