/* SPDX-License-Identifier: MIT */
/*
 * Event channels for drivers: ports that are made, joined and closed, each with a function.
 *
 * The table of functions is the port's (arch/xen-x86/events.c); this file is the life of a port. A port is
 * bound before anybody can know its number, so no event is lost; and its function is taken away before
 * the port is closed, since the number may be given out again at once.
 */
#include "xen.h"
#include "xen-x86.h"

static int bind(unsigned port, void (*fn)(void *data), void *data)
{
	event_bind(port, fn, data);
	return (int)port;
}

int evtchn_alloc(domid_t remote, void (*fn)(void *data), void *data)
{
	struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = remote };
	long rc = hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &op);

	return rc ? (int)rc : bind(op.port, fn, data);
}

int evtchn_connect(domid_t remote, evtchn_port_t remote_port, void (*fn)(void *data), void *data)
{
	struct evtchn_bind_interdomain op = { .remote_dom = remote, .remote_port = remote_port };
	long rc = hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &op);

	return rc ? (int)rc : bind(op.local_port, fn, data);
}

int evtchn_bind(evtchn_port_t port, void (*fn)(void *data), void *data)
{
	return bind(port, fn, data);
}

int evtchn_bind_virq_fn(unsigned virq, void (*fn)(void *data), void *data)
{
	return event_bind_virq(virq, fn, data);
}

void evtchn_notify(evtchn_port_t port)
{
	event_send(port);
}

void evtchn_mask(evtchn_port_t port)
{
	event_mask(port);
}

void evtchn_unmask(evtchn_port_t port)
{
	event_unmask(port);
}

void evtchn_close(evtchn_port_t port)
{
	struct evtchn_close op = { .port = port };

	event_unbind(port);
	(void)hypercall_event_channel_op(EVTCHNOP_close, &op);
}
