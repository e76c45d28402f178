/* SPDX-License-Identifier: MIT */
/*
 * Network devices and packets: what a driver offers, what the stack and the bridge use.
 *
 * A packet is one buffer within one or more consecutive pages, with room in front for a header. It
 * belongs to exactly one holder at a time and is handed over by pointer. Drivers may call
 * netdev_receive() in an interrupt; the packet goes to a thread of the network's.
 *
 * Owns: the list of devices (spinlock), each device's counters (written by its driver or with interrupts
 * masked), what arrived and waits.
 */
#ifndef KERNEL_NETDEV_H
#define KERNEL_NETDEV_H

#include "kernel.h"
#include "lock.h"

#define ETH_ALEN    6
#define ETH_HLEN    14
#define PACKET_ROOM 32	  /* bytes in front of the frame that a driver may use for its header */
#define PACKET_MOST 65550 /* a frame that still has to be cut (TCP segmentation) */

enum packet_csum {
	PACKET_CSUM_DONE,    /* what stands in the packet is to be believed or checked as usual */
	PACKET_CSUM_PARTIAL, /* only the pseudo header is summed: csum_start, csum_offset say where */
	PACKET_CSUM_VERIFIED, /* received, and the device has checked it */
};

struct netdev;

struct packet {
	struct list link;
	struct netdev *dev; /* where it came from or goes to */
	uint8_t *data;	    /* the Ethernet header */
	uint32_t len;	    /* from data */
	uint32_t room;	    /* bytes from data to the end of the buffer */
	enum packet_csum csum;
	uint16_t csum_start, csum_offset; /* from data; from csum_start */
	uint16_t gso_size;		  /* 0: no segmentation wanted, else TCP payload of each */
	void *buffer;			  /* the memory, packet.c's */
	unsigned order;
};

/* Room for len bytes of frame; NULL when memory is short. Any context. */
struct packet *packet_alloc(size_t len);
void packet_free(struct packet *p);
/* Bytes of memory that it keeps. */
static inline uint32_t packet_footprint(const struct packet *p)
{
	return PAGE_SIZE << p->order;
}

/* A packet around one page of page_alloc()'s, which it takes over, also when it fails (NULL). */
struct packet *packet_of_page(void *page, unsigned offset, uint32_t len);
/*
 * Somebody says that the checksum of TCP or UDP is left open: PACKET_CSUM_PARTIAL, if the headers tell where it
 * belongs; else the packet stays as it is.
 */
void packet_csum_blank(struct packet *p);

#define NETDEV_CSUM (1u << 0) /* sends PACKET_CSUM_PARTIAL */
#define NETDEV_TSO  (1u << 1) /* sends gso_size, TCP over IPv4 */

struct netdev_ops {
	/*
	 * Takes the packet over; any context, never sleeps. A device that cannot take it now calls
	 * netdev_stop() first and drops it; netdev_wake() later says that there is room again.
	 */
	void (*transmit)(struct netdev *d, struct packet *p);
	int (*up)(struct netdev *d); /* interface set up: 0 or -errno; may sleep; NULL: nothing */
	void (*down)(struct netdev *d); /* and down; may sleep */
	void (*promiscuous)(struct netdev *d, bool on);
};

struct netdev_stats {
	uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes;
	uint64_t rx_errors, tx_errors, rx_dropped, tx_dropped;
};

struct netdev {
	struct list link;
	char name[16]; /* may hold %d: register fills in a number */
	int index;     /* Linux's ifindex, from 1 (lo) */
	uint8_t mac[ETH_ALEN];
	unsigned mtu;
	unsigned features; /* NETDEV_ */
	bool running;	   /* carrier */
	bool up;	   /* IFF_UP: the user's wish */
	bool stopped;	   /* netdev_stop() */
	const struct netdev_ops *ops;
	void *priv; /* the driver's */
	struct netdev_stats stats;
	/* Who gets what arrives: NULL is the stack. The bridge puts itself here; takes the packet over. */
	void (*input)(struct netdev *d, struct packet *p);
	void *input_priv;
	void *stack; /* kernel/net's */
	/* Packets that arrived and wait for their turn: netdev.c's. */
	struct list waiting, turn_link;
	unsigned waiting_count, waiting_bytes;
};

int netdev_register(struct netdev *d); /* 0 or -errno; may sleep */
void netdev_remove(struct netdev *d);  /* nobody uses it when this returns; may sleep */
struct netdev *netdev_find(const char *name);
struct netdev *netdev_find_index(int index);

/* "00:16:3e:01:02:03". 0 or -EINVAL. */
int mac_from_text(uint8_t *mac, const char *text);

/* A frame has arrived; any context. */
void netdev_receive(struct netdev *d, struct packet *p);
/* Out by this device, with what it cannot do (checksum, segmentation) done here first. Any context. */
void netdev_transmit(struct netdev *d, struct packet *p);
void netdev_carrier(struct netdev *d, bool on);
void netdev_stop(struct netdev *d);
void netdev_wake(struct netdev *d);

/* The thread that takes packets in; once, before any device. */
void netdev_start(void);

#endif
