/* SPDX-License-Identifier: MIT */
/*
 * Making ports: unbound ones, channels between domains, virtual interrupts, IPIs.
 *
 * Results as observed32.md 3.10 shows them. Locks: evtchn, both for a channel.
 */
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/privilege.h"
#include "event/internal.h"
#include "irq/irq.h"

static struct vcpu *vcpu_by_id(struct domain *d, uint32_t id)
{
	return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

static long no_port(const struct domain *d, int rc)
{
	return rc == -ENOSPC ? refuse(rc, "all %u ports are in use", port_limit(d))
			     : refuse(rc, "no memory for more ports");
}

/* A domain that an unbound port may be made in by the caller: itself, or any if privileged. */
static struct domain *target_domain(domid_t id, long *rc)
{
	struct domain *d = domain_get_or_self(id);

	*rc = d ? privilege_check(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, d)
		: refuse(-ESRCH, "there is no domain %u", id);
	if (d && *rc) {
		domain_put(d);
		return NULL;
	}
	return d;
}

long bind_unbound(struct evtchn_alloc_unbound *op)
{
	long rc = 0;
	struct domain *d = target_domain(op->dom, &rc);
	int port;

	if (!d)
		return rc;
	spin_lock(&d->evtchn->lock);
	port = port_alloc(d);
	if (port >= 0) {
		struct port *p = port_at(d, (evtchn_port_t)port);

		p->state = PORT_UNBOUND;
		p->unbound_from =
			op->remote_dom == DOMID_SELF ? current->domain->id : op->remote_dom;
		op->port = (evtchn_port_t)port;
	}
	spin_unlock(&d->evtchn->lock);
	rc = port < 0 ? no_port(d, port) : 0;
	domain_put(d);
	return rc;
}

/* Locks: evtchn of both. */
static long join(struct domain *d, struct domain *peer, evtchn_port_t remote, evtchn_port_t *local)
{
	struct port *theirs = port_at(peer, remote), *ours;
	int port;

	if (!theirs || theirs->state != PORT_UNBOUND || theirs->unbound_from != d->id)
		return -EINVAL;
	port = port_alloc(d);
	if (port < 0)
		return port;
	ours = port_at(d, (evtchn_port_t)port);
	ours->state = PORT_INTERDOMAIN;
	ours->peer.domain = peer;
	ours->peer.port = remote;
	theirs->state = PORT_INTERDOMAIN;
	theirs->peer.domain = d;
	theirs->peer.port = (evtchn_port_t)port;
	*local = (evtchn_port_t)port;
	/* What was sent before the channel existed must not be lost: one event to begin with. */
	port_set_pending(d, d->vcpu[ours->vcpu], (evtchn_port_t)port);
	return 0;
}

long bind_interdomain(struct evtchn_bind_interdomain *op)
{
	struct domain *d = current->domain;
	struct domain *peer = domain_get_or_self(op->remote_dom);
	long rc;

	if (!peer)
		return refuse(-ESRCH, "there is no domain %u", op->remote_dom);
	evtchn_lock_two(d, peer);
	rc = join(d, peer, op->remote_port, &op->local_port);
	evtchn_unlock_two(d, peer);
	domain_put(peer);
	if (rc == -EINVAL)
		return refuse(rc, "port %u of d%u does not wait for d%u", op->remote_port,
			      op->remote_dom, d->id);
	return rc ? no_port(d, (int)rc) : 0;
}

long bind_virq(struct evtchn_bind_virq *op)
{
	struct domain *d = current->domain;
	struct vcpu *v = vcpu_by_id(d, op->vcpu);
	int port;

	if (op->virq >= NR_VIRQS)
		return refuse(-EINVAL, "there is no VIRQ %u", op->virq);
	if (virq_is_global(op->virq) && op->vcpu != 0)
		return refuse(-EINVAL, "VIRQ %u is the domain's own and bound on vCPU 0", op->virq);
	if (!v)
		return refuse(-ENOENT, "there is no vCPU %u", op->vcpu);
	spin_lock(&d->evtchn->lock);
	port = v->virq_port[op->virq] ? -EEXIST : port_alloc(d);
	if (port >= 0) {
		struct port *p = port_at(d, (evtchn_port_t)port);

		p->state = PORT_VIRQ;
		p->vcpu = (uint8_t)op->vcpu;
		p->virq = (uint16_t)op->virq;
		v->virq_port[op->virq] = op->port = (evtchn_port_t)port;
	}
	spin_unlock(&d->evtchn->lock);
	if (port == -EEXIST)
		return refuse(-EEXIST, "VIRQ %u has port %u already", op->virq,
			      v->virq_port[op->virq]);
	return port < 0 ? no_port(d, port) : 0;
}

long bind_ipi(struct evtchn_bind_ipi *op)
{
	struct domain *d = current->domain;
	int port;

	if (!vcpu_by_id(d, op->vcpu))
		return refuse(-ENOENT, "there is no vCPU %u", op->vcpu);
	spin_lock(&d->evtchn->lock);
	port = port_alloc(d);
	if (port >= 0) {
		struct port *p = port_at(d, (evtchn_port_t)port);

		p->state = PORT_IPI;
		p->vcpu = (uint8_t)op->vcpu;
		op->port = (evtchn_port_t)port;
	}
	spin_unlock(&d->evtchn->lock);
	return port < 0 ? no_port(d, port) : 0;
}

int evtchn_bind_hypervisor(struct domain *d, void (*consumer)(struct domain *))
{
	int port;

	spin_lock(&d->evtchn->lock);
	port = port_alloc(d);
	if (port >= 0) {
		struct port *p = port_at(d, (evtchn_port_t)port);

		p->state = PORT_HYPERVISOR;
		p->consumer = consumer;
	}
	spin_unlock(&d->evtchn->lock);
	return port;
}

/* Which ports may change their vCPU; an IPI's and a per-vCPU VIRQ's is part of what they are. */
static bool may_move(const struct port *p)
{
	switch (p->state) {
	case PORT_UNBOUND:
	case PORT_INTERDOMAIN:
	case PORT_PIRQ:
	case PORT_HYPERVISOR:
		return true;
	case PORT_VIRQ:
		return virq_is_global(p->virq);
	default:
		return false;
	}
}

long bind_vcpu(const struct evtchn_bind_vcpu *op)
{
	struct domain *d = current->domain;
	struct port *p;
	long rc = 0;

	if (!vcpu_by_id(d, op->vcpu))
		return refuse(-ENOENT, "there is no vCPU %u", op->vcpu);
	spin_lock(&d->evtchn->lock);
	p = port_at(d, op->port);
	if (p && may_move(p))
		WRITE_ONCE(p->vcpu, (uint8_t)op->vcpu);
	else
		rc = -EINVAL;
	if (!rc && p->state == PORT_PIRQ)
		pirq_aim(d, p->pirq, op->port, d->vcpu[op->vcpu]);
	spin_unlock(&d->evtchn->lock);
	return rc ? refuse(rc, "port %u cannot be bound to another vCPU", op->port) : 0;
}
