/* SPDX-License-Identifier: MIT */
/*
 * /proc/net: interfaces, routes and connections as text, in Linux's columns.
 */
#include "net/show.h"
#include "lib/list.h"
#include "net/dgram.h"
#include "net/tcp.h"

#include <lwip/etharp.h>

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

/* What a line says beside the names. */
struct facts {
	unsigned state;
	size_t to_send, to_read;
	const struct socket *socket; /* NULL: nobody has it open */
};

static uint32_t inode_of(const struct socket *s)
{
	return s && s->file ? s->file->path.inode->ino : 0;
}

static void line(struct text *t, unsigned n, const ip_addr_t *local, u16_t port,
		 const ip_addr_t *remote, u16_t remote_port, struct facts f)
{
	text_printf(t,
		    "%4u: %08X:%04X %08X:%04X %02X %08X:%08X 00:00000000 00000000     0"
		    "        0 %u\n",
		    n, ip4_addr_get_u32(local), port, remote ? ip4_addr_get_u32(remote) : 0,
		    remote_port, f.state, (unsigned)f.to_send, (unsigned)f.to_read,
		    inode_of(f.socket));
}

static void header(struct text *t)
{
	text_printf(t, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
		       "   uid  timeout inode\n");
}

static struct facts tcp_facts(struct tcp_pcb *p)
{
	const struct tcp *t = tcp_of_pcb(p);

	return (struct facts){ .state = state_of(p->state),
			       .to_send = tcp_in_flight(p),
			       .to_read = t ? t->in_bytes : 0,
			       .socket = t ? t->socket : NULL };
}

void net_show_tcp(struct text *t)
{
	unsigned n = 0;

	header(t);
	stack_lock();
	for (struct tcp_pcb_listen *l = tcp_listen_pcbs.listen_pcbs; l; l = l->next) {
		const struct tcp *own = l->callback_arg;

		line(t, n++, &l->local_ip, l->local_port, NULL, 0,
		     (struct facts){ .state = state_of(LISTEN),
				     .to_read = own ? own->pending_count : 0,
				     .socket = own ? own->socket : NULL });
	}
	for (unsigned i = 0; i < 2; i++)
		for (struct tcp_pcb *p = i ? tcp_tw_pcbs : tcp_active_pcbs; p; p = p->next)
			line(t, n++, &p->local_ip, p->local_port, &p->remote_ip, p->remote_port,
			     tcp_facts(p));
	stack_unlock();
}

/* Sockets without connections, in the words of TCP: one that has a peer, and one that has none. */
static unsigned datagram_state(bool connected)
{
	return state_of(connected ? ESTABLISHED : CLOSED);
}

static void show_datagrams(struct text *t, bool raw)
{
	struct dgram *d;
	unsigned n = 0;

	header(t);
	stack_lock();
	list_for_each (d, &dgram_all, link) {
		struct facts f = { .state = datagram_state(d->connected),
				   .to_read = d->queued,
				   .socket = d->socket };

		if (raw && d->raw)
			line(t, n++, &d->raw->local_ip, d->raw->protocol, &d->peer, 0, f);
		else if (!raw && d->udp && d->udp->local_port)
			line(t, n++, &d->udp->local_ip, d->udp->local_port, &d->udp->remote_ip,
			     d->udp->remote_port, f);
	}
	stack_unlock();
}

void net_show_udp(struct text *t)
{
	show_datagrams(t, false);
}

void net_show_raw(struct text *t)
{
	show_datagrams(t, true);
}

/* ---- how many there are ---- */

static unsigned tcp_count(const struct tcp_pcb *p)
{
	unsigned n = 0;

	for (; p; p = p->next)
		n++;
	return n;
}

void net_show_sockstat(struct text *t)
{
	unsigned udp = 0, raw = 0, listening = 0;
	struct dgram *d;

	stack_lock();
	list_for_each (d, &dgram_all, link) {
		udp += d->udp != NULL;
		raw += d->raw != NULL;
	}
	for (const struct tcp_pcb_listen *l = tcp_listen_pcbs.listen_pcbs; l; l = l->next)
		listening++;
	text_printf(t, "sockets: used %u\n", socket_count());
	text_printf(t, "TCP: inuse %u orphan 0 tw %u alloc %u mem 0\n",
		    listening + tcp_count(tcp_active_pcbs), tcp_count(tcp_tw_pcbs),
		    listening + tcp_count(tcp_active_pcbs) + tcp_count(tcp_bound_pcbs));
	text_printf(t, "UDP: inuse %u mem 0\nRAW: inuse %u\nFRAG: inuse 0 memory 0\n", udp, raw);
	stack_unlock();
}
