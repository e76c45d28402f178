/* SPDX-License-Identifier: MIT */
/*
 * CPU policies as toolstacks see them: policy_ops.c.
 *
 * All four are called with the structure read, version and rights checked, and the control lock held.
 * They fill the structure; the caller writes it back.
 */
#ifndef CONTROL_POLICY_OPS_H
#define CONTROL_POLICY_OPS_H

#include "domain/domain.h"

#include <xen/domctl.h>
#include <xen/sysctl.h>

/*
 * XEN_SYSCTL_get_cpu_policy, _get_cpu_featureset. -EINVAL: no such policy; -EOPNOTSUPP: one of
 * hardware-virtualized guests; -ENOBUFS: the array is too short; -EFAULT.
 */
long sysctl_get_cpu_policy(struct xen_sysctl *op);
long sysctl_get_cpu_featureset(struct xen_sysctl *op);

/* XEN_DOMCTL_get_cpu_policy of any domain. -ENOBUFS, -EFAULT. */
long domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op);
/*
 * XEN_DOMCTL_set_cpu_policy, of a domain that has not run and cannot now: the caller sees to that
 * (-EINVAL on itself, -EEXIST later). -E2BIG, -EFAULT, -ERANGE, -EINVAL, -EOVERFLOW, -ENOMEM; err_leaf,
 * err_subleaf and err_msr are set whenever it fails.
 */
long domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op);

#endif
