/* SPDX-License-Identifier: MIT */
/*
 * train.c: the stack's packets on their way to a device. Locks: the stack's.
 */
#ifndef KERNEL_NET_TRAIN_H
#define KERNEL_NET_TRAIN_H

#include "net/net.h"

#include <lwip/pbuf.h>

/* A copy of the frame goes out by the device, perhaps together with those that follow it. False: no memory. */
bool train_send(struct netdev *d, const struct pbuf *p);
bool train_waits(void);
/* What waits for more goes now: before the lock is given back, and before a device goes. */
void train_leave(void);

#endif
