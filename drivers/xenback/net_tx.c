/* SPDX-License-Identifier: MIT */
/*
 * The network backend: what the guest sends.
 *
 * A packet is a chain of slots: the first says how long all of it is, and where its first part lies; extra slots
 * (segmentation) may follow, then one for each further part. The chain is copied from the ring before it
 * is judged. What cannot be right is answered with an error and the packet dropped; a chain that ends
 * in the middle or runs over the ring means that the ring is not to be trusted any more.
 */
#include "timer.h"
#include "xenback/net.h"

#define PACKETS_A_TURN 64 /* then others have the processor */
#define USEC	       NSEC_PER_US
/*
 * Bytes of each piece that a packet is to be cut into: Linux sends no smaller ones (TCP_MIN_SND_MSS). Of one byte each,
 * a single packet would become 65 thousand.
 */
#define GSO_LEAST 48

struct chain {
	netif_tx_request_t part[NET_SLOTS];
	unsigned parts, extras;
	uint16_t gso_size;
	bool bad; /* every slot gets an error */
};

/* ---- the rate: bytes a period, as in the paper's section 3.4 ---- */

static void refill(struct netback *b)
{
	uint64_t now = time_now(), period = (uint64_t)b->rate_usecs * USEC;

	if (now - b->refilled < period)
		return;
	b->refilled = now;
	b->credit = b->rate_bytes;
}

/* 0: it may go now; else when to try again. */
static uint64_t wait_for_credit(struct netback *b, uint32_t bytes)
{
	if (!b->rate_bytes)
		return 0;
	refill(b);
	/* One packet larger than the whole allowance goes when the allowance is full. */
	if (b->credit >= bytes || b->credit == b->rate_bytes)
		return 0;
	return b->refilled + (uint64_t)b->rate_usecs * USEC;
}

static void pay(struct netback *b, uint32_t bytes)
{
	b->credit -= min(b->credit, (uint64_t)bytes);
}

/* ---- chains ---- */

static netif_tx_request_t *slot(struct netback *b, RING_IDX index)
{
	return RING_GET_REQUEST(&b->tx, index);
}

/* The extra slots; false: the ring ends too early. */
static bool read_extras(struct netback *b, struct chain *c, RING_IDX *at, RING_IDX prod)
{
	struct netif_extra_info e;

	do {
		if (*at == prod)
			return false;
		memcpy(&e, slot(b, (*at)++), sizeof(e));
		xen_rmb();
		c->extras++;
		if (e.type != XEN_NETIF_EXTRA_TYPE_GSO ||
		    e.u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 || e.u.gso.size < GSO_LEAST)
			c->bad = true;
		else
			c->gso_size = e.u.gso.size;
	} while (e.flags & XEN_NETIF_EXTRA_FLAG_MORE);
	return true;
}

/* One whole chain, which ends before *next; false: the ring is not to be trusted. */
static bool read_chain(struct netback *b, struct chain *c, RING_IDX prod, RING_IDX *next)
{
	RING_IDX at = b->tx.req_cons;
	uint16_t flags;

	memset(c, 0, sizeof(*c));
	do {
		if (at == prod || c->parts == NET_SLOTS)
			return false;
		c->part[c->parts] = *slot(b, at++);
		flags = *(volatile uint16_t *)&c->part[c->parts].flags;
		c->parts++;
		if (c->parts == 1 && flags & NETTXF_extra_info && !read_extras(b, c, &at, prod))
			return false;
	} while (flags & NETTXF_more_data);
	*next = at;
	return true;
}

/* The first slot's size is the whole packet's: what is left after the others is its own part. */
static uint32_t first_part(const struct chain *c)
{
	uint32_t others = 0;

	for (unsigned i = 1; i < c->parts; i++)
		others += c->part[i].size;
	return others < c->part[0].size ? c->part[0].size - others : 0;
}

static bool is_sound(const struct netback *b, const struct chain *c)
{
	const uint32_t most = ETH_HLEN + 4 + b->dev.mtu; /* with a VLAN's tag */

	if (c->bad || c->part[0].size < ETH_HLEN || !first_part(c))
		return false;
	/* Who is to get it expects no more; a larger packet says into what it is to be cut. */
	if (!c->gso_size && c->part[0].size > most)
		return false;
	for (unsigned i = 0; i < c->parts; i++) {
		uint32_t n = i ? c->part[i].size : first_part(c);

		if (!n || c->part[i].offset + n > PAGE_SIZE)
			return false;
	}
	return true;
}

