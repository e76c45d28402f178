/* SPDX-License-Identifier: MIT */
/*
 * The network frontend: packets out, packets in.
 *
 * Nothing that the backend writes is believed: ids must be of slots in use, lengths within the page that was
 * lent, and no more responses than requests. A page whose grant does not come back is not used again
 * until it does (grant_end_later()).
 */
#include "xenfront/net.h"

static void distrust(struct netfront *f, const char *what, unsigned long value)
{
	f->broken = true;
	netdev_stop(&f->dev);
	printk("%s: the backend in domain %u %s (%lu): no longer used\n", f->dev.name,
	       f->xendev->peer, what, value);
	xs_defer(netfront_give_up, f);
}

static uint8_t *page_of(const uint8_t *p)
{
	return (uint8_t *)align_down((unsigned long)p, PAGE_SIZE);
}

/* ---- out ---- */

static unsigned pages_of(const struct packet *p)
{
	return (unsigned)((page_of(p->data + p->len - 1) - page_of(p->data)) / PAGE_SIZE) + 1;
}

static uint16_t take_slot(struct netfront *f)
{
	uint16_t id = f->tx_free;

	f->tx_free = f->tx_slots[id].next;
	f->tx_free_count--;
	return id;
}

static void free_slot(struct netfront *f, uint16_t id)
{
	f->tx_slots[id] = (struct tx_slot){ .ref = GREF_NONE, .next = f->tx_free };
	f->tx_free = id;
	f->tx_free_count++;
}

/* One page of a packet. Locks: lock. */
static netif_tx_request_t *put_part(struct netfront *f, struct packet *p, uint32_t *done)
{
	netif_tx_request_t *q = RING_GET_REQUEST(&f->tx, f->tx.req_prod_pvt);
	uint8_t *at = p->data + *done;
	uint32_t offset = (uint32_t)(at - page_of(at));
	uint32_t len = min((uint32_t)PAGE_SIZE - offset, p->len - *done);
	uint16_t id = take_slot(f);
	struct tx_slot *s = &f->tx_slots[id];

	f->tx.req_prod_pvt++;
	s->page = page_of(at);
	s->ref = grant_access(f->xendev->peer, at, true);
	*q = (netif_tx_request_t){
		.gref = s->ref, .offset = (uint16_t)offset, .id = id, .size = (uint16_t)len
	};
	*done += len;
	if (*done == p->len)
		s->packet = p;
	return q;
}

static void put_gso(struct netfront *f, const struct packet *p)
{
	struct netif_extra_info e = { .type = XEN_NETIF_EXTRA_TYPE_GSO };

	e.u.gso.size = p->gso_size;
	e.u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
	memcpy(RING_GET_REQUEST(&f->tx, f->tx.req_prod_pvt), &e, sizeof(e));
	f->tx.req_prod_pvt++;
}

/* Locks: lock. There is room. */
static void put_packet(struct netfront *f, struct packet *p)
{
	netif_tx_request_t *first, *q;
	uint32_t done = 0;

	first = q = put_part(f, p, &done);
	if (p->csum == PACKET_CSUM_PARTIAL)
		first->flags |= NETTXF_csum_blank | NETTXF_data_validated;
	if (p->gso_size) {
		first->flags |= NETTXF_extra_info;
		put_gso(f, p);
	}
	while (done < p->len) {
		q->flags |= NETTXF_more_data;
		q = put_part(f, p, &done);
	}
	first->size = (uint16_t)p->len; /* the first says how long all of it is */
}

static bool tx_room(const struct netfront *f)
{
	return RING_FREE_REQUESTS(&f->tx) > NET_SLOTS && f->tx_free_count > NET_SLOTS;
}

static void transmit(struct netdev *d, struct packet *p)
{
	struct netfront *f = d->priv;
	int notify = 0;

	spin_lock(&f->lock);
	if (f->connected && !f->broken && tx_room(f) && pages_of(p) <= NET_SLOTS &&
	    p->len <= XEN_NETIF_MAX_TX_SIZE) {
		put_packet(f, p);
		RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&f->tx, notify);
		if (!tx_room(f))
			netdev_stop(d);
		p = NULL;
	}
	spin_unlock(&f->lock);
	if (notify)
		evtchn_notify((evtchn_port_t)f->port);
	if (p) {
		d->stats.tx_dropped++;
		packet_free(p);
	}
}

const struct netdev_ops netfront_ops = { .transmit = transmit };

/* The backend is done with a slot, or never will be asked again. Locks: lock. */
static void end_tx(struct netfront *f, uint16_t id)
{
	struct tx_slot *s = &f->tx_slots[id];

	if (s->ref != GREF_NONE && !grant_end(s->ref)) {
		page_get(machine_va_page(s->page));
		grant_end_later(s->ref, s->page);
	}
	if (s->packet)
		packet_free(s->packet);
	free_slot(f, id);
}

