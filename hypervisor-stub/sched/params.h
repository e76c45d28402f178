/* SPDX-License-Identifier: MIT */
/*
 * The scheduler's parameters, for a toolstack.
 *
 * In the ABI borrowed virtual time is called credit2 (XEN_SCHEDULER_CREDIT2): a weight, a cap, and a
 * rate limit. What credit2 does not know, warp and context allowance, has functions of its own here,
 * for hypfs. The credit policy is XEN_SCHEDULER_CREDIT. Whether the caller may ask is the caller's business;
 * every refusal here is explained. Locks: runq, taken here.
 */
#ifndef SCHED_PARAMS_H
#define SCHED_PARAMS_H

#include "domain/domain.h"

#include <xen/domctl.h>
#include <xen/sysctl.h>

/* XEN_SCHEDULER_*: what XEN_SYSCTL_sched_id answers. */
uint32_t sched_id(void);
/* "bvt", "credit". */
const char *sched_name(void);

/*
 * XEN_DOMCTL_SCHEDOP_*: another scheduler's number, putvcpuinfo and getvcpuinfo (no policy here has
 * parameters of single vCPUs) are -EINVAL. Weight 0 leaves the weight; for credit a cap of 2^16 - 1 leaves the
 * cap, for credit2 each one is set, and one above 100 for each vCPU is -EINVAL. getinfo fills op.
 */
long sched_domain_adjust(struct domain *d, struct xen_domctl_scheduler_op *op);
/* XEN_SYSCTL_SCHEDOP_*: -ESRCH: not pool 0; -EINVAL; putinfo answers what is in force, as getinfo does. */
long sched_system_adjust(struct xen_sysctl_scheduler_op *op);

/* Borrowed virtual time's own, in microseconds; -EOPNOTSUPP under another policy. */
struct sched_warp {
	uint64_t value;	 /* how far a vCPU of the domain may borrow (at weight 256); 0: no warp */
	uint64_t limit;	 /* how long it may run warped; 0: no limit */
	uint64_t unwarp; /* how long it may not, after that */
};

#define SCHED_WARP_MAX_US      10000000 /* of each of the three; above: -EINVAL */
#define SCHED_ALLOWANCE_MIN_US 100
#define SCHED_ALLOWANCE_MAX_US 1000000

long sched_get_warp(struct domain *d, struct sched_warp *warp);
long sched_set_warp(struct domain *d, const struct sched_warp *warp);
/* The context allowance: how far one gets ahead of the next before it is that one's turn. */
uint64_t sched_get_allowance(void);
long sched_set_allowance(uint64_t us);

#endif
