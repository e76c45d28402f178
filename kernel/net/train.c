/* SPDX-License-Identifier: MIT */
/*
 * The stack's packets on their way out: what the device does for TCP is left to it.
 *
 * The checksum. A device that sums by itself gets TCP with the checksum left open: lwIP writes none then, and here
 * goes the sum of the pseudo header (RFC 793, 3.1) into its place, as everybody who completes it expects.
 * UDP may be cut into fragments, so lwIP sums that.
 *
 * Trains. lwIP makes segments of one packet's size, but a device that cuts large ones by itself (to another
 * domain nobody ever cuts them) gets those that follow each other as one: the first waits, the next are
 * appended, and when the stack's lock is given back all of it leaves
 * (or, while packets come in, when no more of them wait: stack.c). So what a packet costs on its way
 * through rings, bridge and the other side's stack is paid once for ten.
 *
 *	lwIP:	|head|seq 0 data|  |head|seq 1460 data|  |head|seq 2920 data, PSH|
 *	train:	|head|seq 0 data         | data               | data, PSH|	gso_size 1460
 *
 * Acknowledgements. One that says nothing else is overtaken by the next one of its connection, which says more: a burst
 * that arrived together is answered once, and so lets a whole train of the sender's go and not one segment at a
 * time. Those that repeat a number are news (a segment is missing) and all go.
 *
 * Locks: the stack's.
 */
#include "net/train.h"

#include <lwip/prot/ip.h>

/* Bytes of a frame, from its beginning: Ethernet, IPv4 without options, TCP (RFC 791, 793). */
enum {
	IP_AT = ETH_HLEN,
	IP_LEN = IP_AT + 2,
	IP_FRAGMENT = IP_AT + 6,
	IP_PROTO = IP_AT + 9,
	IP_SUM = IP_AT + 10,
	IP_FROM = IP_AT + 12,
	TCP_AT = IP_AT + 20,
	TCP_SEQ = TCP_AT + 4,
	TCP_ACK_AT = TCP_AT + 8,
	TCP_LEN = TCP_AT + 12,
	TCP_FLAG = TCP_AT + 13,
	TCP_WINDOW = TCP_AT + 14,
	TCP_SUM_AT = TCP_AT + 16,
	TCP_END = TCP_AT + 20,
};

#define FLAG_FIN 0x01
#define FLAG_PSH 0x08
#define FLAG_ACK 0x10

#define BUFFER_ORDER 2 /* of a train: larger ones are hard to get, and gain little */
#define LONGEST	     ((PAGE_SIZE << BUFFER_ORDER) - PACKET_ROOM)

static struct {
	struct packet *packet; /* NULL: there is none */
	struct netdev *dev;
	unsigned header;
	uint32_t
		piece; /* payload of each segment (the last may be shorter); 0: an acknowledgement */
	bool complete; /* nothing may follow */
} train;

static bool is_tcp(const uint8_t *d, size_t len)
{
	return len >= TCP_END && load16(d + 12) == 0x0800 && d[IP_AT] == 0x45 &&
	       !(load16(d + IP_FRAGMENT) & 0x3fff) && d[IP_PROTO] == IP_PROTO_TCP;
}

static unsigned header_of(const uint8_t *d)
{
	return TCP_AT + (d[TCP_LEN] >> 4) * 4u;
}

static void leave_sum_open(struct packet *p)
{
	uint32_t sum = IP_PROTO_TCP + (p->len - TCP_AT);

	p->csum = PACKET_CSUM_PARTIAL;
	p->csum_start = TCP_AT;
	p->csum_offset = TCP_SUM_AT - TCP_AT;
	sum = net_sum(sum, p->data + IP_FROM, 8);
	store16(p->data + TCP_SUM_AT, (uint16_t)~net_fold(sum));
}

static void leave(struct netdev *d, struct packet *p)
{
	if (d->features & NETDEV_CSUM && is_tcp(p->data, p->len))
		leave_sum_open(p);
	netdev_transmit(d, p);
}

bool train_waits(void)
{
	return train.packet;
}

void train_leave(void)
{
	struct packet *p = train.packet;

	if (!p)
		return;
	train.packet = NULL;
	if (train.piece && p->len - train.header > train.piece) {
		p->gso_size = (uint16_t)train.piece;
		store16(p->data + IP_LEN, (uint16_t)(p->len - IP_AT));
		store16(p->data + IP_SUM, 0);
		store16(p->data + IP_SUM, net_fold(net_sum(0, p->data + IP_AT, TCP_AT - IP_AT)));
	}
	leave(train.dev, p);
}

