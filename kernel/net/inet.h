/* SPDX-License-Identifier: MIT */
/*
 * Sockets of the Internet family: what TCP, UDP and raw sockets share.
 */
#ifndef KERNEL_NET_INET_H
#define KERNEL_NET_INET_H

#include "net/stack.h"

#include <lwip/ip.h>

extern const struct socket_ops tcp_ops, datagram_ops;

/* 0, -EINVAL (too short), -EAFNOSUPPORT. port in the machine's order. */
int inet_read_name(const union sockaddr_any *a, size_t len, ip_addr_t *addr, uint16_t *port);
/* Its length. */
int inet_write_name(union sockaddr_any *a, const ip_addr_t *addr, uint16_t port);
/* An address that a socket may be bound to. Locks: stack. */
bool inet_is_ours(const ip_addr_t *addr);
/* IP_ options, which all have. */
int inet_setopt(uint8_t *ttl, uint8_t *tos, int level, int name, int value);
int inet_getopt(uint8_t ttl, uint8_t tos, int level, int name, int *value);
/* n bytes from `at` on of a chain to an iterator: bytes. */
size_t inet_copy_out(const struct pbuf *p, size_t at, struct iter *to, size_t n);

int tcp_socket_init(struct socket *s);
int datagram_socket_init(struct socket *s);
/* Once: the errors that come back as messages of their own. Locks: stack. */
void datagram_start(void);

#endif
