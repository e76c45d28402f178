/* SPDX-License-Identifier: MIT */
/*
 * Where lwIP asks before it goes on.
 */
#ifndef LWIP_PORT_HOOKS_H
#define LWIP_PORT_HOOKS_H

struct ip4_addr;
struct tcp_hdr;
struct tcp_pcb;

/* kernel/net/tcp_admit.c: 0, or the packet is dropped. */
signed char lwip_port_admit(struct tcp_pcb *pcb, const struct tcp_hdr *hdr, unsigned options);
/* kernel/net/tcp_cookie.c: the first sequence number of a connection. */
uint32_t lwip_port_first_number(const struct ip4_addr *local, uint16_t local_port,
				const struct ip4_addr *remote, uint16_t remote_port);

/* Packets of a connection that stands, which are nearly all, pay no more than a look at its state. */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, hdr, optlen, opt1len, opt2, p) \
	((pcb)->state == ESTABLISHED ? ERR_OK : lwip_port_admit(pcb, hdr, opt1len))
#define LWIP_HOOK_TCP_ISN(local_ip, local_port, remote_ip, remote_port) \
	lwip_port_first_number(local_ip, local_port, remote_ip, remote_port)

#endif
