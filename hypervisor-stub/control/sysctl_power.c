/* SPDX-License-Identifier: MIT */
/*
 * Power management: of processors that have one speed and one way to halt.
 *
 * We neither change a frequency nor enter a deeper sleep than HLT, and say so as a Xen without cpufreq
 * does: there are no P-states to tell of (-ENODEV), and one C-state beside running. Locks: none.
 */
#include "abi/abi.h"
#include "console/console.h"
#include "control/sysctl.h"
#include "cpu/cpu.h"
#include "sched/sched.h"

#define CSTATES 2 /* C0: it runs; C1: it halts */

static stime_t idle_time(unsigned int cpu)
{
	struct vcpu_runstate_info idle;

	runstate_get(pcpus[cpu].idle, &idle);
	return (stime_t)idle.time[RUNSTATE_running];
}

/* How often it halted is not counted; how long it did, is. */
static long get_cxstat(struct xen_sysctl_get_pmstat *x)
{
	struct pm_cx_stat *cx = &x->u.getcx;
	uint64_t triggers[CSTATES] = { 0 }, residencies[CSTATES] = { 0 };
	uint32_t n = min(cx->nr, (uint32_t)CSTATES);

	residencies[1] = (uint64_t)idle_time(x->cpuid);
	residencies[0] = (uint64_t)now() - residencies[1];
	cx->idle_time = residencies[1];
	cx->last = 0;
	cx->nr = CSTATES;
	cx->nr_pc = cx->nr_cc = 0;
	if (copy_to_guest(guest_handle(cx->triggers), triggers, n * sizeof(triggers[0])) ||
	    copy_to_guest(guest_handle(cx->residencies), residencies, n * sizeof(residencies[0])))
		return refuse(-EFAULT, "the times cannot be written");
	return 0;
}

long sysctl_get_pmstat(struct xen_sysctl *op)
{
	struct xen_sysctl_get_pmstat *x = &op->u.get_pmstat;

	if (x->cpuid >= pcpu_count)
		return refuse(-EINVAL, "there is no pCPU %u", x->cpuid);
	switch (x->type) {
	case PMSTAT_get_max_cx:
		x->u.getcx.nr = CSTATES;
		return 0;
	case PMSTAT_get_cxstat:
		return get_cxstat(x);
	case PMSTAT_reset_cxstat:
		return 0;
	}
	if ((x->type & PMSTAT_CATEGORY_MASK) == PMSTAT_CX)
		return refuse(-ENOSYS, "there is no statistic %x of C-states", x->type);
	return refuse(-ENODEV, "the frequency of pCPU %u is not managed", x->cpuid);
}

long sysctl_pm_op(struct xen_sysctl *op)
{
	struct xen_sysctl_pm_op *x = &op->u.pm_op;
	bool of_cstates = x->cmd == XEN_SYSCTL_pm_op_get_max_cstate ||
			  x->cmd == XEN_SYSCTL_pm_op_set_max_cstate;

	/* The limit of C-states is the machine's; cpuid says there which of its two parts is meant. */
	if (x->cpuid >= (of_cstates ? 2 : pcpu_count))
		return refuse(-EINVAL, "there is no pCPU or limit %u", x->cpuid);
	if (x->cmd == XEN_SYSCTL_pm_op_get_max_cstate)
		x->u.get_max_cstate = XEN_SYSCTL_CX_UNLIMITED;
	/* To set it changes nothing: we never go as deep as any limit. */
	return of_cstates ? 0
			  : refuse(-ENODEV, "the frequency of pCPU %u is not managed", x->cpuid);
}