/* ---- packets ---- */

/* A grant copy stays within one page of ours too. */
static unsigned cut(struct netback *b, const netif_tx_request_t *r, uint32_t len, uint8_t *to,
		    struct grant_copy *ops)
{
	unsigned n = 0;
	uint16_t offset = r->offset;

	while (len) {
		uint32_t room = PAGE_SIZE - ((unsigned long)to & (PAGE_SIZE - 1));
		uint16_t piece = (uint16_t)min(room, len);

		ops[n++] = (struct grant_copy){ .domain = b->xendev->peer,
						.ref = r->gref,
						.offset = offset,
						.len = piece,
						.va = to };
		to += piece;
		offset += piece;
		len -= piece;
	}
	return n;
}

static bool fetch(struct netback *b, const struct chain *c, struct packet *p)
{
	struct grant_copy ops[2 * NET_SLOTS];
	uint8_t *to = p->data;
	unsigned n = 0;

	for (unsigned i = 0; i < c->parts; i++) {
		uint32_t len = i ? c->part[i].size : first_part(c);

		n += cut(b, &c->part[i], len, to, ops + n);
		to += len;
	}
	return grant_copy(ops, n);
}

static struct packet *make_packet(struct netback *b, const struct chain *c)
{
	struct packet *p = is_sound(b, c) ? packet_alloc(c->part[0].size) : NULL;

	if (!p)
		return NULL;
	if (!fetch(b, c, p)) {
		packet_free(p);
		return NULL;
	}
	p->gso_size = c->gso_size;
	if (c->part[0].flags & NETTXF_csum_blank)
		packet_csum_blank(p);
	else if (c->part[0].flags & NETTXF_data_validated)
		p->csum = PACKET_CSUM_VERIFIED;
	return p;
}

static void answer_one(struct netback *b, uint16_t id, int16_t status)
{
	netif_tx_response_t *r = RING_GET_RESPONSE(&b->tx, b->tx.rsp_prod_pvt);

	r->id = id;
	r->status = status;
	b->tx.rsp_prod_pvt++;
}

/* As many responses as slots: those of extra slots are void. */
static void answer(struct netback *b, const struct chain *c, int16_t status)
{
	answer_one(b, c->part[0].id, status);
	for (unsigned i = 0; i < c->extras; i++)
		answer_one(b, 0, NETIF_RSP_NULL);
	for (unsigned i = 1; i < c->parts; i++)
		answer_one(b, c->part[i].id, status);
}

/* One packet; 0: taken; 1: there is none (or it must wait until *again). */
static int take_one(struct netback *b, uint64_t *again)
{
	RING_IDX prod = *(volatile RING_IDX *)&b->tx.sring->req_prod;
	struct packet *p;
	struct chain c;
	RING_IDX next;

	xen_rmb();
	if (RING_REQUEST_PROD_OVERFLOW(&b->tx, prod)) {
		netback_distrust(b, "overruns its ring", prod);
		return 1;
	}
	if (b->tx.req_cons == prod)
		return 1;
	if (!read_chain(b, &c, prod, &next)) {
		netback_distrust(b, "ends a packet in the middle", prod);
		return 1;
	}
	*again = wait_for_credit(b, c.part[0].size);
	if (*again)
		return 1; /* it is read once more then: the guest may have changed it, and pays for that */
	b->tx.req_cons = next;
	pay(b, c.part[0].size);
	p = make_packet(b, &c);
	answer(b, &c, p ? NETIF_RSP_OKAY : NETIF_RSP_ERROR);
	if (p) {
		netdev_receive(&b->dev, p);
	} else {
		b->dev.stats.rx_errors++;
		xendev_say(b->xendev, "domain %u: a packet is not taken: %u bytes, %u parts",
			   b->xendev->peer, c.part[0].size, c.parts);
	}
	return 0;
}

uint64_t netback_take(struct netback *b)
{
	uint64_t again = 0;
	unsigned n = 0;
	int notify, more = 1;

	while (more && !b->broken && !b->stop && !again && n < PACKETS_A_TURN) {
		while (n < PACKETS_A_TURN && !take_one(b, &again))
			n++;
		more = 0;
		if (!again && !b->broken)
			RING_FINAL_CHECK_FOR_REQUESTS(&b->tx, more);
	}
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&b->tx, notify);
	if (notify)
		evtchn_notify((evtchn_port_t)b->port);
	if (more)
		b->kicked = true; /* the rest after others had their turn */
	return again;
}
