/* SPDX-License-Identifier: MIT */
/*
 * The hostile guest's network: chains without end, parts that lie elsewhere, segments of one byte, empty pages
 * that are not ours to give.
 */
#include "foe.h"

#include <xen/io/netif.h>

enum { TX_REF = 9, RX_REF = 10 };

static char tx_page[PAGE_SIZE] __attribute__((aligned(4096)));
static char rx_page[PAGE_SIZE] __attribute__((aligned(4096)));
static netif_tx_front_ring_t tx;
static netif_rx_front_ring_t rx;
static uint8_t mac[6];

static void read_mac(struct device *d)
{
	char text[32], *at = text;

	if (!store_read(d->back, "mac", text, sizeof(text)))
		return;
	for (unsigned int i = 0; i < 6; i++, at++)
		mac[i] = (uint8_t)strtoul(at, &at, 16);
}

static bool offer(struct device *d)
{
	SHARED_RING_INIT((netif_tx_sring_t *)tx_page);
	SHARED_RING_INIT((netif_rx_sring_t *)rx_page);
	FRONT_RING_INIT(&tx, (netif_tx_sring_t *)tx_page, PAGE_SIZE);
	FRONT_RING_INIT(&rx, (netif_rx_sring_t *)rx_page, PAGE_SIZE);
	lend(TX_REF, tx_page);
	lend(RX_REF, rx_page);
	read_mac(d);
	return !store_printf(d->front, "tx-ring-ref", "%u", TX_REF) &&
	       !store_printf(d->front, "rx-ring-ref", "%u", RX_REF) &&
	       !store_printf(d->front, "request-rx-copy", "%u", below(8) != 0) &&
	       !store_printf(d->front, "feature-sg", "%u", below(4) != 0) &&
	       !store_printf(d->front, "feature-gso-tcpv4", "%u", below(4) != 0);
}

/* A frame that is TCP over IPv4 at first sight, to everybody or to domain 0's port. */
static void draw_frame(uint8_t *f)
{
	scribble(f, 80);
	memset(f, 0xff, 6);
	memcpy(f + 6, mac, 6);
	f[12] = 8;
	f[13] = 0;
	f[14] = below(4) ? 0x45 : (uint8_t)draw();
	f[23] = below(4) ? 6 : 17;
	f[46] = below(4) ? 0x50 : (uint8_t)draw();
}

static netif_tx_request_t *next_tx(void)
{
	return RING_GET_REQUEST(&tx, tx.req_prod_pvt++);
}

/* A large packet of many parts which are all sound, to be cut into pieces of one byte. */
static void send_crumbs(void)
{
	struct netif_extra_info *e;
	netif_tx_request_t *q = next_tx();
	unsigned int parts = 14;

	draw_frame(good_page(0));
	((uint8_t *)good_page(0))[14] = 0x45;
	((uint8_t *)good_page(0))[23] = 6;
	((uint8_t *)good_page(0))[46] = 0x50;
	*q = (netif_tx_request_t){ .gref = 16,
				   .flags =
					   NETTXF_extra_info | NETTXF_more_data | NETTXF_csum_blank,
				   .size = (uint16_t)(PAGE_SIZE * (parts + 1)) };
	e = (struct netif_extra_info *)next_tx();
	memset(e, 0, sizeof(*e));
	e->type = XEN_NETIF_EXTRA_TYPE_GSO;
	e->u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
	e->u.gso.size = (uint16_t)(1 + below(8));
	for (unsigned int i = 1; i <= parts; i++)
		*next_tx() = (netif_tx_request_t){ .gref = 16 + i % GOOD_REFS,
						   .flags = i < parts ? NETTXF_more_data : 0,
						   .size = PAGE_SIZE };
}

static void send_any(void)
{
	netif_tx_request_t *q = next_tx();
	struct netif_extra_info *e;

	draw_frame(good_page(1));
	q->gref = below(2) ? 17 : any_ref();
	q->id = (uint16_t)below(4);
	q->offset = below(2) ? 0 : (uint16_t)edge();
	q->size = below(2) ? (uint16_t)(60 + below(1400)) : (uint16_t)edge();
	/* A chain that the ring's end cuts off is the end of the connection: not every time. */
	q->flags = below(8) ? NETTXF_csum_blank : (uint16_t)draw();
	if (!(q->flags & NETTXF_extra_info))
		return;
	e = (struct netif_extra_info *)next_tx();
	scribble(e, sizeof(*e));
	e->type = below(2) ? XEN_NETIF_EXTRA_TYPE_GSO : (uint8_t)edge();
	e->flags &= below(2) ? 0 : 0xff;
}

static void give_pages(void)
{
	RING_IDX free = 256 - (rx.req_prod_pvt - *(volatile RING_IDX *)&rx.sring->rsp_prod);

	for (unsigned int n = free <= 256 ? below(free + 1) : 0; n; n--) {
		netif_rx_request_t *q = RING_GET_REQUEST(&rx, rx.req_prod_pvt++);

		q->id = (uint16_t)below(4);
		q->gref = any_ref();
	}
	xen_wmb();
	*(volatile RING_IDX *)&rx.sring->req_prod = rx.req_prod_pvt;
}

static void lie(void)
{
	switch (below(4)) {
	case 0:
		tx.sring->req_prod = edge();
		break;
	case 1:
		rx.sring->req_prod = edge();
		break;
	case 2:
		rx.sring->req_prod -= 1 + below(256);
		break;
	default:
		scribble(below(2) ? tx_page : rx_page, PAGE_SIZE);
	}
}

static void misuse(struct device *d)
{
	for (unsigned int turn = 0; turn < 8; turn++) {
		RING_IDX free = 256 - (tx.req_prod_pvt - *(volatile RING_IDX *)&tx.sring->rsp_prod);

		give_pages();
		for (unsigned int n = free >= 40 && free <= 256 ? below(free / 20) : 0; n; n--)
			if (below(4))
				send_any();
			else
				send_crumbs();
		xen_wmb();
		*(volatile RING_IDX *)&tx.sring->req_prod = tx.req_prod_pvt;
		device_ring_bell(d);
		for (unsigned int n = 0; n < 4; n++) {
			scribble(RING_GET_REQUEST(&tx, draw()), sizeof(netif_tx_request_t));
			hv_sched_op(SCHEDOP_yield, NULL);
		}
	}
	if (!below(3)) {
		lie();
		device_ring_bell(d);
		hv_sched_op(SCHEDOP_yield, NULL);
	}
}

struct device net = { .type = "vif", .offer = offer, .misuse = misuse };
