/* SPDX-License-Identifier: MIT */
/*
 * The hypercalls of old numbers: 6, 16 and 19.
 *
 * Mechanism: before sched_op, event_channel_op and physdev_op took command and argument, they had
 * other numbers and one structure with the command inside. Old guests still use them.
 * Steps: 1. event channels: allocate, status, send, close; 2. physdev: set_iopl; 3. refusals.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

static int old_evtchn(struct evtchn_op *op)
{
	return hypercall(__HYPERVISOR_event_channel_op_compat, op, 0, 0, 0, 0);
}

static int old_physdev(struct physdev_op *op)
{
	return hypercall(__HYPERVISOR_physdev_op_compat, op, 0, 0, 0, 0);
}

void test_main(void)
{
	struct evtchn_op op = { .cmd = EVTCHNOP_bind_ipi };
	struct physdev_op pop = { .cmd = PHYSDEVOP_set_iopl };
	evtchn_port_t port;

	trap_init();
	shared_info_map();
	expect(old_evtchn(&op), 0, "bind_ipi");
	port = op.u.bind_ipi.port;
	ensure(port > 0, "port %u", port);
	op = (struct evtchn_op){ .cmd = EVTCHNOP_status };
	op.u.status.dom = DOMID_SELF;
	op.u.status.port = port;
	expect(old_evtchn(&op), 0, "status");
	expect(op.u.status.status, EVTCHNSTAT_ipi, "what the port is");
	op = (struct evtchn_op){ .cmd = EVTCHNOP_send };
	op.u.send.port = port;
	expect(old_evtchn(&op), 0, "send");
	expect(port_pending(port), true, "pending");
	op = (struct evtchn_op){ .cmd = EVTCHNOP_close };
	op.u.close.port = port;
	expect(old_evtchn(&op), 0, "close");
	expect(old_evtchn(NULL), -XEN_EFAULT, "null");
	op.cmd = 99;
	expect(old_evtchn(&op), -XEN_ENOSYS, "command 99");

	pop.u.set_iopl.iopl = 1;
	expect(old_physdev(&pop), 0, "set_iopl");
	expect_exc(TRY("cli", :), EXC_NONE, "cli after it");
	pop.u.set_iopl.iopl = 4;
	expect(old_physdev(&pop), -XEN_EINVAL, "set_iopl 4");
	expect(old_physdev(NULL), -XEN_EFAULT, "physdev, null");
	expect((int)hypercall(__HYPERVISOR_sched_op_compat, SCHEDOP_yield, 0, 0, 0, 0), 0, "yield");
}
