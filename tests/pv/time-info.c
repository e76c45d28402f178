/* SPDX-License-Identifier: MIT */
/*
 * Time: what a guest reads without asking.
 *
 * Mechanism: vcpu_time_info gives a scale from TSC ticks to nanoseconds; system time read through
 * it never runs backwards, also across the hypervisor's refreshes. The wall clock is the time at
 * system time zero.
 * Steps: 1. versions and scale; 2. two seconds of reading, watching for a step back or a jump;
 * 3. the wall clock is after 2020.
 * Fails by: the two readings.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

#define MS 1000000ULL

void test_main(void)
{
	volatile struct vcpu_time_info *t;
	uint64_t start, last, now;
	uint32_t first_version;

	trap_init();
	shared_info_map();
	t = &shared_info->vcpu_info[0].time;
	expect(t->version & 1, 0, "version is even");
	ensure(t->tsc_to_system_mul != 0, "no scale");
	ensure(t->tsc_shift > -32 && t->tsc_shift < 32, "shift %d", t->tsc_shift);
	first_version = t->version;

	start = last = system_time();
	while (last < start + 2000 * MS) {
		now = system_time();
		if (now < last || now > last + 1000 * MS) {
			test_failure("system time went from %llu to %llu", (unsigned long long)last,
				     (unsigned long long)now);
			break;
		}
		last = now;
		if ((now & 0xff) == 0)
			hv_sched_op(SCHEDOP_yield, NULL);
	}
	ensure(t->version != first_version, "not refreshed in two seconds");
	expect(shared_info->wc_version & 1, 0, "wc_version is even");
	ensure(shared_info->wc_sec > 1577836800, "wall clock %u", shared_info->wc_sec);
	ensure(shared_info->wc_nsec < 1000000000, "wc_nsec %u", shared_info->wc_nsec);
}
