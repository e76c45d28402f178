/* SPDX-License-Identifier: MIT */
/*
 * The bridge between network devices: kernel/net/bridge.c.
 */
#ifndef KERNEL_BRIDGE_H
#define KERNEL_BRIDGE_H

#include "netdev.h"

struct bridge;

#define GUARD_ADDRESSES 4

struct bridge_port {
	struct netdev *dev;
	bool filter; /* only frames from mac come in here */
	uint8_t mac[ETH_ALEN];
	unsigned ip_count; /* if there are any: only from these IPv4 addresses, as in a packet */
	uint32_t ip[GUARD_ADDRESSES];
};

/* By the name of its own device. All but bridge_find() may sleep. 0, -EEXIST, -ENOMEM; -ENODEV, -EBUSY (ports). */
int bridge_create(const char *name);
int bridge_delete(const char *name);
struct bridge *bridge_find(const char *name);
/*
 * The device's input is the bridge's from now on. mac: the only source that is let in; NULL: any. 0, -ENOSPC,
 * -EBUSY: it is a bridge's already.
 */
int bridge_add(struct bridge *b, struct netdev *d, const uint8_t *mac);
/* The port of d, which has a mac, lets in only these IPv4 addresses: "10.0.2.15 10.0.2.16". 0, -EINVAL, -ENOSPC. */
int bridge_allow(struct bridge *b, struct netdev *d, const char *addresses);
/* No packet goes to d by the bridge after this; one that is on its way may still be. */
void bridge_remove(struct bridge *b, struct netdev *d);

#endif
