/* SPDX-License-Identifier: MIT */
/*
 * The network backend: what the guest gets.
 *
 * The guest keeps empty pages in the ring. A packet is copied into as many of them as it needs; while there
 * are too few it waits, and when too many wait the newest are dropped (netdev_ops.transmit), so a guest that
 * takes nothing costs nobody else anything.
 */
#include "xenback/net.h"

static unsigned long page_number(const uint8_t *at)
{
	return (unsigned long)at / PAGE_SIZE;
}

/* Pages of the guest's for a packet: one for each of ours that it lies in, so that each is one copy. */
static unsigned pages_for(const struct packet *p)
{
	return (unsigned)(page_number(p->data + p->len - 1) - page_number(p->data)) + 1;
}

static bool is_cut_later(const struct netback *b, const struct packet *p)
{
	return p->gso_size && b->can_gso;
}

/* Slots for a packet: its pages, and one that says how it is to be cut. */
static unsigned slots_for(const struct netback *b, const struct packet *p)
{
	return pages_for(p) + is_cut_later(b, p);
}

/* Empty pages in the ring; asks to be told of more if there are fewer than wanted. */
static bool has_room(struct netback *b, unsigned want)
{
	RING_IDX prod;

	for (unsigned tries = 0; tries < 2; tries++) {
		prod = *(volatile RING_IDX *)&b->rx.sring->req_prod;
		xen_rmb();
		if (RING_REQUEST_PROD_OVERFLOW(&b->rx, prod)) {
			netback_distrust(b, "overruns its ring of empty pages", prod);
			return false;
		}
		if ((RING_IDX)(prod - b->rx.req_cons) >= want)
			return true;
		*(volatile RING_IDX *)&b->rx.sring->req_event = prod + 1;
		xen_mb();
	}
	return false;
}

static netif_rx_request_t take_page(struct netback *b)
{
	netif_rx_request_t q;

	RING_COPY_REQUEST(&b->rx, b->rx.req_cons, &q);
	b->rx.req_cons++;
	return q;
}

static void answer(struct netback *b, uint16_t id, uint16_t flags, int16_t status)
{
	netif_rx_response_t *r = RING_GET_RESPONSE(&b->rx, b->rx.rsp_prod_pvt++);

	*r = (netif_rx_response_t){ .id = id, .offset = 0, .flags = flags, .status = status };
}

static void say_gso(struct netback *b, uint16_t size)
{
	struct netif_extra_info e = { .type = XEN_NETIF_EXTRA_TYPE_GSO };

	e.u.gso.size = size;
	e.u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
	memcpy(RING_GET_RESPONSE(&b->rx, b->rx.rsp_prod_pvt++), &e, sizeof(e));
}

static uint16_t first_flags(const struct packet *p)
{
	if (p->csum == PACKET_CSUM_PARTIAL)
		return NETRXF_csum_blank | NETRXF_data_validated;
	return p->csum == PACKET_CSUM_VERIFIED ? NETRXF_data_validated : 0;
}

/* One page of a packet, `done` bytes of which have been prepared: bytes. */
static uint32_t prepare_page(struct netback *b, struct packet *p, uint32_t done)
{
	netif_rx_request_t q = take_page(b);
	uint8_t *from = p->data + done;
	uint32_t room = PAGE_SIZE - ((unsigned long)from & (PAGE_SIZE - 1));
	uint16_t len = (uint16_t)min(p->len - done, room);
	struct netback_gift *g = &b->gifts[b->gift_count];

	*g = (struct netback_gift){ .id = q.id, .flags = done ? 0 : first_flags(p) };
	if (done + len < p->len)
		g->flags |= NETRXF_more_data;
	if (!done && is_cut_later(b, p)) {
		g->flags |= NETRXF_extra_info;
		g->gso_size = p->gso_size;
		(void)take_page(b); /* its slot says how to cut */
	}
	b->copies[b->gift_count++] = (struct grant_copy){
		.domain = b->xendev->peer, .ref = q.gref, .len = len, .va = from, .to_grant = true
	};
	return len;
}

static void prepare(struct netback *b, struct packet *p)
{
	for (uint32_t done = 0; done < p->len;)
		done += prepare_page(b, p, done);
}

/* All that is prepared is copied at once, and then said. */
static void hand_over(struct netback *b)
{
	(void)grant_copy(b->copies, b->gift_count);
	for (unsigned i = 0; i < b->gift_count; i++) {
		const struct netback_gift *g = &b->gifts[i];
		bool ok = b->copies[i].status == GNTST_okay;

		answer(b, g->id, g->flags, ok ? (int16_t)b->copies[i].len : NETIF_RSP_ERROR);
		if (g->flags & NETRXF_extra_info)
			say_gso(b, g->gso_size);
		b->dev.stats.tx_errors += !ok;
	}
	b->gift_count = 0;
}

static struct packet *next_packet(struct netback *b)
{
	struct packet *p = NULL;

	spin_lock(&b->lock);
	if (!list_empty(&b->queue))
		p = list_first(&b->queue, struct packet, link);
	spin_unlock(&b->lock);
	return p;
}

/* From the queue to those that are prepared. */
static void move_on(struct netback *b, struct packet *p, struct list *prepared)
{
	spin_lock(&b->lock);
	list_del(&p->link);
	b->queued--;
	b->queued_bytes -= packet_footprint(p);
	spin_unlock(&b->lock);
	prepare(b, p);
	list_add_tail(prepared, &p->link);
}

/* As many packets as fit into one copy; false: none, or no room for it. */
static bool give_some(struct netback *b)
{
	struct list prepared = LIST_INIT(prepared);
	struct packet *p;

	while (!b->broken && !b->stop && (p = next_packet(b)) &&
	       b->gift_count + pages_for(p) <= GIFTS && has_room(b, slots_for(b, p)))
		move_on(b, p, &prepared);
	if (list_empty(&prepared))
		return false;
	hand_over(b);
	while (!list_empty(&prepared)) {
		p = list_first(&prepared, struct packet, link);
		list_del(&p->link);
		packet_free(p);
	}
	return true;
}

void netback_give(struct netback *b)
{
	int notify;

	while (give_some(b))
		;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&b->rx, notify);
	if (notify)
		evtchn_notify((evtchn_port_t)b->port);
}
