/* SPDX-License-Identifier: MIT */
/*
 * The network frontend: a card whose cable ends in another domain.
 *
 * net.c speaks with the store, net_ring.c moves packets. Two rings of 256 slots: `tx` for pages to read from,
 * `rx` for empty pages, always as many as memory allows. A slot's number is its id, which the backend
 * echoes. Lock: lock (masks interrupts) guards both rings and the slots.
 */
#ifndef DRIVERS_XENFRONT_NET_H
#define DRIVERS_XENFRONT_NET_H

#include "netdev.h"
#include "xen.h"

#include <xen/io/netif.h>

#define NET_RING  256 /* slots of a page of either ring */
#define NET_SLOTS 18  /* of one packet, at most: XEN_NETIF_NR_SLOTS_MIN */

struct tx_slot {
	struct packet *packet; /* in the last slot of a packet; the others NULL */
	grant_ref_t ref;       /* GREF_NONE: free, or an extra slot */
	void *page;	       /* that ref lends */
	uint16_t next;	       /* free list; NET_RING: the end */
};

struct rx_slot {
	void *page; /* NULL: free */
	grant_ref_t ref;
};

struct netfront {
	struct netdev dev;
	bool registered;
	struct xendev *xendev;
	struct spinlock lock;
	bool connected;
	bool broken; /* the backend lied; stays so */
	struct netif_tx_front_ring tx;
	struct netif_rx_front_ring rx;
	void *tx_page, *rx_page;
	grant_ref_t tx_ref, rx_ref;
	int port;
	uint16_t tx_free, tx_free_count;
	struct tx_slot tx_slots[NET_RING];
	struct rx_slot rx_slots[NET_RING];
};

/* net.c; in the store's thread: the backend is not to be believed. The device is Closed. */
void netfront_give_up(void *front);

/* net_ring.c */
extern const struct netdev_ops netfront_ops;
void netfront_event(void *data);
void netfront_ring_init(struct netfront *f);
void netfront_ring_start(struct netfront *f);
/* Everything under way is dropped and its pages are taken back, or kept until the backend lets go of them. */
void netfront_ring_stop(struct netfront *f);

#endif
