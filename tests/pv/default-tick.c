/* SPDX-License-Identifier: MIT */
/*
 * A vCPU that has asked for nothing has a periodic timer of 10 ms.
 *
 * Mechanism: before single-shot timers a PV kernel lived on a tick, and the hypervisor starts every
 * vCPU with one; kernels that do not want it call VCPUOP_stop_periodic_timer.
 * Steps: bind VIRQ_TIMER and do nothing else for 200 ms; stop it, and again.
 * Fails by: the number of ticks that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"
#include "lib/event.h"

#define MS 1000000ULL

void test_main(void)
{
	evtchn_port_t port;

	trap_init();
	shared_info_map();
	event_init();
	port = (evtchn_port_t)evtchn_bind_virq(VIRQ_TIMER, 0);
	upcall_mask(false);
	delay(200 * MS);
	/* Twenty, less what a busy host swallowed. */
	ensure(port_count[port] >= 5 && port_count[port] <= 21, "%u ticks in 200 ms",
	       port_count[port]);

	expect(hv_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0, "stop");
	delay(20 * MS);
	port_count[port] = 0;
	delay(100 * MS);
	expect(port_count[port], 0, "ticks after the stop");
}