/* Is it one that others may follow: a whole segment for who takes trains, or nothing but an acknowledgement? */
static bool can_lead(const struct netdev *d, const struct packet *p)
{
	if (!is_tcp(p->data, p->len) || (p->data[TCP_FLAG] & ~FLAG_PSH) != FLAG_ACK)
		return false;
	return header_of(p->data) == p->len ||
	       (d->features & NETDEV_TSO && p->len == d->mtu + ETH_HLEN);
}

/* One of the same connection, at the train's end, with the same length of headers and the same options? */
static bool same_connection(const struct netdev *d, const struct pbuf *p)
{
	const uint8_t *a = train.packet ? train.packet->data : NULL, *b = p->payload;

	return a && d == train.dev && is_tcp(b, p->len) && header_of(b) == train.header &&
	       p->len >= train.header && !memcmp(a, b, IP_LEN) &&
	       !memcmp(a + IP_FRAGMENT, b + IP_FRAGMENT, IP_SUM - IP_FRAGMENT) &&
	       !memcmp(a + IP_FROM, b + IP_FROM, TCP_SEQ - IP_FROM) &&
	       load32(b + TCP_SEQ) == load32(a + TCP_SEQ) + (train.packet->len - train.header) &&
	       !memcmp(a + TCP_END, b + TCP_END, train.header - TCP_END);
}

/* The next segment of data, that acknowledges nothing new? */
static bool follows(const struct pbuf *p)
{
	const uint8_t *a = train.packet->data, *b = p->payload;
	uint32_t n = p->tot_len - train.header;

	return train.piece && !train.complete && n && n <= train.piece &&
	       train.packet->len + n <= LONGEST &&
	       !memcmp(a + TCP_ACK_AT, b + TCP_ACK_AT, TCP_FLAG - TCP_ACK_AT) &&
	       !(b[TCP_FLAG] & ~(FLAG_ACK | FLAG_PSH | FLAG_FIN)) &&
	       !memcmp(a + TCP_WINDOW, b + TCP_WINDOW, 2);
}

/* Does it say all that a mere acknowledgement before it says, and more? */
static bool overtakes(const struct pbuf *p)
{
	const uint8_t *a = train.packet->data, *b = p->payload;

	return !train.piece && p->tot_len == train.header && b[TCP_FLAG] == FLAG_ACK &&
	       (int32_t)(load32(b + TCP_ACK_AT) - load32(a + TCP_ACK_AT)) > 0;
}

/* Room for a whole train, now that there is a second segment; false: no memory for it. */
static bool lengthen(void)
{
	struct packet *old = train.packet, *p;

	if (old->room >= LONGEST)
		return true;
	p = packet_alloc(LONGEST);
	if (!p)
		return false;
	memcpy(p->data, old->data, old->len);
	p->len = old->len;
	packet_free(old);
	train.packet = p;
	return true;
}

static bool append(const struct pbuf *p)
{
	uint32_t n = p->tot_len - train.header;
	const uint8_t *head = p->payload;

	if (!lengthen())
		return false;
	pbuf_copy_partial(p, train.packet->data + train.packet->len, (u16_t)n, (u16_t)train.header);
	train.packet->len += n;
	train.packet->data[TCP_FLAG] |= head[TCP_FLAG];
	train.complete = n < train.piece || head[TCP_FLAG] & FLAG_FIN;
	return true;
}

static bool board(struct netdev *d, const struct pbuf *p)
{
	if (!same_connection(d, p))
		return false;
	if (follows(p))
		return append(p);
	if (!overtakes(p))
		return false;
	memcpy(train.packet->data, p->payload, train.header);
	return true;
}

bool train_send(struct netdev *d, const struct pbuf *p)
{
	struct packet *out;

	if (board(d, p))
		return true;
	train_leave();
	out = packet_alloc(p->tot_len);
	if (!out)
		return false;
	pbuf_copy_partial(p, out->data, p->tot_len, 0);
	if (!can_lead(d, out)) {
		leave(d, out);
		return true;
	}
	train.packet = out;
	train.dev = d;
	train.header = header_of(out->data);
	train.piece = out->len - train.header;
	train.complete = false;
	return true;
}
