/* SPDX-License-Identifier: MIT */
/*
 * Delivery: the three steps that make an event visible to a guest.
 *
 * The two-level ABI (<xen/event_channel.h>): set the port's pending bit; if it was clear and the port
 * is not masked, set the bit of its word in the vCPU's selector; if that was clear, set the vCPU's
 * upcall byte and see that the vCPU notices. Each step only when the one before changed something, so
 * a second event on a pending port costs one locked instruction and wakes nobody.
 *
 *	evtchn_pending[] ---- word ----> evtchn_pending_sel ---- any ----> evtchn_upcall_pending
 *	      & ~evtchn_mask[]
 *
 * Locks. A channel is made and unmade with the locks of both its domains, so a sender that holds its own
 * keeps the other end as it is: its port, its vCPUs, its shared pages. The steps themselves are atomic
 * operations on memory that the guest changes too, so they need no lock of the receiver's, and two domains
 * that send to each other at once never wait for one another. The receiver may meanwhile bind the port to
 * another vCPU, or move its vcpu_info (which then starts with everything pending): the event was sent
 * before or after that, and either is right, since the pending bit is set first.
 */
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "event/internal.h"
#include "sched/sched.h"

void upcall_raise(struct vcpu *v)
{
	if (vcpu_raise_upcall_pending(v))
		vcpu_kick(v);
}

static void tell(struct domain *d, struct vcpu *v, evtchn_port_t port)
{
	unsigned int word = d->is_32bit ? port / 32 : port / 64;

	if (!vcpu_raise_pending_sel(v, word))
		upcall_raise(v);
}

void port_set_pending(struct domain *d, struct vcpu *v, evtchn_port_t port)
{
	if (unlikely(READ_ONCE(d->evtchn->fifo_on)) && fifo_set_pending(d, v, port))
		return;
	/* The guest may have left the other ABI just now, with a port that this one has no bit for. */
	if (unlikely(port >= evtchn_ports(d)))
		return;
	if (shared_bit_set(evtchn_pending_words(d), port) || unlikely(!v))
		return; /* pending already; or its toolstack has not made that vCPU yet */
	if (!shared_bit_test(evtchn_mask_words(d), port))
		tell(d, v, port);
	/* A poller is woken by a masked port too. */
	if (unlikely(d->pollers))
		poll_wake(d, port);
}

void port_notify(struct domain *d, evtchn_port_t port)
{
	const struct port *p = port_at(d, port);

	if (p && p->state > PORT_UNBOUND)
		port_set_pending(d, d->vcpu[p->vcpu], port);
}

void evtchn_notify(struct domain *d, evtchn_port_t port)
{
	spin_lock(&d->evtchn->lock);
	port_notify(d, port);
	spin_unlock(&d->evtchn->lock);
}

static long bad_port(evtchn_port_t port)
{
	return refuse(-EINVAL, "port %u: one can send on an interdomain or IPI port only", port);
}

/* Locks: evtchn of the domain whose port p is. */
static void send_to_peer(const struct port *p)
{
	struct domain *peer = p->peer.domain;
	const struct port *other = port_at(peer, p->peer.port);

	port_set_pending(peer, peer->vcpu[READ_ONCE(other->vcpu)], p->peer.port);
}

long evtchn_send_from(struct domain *d, evtchn_port_t port)
{
	void (*consumer)(struct domain *) = NULL;
	const struct port *p;
	long rc = 0;

	spin_lock(&d->evtchn->lock);
	p = port_at(d, port);
	if (unlikely(!p))
		rc = -EINVAL;
	else if (p->state == PORT_INTERDOMAIN)
		send_to_peer(p);
	else if (p->state == PORT_IPI)
		port_set_pending(d, d->vcpu[p->vcpu], port);
	else if (p->state == PORT_HYPERVISOR)
		consumer = p->consumer;
	else if (p->state != PORT_UNBOUND)
		/* Unbound: the peer is gone or not there yet, which is nobody's mistake. */
		rc = -EINVAL;
	spin_unlock(&d->evtchn->lock);
	if (consumer)
		consumer(d);
	return unlikely(rc) ? bad_port(port) : 0;
}

long event_send(evtchn_port_t port)
{
	return evtchn_send_from(current->domain, port);
}

long evtchn_unmask(struct domain *d, evtchn_port_t port)
{
	struct port *p;
	long rc = 0;

	spin_lock(&d->evtchn->lock);
	p = port_at(d, port);
	if (unlikely(!p || p->state == PORT_FREE || port < PORT_FIRST_VALID))
		rc = -EINVAL;
	else if (unlikely(d->evtchn->fifo_on))
		fifo_unmask(d, d->vcpu[p->vcpu], port);
	else if (shared_bit_clear(evtchn_mask_words(d), port) &&
		 shared_bit_test(evtchn_pending_words(d), port))
		tell(d, d->vcpu[p->vcpu], port);
	spin_unlock(&d->evtchn->lock);
	return rc ? refuse(rc, "port %u is not open", port) : 0;
}

long event_unmask(evtchn_port_t port)
{
	return evtchn_unmask(current->domain, port);
}