static bool is_sent(const struct netfront *f, uint16_t id)
{
	return id < NET_RING && f->tx_slots[id].page;
}

/* Locks: lock. */
static void collect_sent(struct netfront *f)
{
	int more = 1;

	while (more && !f->broken) {
		RING_IDX prod = *(volatile RING_IDX *)&f->tx.sring->rsp_prod;

		xen_rmb();
		if (RING_RESPONSE_PROD_OVERFLOW(&f->tx, prod)) {
			distrust(f, "claims to have sent more than it was given", prod);
			return;
		}
		for (; f->tx.rsp_cons != prod; f->tx.rsp_cons++) {
			netif_tx_response_t r;

			RING_COPY_RESPONSE(&f->tx, f->tx.rsp_cons, &r);
			if (r.status == NETIF_RSP_NULL)
				continue;
			if (!is_sent(f, r.id)) {
				distrust(f, "sent what it was not given", r.id);
				return;
			}
			f->dev.stats.tx_errors += r.status != NETIF_RSP_OKAY;
			end_tx(f, r.id);
		}
		RING_FINAL_CHECK_FOR_RESPONSES(&f->tx, more);
	}
	if (f->dev.stopped && tx_room(f) && !f->broken)
		netdev_wake(&f->dev);
}

/* ---- in ---- */

/* Locks: lock. */
static void fill_rx(struct netfront *f)
{
	int notify;

	while (!RING_FULL(&f->rx)) {
		uint16_t id = f->rx.req_prod_pvt % NET_RING;
		struct rx_slot *s = &f->rx_slots[id];
		pfn_t pfn = s->page ? PFN_NONE : page_alloc();

		if (pfn_is_none(pfn))
			break;
		s->page = machine_page_va(pfn);
		s->ref = grant_access(f->xendev->peer, s->page, false);
		if (s->ref == GREF_NONE) {
			page_put(pfn);
			s->page = NULL;
			break;
		}
		*RING_GET_REQUEST(&f->rx, f->rx.req_prod_pvt) =
			(netif_rx_request_t){ .id = id, .gref = s->ref };
		f->rx.req_prod_pvt++;
	}
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&f->rx, notify);
	if (notify)
		evtchn_notify((evtchn_port_t)f->port);
}

/* The page of a slot, ours again; NULL: the backend keeps it. Locks: lock. */
static void *take_rx(struct netfront *f, uint16_t id)
{
	struct rx_slot *s = &f->rx_slots[id];
	void *page = s->page;

	s->page = NULL;
	if (grant_end(s->ref))
		return page;
	grant_end_later(s->ref, page);
	return NULL;
}

/* A packet of several pages, in one piece from now on; the pages go. */
static struct packet *join(void *const pages[], const uint16_t offset[], const uint16_t len[],
			   unsigned count, uint32_t total)
{
	struct packet *p = packet_alloc(total);
	uint32_t at = 0;

	for (unsigned i = 0; i < count; i++) {
		if (p)
			memcpy(p->data + at, (char *)pages[i] + offset[i], len[i]);
		at += len[i];
		page_put(machine_va_page(pages[i]));
	}
	return p;
}

struct chain {
	void *page[NET_SLOTS];
	uint16_t offset[NET_SLOTS], len[NET_SLOTS], flags, gso_size;
	unsigned count;
	uint32_t total;
	bool bad; /* an error, or a page that did not come back */
};

/* One response; false: it is none that can be. Locks: lock. */
static bool take_part(struct netfront *f, struct chain *c, const netif_rx_response_t *r)
{
	void *page;

	if (r->id >= NET_RING || !f->rx_slots[r->id].page) {
		distrust(f, "filled a page that it was not given", r->id);
		return false;
	}
	page = take_rx(f, r->id);
	if (!page || r->status <= 0 || r->offset + r->status > (int)PAGE_SIZE ||
	    c->count == NET_SLOTS) {
		if (page)
			page_put(machine_va_page(page));
		c->bad = true;
		return true;
	}
	c->page[c->count] = page;
	c->offset[c->count] = r->offset;
	c->len[c->count] = (uint16_t)r->status;
	c->total += (uint32_t)r->status;
	c->count++;
	return true;
}

