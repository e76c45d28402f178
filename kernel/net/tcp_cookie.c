/* SPDX-License-Identifier: MIT */
/*
 * Stream sockets: the first sequence number as a cookie (D. J. Bernstein's SYN cookies).
 *
 * A flood of SYNs pushes the handshakes of honest clients out of the listener's list. So the number that we answer a
 * SYN with says all that must be known of it: a keyed hash of both ends and of the client's own number, and in its
 * last byte what the client offered. When the handshake's third packet comes and there is nothing that it belongs to,
 * the number that it acknowledges is checked. If it is ours, the client is who it says (it has read our answer), and
 * its SYN is made once more from the cookie and given to lwIP, which answers with the same number as before. The
 * client takes that for a repetition and acknowledges it again, as RFC 793 (3.9) wants it to: that completes the
 * handshake.
 *
 *	bits 31 to 8	SipHash of the addresses, ports, the client's number, and the byte below
 *	bits 7 to 4	the client's window scale; 15: it offered none
 *	bits 3, 2	the largest of four segment sizes that it takes
 *	bits 1, 0	when: in 64 s, modulo 4; two of the four are believed
 *
 * Locks: the stack's.
 */
#include "net/clock.h"
#include "net/tcp.h"
#include "timer.h"

#include <hooks.h>
#include <lwip/inet_chksum.h>
#include <lwip/prot/tcp.h>

#define NO_SCALE    15u
#define SLOT	    (64ull * NSEC_PER_SEC)
#define AGAIN_MOST  8 /* SYNs that wait to be made again; more come again by themselves */
#define SYN_OPTIONS 8

/* Both ends and the client's first number. */
struct handshake {
	uint32_t client, server; /* addresses as in the packet */
	uint16_t client_port, server_port;
	uint32_t number;
};

static const uint16_t sizes[4] = { 536, 1220, 1440, 1460 };

/* The number for the SYN that lwIP looks at now. */
static struct {
	bool valid, fixed; /* fixed: it is a SYN made again, whose number is known */
	uint16_t client_port;
	uint32_t number;
} next;

static struct {
	struct handshake h;
	uint32_t cookie;
	uint8_t netif;
} again[AGAIN_MOST];
static unsigned again_count;

/* ---- SipHash-2-4 (Aumasson, Bernstein 2012) of two words ---- */

