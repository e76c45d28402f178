/* SPDX-License-Identifier: MIT */
/*
 * lwIP as the kernel uses it: the core alone, by its raw functions, under one mutex (kernel/net/stack.c). Sockets
 * are the kernel's own, so lwIP brings no threads, no mailboxes and no copies of its own. Memory is the
 * kernel's: what a connection needs is taken when it is needed.
 */
#ifndef LWIP_PORT_LWIPOPTS_H
#define LWIP_PORT_LWIPOPTS_H

#define NO_SYS		     1
#define LWIP_TIMERS	     0 /* kernel/net/clock.c */
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET	     0
#define LWIP_NETCONN	     0

#define MEM_LIBC_MALLOC		 1
#define MEMP_MEM_MALLOC		 1
#define mem_clib_malloc		 kmalloc
#define mem_clib_calloc(n, size) kzalloc((n) * (size))
#define mem_clib_free		 kfree
#define MEM_ALIGNMENT		 4

#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ARP  1
#define LWIP_ICMP 1
#define LWIP_RAW  1
#define LWIP_UDP  1
#define LWIP_TCP  1
#define LWIP_DNS  0
#ifndef LWIP_DHCP
#define LWIP_DHCP		   0 /* 1 in lib/kit alone, whose client uses the slot in each interface */
#define LWIP_NUM_NETIF_CLIENT_DATA 1
#endif
#define DHCP_DOES_ARP_CHECK 0
#define LWIP_IP_ACCEPT_UDP_PORT(port) \
	((port) == PP_NTOHS(68)) /* answers to a client without address */
#define LWIP_STATS		     0
#define IP_FORWARD		     0
#define IP_REASSEMBLY		     1
#define IP_REASS_MAX_PBUFS	     128 /* two of the longest datagrams over Ethernet */
#define IP_DEFAULT_TTL		     64	 /* as Linux */
#define ARP_QUEUEING		     1
#define ARP_TABLE_SIZE		     64 /* the oldest goes for a new one, so more than who talks at once */
#define LWIP_NETIF_LOOPBACK	     1
#define LWIP_HAVE_LOOPIF	     1
#define LWIP_NETIF_LINK_CALLBACK     0
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_SUPPORT_CUSTOM_PBUF     1

#define SO_REUSE	   1
#define IP_SOF_BROADCAST   1
#define LWIP_TCP_KEEPALIVE 1
#define TCP_LISTEN_BACKLOG 1
#define LWIP_HOOK_FILENAME "hooks.h"
#define TCP_MSL		   30000 /* ms: TIME_WAIT is twice that, a minute as on Linux */

#define TCP_MSS		  1460
#define LWIP_WND_SCALE	  1
#define TCP_RCV_SCALE	  2
#define TCP_WND		  (128 * 1024)
#define TCP_SND_BUF	  (128 * 1024)
#define TCP_SND_QUEUELEN  (4 * TCP_SND_BUF / TCP_MSS)
#define TCP_SNDLOWAT	  (TCP_SND_BUF / 4)
#define TCP_SNDQUEUELOWAT (TCP_SND_QUEUELEN / 2)
#define TCP_QUEUE_OOSEQ	  1
#define PBUF_POOL_BUFSIZE 1600

#endif
