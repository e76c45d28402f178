/* SPDX-License-Identifier: MIT */
/*
 * Runstate: where a vCPU's time went.
 *
 * Mechanism: VCPUOP_get_runstate_info tells the state and the nanoseconds spent in each since the
 * start; a registered area is kept up to date by the hypervisor. Blocking adds to "blocked".
 * Steps: 1. get; 2. the times add up to system time; 3. block for 50 ms; 4. a registered area;
 * 5. refusals.
 * Fails by: the times.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

#define MS 1000000ULL

static struct vcpu_runstate_info area;

static uint64_t sum(const struct vcpu_runstate_info *r)
{
	return r->time[RUNSTATE_running] + r->time[RUNSTATE_runnable] + r->time[RUNSTATE_blocked] +
	       r->time[RUNSTATE_offline];
}

static void block_for(uint64_t ns)
{
	struct sched_poll poll = { .timeout = system_time() + ns };

	expect(hv_sched_op(SCHEDOP_poll, &poll), 0, "poll for nothing");
}

void test_main(void)
{
	struct vcpu_runstate_info a, b;
	struct vcpu_register_runstate_memory_area reg;

	trap_init();
	shared_info_map();
	expect(hv_vcpu_op(VCPUOP_get_runstate_info, 0, &a), 0, "get");
	expect(a.state, RUNSTATE_running, "state");
	ensure(a.time[RUNSTATE_running] > 0, "never ran");
	block_for(50 * MS);
	expect(hv_vcpu_op(VCPUOP_get_runstate_info, 0, &b), 0, "get again");
	ensure(b.time[RUNSTATE_blocked] - a.time[RUNSTATE_blocked] >= 20 * MS,
	       "blocked for %llu ns",
	       (unsigned long long)(b.time[RUNSTATE_blocked] - a.time[RUNSTATE_blocked]));
	ensure(b.state_entry_time >= a.state_entry_time + 20 * MS, "state entry time");
	ensure(sum(&b) > sum(&a) + 20 * MS, "the times do not add up");

	memset(&reg, 0, sizeof(reg));
	set_xen_guest_handle(reg.addr.h, &area);
	expect(hv_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &reg), 0, "register an area");
	expect(area.state, RUNSTATE_running, "state in the area");
	a = area;
	block_for(50 * MS);
	ensure(area.time[RUNSTATE_blocked] - a.time[RUNSTATE_blocked] >= 20 * MS,
	       "the area was not updated");
	expect(area.state, RUNSTATE_running, "state in the area");
	expect(hv_vcpu_op(VCPUOP_get_runstate_info, 5000, &a), -XEN_ENOENT, "vcpu 5000");
	expect(hv_vcpu_op(VCPUOP_get_runstate_info, 0, NULL), -XEN_EFAULT, "null");
	expect(hv_vcpu_op(VCPUOP_register_runstate_memory_area, 0, NULL), -XEN_EFAULT, "null");
}