static uint64_t rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static uint64_t siphash(const uint64_t *words, unsigned n)
{
	static uint64_t key[2];
	uint64_t v[4];

	if (!key[0])
		random_bytes(key, sizeof(key));
	v[0] = key[0] ^ 0x736f6d6570736575ull;
	v[1] = key[1] ^ 0x646f72616e646f6dull;
	v[2] = key[0] ^ 0x6c7967656e657261ull;
	v[3] = key[1] ^ 0x7465646279746573ull;
	for (unsigned i = 0; i <= n; i++) {
		uint64_t m = i < n ? words[i] : (uint64_t)n * 8 << 56;

		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	for (unsigned i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- cookies ---- */

static uint32_t cookie_of(const struct handshake *h, uint8_t last)
{
	const uint64_t words[3] = { (uint64_t)h->client << 32 | h->server,
				    (uint64_t)h->client_port << 48 |
					    (uint64_t)h->server_port << 32 | h->number,
				    last };

	return ((uint32_t)siphash(words, ARRAY_SIZE(words)) & ~0xffu) | last;
}

static unsigned slot_now(void)
{
	return (unsigned)(time_now() / SLOT) & 3;
}

/* What a SYN offers, in a cookie's last byte without the time. Options that are cut off say nothing. */
static uint8_t offer_of(const uint8_t *options, unsigned len)
{
	unsigned scale = NO_SCALE, size = 0;

	for (unsigned at = 0; at < len && options[at];) {
		unsigned n = options[at] == 1 ? 1 : at + 1 < len ? options[at + 1] : 0;

		if (!n || at + n > len || (options[at] != 1 && n < 2))
			break;
		if (options[at] == 2 && n == 4)
			while (size < 3 &&
			       sizes[size + 1] <= (options[at + 2] << 8 | options[at + 3]))
				size++;
		else if (options[at] == 3 && n == 3)
			scale = min((unsigned)options[at + 2], 14u);
		at += n;
	}
	return (uint8_t)(scale << 4 | size << 2);
}

static struct handshake handshake_now(const struct tcp_hdr *hdr, uint32_t number)
{
	return (struct handshake){ .client = ip4_addr_get_u32(ip_current_src_addr()),
				   .server = ip4_addr_get_u32(ip_current_dest_addr()),
				   .client_port = hdr->src,
				   .server_port = hdr->dest,
				   .number = number };
}

void tcp_cookie_for(const struct tcp_hdr *hdr, unsigned options)
{
	struct handshake h = handshake_now(hdr, hdr->seqno);
	uint8_t last = offer_of((const uint8_t *)(hdr + 1), options);

	next.client_port = hdr->src;
	if (!next.fixed)
		next.number = cookie_of(&h, (uint8_t)(last | slot_now()));
	next.valid = true;
}

/*
 * When we connect, the number is the clock (64 ns a step) and a hash of both ends that nobody else knows (RFC 6528):
 * not to be guessed, and always newer than what the same ends said before, so that a peer that still remembers the last
 * connection (TIME_WAIT) takes the new one.
 */
uint32_t lwip_port_first_number(const struct ip4_addr *local, uint16_t local_port,
				const struct ip4_addr *remote, uint16_t remote_port)
{
	const uint64_t words[2] = { (uint64_t)local->addr << 32 | remote->addr,
				    (uint64_t)local_port << 16 | remote_port };

	if (next.valid && next.client_port == remote_port) {
		next.valid = false;
		return next.number;
	}
	return (uint32_t)siphash(words, ARRAY_SIZE(words)) + (uint32_t)(time_now() >> 6);
}

/* ---- SYNs made again ---- */

static struct pbuf *make_syn(const struct handshake *h, uint32_t cookie)
{
	u16_t len = sizeof(struct ip_hdr) + sizeof(struct tcp_hdr) + SYN_OPTIONS;
	struct pbuf *p = pbuf_alloc(PBUF_RAW, len, PBUF_RAM);
	uint16_t size = sizes[cookie >> 2 & 3];
	uint8_t scale = cookie >> 4 & 15, *o;
	ip_addr_t client, server;
	struct ip_hdr *ip;
	struct tcp_hdr *t;

	if (!p)
		return NULL;
	ip = p->payload;
	t = (struct tcp_hdr *)(ip + 1);
	o = (uint8_t *)(t + 1);
	memset(ip, 0, len);
	IPH_VHL_SET(ip, 4, 5);
	IPH_LEN_SET(ip, lwip_htons(len));
	IPH_TTL_SET(ip, 64);
	IPH_PROTO_SET(ip, IP_PROTO_TCP);
	ip->src.addr = h->client;
	ip->dest.addr = h->server;
	IPH_CHKSUM_SET(ip, inet_chksum(ip, sizeof(*ip)));
	t->src = lwip_htons(h->client_port);
	t->dest = lwip_htons(h->server_port);
	t->seqno = lwip_htonl(h->number);
	TCPH_HDRLEN_FLAGS_SET(t, (sizeof(*t) + SYN_OPTIONS) / 4, TCP_SYN);
	t->wnd = lwip_htons(0xffff);
	memcpy(o, (const uint8_t[]){ 2, 4, (uint8_t)(size >> 8), (uint8_t)size, 1, 1, 1, 1 },
	       SYN_OPTIONS);
	if (scale != NO_SCALE)
		memcpy(o + 4, (const uint8_t[]){ 3, 3, scale }, 3);
	ip4_addr_set_u32(&client, h->client);
	ip4_addr_set_u32(&server, h->server);
	pbuf_remove_header(p, sizeof(*ip));
	t->chksum = ip_chksum_pseudo(p, IP_PROTO_TCP, p->tot_len, &client, &server);
	pbuf_add_header(p, sizeof(*ip));
	return p;
}

static void make_again(void)
{
	for (unsigned i = 0; i < again_count; i++) {
		struct netif *n = netif_get_by_index(again[i].netif);
		struct pbuf *p = n ? make_syn(&again[i].h, again[i].cookie) : NULL;

		if (!p)
			continue;
		next.fixed = true;
		next.number = again[i].cookie;
		ip4_input(p, n);
		next.fixed = next.valid = false;
	}
	again_count = 0;
}

static void syn_comes_again(const struct handshake *h, uint32_t cookie)
{
	if (again_count == AGAIN_MOST)
		return;
	again[again_count].h = *h;
	again[again_count].cookie = cookie;
	again[again_count].netif = netif_get_index(ip_current_input_netif());
	again_count++;
	clock_soon(make_again); /* not from within tcp_input() */
}

void tcp_cookie_syn_again(const struct tcp_hdr *hdr, unsigned options)
{
	struct handshake h = handshake_now(hdr, hdr->seqno);
	uint8_t last = offer_of((const uint8_t *)(hdr + 1), options);

	syn_comes_again(&h, cookie_of(&h, (uint8_t)(last | slot_now())));
}

bool tcp_cookie_returns(const struct tcp_hdr *hdr)
{
	struct handshake h = handshake_now(hdr, hdr->seqno - 1);
	uint32_t cookie = hdr->ackno - 1;

	if (((slot_now() - cookie) & 3) > 1 || cookie_of(&h, (uint8_t)cookie) != cookie)
		return false;
	syn_comes_again(&h, cookie);
	return true;
}
