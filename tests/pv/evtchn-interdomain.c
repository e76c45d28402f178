/* SPDX-License-Identifier: MIT */
/*
 * Interdomain channels: two ports that notify each other, here both in one domain.
 *
 * Mechanism: one end allocates an unbound port for the other's domain, the other binds to it; from
 * then on a send to one makes the peer pending. Binding makes the new port pending once, since a
 * notification may have been lost. Closing one end leaves the other unbound.
 * Steps: 1. bind and status; 2. sends both ways; 3. close one end; 4. bind again; 5. bind_vcpu.
 * Fails by: the port's state or bit.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

void test_main(void)
{
	struct evtchn_status s;
	int a, b, again;

	trap_init();
	shared_info_map();
	event_init();
	a = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF);
	expect(evtchn_send(a), 0, "send to an unbound port");
	expect(port_pending(a), false, "nothing is pending for it");
	b = evtchn_bind_interdomain(DOMID_SELF, a);
	ensure(b > a, "ports %d and %d", a, b);
	expect(port_pending(b), true, "the new port is pending at once");
	port_clear(b);
	upcall_clear();

	expect(evtchn_status(DOMID_SELF, a, &s), 0, "status");
	expect(s.status, EVTCHNSTAT_interdomain, "status of the first");
	expect(s.u.interdomain.port, b, "its peer");
	expect(s.u.interdomain.dom, own_domid(), "its peer's domain");
	expect(evtchn_bind_interdomain(DOMID_SELF, a), -XEN_EINVAL, "bind to a bound port");

	expect(evtchn_send(a), 0, "send at the first");
	expect(port_pending(b), true, "the second is pending");
	expect(port_pending(a), false, "the first is not");
	port_clear(b);
	upcall_clear();
	upcall_mask(false);
	expect(evtchn_send(b), 0, "send at the second");
	upcall_mask(true);
	expect(upcalls, 1, "upcalls");
	expect(port_count[a], 1, "events at the first");
	expect(evtchn_bind_vcpu(a, 0), 0, "bind_vcpu");

	expect(evtchn_close(a), 0, "close the first");
	expect(evtchn_status(DOMID_SELF, b, &s), 0, "status");
	expect(s.status, EVTCHNSTAT_unbound, "the second is unbound");
	expect(evtchn_send(b), 0, "send with no peer");
	again = evtchn_bind_interdomain(DOMID_SELF, b);
	ensure(again > 0, "bind to it again: %d", again);
	expect(evtchn_close(b), 0, "close");
	expect(evtchn_close(again), 0, "close");
}
