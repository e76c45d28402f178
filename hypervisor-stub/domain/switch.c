/* SPDX-License-Identifier: MIT */
/*
 * Giving the pCPU from one vCPU to another.
 *
 * A vCPU has no stack here, so a switch is a copy of its registers and a jump: the one that leaves is
 * saved whole, and whatever lay on the pCPU's stack is forgotten. An idle vCPU has no registers at all.
 * No locks; runs in the scheduler's softirq.
 */
#include "abi/abi.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "domain/vtimer.h"
#include "sched/sched.h"

/* Its last translations left this pCPU's TLB with the CR3 that was just loaded. */
static void forget_domain(struct domain *d)
{
	uint64_t bit = 1ULL << this_pcpu()->id;

	__atomic_fetch_and((uint64_t *)&d->tlb_dirty, ~bit, __ATOMIC_SEQ_CST);
}

noreturn void context_switch(struct vcpu *prev, struct vcpu *next)
{
	struct cpu_info *info = cpu_info();

	if (!vcpu_is_idle(prev)) {
		pv_switch_from(prev); /* completes the registers with the selectors */
		prev->regs = info->regs;
		vtimer_leave(prev);
	}
	current = next;
	info->pcpu->running = next;
	if (vcpu_is_idle(next)) {
		root_load(next);
		WRITE_ONCE(info->pcpu->tlb_clean, true);
		forget_domain(prev->domain);
		sched_saved(prev);
		idle_enter();
	}
	info->regs = next->regs;
	WRITE_ONCE(info->pcpu->tlb_clean, false);
	pv_switch_to(next);
	/* Nothing of prev is in use here any more, its tables included: another pCPU may run it. */
	if (!vcpu_is_idle(prev)) {
		if (prev->domain != next->domain)
			forget_domain(prev->domain);
		sched_saved(prev);
	}
	time_update_vcpu(next);
	vtimer_enter(next);
	runstate_publish(next);
	exit_to_guest();
}
