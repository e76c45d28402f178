/* SPDX-License-Identifier: MIT */
/*
 * The network backend: what the guest gets.
 *
 * The guest keeps empty pages in the ring. A packet is copied into as many of them as it needs; while there
 * are too few it waits, and when too many wait the newest are dropped (netdev_ops.transmit), so a guest that
 * takes nothing costs nobody else anything.
 */
#include "xenback/net.h"

/* Slots for a packet: its pages, and one that says how it is to be cut. */
static unsigned slots_for(const struct netback *b, const struct packet *p)
{
	unsigned n = (p->len + PAGE_SIZE - 1) / PAGE_SIZE;

	return n + (p->gso_size && b->can_gso ? 1 : 0);
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

static void say_gso(struct netback *b, const struct packet *p)
{
	struct netif_extra_info e = { .type = XEN_NETIF_EXTRA_TYPE_GSO };

	e.u.gso.size = p->gso_size;
	e.u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
	memcpy(RING_GET_RESPONSE(&b->rx, b->rx.rsp_prod_pvt++), &e, sizeof(e));
}

/* Into one page of the guest's. */
static bool copy_page(struct netback *b, grant_ref_t ref, uint8_t *from, uint32_t len)
{
	struct grant_copy ops[2];
	unsigned n = 0;
	uint16_t offset = 0;

	while (len) {
		uint32_t room = PAGE_SIZE - ((unsigned long)from & (PAGE_SIZE - 1));
		uint16_t piece = (uint16_t)min(room, len);

		ops[n++] = (struct grant_copy){ .domain = b->xendev->peer,
						.ref = ref,
						.offset = offset,
						.len = piece,
						.va = from,
						.to_grant = true };
		from += piece;
		offset += piece;
		len -= piece;
	}
	return grant_copy(ops, n);
}

static uint16_t first_flags(const struct packet *p)
{
	if (p->csum == PACKET_CSUM_PARTIAL)
		return NETRXF_csum_blank | NETRXF_data_validated;
	return p->csum == PACKET_CSUM_VERIFIED ? NETRXF_data_validated : 0;
}

static void give_one(struct netback *b, struct packet *p)
{
	bool gso = p->gso_size && b->can_gso;
	uint32_t done = 0;

	while (done < p->len) {
		netif_rx_request_t q = take_page(b);
		uint32_t len = min(p->len - done, (uint32_t)PAGE_SIZE);
		uint16_t flags = done ? 0 : first_flags(p);
		bool ok = copy_page(b, q.gref, p->data + done, len);

		if (done + len < p->len)
			flags |= NETRXF_more_data;
		if (!done && gso)
			flags |= NETRXF_extra_info;
		answer(b, q.id, flags, ok ? (int16_t)len : NETIF_RSP_ERROR);
		if (!done && gso) {
			(void)take_page(b);
			say_gso(b, p);
		}
		if (!ok)
			b->dev.stats.tx_errors++;
		done += len;
	}
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

static void forget(struct netback *b, struct packet *p)
{
	spin_lock(&b->lock);
	list_del(&p->link);
	b->queued--;
	spin_unlock(&b->lock);
	packet_free(p);
}

void netback_give(struct netback *b)
{
	struct packet *p;
	int notify;

	while (!b->broken && !b->stop && (p = next_packet(b))) {
		if (!has_room(b, slots_for(b, p)))
			break;
		give_one(b, p);
		forget(b, p);
	}
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&b->rx, notify);
	if (notify)
		evtchn_notify((evtchn_port_t)b->port);
}
