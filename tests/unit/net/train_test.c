/* SPDX-License-Identifier: MIT */
/*
 * Trains: whatever leaves as one large segment is, once cut again, what the stack sent, byte by byte and in order,
 * with good checksums; of acknowledgements only those go missing that a later one says again.
 */
#include "fake.h"
#include "net/train.h"

#include <string.h>

#define HEADER 54
#define MTU    1500
#define MSS    (MTU - 40)

enum { FIN = 1, SYN = 2, PSH = 8, ACK = 16 };

static struct netdev dev = { .name = "test", .mtu = MTU, .up = true };

/* ---- what the stack sends ---- */

struct segment {
	uint16_t port;
	uint32_t seq, ack, len;
	uint16_t window;
	uint8_t flags;
};

static uint8_t byte_at(uint32_t seq)
{
	return (uint8_t)(seq * 7 + (seq >> 8));
}

static void build(uint8_t *f, const struct segment *s)
{
	static const uint8_t addresses[] = { 10, 0, 2, 15, 10, 0, 2, 100 };
	static uint16_t number;

	memset(f, 0, HEADER);
	memset(f, 0x52, 12);
	store16(f + 12, 0x0800);
	f[14] = 0x45;
	store16(f + 16, (uint16_t)(40 + s->len));
	store16(f + 18, number++);
	f[22] = 64;
	f[23] = 6;
	memcpy(f + 26, addresses, sizeof(addresses));
	store16(f + 24, net_fold(net_sum(0, f + 14, 20)));
	store16(f + 34, s->port);
	store16(f + 36, 80);
	store32(f + 38, s->seq);
	store32(f + 42, s->ack);
	f[46] = 5 << 4;
	f[47] = s->flags;
	store16(f + 48, s->window);
	for (uint32_t i = 0; i < s->len; i++)
		f[HEADER + i] = byte_at(s->seq + i);
	if (!(dev.features & NETDEV_CSUM))
		store16(f + 50, net_fold(net_sum(net_sum(6 + 20 + s->len, f + 26, 8), f + 34,
						 20 + s->len)));
}

/* lwIP gives the header in one buffer, and data behind it or in another. */
static void send_segment(const struct segment *s)
{
	static uint8_t frame[HEADER + MSS];
	struct pbuf rest = { .payload = frame + HEADER, .len = (u16_t)s->len };
	struct pbuf p = { .payload = frame, .tot_len = (u16_t)(HEADER + s->len), .len = HEADER };

	build(frame, s);
	rest.tot_len = rest.len;
	if (s->len && s->seq % 3) {
		p.next = &rest;
	} else {
		p.len = p.tot_len;
	}
	assert_true(train_send(&dev, &p));
}

u16_t pbuf_copy_partial(const struct pbuf *p, void *to, u16_t len, u16_t offset)
{
	u16_t done = 0;

	for (; p && done < len; p = p->next) {
		u16_t n;

		if (offset >= p->len) {
			offset -= p->len;
			continue;
		}
		n = min((u16_t)(p->len - offset), (u16_t)(len - done));
		memcpy((char *)to + done, (char *)p->payload + offset, n);
		done += n;
		offset = 0;
	}
	return done;
}

/* ---- what the device gets ---- */

#define MOST 4096

static struct segment got[MOST];
static unsigned got_count, transmitted;

static void check_sums(struct packet *p)
{
	const uint8_t *d = p->data;

	assert_int_equal(net_fold(net_sum(0, d + 14, 20)), 0);
	assert_int_equal(load16(d + 16), p->len - 14);
	if (p->csum == PACKET_CSUM_PARTIAL)
		packet_checksum(p);
	assert_int_equal(net_fold(
				 net_sum(net_sum(6 + p->len - 34, d + 26, 8), d + 34, p->len - 34)),
			 0);
}

static void take(struct netdev *d, struct packet *p)
{
	const uint8_t *f = p->data;
	struct segment *s = &got[got_count++];

	(void)d;
	assert_true(got_count <= MOST && p->len >= HEADER && p->len <= HEADER + MSS);
	check_sums(p);
	*s = (struct segment){ load16(f + 34),	load32(f + 38), load32(f + 42),
			       p->len - HEADER, load16(f + 48), f[47] };
	for (uint32_t i = 0; i < s->len; i++)
		assert_int_equal(f[HEADER + i], byte_at(s->seq + i));
	packet_free(p);
}

void netdev_transmit(struct netdev *d, struct packet *p)
{
	transmitted++;
	if (!p->gso_size) {
		take(d, p);
		return;
	}
	assert_true(d->features & NETDEV_TSO && p->csum == PACKET_CSUM_PARTIAL);
	assert_int_equal(net_fold(net_sum(0, p->data + 14, 20)), 0);
	assert_int_equal(load16(p->data + 16), p->len - 14);
	packet_segment(p, take, d);
}

