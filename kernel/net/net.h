/* SPDX-License-Identifier: MIT */
/*
 * What the files of kernel/net share.
 */
#ifndef KERNEL_NET_NET_H
#define KERNEL_NET_NET_H

#include "netdev.h"

extern struct spinlock net_lock; /* the list of devices */
extern struct list net_devices;

/*
 * offload.c: what a device cannot do. The checksum of a PACKET_CSUM_PARTIAL packet is written; a packet
 * with gso_size becomes several, each with its headers, given to fn one by one (the packet is used up).
 */
void packet_checksum(struct packet *p);
void packet_segment(struct packet *p, void (*fn)(struct netdev *d, struct packet *p),
		    struct netdev *d);

/* For the stack (kernel/net): called in the network's thread for packets that nobody else takes. */
void net_stack_input(struct netdev *d, struct packet *p);
/* A device came, went, or changed its up, carrier or address. May sleep. */
void net_stack_device(struct netdev *d, bool present);

#endif
