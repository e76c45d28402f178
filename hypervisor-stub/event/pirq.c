/* SPDX-License-Identifier: MIT */
/*
 * Ports of physical interrupts: EVTCHNOP_bind_pirq, and a line's interrupt as an event.
 *
 * irq/ knows lines and a domain's numbers for them; here is only the port. A port whose PIRQ was unmapped
 * stays open and silent until it is closed. Lock: evtchn.
 */
#include "console/console.h"
#include "cpu/cpu.h"
#include "event/internal.h"
#include "irq/irq.h"

/* Locks: evtchn. */
static int bind(struct domain *d, const struct evtchn_bind_pirq *op)
{
	int port, rc;

	if (pirq_port(d, op->pirq))
		return -EEXIST;
	if (!pirq_is_mapped(d, op->pirq))
		return -EPERM;
	port = port_alloc(d);
	if (port < 0)
		return port;
	rc = pirq_bind(d, op->pirq, (evtchn_port_t)port, op->flags & BIND_PIRQ__WILL_SHARE,
		       d->vcpu[0]);
	if (rc) {
		port_free(d, (evtchn_port_t)port);
		return rc;
	}
	port_at(d, (evtchn_port_t)port)->pirq = (uint16_t)op->pirq;
	port_at(d, (evtchn_port_t)port)->state = PORT_PIRQ;
	return port;
}

long bind_pirq(struct evtchn_bind_pirq *op)
{
	struct domain *d = current->domain;
	int port;

	if (op->pirq >= PIRQ_COUNT)
		return refuse(-EINVAL, "there is no PIRQ %u", op->pirq);
	spin_lock(&d->evtchn->lock);
	port = bind(d, op);
	spin_unlock(&d->evtchn->lock);
	switch (port) {
	case -EPERM:
		return refuse(port, "PIRQ %u is not mapped for this domain", op->pirq);
	case -EEXIST:
		return refuse(port, "PIRQ %u has a port already", op->pirq);
	case -EBUSY:
		return refuse(port, "PIRQ %u: its line is somebody else's, and not shared",
			      op->pirq);
	case -ENOSPC:
	case -ENOMEM:
		return refuse(port, "PIRQ %u: no port or no vector is left", op->pirq);
	default:
		op->port = (evtchn_port_t)port;
		return 0;
	}
}

const struct vcpu *evtchn_send_pirq(struct domain *d, unsigned int pirq)
{
	const struct vcpu *v = NULL;
	const struct port *p;
	evtchn_port_t port;

	spin_lock(&d->evtchn->lock);
	port = pirq_port(d, pirq);
	p = port ? port_at(d, port) : NULL;
	if (p && p->state == PORT_PIRQ) {
		v = d->vcpu[p->vcpu];
		port_notify(d, port);
	}
	spin_unlock(&d->evtchn->lock);
	return v;
}
