/* SPDX-License-Identifier: MIT */
/*
 * The Internet family: which sockets there are, their names and common options.
 */
#include "net/inet.h"

struct socket *inet_socket(int type, int protocol)
{
	const struct socket_ops *ops = type == SOCK_STREAM ? &tcp_ops : &datagram_ops;
	struct socket *s;
	int rc;

	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_RAW)
		return err_ptr(-ESOCKTNOSUPPORT);
	if ((type == SOCK_STREAM && protocol && protocol != IPPROTO_TCP) ||
	    (type == SOCK_DGRAM && protocol && protocol != IPPROTO_UDP) ||
	    (type == SOCK_RAW && (protocol <= 0 || protocol > 255)))
		return err_ptr(-EPROTONOSUPPORT);
	s = socket_new(ops, AF_INET, type, protocol);
	if (is_err(s))
		return s;
	rc = type == SOCK_STREAM ? tcp_socket_init(s) : datagram_socket_init(s);
	if (rc) {
		kfree(s);
		return err_ptr(rc);
	}
	return s;
}

int inet_read_name(const union sockaddr_any *a, size_t len, ip_addr_t *addr, uint16_t *port)
{
	if (len < sizeof(a->in))
		return -EINVAL;
	if (a->family != AF_INET)
		return -EAFNOSUPPORT;
	ip4_addr_set_u32(addr, a->in.addr);
	*port = lwip_ntohs(a->in.port);
	return 0;
}

int inet_write_name(union sockaddr_any *a, const ip_addr_t *addr, uint16_t port)
{
	memset(&a->in, 0, sizeof(a->in));
	a->in.family = AF_INET;
	a->in.port = lwip_htons(port);
	a->in.addr = ip4_addr_get_u32(addr);
	return sizeof(a->in);
}

bool inet_is_ours(const ip_addr_t *addr)
{
	struct netif *n;

	if (ip_addr_isany(addr) || ip_addr_isloopback(addr) || ip_addr_ismulticast(addr) ||
	    ip4_addr_get_u32(addr) == IPADDR_BROADCAST)
		return true;
	NETIF_FOREACH(n)
	if (ip4_addr_cmp(addr, netif_ip4_addr(n)) || ip4_addr_isbroadcast(addr, n))
		return true;
	return false;
}

int inet_setopt(uint8_t *ttl, uint8_t *tos, int level, int name, int value)
{
	if (level != IPPROTO_IP)
		return -ENOPROTOOPT;
	switch (name) {
	case IP_TTL:
		if (value < 1 || value > 255)
			return -EINVAL;
		*ttl = (uint8_t)value;
		return 0;
	case IP_TOS:
		*tos = (uint8_t)value;
		return 0;
	case IP_PKTINFO: /* what programs ask for and do without */
	case IP_RECVERR:
	case IP_RECVTTL:
	case IP_MTU_DISCOVER:
	case IP_MULTICAST_TTL:
	case IP_MULTICAST_LOOP:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int inet_getopt(uint8_t ttl, uint8_t tos, int level, int name, int *value)
{
	if (level != IPPROTO_IP || (name != IP_TTL && name != IP_TOS))
		return -ENOPROTOOPT;
	*value = name == IP_TTL ? ttl : tos;
	return 0;
}

size_t inet_copy_out(const struct pbuf *p, size_t at, struct iter *to, size_t n)
{
	size_t done = 0;

	for (; p && done < n; p = p->next) {
		size_t piece, copied;

		if (at >= p->len) {
			at -= p->len;
			continue;
		}
		piece = min((size_t)p->len - at, n - done);
		copied = iter_write(to, (const char *)p->payload + at, piece);
		done += copied;
		if (copied < piece)
			break;
		at = 0;
	}
	return done;
}