/* ---- tests ---- */

static void begin(unsigned features)
{
	dev.features = features;
	got_count = transmitted = 0;
}

static void end(void)
{
	train_leave();
	assert_int_equal(fake_pages, 0);
	assert_int_equal(fake_blocks, 0);
}

static const unsigned offloads[] = { 0, NETDEV_CSUM, NETDEV_CSUM | NETDEV_TSO };

static void ten_segments(void **unused)
{
	struct segment s = {
		5000, 0xfffff000u, 1, MSS, 8192, ACK
	}; /* numbers wrap in the middle */

	(void)unused;
	begin(NETDEV_CSUM | NETDEV_TSO);
	for (unsigned i = 0; i < 10; i++, s.seq += s.len) {
		s.len = i == 9 ? 700 : MSS;
		s.flags = i == 9 ? ACK | PSH | FIN : ACK;
		send_segment(&s);
	}
	end();
	assert_int_equal(transmitted, 1);
	assert_int_equal(got_count, 10);
	assert_int_equal(got[0].seq, 0xfffff000u);
	assert_int_equal(got[9].flags, ACK | PSH | FIN);
	assert_int_equal(got[8].flags, ACK);
	assert_int_equal(got[9].len, 700);
}

static void nothing_follows_the_end(void **unused)
{
	struct segment s = { 5000, 100, 1, MSS, 8192, ACK };

	(void)unused;
	begin(NETDEV_CSUM | NETDEV_TSO);
	send_segment(&s);
	s.seq += s.len, s.len = 10;
	send_segment(&s);
	s.seq += s.len, s.len = MSS; /* behind a short one */
	send_segment(&s);
	s.seq += s.len + MSS; /* a hole */
	send_segment(&s);
	s.seq += s.len, s.ack++; /* it says something new */
	send_segment(&s);
	s.seq += s.len, s.window++;
	send_segment(&s);
	s.seq += s.len, s.port++; /* somebody else's */
	send_segment(&s);
	s.flags = SYN, s.len = 0;
	send_segment(&s);
	end();
	assert_int_equal(transmitted, 7);
	assert_int_equal(got_count, 8);
}

static void acknowledgements(void **unused)
{
	struct segment s = { 5000, 100, 1000, 0, 8192, ACK };

	(void)unused;
	for (unsigned f = 0; f < ARRAY_SIZE(offloads); f++) {
		begin(offloads[f]);
		s.ack = 0xffffff00u;
		for (unsigned i = 0; i < 20; i++, s.ack += 100)
			send_segment(&s); /* overtaken */
		s.ack -= 100;
		for (unsigned i = 0; i < 3; i++)
			send_segment(&s); /* repeated: news */
		s.window = 0;
		send_segment(&s);
		s.window = 8192;
		end();
		assert_int_equal(got_count, 5);
		assert_int_equal(got[0].ack, 0xffffff00u + 1900);
		assert_int_equal(got[4].window, 0);
	}
}

/* Anything, with any device: data comes out as it went in. */
static void random_streams(void **unused)
{
	static struct segment sent[MOST];

	(void)unused;
	for (unsigned round = 0; round < 300; round++) {
		struct segment s = { 1000, fake_random(0), fake_random(0), 0, 8192, ACK };
		unsigned data = 0, seen = 0;

		begin(offloads[round % 3]);
		for (unsigned i = 0; i < 100; i++) {
			s.len = fake_random(4) ? MSS : fake_random(MSS + 1);
			s.flags = (uint8_t)(ACK | (fake_random(5) ? 0 : PSH));
			s.ack += fake_random(6) ? 0 : fake_random(5000);
			s.port = (uint16_t)(fake_random(20) ? s.port : 1000 + fake_random(3));
			send_segment(&s);
			if (s.len)
				sent[data++] = s;
			s.seq += s.len + (fake_random(30) ? 0 : 77);
			if (!fake_random(12))
				train_leave();
		}
		end();
		for (unsigned i = 0; i < got_count; i++) {
			if (!got[i].len)
				continue;
			assert_int_equal(got[i].seq, sent[seen].seq);
			assert_int_equal(got[i].len, sent[seen].len);
			assert_int_equal(got[i].ack, sent[seen].ack);
			assert_int_equal(got[i].port, sent[seen].port);
			seen++;
		}
		assert_int_equal(seen, data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_segments),
		cmocka_unit_test(nothing_follows_the_end),
		cmocka_unit_test(acknowledgements),
		cmocka_unit_test(random_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
