/* SPDX-License-Identifier: MIT */
/*
 * Runstate: how long each vCPU ran, waited for a pCPU, waited for an event, or was not there.
 *
 * The guest reads it by VCPUOP_get_runstate_info, or in an area that it registers and that is written
 * whenever the vCPU gets the pCPU, and when it loses it, since a sibling may look there whether it runs.
 * Lock: runq for the times; the area is written with its vCPU's own tables loaded, so by its pCPU.
 */
#include "abi/abi.h"
#include "abi/shared.h"
#include "cpu/cpu.h"
#include "sched/internal.h"

void runstate_enter(struct vcpu *v, unsigned int state, stime_t t)
{
	struct vcpu_runstate_info *r = &v->sched.runstate;

	if (t > r->state_entry_time)
		r->time[r->state] += t - r->state_entry_time;
	r->state = (int)state;
	r->state_entry_time = t;
}

void runstate_get(struct vcpu *v, struct vcpu_runstate_info *info)
{
	stime_t t;

	spin_lock(&runq);
	t = now();
	*info = v->sched.runstate;
	spin_unlock(&runq);
	if (t > info->state_entry_time)
		info->time[info->state] += t - info->state_entry_time;
}

/* XEN_RUNSTATE_UPDATE marks the area while it is written, for vCPUs of a guest that asked for it. */
static void mark_update(struct vcpu *v, uint64_t entry_time)
{
	size_t at = v->domain->is_32bit ? (size_t)OFF32_runstate_entry_time
					: offsetof(struct vcpu_runstate_info, state_entry_time);

	(void)copy_to_guest(gptr_add(v->sched.runstate_area, at), &entry_time, sizeof(entry_time));
	barrier();
}

void runstate_write(struct vcpu *v, struct vcpu_runstate_info *info)
{
	bool mark = v->domain->vm_assist >> VMASST_TYPE_runstate_update_flag & 1;

	if (mark) {
		info->state_entry_time |= XEN_RUNSTATE_UPDATE;
		mark_update(v, info->state_entry_time);
	}
	(void)guest_put_vcpu_runstate_info(v->sched.runstate_area, 0, info);
	if (mark)
		mark_update(v, info->state_entry_time & ~XEN_RUNSTATE_UPDATE);
}

void runstate_publish(struct vcpu *v)
{
	struct vcpu_runstate_info info;

	if (gptr_is_null(v->sched.runstate_area))
		return;
	/* It runs: nobody else changes its times. */
	info = v->sched.runstate;
	runstate_write(v, &info);
}
