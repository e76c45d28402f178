/* SPDX-License-Identifier: MIT */
/*
 * The network backend: the other end of a guest's cable.
 *
 * To this kernel it is a device, vifDOMAIN.NUMBER, a port of a bridge. net.c speaks with the store, net_work.c is
 * device and thread, net_tx.c takes what the guest sends, net_rx.c gives it what it gets. A thread a device
 * touches the rings, so they need no lock. All data is copied by the hypervisor, in both directions: no page of
 * a guest is ever mapped.
 *
 * "tx" and "rx" are the guest's words, as in <xen/io/netif.h>: tx is what it sends. Lock: lock guards the queue
 * of packets for the guest.
 */
#ifndef DRIVERS_XENBACK_NET_H
#define DRIVERS_XENBACK_NET_H

#include "bridge.h"
#include "netdev.h"
#include "xen.h"

#include <xen/io/netif.h>

#define NET_SLOTS   18	       /* of one packet: XEN_NETIF_NR_SLOTS_MIN, what every backend takes */
#define QUEUE_MOST  256	       /* packets that wait for the guest */
#define QUEUE_BYTES (4u << 20) /* and the memory that they take */
#define GIFTS	    32	       /* pages that are copied to the guest at once */

/* A page of the guest's that is about to be filled. */
struct netback_gift {
	uint16_t id, flags; /* of the response */
	uint16_t gso_size;  /* with NETRXF_extra_info */
};

struct netback {
	struct xendev *xendev;
	struct netdev dev;
	struct bridge *bridge;
	bool registered;
	/* The connection. */
	struct netif_tx_back_ring tx;
	struct netif_rx_back_ring rx;
	int port;
	bool connected, broken;
	bool can_sg, can_gso, can_csum; /* what the guest takes */
	/* The rate that it may send with: bytes a period; 0: any. */
	uint32_t rate_bytes, rate_usecs;
	uint64_t credit, refilled; /* bytes left; when the period began */
	/* The thread. */
	struct waitq wake;
	bool kicked, stop, stopped;
	struct spinlock lock;
	struct list queue;
	unsigned queued, queued_bytes;
	/* What is prepared for the guest: a copy for each page. The thread's. */
	struct netback_gift gifts[GIFTS];
	struct grant_copy copies[GIFTS];
	unsigned gift_count;
};

/* net_tx.c: take packets while there are some and the rate allows. The time at which to come again, or 0. */
uint64_t netback_take(struct netback *b);
/* net_rx.c: give as much as there is room for. */
void netback_give(struct netback *b);

/* net_work.c */
extern const struct netdev_ops netback_ops;
/* Rings and port are there. 0 or -ENOMEM. */
int netback_start(struct netback *b);
/* The thread has ended and nothing waits any more when this returns; harmless when it never began. */
void netback_stop(struct netback *b);
void netback_event(void *data);
/* The guest does not keep to the rules: said once, and its rings are not looked at again. */
void netback_distrust(struct netback *b, const char *what, unsigned long value);

#endif
