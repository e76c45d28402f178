/* SPDX-License-Identifier: MIT */
/*
 * The vCPU's other timers: periodic, and single-shot by vcpu_op.
 *
 * Mechanism: a periodic timer raises VIRQ_TIMER at each period, of a millisecond at least; a
 * single-shot one raises it once at an absolute time. Both are stopped by their own operation.
 * Steps: 1. ten periods of 5 ms; 2. stop; 3. limits; 4. single-shot ahead, past and stopped.
 * Fails by: the number of events.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

#define MS 1000000ULL

static int port;

static int set_periodic(uint64_t period)
{
	struct vcpu_set_periodic_timer arg = { .period_ns = period };

	return hv_vcpu_op(VCPUOP_set_periodic_timer, 0, &arg);
}

static int set_singleshot(uint64_t at)
{
	struct vcpu_set_singleshot_timer arg = { .timeout_abs_ns = at };

	return hv_vcpu_op(VCPUOP_set_singleshot_timer, 0, &arg);
}

void test_main(void)
{
	unsigned int n;
	uint64_t start, took;

	trap_init();
	shared_info_map();
	event_init();
	port = evtchn_bind_virq(VIRQ_TIMER, 0);
	expect(hv_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0, "stop, running or not");
	upcall_mask(false);

	expect(set_periodic(5 * MS), 0, "periodic, 5 ms");
	start = system_time();
	while (*(volatile unsigned int *)&port_count[port] < 10 &&
	       system_time() < start + 3000 * MS)
		continue;
	took = system_time() - start;
	ensure(port_count[port] >= 10, "%u events within three seconds", port_count[port]);
	/* A busy host delays events, and then several periods may be one; none comes early. */
	ensure(took >= 40 * MS, "ten periods of 5 ms took %llu ns", (unsigned long long)took);
	expect(hv_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0, "stop");
	delay(10 * MS);
	n = port_count[port];
	delay(30 * MS);
	expect(port_count[port], n, "events after the stop");
	expect(set_periodic(999999), -XEN_EINVAL, "less than a millisecond");
	expect(set_periodic(0), -XEN_EINVAL, "0");
	expect(set_periodic(~0ULL), -XEN_EINVAL, "2^64 - 1");

	port_count[port] = 0;
	expect(set_singleshot(system_time() + 20 * MS), 0, "single-shot, 20 ms");
	expect(port_count[port], 0, "events at once");
	delay(60 * MS);
	expect(port_count[port], 1, "events of a single shot");
	expect(set_singleshot(1), 0, "single-shot, past");
	delay(10 * MS);
	expect(port_count[port], 2, "events after a past one");
	expect(set_singleshot(system_time() + 30 * MS), 0, "single-shot, 30 ms");
	expect(hv_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0, "stop");
	delay(60 * MS);
	expect(port_count[port], 2, "events after the stop");

	expect(hv_vcpu_op(VCPUOP_set_periodic_timer, 5000, NULL), -XEN_ENOENT, "vcpu 5000");
	expect(hv_vcpu_op(VCPUOP_set_periodic_timer, 0, NULL), -XEN_EFAULT, "null");
}
