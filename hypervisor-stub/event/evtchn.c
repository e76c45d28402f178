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
#include "cpu/cpu.h"
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
	d->evtchn->first_free = PORT_FIRST_VALID;
	return 0;
}

size_t evtchn_bytes(const struct domain *d)
{
	const struct evtchns *e = d->evtchn;
	size_t bytes = kalloc_size(e) + fifo_bytes(d);

	for (unsigned int i = 0; i < PORT_BUCKETS; i++)
		bytes += kalloc_size(e->bucket[i]);
	for (unsigned int i = 0; i < e->used / PORT_GROUP; i++)
		bytes += kalloc_size(e->bucket[i / GROUPS_A_BUCKET][i % GROUPS_A_BUCKET]);
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
	struct port ***bucket = &e->bucket[e->used / PORT_BUCKET];
	struct port *group;

	if (!*bucket)
		*bucket = kalloc(GROUPS_A_BUCKET * sizeof(**bucket));
	if (!*bucket)
		return -ENOMEM;
	group = kalloc(PORT_GROUP * sizeof(*group));
	if (!group)
		return -ENOMEM;
	(*bucket)[e->used / PORT_GROUP % GROUPS_A_BUCKET] = group;
	e->used += PORT_GROUP;
	return 0;
}

/* Free, and not in a queue any more that the guest still has to take it out of. */
static bool is_free(struct domain *d, evtchn_port_t port)
{
	return port_at(d, port)->state == PORT_FREE &&
	       !(d->evtchn->fifo_on && fifo_is_busy(d, port));
}

int port_alloc(struct domain *d)
{
	struct evtchns *e = d->evtchn;
	evtchn_port_t port;
	struct port *p;
	int rc;

	while (e->first_free < e->used && port_at(d, e->first_free)->state != PORT_FREE)
		e->first_free++;
	port = e->first_free;
	while (port < e->used && !is_free(d, port))
		port++;
	if (port >= port_limit(d))
		return -ENOSPC;
	if (port >= e->used) {
		rc = add_group(e);
		if (rc)
			return rc;
	}
	p = port_at(d, port);
	/* Where it was queued last outlives it: the tail of that queue may still be this port. */
	*p = (struct port){ .state = PORT_RESERVED,
			    .priority = EVTCHN_FIFO_PRIORITY_DEFAULT,
			    .last_vcpu = p->last_vcpu,
			    .last_priority = p->last_priority };
	return (int)port;
}

void port_free(struct domain *d, evtchn_port_t port)
{
	struct evtchns *e = d->evtchn;

	port_at(d, port)->state = PORT_FREE;
	e->first_free = min(e->first_free, port);
	if (e->fifo_on)
		fifo_clear_pending(d, port);
	else
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

int evtchn_destroy(struct domain *d)
{
	struct evtchns *e = d->evtchn;

	/* No new ones from here, so that none is left behind. */
	spin_lock(&e->lock);
	e->quota = 0;
	spin_unlock(&e->lock);
	for (; e->next_close < e->used; e->next_close++) {
		(void)port_close(d, e->next_close);
		if (e->next_close % PORT_GROUP == 0 && preempt_wanted())
			return -ERESTART;
	}
	/* The structure stays until the domain itself goes: who looks now finds no ports. */
	spin_lock(&e->lock);
	fifo_off(d);
	for (unsigned int i = 0; i < e->used / PORT_GROUP; i++)
		kfree(e->bucket[i / GROUPS_A_BUCKET][i % GROUPS_A_BUCKET]);
	e->used = 0;
	spin_unlock(&e->lock);
	return 0;
}

void evtchn_free(struct domain *d)
{
	struct evtchns *e = d->evtchn;

	if (!e)
		return;
	for (unsigned int i = 0; i < PORT_BUCKETS; i++)
		kfree(e->bucket[i]);
	kfree(e->fifo);
	kfree(e);
	d->evtchn = NULL;
}

/* For mm_audit(), with everything stopped. */
static void audit_pages(void)
{
	const struct domain *d;

	list_for_each (d, &domain_list, all)
		fifo_audit(d);
}

void evtchn_start(void)
{
	audit_register(audit_pages);
}

bool evtchn_is_pending(struct domain *d, evtchn_port_t port)
{
	if (unlikely(READ_ONCE(d->evtchn->fifo_on)))
		return fifo_is_pending(d, port);
	return port < evtchn_ports(d) && shared_bit_test(evtchn_pending_words(d), port);
}

bool evtchn_is_masked(struct domain *d, evtchn_port_t port)
{
	if (unlikely(READ_ONCE(d->evtchn->fifo_on)))
		return fifo_is_masked(d, port);
	return port < evtchn_ports(d) && shared_bit_test(evtchn_mask_words(d), port);
}