static void take_extras(struct netfront *f, struct chain *c, RING_IDX *at, RING_IDX prod)
{
	struct netif_extra_info e;

	do {
		if (*at == prod) {
			distrust(f, "ends a packet in the middle", prod);
			return;
		}
		memcpy(&e, RING_GET_RESPONSE(&f->rx, *at), sizeof(e));
		/* It used up an empty page: the one of the request in this place. */
		if (f->rx_slots[*at % NET_RING].page) {
			void *page = take_rx(f, (uint16_t)(*at % NET_RING));

			if (page)
				page_put(machine_va_page(page));
		}
		(*at)++;
		if (e.type == XEN_NETIF_EXTRA_TYPE_GSO && e.u.gso.type == XEN_NETIF_GSO_TYPE_TCPV4)
			c->gso_size = e.u.gso.size;
	} while (e.flags & XEN_NETIF_EXTRA_FLAG_MORE);
}

/* One whole packet's responses. Locks: lock. */
static bool take_chain(struct netfront *f, struct chain *c, RING_IDX prod)
{
	RING_IDX at = f->rx.rsp_cons;
	netif_rx_response_t r;

	memset(c, 0, sizeof(*c));
	do {
		if (at == prod) {
			distrust(f, "ends a packet in the middle", prod);
			return false;
		}
		RING_COPY_RESPONSE(&f->rx, at, &r);
		at++;
		if (!c->count)
			c->flags = r.flags;
		if (!take_part(f, c, &r))
			return false;
		if (r.flags & NETRXF_extra_info)
			take_extras(f, c, &at, prod);
	} while (r.flags & NETRXF_more_data && !f->broken);
	f->rx.rsp_cons = at;
	return !f->broken;
}

static void drop_chain(struct chain *c)
{
	for (unsigned i = 0; i < c->count; i++)
		page_put(machine_va_page(c->page[i]));
}

static struct packet *make_packet(struct chain *c)
{
	struct packet *p;

	if (c->bad || c->total < ETH_HLEN || c->total > PACKET_MOST) {
		drop_chain(c);
		return NULL;
	}
	if (c->count == 1)
		p = packet_of_page(c->page[0], c->offset[0], c->len[0]);
	else
		p = join(c->page, c->offset, c->len, c->count, c->total);
	if (!p)
		return NULL;
	p->gso_size = c->gso_size;
	if (c->flags & NETRXF_csum_blank)
		packet_csum_blank(p);
	else if (c->flags & NETRXF_data_validated)
		p->csum = PACKET_CSUM_VERIFIED;
	return p;
}

/* Locks: lock. */
static void receive(struct netfront *f)
{
	int more = 1;

	while (more && !f->broken) {
		RING_IDX prod = *(volatile RING_IDX *)&f->rx.sring->rsp_prod;

		xen_rmb();
		if (RING_RESPONSE_PROD_OVERFLOW(&f->rx, prod)) {
			distrust(f, "claims more packets than it had pages", prod);
			return;
		}
		while (f->rx.rsp_cons != prod) {
			struct packet *p;
			struct chain c;

			if (!take_chain(f, &c, prod)) {
				drop_chain(&c);
				return;
			}
			p = make_packet(&c);
			if (p)
				netdev_receive(&f->dev, p);
			else
				f->dev.stats.rx_errors++;
		}
		RING_FINAL_CHECK_FOR_RESPONSES(&f->rx, more);
	}
}

void netfront_event(void *data)
{
	struct netfront *f = data;

	spin_lock(&f->lock);
	if (f->connected && !f->broken) {
		collect_sent(f);
		receive(f);
		if (!f->broken)
			fill_rx(f);
	}
	spin_unlock(&f->lock);
}

/* ---- connections ---- */

void netfront_ring_init(struct netfront *f)
{
	netif_tx_sring_t *tx = f->tx_page;
	netif_rx_sring_t *rx = f->rx_page;

	memset(tx, 0, PAGE_SIZE);
	memset(rx, 0, PAGE_SIZE);
	XEN_FRONT_RING_INIT(&f->tx, tx, PAGE_SIZE);
	XEN_FRONT_RING_INIT(&f->rx, rx, PAGE_SIZE);
	f->tx_free = NET_RING; /* the end of the list */
	f->tx_free_count = 0;
	for (uint16_t id = NET_RING; id--;)
		free_slot(f, id);
}

void netfront_ring_start(struct netfront *f)
{
	spin_lock(&f->lock);
	f->connected = true;
	fill_rx(f);
	spin_unlock(&f->lock);
	netdev_wake(&f->dev);
	netdev_carrier(&f->dev, true);
}

void netfront_ring_stop(struct netfront *f)
{
	netdev_carrier(&f->dev, false);
	netdev_stop(&f->dev);
	spin_lock(&f->lock);
	f->connected = false;
	for (uint16_t id = 0; id < NET_RING; id++) {
		void *page;

		if (f->tx_slots[id].page)
			end_tx(f, id);
		page = f->rx_slots[id].page ? take_rx(f, id) : NULL;
		if (page)
			page_put(machine_va_page(page));
	}
	spin_unlock(&f->lock);
}
