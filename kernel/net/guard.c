/* SPDX-License-Identifier: MIT */
/*
 * Who a frame says it is from, and whether the port that it comes from may say that (anti-spoofing).
 *
 * A port's other side may have one hardware address, in the frame's header and within ARP, and, if the toolstack
 * named some, these IPv4 addresses only. 0.0.0.0 is allowed where a machine without an address uses it: in a DHCP
 * client's packets and in ARP's question whether anybody has an address already (RFC 5227). With addresses named,
 * frames that are neither IPv4 nor ARP do not pass: what they carry, and in what wrapping, is not known here.
 */
#include "net/guard.h"

#define AT_TYPE	  12
#define AT_ARP	  ETH_HLEN
#define ARP_LEN	  28
#define IP_LEN	  20
#define TYPE_IP	  0x0800
#define TYPE_ARP  0x0806
#define PROTO_UDP 17

static unsigned word(const uint8_t *p)
{
	return (unsigned)(p[0] << 8 | p[1]);
}

static bool may_be(const struct bridge_port *port, const uint8_t *addr)
{
	uint32_t a;

	memcpy(&a, addr, sizeof(a));
	for (unsigned i = 0; i < port->ip_count; i++)
		if (port->ip[i] == a)
			return true;
	return false;
}

static bool is_zero(const uint8_t *addr)
{
	return !(addr[0] | addr[1] | addr[2] | addr[3]);
}

static bool arp_is_honest(const struct bridge_port *port, const uint8_t *arp, uint32_t len)
{
	const uint8_t *mac = arp + 8, *addr = arp + 14;

	if (len < ARP_LEN || memcmp(mac, port->mac, ETH_ALEN))
		return false;
	return !port->ip_count || is_zero(addr) || may_be(port, addr);
}

/* From port 68 to port 67, whole or the first fragment: from a machine that asks for an address. */
static bool is_dhcp(const uint8_t *ip, uint32_t len)
{
	uint32_t header = (ip[0] & 15u) * 4;

	return ip[9] == PROTO_UDP && !(word(ip + 6) & 0x1fff) && header >= IP_LEN &&
	       len >= header + 4 && word(ip + header) == 68 && word(ip + header + 2) == 67;
}

static bool ip_is_honest(const struct bridge_port *port, const uint8_t *ip, uint32_t len)
{
	if (!port->ip_count)
		return true;
	if (len < IP_LEN)
		return false;
	return may_be(port, ip + 12) || (is_zero(ip + 12) && is_dhcp(ip, len));
}

bool guard_is_honest(const struct bridge_port *port, const uint8_t *frame, uint32_t len)
{
	if (!port->filter)
		return true;
	if (len < ETH_HLEN || memcmp(port->mac, frame + ETH_ALEN, ETH_ALEN))
		return false;
	switch (word(frame + AT_TYPE)) {
	case TYPE_ARP:
		return arp_is_honest(port, frame + AT_ARP, len - ETH_HLEN);
	case TYPE_IP:
		return ip_is_honest(port, frame + ETH_HLEN, len - ETH_HLEN);
	default:
		return !port->ip_count;
	}
}

/* "10.0.2.15"; where it ends, or NULL. */
static const char *one_address(const char *text, uint32_t *addr)
{
	uint8_t part[4];

	for (unsigned i = 0; i < 4; i++) {
		unsigned n = 0, digits = 0;

		for (; *text >= '0' && *text <= '9' && digits < 4; digits++)
			n = n * 10 + (unsigned)(*text++ - '0');
		if (!digits || n > 255 || (i < 3 && *text++ != '.'))
			return NULL;
		part[i] = (uint8_t)n;
	}
	memcpy(addr, part, sizeof(part));
	return text;
}

int guard_addresses(struct bridge_port *port, const char *text)
{
	unsigned n = 0;

	for (;;) {
		while (*text == ' ')
			text++;
		if (!*text)
			break;
		if (n == GUARD_ADDRESSES)
			return -ENOSPC;
		text = one_address(text, &port->ip[n]);
		if (!text || (*text && *text != ' '))
			return -EINVAL;
		n++;
	}
	port->ip_count = n;
	return 0;
}
