/* SPDX-License-Identifier: MIT */
/*
 * Where lwIP asks before it goes on.
 */
#ifndef LWIP_PORT_HOOKS_H
#define LWIP_PORT_HOOKS_H

struct tcp_pcb;
struct tcp_hdr;

/* kernel/net/tcp_admit.c: 0, or the packet is dropped. */
signed char lwip_port_admit(struct tcp_pcb *pcb, const struct tcp_hdr *hdr);

/* Packets of a connection that stands, which are nearly all, pay no more than a look at its state. */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, hdr, optlen, opt1len, opt2, p) \
	((pcb)->state == ESTABLISHED ? ERR_OK : lwip_port_admit(pcb, hdr))

#endif
