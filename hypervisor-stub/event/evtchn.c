/* SPDX-License-Identifier: MIT */
/*
 * Ports: where they are kept, how they are found, given out and closed.
 *
 * A guest can only name its own ports, by number; every number is checked against what exists. Lock:
 * evtchn of the domain; whatever joins two domains holds both (lower number first), so that the two
 * ends of a channel always agree.
 */
#include "abi/shared.h"
#include "console/console.h"
#include "event/internal.h"
#include "irq/irq.h"

int evtchn_init(struct domain *d, const struct domain_config *config)
{
	d->evtchn = kalloc(sizeof(*d->evtchn));
	if (!d->evtchn)
		return -ENOMEM;
	spin_init(&d->evtchn->lock, LOCK_EVTCHN);
	d->evtchn->quota = min(config->max_evtchn_port, UINT32_MAX - 1) + 1;
	if (!config->max_evtchn_port)
		d->evtchn->quota = UINT32_MAX;
	return 0;
}

size_t evtchn_bytes(const struct domain *d)
{
	const struct evtchns *e = d->evtchn;
	size_t bytes = kalloc_size(e);

	for (unsigned int i = 0; i < e->used / PORT_GROUP; i++)
		bytes += kalloc_size(e->group[i]);
	return bytes;
}

void evtchn_lock(struct domain *d)
{
	spin_lock(&d->evtchn->lock);
}

void evtchn_unlock(struct domain *d)
{
	spin_unlock(&d->evtchn->lock);
}

void evtchn_lock_two(struct domain *a, struct domain *b)
{
	if (a->id > b->id)
		evtchn_lock_two(b, a);
	else {
		spin_lock(&a->evtchn->lock);
		if (a != b)
			spin_lock(&b->evtchn->lock);
	}
}

void evtchn_unlock_two(struct domain *a, struct domain *b)
{
	spin_unlock(&a->evtchn->lock);
	if (a != b)
		spin_unlock(&b->evtchn->lock);
}

static int add_group(struct evtchns *e)
{
	struct port *group;

	group = kalloc(PORT_GROUP * sizeof(*group));
	if (!group)
		return -ENOMEM;
	e->group[e->used / PORT_GROUP] = group;
	e->used += PORT_GROUP;
	return 0;
}

int port_alloc(struct domain *d)
{
	evtchn_port_t port = PORT_FIRST_VALID;
	int rc;

	while (port < d->evtchn->used && port_at(d, port)->state != PORT_FREE)
		port++;
	if (port >= port_limit(d))
		return -ENOSPC;
	if (port >= d->evtchn->used) {
		rc = add_group(d->evtchn);
		if (rc)
			return rc;
	}
	*port_at(d, port) = (struct port){ .state = PORT_RESERVED };
	return (int)port;
}

void port_free(struct domain *d, evtchn_port_t port)
{
	port_at(d, port)->state = PORT_FREE;
	(void)shared_bit_clear(evtchn_pending_words(d), port);
}

static bool is_open(const struct port *p, evtchn_port_t port)
{
	return p && p->state != PORT_FREE && port >= PORT_FIRST_VALID;
}

bool evtchn_is_open(struct domain *d, evtchn_port_t port)
{
	const struct port *p;
	bool open;

	spin_lock(&d->evtchn->lock);
	p = port_at(d, port);
	open = is_open(p, port);
	spin_unlock(&d->evtchn->lock);
	return open;
}

/* The other end loses its peer and waits for a new one from the same domain. Locks: evtchn of both. */
static void unbind_peer(struct domain *d, struct port *p)
{
	struct domain *peer = p->peer.domain;
	struct port *other = port_at(peer, p->peer.port);

	other->state = PORT_UNBOUND;
	other->unbound_from = d->id;
}

/* A port with no other end, or whose other end is told already. Locks: evtchn. */
static void close_single(struct domain *d, struct port *p, evtchn_port_t port)
{
	if (p->state == PORT_PIRQ)
		pirq_unbind(d, p->pirq, port);
	if (p->state == PORT_VIRQ)
		d->vcpu[virq_is_global(p->virq) ? 0 : p->vcpu]->virq_port[p->virq] = 0;
	port_free(d, port);
}

/* False: it is not joined to `peer` any more, look again what it is. */
static bool close_joined(struct domain *d, evtchn_port_t port, struct domain *peer)
{
	struct port *p;
	bool still;

	evtchn_lock_two(d, peer);
	p = port_at(d, port);
	still = p && p->state == PORT_INTERDOMAIN && p->peer.domain == peer;
	if (still) {
		unbind_peer(d, p);
		port_free(d, port);
	}
	evtchn_unlock_two(d, peer);
	return still;
}

int port_close(struct domain *d, evtchn_port_t port)
{
	bool closed = false;

	while (!closed) {
		struct domain *peer = NULL;
		struct port *p;

		spin_lock(&d->evtchn->lock);
		p = port_at(d, port);
		if (!is_open(p, port)) {
			spin_unlock(&d->evtchn->lock);
			return -EINVAL;
		}
		if (p->state == PORT_INTERDOMAIN) {
			/* Both locks are needed, and ours may not be the first of them. */
			peer = p->peer.domain;
			domain_hold(peer);
		} else {
			close_single(d, p, port);
		}
		spin_unlock(&d->evtchn->lock);
		closed = !peer || close_joined(d, port, peer);
		if (peer)
			domain_put(peer);
	}
	return 0;
}

void evtchn_destroy(struct domain *d)
{
	struct evtchns *e = d->evtchn;

	/* No new ones from here, so that none is left behind. */
	spin_lock(&e->lock);
	e->quota = 0;
	spin_unlock(&e->lock);
	for (evtchn_port_t port = PORT_FIRST_VALID; port < e->used; port++)
		(void)port_close(d, port);
	/* The structure stays until the domain itself goes: who looks now finds no ports. */
	spin_lock(&e->lock);
	for (unsigned int i = 0; i < e->used / PORT_GROUP; i++) {
		kfree(e->group[i]);
		e->group[i] = NULL;
	}
	e->used = 0;
	spin_unlock(&e->lock);
}
