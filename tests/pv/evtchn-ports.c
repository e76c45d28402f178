/* SPDX-License-Identifier: MIT */
/*
 * Event-channel ports: binding, closing, numbers, state.
 *
 * Mechanism: a port is allocated lowest first from 1; what it is bound to decides what may be done
 * with it. EVTCHNOP_status tells, and nothing here sends an event.
 * Steps: 1. one of each kind with its status; 2. closing frees the number; 3. refusals of each
 * operation; 4. bind_vcpu; 5. unknown operations; 6. ports run out and come back.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

static int status_of(evtchn_port_t port)
{
	struct evtchn_status s;
	int rc = evtchn_status(DOMID_SELF, port, &s);

	return rc ? rc : (int)s.status;
}

static void check_kinds(void)
{
	int unbound = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF);
	int ipi = evtchn_bind_ipi(0);
	int virq = evtchn_bind_virq(VIRQ_DEBUG, 0);
	struct evtchn_status s;

	ensure(unbound >= 1 && ipi > unbound && virq > ipi, "ports %d %d %d", unbound, ipi, virq);
	expect(status_of(unbound), EVTCHNSTAT_unbound, "unbound");
	expect(status_of(ipi), EVTCHNSTAT_ipi, "ipi");
	expect(evtchn_status(DOMID_SELF, virq, &s), 0, "status of virq");
	expect(s.status, EVTCHNSTAT_virq, "virq");
	expect(s.u.virq, VIRQ_DEBUG, "its number");
	expect(s.vcpu, 0, "its vcpu");
	expect(evtchn_bind_virq(VIRQ_DEBUG, 0), -XEN_EEXIST, "the same virq again");
	expect(evtchn_close(ipi), 0, "close");
	expect(status_of(ipi), EVTCHNSTAT_closed, "closed");
	expect(evtchn_close(ipi), -XEN_EINVAL, "close twice");
	expect(evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF), ipi, "the number comes back first");
	expect(evtchn_close(ipi), 0, "close");
	expect(evtchn_close(unbound), 0, "close unbound");
	expect(evtchn_close(virq), 0, "close virq");
	expect(evtchn_bind_virq(VIRQ_DEBUG, 0), unbound, "virq free again");
	expect(evtchn_close(unbound), 0, "close virq");
}

static void check_refusals(void)
{
	struct evtchn_status s;
	int ipi = evtchn_bind_ipi(0);

	expect(evtchn_bind_ipi(5000), -XEN_ENOENT, "ipi of vcpu 5000");
	expect(evtchn_bind_virq(NR_VIRQS, 0), -XEN_EINVAL, "virq 24");
	expect(evtchn_bind_virq(~0U, 0), -XEN_EINVAL, "virq 2^32 - 1");
	expect(evtchn_bind_virq(VIRQ_TIMER, 5000), -XEN_ENOENT, "virq of vcpu 5000");
	expect(evtchn_alloc_unbound(5, 0), -XEN_ESRCH, "unbound of domain 5");
	expect(evtchn_bind_interdomain(5, 1), -XEN_ESRCH, "interdomain with domain 5");
	expect(evtchn_bind_interdomain(DOMID_SELF, 0), -XEN_EINVAL, "interdomain with port 0");
	expect(evtchn_bind_interdomain(DOMID_SELF, ipi), -XEN_EINVAL, "interdomain with an ipi");
	expect(evtchn_bind_interdomain(DOMID_SELF, ~0U), -XEN_EINVAL, "interdomain with 2^32 - 1");
	expect(evtchn_send(0), -XEN_EINVAL, "send to port 0");
	expect(evtchn_send(ipi + 1), -XEN_EINVAL, "send to a closed port");
	expect(evtchn_send(~0U), -XEN_EINVAL, "send to port 2^32 - 1");
	expect(evtchn_close(0), -XEN_EINVAL, "close port 0");
	expect(evtchn_close(~0U), -XEN_EINVAL, "close port 2^32 - 1");
	expect(evtchn_unmask(~0U), -XEN_EINVAL, "unmask port 2^32 - 1");
	expect(evtchn_bind_vcpu(ipi, 0), -XEN_EINVAL, "bind_vcpu of an ipi");
	expect(evtchn_bind_vcpu(0, 0), -XEN_EINVAL, "bind_vcpu of port 0");
	expect(evtchn_bind_vcpu(ipi, 5000), -XEN_ENOENT, "bind_vcpu to vcpu 5000");
	expect(evtchn_status(5, 1, &s), -XEN_ESRCH, "status of domain 5");
	expect(evtchn_status(DOMID_SELF, ~0U, &s), -XEN_EINVAL, "status of port 2^32 - 1");
	expect(hv_event_channel_op(EVTCHNOP_send, NULL), -XEN_EFAULT, "send, null");
	expect(hv_event_channel_op(EVTCHNOP_alloc_unbound, (void *)-4UL), -XEN_EFAULT,
	       "at the top");
	expect(hv_event_channel_op(15, NULL), -XEN_ENOSYS, "operation 15");
	expect(hv_event_channel_op(-1, NULL), -XEN_ENOSYS, "operation -1");
	expect(evtchn_close(ipi), 0, "close");
}

static void check_exhaustion(void)
{
	static const int last = 8 * sizeof(long) * 8 * sizeof(long) - 1;
	struct evtchn_reset reset = { .dom = DOMID_SELF };
	int port, n = 0;

	while ((port = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF)) > 0)
		n = port;
	expect(port, -XEN_ENOSPC, "when the ports are used up");
	expect(n, last, "the last port");
	expect(hv_event_channel_op(EVTCHNOP_reset, &reset), 0, "reset");
	expect(evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF), 1, "the first port after it");
	reset.dom = 5;
	expect(hv_event_channel_op(EVTCHNOP_reset, &reset), -XEN_ESRCH, "reset of domain 5");
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	check_kinds();
	check_refusals();
	check_exhaustion();
}
