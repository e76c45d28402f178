/* SPDX-License-Identifier: MIT */
/*
 * /proc/net: interfaces, routes and connections as text, in Linux's columns.
 */
#include "net/show.h"
#include "lib/list.h"
#include "net/stack.h"

#include <lwip/etharp.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/udp.h>

void net_show_dev(struct text *t)
{
	struct netdev *d;

	text_printf(t,
		    "Inter-|   Receive                                                |  Transmit\n"
		    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    "
		    "packets errs drop fifo colls carrier compressed\n");
	stack_lock();
	list_for_each (d, &net_devices, link) {
		text_printf(
			t,
			"%6s: %7llu %7llu %4llu %4llu    0     0          0         0 %8llu %7llu "
			"%4llu %4llu    0     0       0          0\n",
			d->name, (unsigned long long)d->stats.rx_bytes,
			(unsigned long long)d->stats.rx_packets,
			(unsigned long long)d->stats.rx_errors,
			(unsigned long long)d->stats.rx_dropped,
			(unsigned long long)d->stats.tx_bytes,
			(unsigned long long)d->stats.tx_packets,
			(unsigned long long)d->stats.tx_errors,
			(unsigned long long)d->stats.tx_dropped);
	}
	stack_unlock();
}

static void route(struct text *t, const char *name, uint32_t to, uint32_t gateway, uint32_t mask)
{
	text_printf(t, "%s\t%08X\t%08X\t%04X\t0\t0\t0\t%08X\t0\t0\t0\n", name, to, gateway,
		    RTF_UP | (gateway ? RTF_GATEWAY : 0u), mask);
}

void net_show_route(struct text *t)
{
	struct netdev *d;

	text_printf(t, "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\t"
		       "Window\tIRTT\n");
	stack_lock();
	list_for_each (d, &net_devices, link) {
		const struct netif *n = stack_netif(d);
		uint32_t addr = n ? ip4_addr_get_u32(netif_ip4_addr(n)) : 0,
			 mask = n ? ip4_addr_get_u32(netif_ip4_netmask(n)) : 0;

		if (!addr || !d->up || !(n->flags & NETIF_FLAG_ETHARP))
			continue;
		if (n == netif_default && ip4_addr_get_u32(netif_ip4_gw(n)))
			route(t, d->name, 0, ip4_addr_get_u32(netif_ip4_gw(n)), 0);
		route(t, d->name, addr & mask, 0, mask);
	}
	stack_unlock();
}

void net_show_arp(struct text *t)
{
	text_printf(
		t,
		"IP address       HW type     Flags       HW address            Mask     Device\n");
	stack_lock();
	for (size_t i = 0; i < ARP_TABLE_SIZE; i++) {
		ip4_addr_t *addr;
		struct netif *n;
		struct eth_addr *mac;
		char name[16];

		if (!etharp_get_entry(i, &addr, &n, &mac))
			continue;
		snprintf(name, sizeof(name), "%u.%u.%u.%u", ip4_addr1(addr), ip4_addr2(addr),
			 ip4_addr3(addr), ip4_addr4(addr));
		text_printf(
			t,
			"%-16s 0x1         0x2         %02x:%02x:%02x:%02x:%02x:%02x     *        %s\n",
			name, mac->addr[0], mac->addr[1], mac->addr[2], mac->addr[3], mac->addr[4],
			mac->addr[5], stack_name(n));
	}
	stack_unlock();
}

/* lwIP's states in Linux's numbers. */
static unsigned state_of(enum tcp_state s)
{
	static const uint8_t states[] = {
		[CLOSED] = 7,	   [LISTEN] = 10,    [SYN_SENT] = 2,   [SYN_RCVD] = 3,
		[ESTABLISHED] = 1, [FIN_WAIT_1] = 4, [FIN_WAIT_2] = 5, [CLOSE_WAIT] = 8,
		[CLOSING] = 11,	   [LAST_ACK] = 9,   [TIME_WAIT] = 6
	};

	return states[s];
}

static void line(struct text *t, unsigned n, const ip_addr_t *local, u16_t port,
		 const ip_addr_t *remote, u16_t remote_port, unsigned state)
{
	text_printf(t,
		    "%4u: %08X:%04X %08X:%04X %02X 00000000:00000000 00:00000000 00000000     0"
		    "        0 0\n",
		    n, ip4_addr_get_u32(local), port, remote ? ip4_addr_get_u32(remote) : 0,
		    remote_port, state);
}

static void header(struct text *t)
{
	text_printf(t, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
		       "   uid  timeout inode\n");
}

void net_show_tcp(struct text *t)
{
	unsigned n = 0;

	header(t);
	stack_lock();
	for (struct tcp_pcb_listen *l = tcp_listen_pcbs.listen_pcbs; l; l = l->next)
		line(t, n++, &l->local_ip, l->local_port, NULL, 0, state_of(LISTEN));
	for (unsigned i = 0; i < 2; i++)
		for (struct tcp_pcb *p = i ? tcp_tw_pcbs : tcp_active_pcbs; p; p = p->next)
			line(t, n++, &p->local_ip, p->local_port, &p->remote_ip, p->remote_port,
			     state_of(p->state));
	stack_unlock();
}

void net_show_udp(struct text *t)
{
	unsigned n = 0;

	header(t);
	stack_lock();
	for (struct udp_pcb *p = udp_pcbs; p; p = p->next)
		line(t, n++, &p->local_ip, p->local_port, &p->remote_ip, p->remote_port, 7);
	stack_unlock();
}
