/* SPDX-License-Identifier: MIT */
/*
 * What /proc/net shows: kernel/net/show.c. Each appends to the text.
 */
#ifndef KERNEL_NET_SHOW_H
#define KERNEL_NET_SHOW_H

#include "fs/text.h"

void net_show_dev(struct text *t);
void net_show_route(struct text *t);
void net_show_arp(struct text *t);
void net_show_tcp(struct text *t);
void net_show_udp(struct text *t);
void net_show_raw(struct text *t);
void net_show_sockstat(struct text *t);
void net_show_unix(struct text *t);
void net_show_packet(struct text *t);

#endif
