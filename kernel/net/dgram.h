/* SPDX-License-Identifier: MIT */
/*
 * Datagram sockets, as /proc/net sees them: datagram_socket.c. Locks: the stack's.
 */
#ifndef KERNEL_NET_DGRAM_H
#define KERNEL_NET_DGRAM_H

#include "net/inet.h"

#include <lwip/raw.h>
#include <lwip/udp.h>

struct dgram {
	struct list link; /* all of them */
	struct socket *socket;
	struct udp_pcb *udp; /* one of these */
	struct raw_pcb *raw;
	struct list queue;
	size_t queued;
	bool connected, no_more_in, no_more_out;
	bool header; /* raw: the program writes the IP header, too */
	ip_addr_t peer;
	uint16_t peer_port;
};

extern struct list dgram_all;

#endif
