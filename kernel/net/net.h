/* SPDX-License-Identifier: MIT */
/*
 * What the files of kernel/net share.
 */
#ifndef KERNEL_NET_NET_H
#define KERNEL_NET_NET_H

#include "netdev.h"

extern struct spinlock net_lock; /* the list of devices */
extern struct list net_devices;

/* Numbers as they are in packets: the high byte first. */
static inline uint16_t load16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void store16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline uint32_t load32(const uint8_t *p)
{
	return (uint32_t)load16(p) << 16 | load16(p + 2);
}

static inline void store32(uint8_t *p, uint32_t v)
{
	store16(p, (uint16_t)(v >> 16));
	store16(p + 2, (uint16_t)v);
}

/* The Internet checksum (RFC 1071): bytes added to a sum, and the checksum that a sum stands for. */
uint32_t net_sum(uint32_t sum, const uint8_t *p, size_t n);
uint16_t net_fold(uint32_t sum);

/*
 * offload.c: what a device cannot do. The checksum of a PACKET_CSUM_PARTIAL packet is written; a packet
 * with gso_size becomes several, each with its headers, given to fn one by one (the packet is used up).
 */
void packet_checksum(struct packet *p);
void packet_segment(struct packet *p, void (*fn)(struct netdev *d, struct packet *p),
		    struct netdev *d);

/* For the stack (kernel/net): called in the network's thread for packets that nobody else takes. */
void net_stack_input(struct netdev *d, struct packet *p);
/* What the stack kept back to answer several packets at once goes out; called when no more of them wait. */
void net_stack_answer(void);
/* A device came, went, or changed its up, carrier or address. May sleep. */
void net_stack_device(struct netdev *d, bool present);

#endif
