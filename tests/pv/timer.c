/* SPDX-License-Identifier: MIT */
/*
 * set_timer_op: one timer of the vCPU, in system time.
 *
 * Mechanism: the deadline is absolute, in nanoseconds of system time; when it passes, VIRQ_TIMER is
 * raised. A deadline in the past fires at once, 0 stops the timer, a new one replaces the old.
 * Steps: 1. 20 ms ahead while spinning; 2. past; 3. stopped; 4. replaced; 5. during SCHEDOP_block.
 * Fails by: an event that came early, late by more than a second, or never.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

#define MS 1000000ULL

static int port;

/* Spin until the timer's event came; returns the system time, or 0 after a second beyond `limit`. */
static uint64_t wait_for(unsigned int count, uint64_t limit)
{
	while (*(volatile unsigned int *)&port_count[port] < count)
		if (system_time() > limit + 1000 * MS)
			return 0;
	return system_time();
}

static void check_ahead(void)
{
	uint64_t deadline = system_time() + 20 * MS, when;

	expect(hv_set_timer_op(deadline), 0, "20 ms ahead");
	when = wait_for(1, deadline);
	ensure(when != 0, "no event within a second");
	ensure(!when || when >= deadline, "%lld ns early", (long long)(deadline - when));
	delay(30 * MS);
	expect(port_count[port], 1, "events: it fires once");
}

static void check_past(void)
{
	port_count[port] = 0;
	expect(hv_set_timer_op(1), 0, "long past");
	ensure(wait_for(1, system_time()) != 0, "a past deadline did not fire");
}

static void check_stop(void)
{
	uint64_t now = system_time();

	port_count[port] = 0;
	expect(hv_set_timer_op(now + 30 * MS), 0, "30 ms ahead");
	expect(hv_set_timer_op(0), 0, "stop");
	delay(60 * MS);
	expect(port_count[port], 0, "events of a stopped timer");

	now = system_time();
	hv_set_timer_op(now + 10000 * MS);
	hv_set_timer_op(now + 20 * MS);
	ensure(wait_for(1, now + 20 * MS) != 0, "an earlier deadline did not replace a later one");
	expect(hv_set_timer_op(0), 0, "stop a timer that fired");
}

static void check_block(void)
{
	uint64_t deadline = system_time() + 50 * MS;

	port_count[port] = 0;
	hv_set_timer_op(deadline);
	while (!*(volatile unsigned int *)&port_count[port])
		expect(hv_sched_op(SCHEDOP_block, NULL), 0, "block");
	ensure(system_time() >= deadline, "block returned early");
	ensure(system_time() < deadline + 2000 * MS, "block returned late");
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	event_init();
	port = evtchn_bind_virq(VIRQ_TIMER, 0);
	ensure(port > 0, "bind_virq(VIRQ_TIMER): %d", port);
	/* Real Xen starts every vCPU with a periodic timer of 10 ms. */
	expect(hv_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0, "stop the periodic timer");
	port_clear(port);
	upcall_clear();
	upcall_mask(false);
	check_ahead();
	check_past();
	check_stop();
	check_block();
}
