/* SPDX-License-Identifier: MIT */
/*
 * The protocol stack and the sockets on it: what the files of kernel/net share beside net.h.
 */
#ifndef KERNEL_NET_STACK_H
#define KERNEL_NET_STACK_H

#include "net/net.h"
#include "net/socket.h"

#include <lwip/netif.h>
#include <lwip/pbuf.h>

/* Around every call into lwIP. May sleep; do not touch a program's memory that may be mapped from a device. */
void stack_lock(void);
void stack_unlock(void);
/* lwIP's error as -errno. */
int stack_error(err_t e);
/* The stack's interface of a device; NULL: it has none. Locks: stack. */
struct netif *stack_netif(struct netdev *d);
/* The name of an interface's device. Locks: stack. */
const char *stack_name(const struct netif *n);

/* packet_socket.c: a copy for each socket that listens on the device. */
void packet_sockets_input(struct netdev *d, const struct packet *p);

#endif
