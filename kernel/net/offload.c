/* SPDX-License-Identifier: MIT */
/*
 * Checksums and segmentation for devices that do neither.
 *
 * A packet may arrive here from a guest, so every header is checked before it is used: what does not
 * look like TCP over IPv4 is not segmented but dropped, and a checksum is only written inside the packet.
 */
#include "net/net.h"

#define ETHERTYPE_IPV4 0x0800
#define PROTOCOL_TCP   6
#define PROTOCOL_UDP   17
#define TCP_FIN	       0x01
#define TCP_PSH	       0x08
#define TCP_CWR	       0x80

uint32_t net_sum(uint32_t sum, const uint8_t *p, size_t n)
{
	for (; n > 1; p += 2, n -= 2)
		sum += load16(p);
	return n ? sum + (uint32_t)(*p << 8) : sum;
}

uint16_t net_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void packet_checksum(struct packet *p)
{
	size_t at = (size_t)p->csum_start + p->csum_offset;
	uint16_t sum;

	p->csum = PACKET_CSUM_DONE;
	if (p->csum_start >= p->len || at + 2 > p->len)
		return;
	/* The field holds the pseudo header's sum already and is part of what is summed. */
	sum = net_fold(net_sum(0, p->data + p->csum_start, p->len - p->csum_start));
	store16(p->data + at, sum ? sum : 0xffff); /* 0 means "none" to UDP */
}

void packet_csum_blank(struct packet *p)
{
	const uint8_t *ip = p->data + ETH_HLEN;
	unsigned header;

	if (p->len < ETH_HLEN + 20 || load16(p->data + 12) != ETHERTYPE_IPV4 || ip[0] >> 4 != 4)
		return;
	header = (ip[0] & 15u) * 4;
	if (header < 20 || (ip[9] != PROTOCOL_TCP && ip[9] != PROTOCOL_UDP))
		return;
	p->csum = PACKET_CSUM_PARTIAL;
	p->csum_start = (uint16_t)(ETH_HLEN + header);
	p->csum_offset = ip[9] == PROTOCOL_TCP ? 16 : 6;
}

struct headers {
	unsigned ip, tcp, payload; /* offsets */
};

static bool find_headers(const struct packet *p, struct headers *h)
{
	const uint8_t *d = p->data;

	h->ip = ETH_HLEN;
	if (p->len < h->ip + 40 || load16(d + 12) != ETHERTYPE_IPV4 || d[h->ip] >> 4 != 4 ||
	    d[h->ip + 9] != PROTOCOL_TCP)
		return false;
	h->tcp = h->ip + (d[h->ip] & 15u) * 4;
	if (h->tcp < h->ip + 20 || p->len < h->tcp + 20)
		return false;
	h->payload = h->tcp + (d[h->tcp + 12] >> 4) * 4u;
	return h->payload >= h->tcp + 20 && h->payload < p->len;
}

/* The n-th segment's own lengths, numbers, flags and checksums. */
static void finish_segment(struct packet *s, const struct headers *h, unsigned number,
			   uint32_t offset, bool last)
{
	uint8_t *ip = s->data + h->ip, *tcp = s->data + h->tcp;
	uint32_t pseudo;

	store16(ip + 2, (uint16_t)(s->len - h->ip));
	store16(ip + 4, (uint16_t)(load16(ip + 4) + number));
	store16(ip + 10, 0);
	store16(ip + 10, net_fold(net_sum(0, ip, h->tcp - h->ip)));
	store32(tcp + 4, load32(tcp + 4) + offset);
	if (!last)
		tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (number)
		tcp[13] &= (uint8_t)~TCP_CWR;
	store16(tcp + 16, 0);
	pseudo = net_sum(PROTOCOL_TCP + (s->len - h->tcp), ip + 12, 8);
	store16(tcp + 16, net_fold(net_sum(pseudo, tcp, s->len - h->tcp)));
}

void packet_segment(struct packet *p, void (*fn)(struct netdev *d, struct packet *p),
		    struct netdev *d)
{
	struct headers h;
	uint32_t offset = 0, total, n;

	if (!find_headers(p, &h)) {
		d->stats.tx_errors++;
		packet_free(p);
		return;
	}
	total = p->len - h.payload;
	for (unsigned number = 0; offset < total; number++, offset += n) {
		struct packet *s;

		n = min((uint32_t)p->gso_size, total - offset);
		s = packet_alloc(h.payload + n);
		if (!s) {
			d->stats.tx_dropped++;
			break;
		}
		memcpy(s->data, p->data, h.payload);
		memcpy(s->data + h.payload, p->data + h.payload + offset, n);
		finish_segment(s, &h, number, offset, offset + n == total);
		fn(d, s);
	}
	packet_free(p);
}
