/* SPDX-License-Identifier: MIT */
/*
 * sched_op: yield, block, poll.
 *
 * Mechanism: block opens the upcall mask and sleeps until an event is pending; poll sleeps until one
 * of some ports is pending, masked or not, or a time passes, and leaves the mask.
 * Steps: 1. yield; 2. block with an event pending and with the mask set; 3. poll a pending port, a
 * quiet one with a time-out, a masked one; 4. refusals.
 * Fails by: the case with the error that came, or a time-out.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

#define MS 1000000ULL

static int poll(evtchn_port_t *ports, unsigned int n, uint64_t timeout)
{
	struct sched_poll p = { .nr_ports = n, .timeout = timeout };

	set_xen_guest_handle(p.ports, ports);
	return hv_sched_op(SCHEDOP_poll, &p);
}

static void check_block(int port)
{
	evtchn_send(port);
	expect(upcalls, 0, "upcalls while masked");
	expect(hv_sched_op(SCHEDOP_block, NULL), 0, "block, event pending");
	expect(upcalls, 1, "upcalls at the block");
	expect(upcall_masked(), false, "block opened the mask");
	upcall_mask(true);
}

static void check_poll(int port)
{
	evtchn_port_t ports[2] = { port, port };
	uint64_t now = system_time();

	expect(poll(ports, 1, now + 30 * MS), 0, "poll, nothing pending");
	ensure(system_time() >= now + 30 * MS, "poll returned early");
	expect(upcall_masked(), true, "poll left the mask");

	evtchn_send(port);
	now = system_time();
	expect(poll(ports, 2, now + 5000 * MS), 0, "poll, pending");
	ensure(system_time() < now + 2000 * MS, "poll of a pending port slept");
	expect(port_pending(port), true, "poll left the port pending");
	expect(upcalls, 1, "upcalls by poll");
	port_clear(port);

	port_mask(port);
	evtchn_send(port);
	now = system_time();
	expect(poll(ports, 1, now + 5000 * MS), 0, "poll, pending and masked");
	ensure(system_time() < now + 2000 * MS, "poll of a masked port slept");
	port_clear(port);
	port_unmask(port);
}

static void check_refusals(void)
{
	evtchn_port_t bad[3] = { 0, ~0U, 1 };

	expect(poll(bad, 1, system_time() + MS), -XEN_EINVAL, "poll port 0");
	expect(poll(bad + 1, 1, system_time() + MS), -XEN_EINVAL, "poll port 2^32 - 1");
	expect(poll(bad, 129, 0), -XEN_EINVAL, "poll 129 ports");
	expect(poll(bad, ~0U, 0), -XEN_EINVAL, "poll 2^32 - 1 ports");
	expect(poll(NULL, 1, system_time() + MS), -XEN_EFAULT, "poll, null list");
	expect(poll(NULL, 0, system_time() + MS), 0, "poll no ports");
	expect(hv_sched_op(SCHEDOP_poll, NULL), -XEN_EFAULT, "poll, null");
	expect(hv_sched_op(SCHEDOP_shutdown, NULL), -XEN_EFAULT, "shutdown, null");
	expect(hv_sched_op(99, NULL), -XEN_ENOSYS, "command 99");
	expect((int)hypercall(__HYPERVISOR_sched_op_compat, 0, 0, 0, 0, 0), 0, "the old yield");
	expect((int)hypercall(__HYPERVISOR_sched_op_compat, 3, 0, 0, 0, 0), -XEN_ENOSYS,
	       "the old command 3");
}

void test_main(void)
{
	int port;

	trap_init();
	shared_info_map();
	event_init();
	port = evtchn_bind_ipi(0);
	expect(hv_sched_op(SCHEDOP_yield, NULL), 0, "yield");
	check_block(port);
	check_poll(port);
	check_refusals();
}
