/* SPDX-License-Identifier: MIT */
/*
 * A kernel without a protocol stack: packets that no bridge takes go nowhere.
 */
#include "net/net.h"

void net_stack_input(struct netdev *d, struct packet *p)
{
	d->stats.rx_dropped++;
	packet_free(p);
}

void net_stack_device(struct netdev *d, bool present)
{
	(void)d;
	(void)present;
}
