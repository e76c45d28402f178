/* SPDX-License-Identifier: MIT */
/*
 * The network backend's data path: packets of an honest guest arrive whole and in order, both ways; a rate
 * holds; a guest that breaks the rules is given up, and nothing is left over.
 */
#include "fake.h"
#include "xenback/net.h"

#include <string.h>

#define PACKETS	   3000
#define TX_PAGES   32 /* the guest's pages 0..31 are for sending, the others for receiving */
#define PERIOD_US  50000u
#define RATE_BYTES 10000u

static struct xendev xendev = { .path = (char *)"backend/vif/1/0", .peer = 1 };
static struct netback b;
static _Alignas(4096) uint8_t tx_page[4096], rx_page[4096];
static struct netif_tx_front_ring tx;
static struct netif_rx_front_ring rx;
static unsigned turns;

static void begin(void)
{
	netif_tx_sring_t *t = (void *)tx_page;
	netif_rx_sring_t *r = (void *)rx_page;

	memset(&b, 0, sizeof(b));
	SHARED_RING_INIT(t);
	SHARED_RING_INIT(r);
	FRONT_RING_INIT(&tx, t, 4096);
	FRONT_RING_INIT(&rx, r, 4096);
	BACK_RING_INIT(&b.tx, t, 4096);
	BACK_RING_INIT(&b.rx, r, 4096);
	for (unsigned i = 0; i < GUEST_PAGES; i++) {
		fake_granted[i] = true;
		fake_readonly[i] = i < TX_PAGES;
	}
	b.xendev = &xendev;
	b.dev.priv = &b;
	b.dev.up = true;
	b.dev.mtu = 12100;
	b.dev.ops = &netback_ops;
	list_init(&b.queue);
	b.port = 1;
	b.can_sg = b.can_gso = b.can_csum = true;
	assert_int_equal(netback_start(&b), 0);
}

static void end(void)
{
	b.stopped = true;
	netback_stop(&b);
	assert_int_equal(fake_pages, 0);
	assert_int_equal(fake_blocks, 0);
}

/* ---- what the guest sends ---- */

static uint32_t sent, received, answered;
static unsigned tx_free[TX_PAGES], tx_free_count;

/* A packet says its number and its length, and every byte follows from the number. */
static uint8_t byte_of(uint32_t number, uint32_t at)
{
	return (uint8_t)(number * 31 + at * 7);
}

static uint32_t length_of(uint32_t number)
{
	return number % 5 == 4 ? 60 + number * 97 % 12000 : 60 + number * 13 % 1455;
}

static bool send_packet(uint32_t number)
{
	uint32_t len = length_of(number), at = 0, parts = len / 4096 + 1;

	if (tx_free_count < parts || RING_FREE_REQUESTS(&tx) < parts)
		return false;
	for (unsigned i = 0; at < len; i++) {
		netif_tx_request_t *q = RING_GET_REQUEST(&tx, tx.req_prod_pvt++);
		unsigned page = tx_free[--tx_free_count];
		/* Not all of a page, and not at its start, where that still fits. */
		uint32_t most = len - at > 4096 ? 4096 : len - at;
		uint32_t offset = most < 4096 ? fake_random(4096 - most) : 0;

		for (uint32_t j = 0; j < most; j++)
			fake_guest[page][offset + j] = byte_of(number, at + j);
		*q = (netif_tx_request_t){ .gref = page,
					   .offset = (uint16_t)offset,
					   .id = (uint16_t)page,
					   .size = (uint16_t)(i ? most : len) };
		at += most;
		if (at < len)
			q->flags = NETTXF_more_data;
	}
	return true;
}

static void take_tx_answers(void)
{
	while (tx.rsp_cons != tx.sring->rsp_prod) {
		const netif_tx_response_t *r = RING_GET_RESPONSE(&tx, tx.rsp_cons++);

		assert_int_equal(r->status, NETIF_RSP_OKAY);
		tx_free[tx_free_count++] = r->id;
		answered++;
	}
}

static void check_received(struct packet *p)
{
	assert_int_equal(p->len, length_of(received));
	for (uint32_t i = 0; i < p->len; i++)
		assert_int_equal(p->data[i], byte_of(received, i));
	received++;
	packet_free(p);
}

static void push_tx(void)
{
	int notify;

	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&tx, notify);
	if (notify)
		netback_event(&b);
}

static void sending_turn(void)
{
	take_tx_answers();
	while (sent < PACKETS && fake_random(8) && send_packet(sent))
		sent++;
	push_tx();
	assert_true(turns++ < 100 * PACKETS);
	if (received == PACKETS)
		b.stop = true;
}

static void start_sending(void)
{
	begin();
	sent = received = answered = turns = 0;
	tx_free_count = 0;
	for (unsigned i = 0; i < TX_PAGES; i++)
		tx_free[tx_free_count++] = i;
	fake_receive = check_received;
}

static void guest_sends(void **state)
{
	(void)state;
	start_sending();
	fake_turn = sending_turn;
	fake_run_thread();
	take_tx_answers();
	assert_int_equal(tx_free_count, TX_PAGES);
	end();
}

/* ---- what it should not send ---- */

/* One packet of one page, to be cut into pieces of so many bytes (0: not at all); how it was answered. */
static int16_t send_sized(uint16_t len, uint16_t piece)
{
	netif_tx_request_t *q = RING_GET_REQUEST(&tx, tx.req_prod_pvt++);
	unsigned slots = piece ? 2 : 1;
	int16_t status;

	*q = (netif_tx_request_t){ .size = len, .flags = piece ? NETTXF_extra_info : 0 };
	if (piece) {
		netif_extra_info_t *e = (void *)RING_GET_REQUEST(&tx, tx.req_prod_pvt++);

		*e = (netif_extra_info_t){ .type = XEN_NETIF_EXTRA_TYPE_GSO };
		e->u.gso.size = piece;
		e->u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
	}
	push_tx();
	netback_take(&b);
	assert_int_equal(tx.sring->rsp_prod - tx.rsp_cons, slots);
	status = RING_GET_RESPONSE(&tx, tx.rsp_cons)->status;
	tx.rsp_cons += slots;
	return status;
}

static uint16_t piece_received;

static void note_piece(struct packet *p)
{
	piece_received = p->gso_size;
	packet_free(p);
}

/* Crumbs, and frames that nobody behind the bridge expects: dropped and said, and the next one is served. */
static void sizes_that_cannot_be(void **state)
{
	(void)state;
	begin();
	b.dev.mtu = 1500;
	fake_receive = note_piece;
	fake_messages = 0;
	assert_int_equal(send_sized(4000, 1), NETIF_RSP_ERROR);
	assert_int_equal(send_sized(4000, 47), NETIF_RSP_ERROR);
	assert_int_equal(send_sized(4000, 0), NETIF_RSP_ERROR);
	assert_int_equal(send_sized(1519, 0), NETIF_RSP_ERROR);
	assert_int_equal(fake_messages, 4);
	assert_int_equal(send_sized(1518, 0), NETIF_RSP_OKAY);
	assert_int_equal(send_sized(4000, 48), NETIF_RSP_OKAY);
	assert_int_equal(piece_received, 48);
	end();
}

/* Large packets for one that takes nothing: what waits is bounded by its memory, not only by its number. */
static void queue_of_large_ones(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < QUEUE_MOST; i++)
		netback_ops.transmit(&b.dev, packet_alloc(PACKET_MOST));
	assert_in_range(b.queued, 1, QUEUE_BYTES / PACKET_MOST);
	assert_int_equal(b.dev.stats.tx_dropped, QUEUE_MOST - b.queued);
	end();
	assert_int_equal(b.queued_bytes, 0);
}

/* ---- the rate ---- */

static uint64_t bytes_in, rate_began;

static void count_received(struct packet *p)
{
	bytes_in += p->len;
	check_received(p);
}

static void rate_holds(void **state)
{
	uint64_t periods;

	(void)state;
	start_sending();
	b.rate_bytes = RATE_BYTES;
	b.rate_usecs = PERIOD_US;
	b.credit = RATE_BYTES;
	b.refilled = rate_began = fake_now;
	bytes_in = 0;
	fake_receive = count_received;
	fake_turn = sending_turn;
	fake_run_thread();
	take_tx_answers();
	periods = (fake_now - rate_began) / (PERIOD_US * 1000ull) + 1;
	/* A packet that is larger than the allowance may go over it. */
	assert_true(bytes_in <= periods * (RATE_BYTES + 12060));
	assert_true(bytes_in >= periods * RATE_BYTES / 4);
	end();
}

/* ---- what the guest gets ---- */

static uint32_t given, got;
static unsigned rx_left;

static void offer_pages(void)
{
	int notify;

	while (rx_left && RING_FREE_REQUESTS(&rx)) {
		netif_rx_request_t *q = RING_GET_REQUEST(&rx, rx.req_prod_pvt);

		q->id = (uint16_t)(rx.req_prod_pvt % 32);
		q->gref = TX_PAGES + q->id;
		rx.req_prod_pvt++;
		rx_left--;
	}
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&rx, notify);
	if (notify)
		netback_event(&b);
}

static bool expects_gso(uint32_t number)
{
	return length_of(number) > 1514;
}

static void take_rx_answers(void)
{
	while (rx.rsp_cons != rx.sring->rsp_prod) {
		uint32_t at = 0;
		uint16_t flags;

		do {
			const netif_rx_response_t *r;

			assert_true(rx.rsp_cons != rx.sring->rsp_prod);
			r = RING_GET_RESPONSE(&rx, rx.rsp_cons++);
			flags = r->flags;
			rx_left++;
			assert_true(r->status > 0 && r->status <= 4096);
			for (int j = 0; j < r->status; j++)
				assert_int_equal(fake_guest[TX_PAGES + r->id][j],
						 byte_of(got, at + (uint32_t)j));
			if (!at && expects_gso(got)) {
				const struct netif_extra_info *e;

				assert_true(flags & NETRXF_extra_info);
				e = (const void *)RING_GET_RESPONSE(&rx, rx.rsp_cons++);
				rx_left++;
				assert_int_equal(e->type, XEN_NETIF_EXTRA_TYPE_GSO);
				assert_int_equal(e->u.gso.size, 1448);
			}
			at += (uint32_t)r->status;
		} while (flags & NETRXF_more_data);
		assert_int_equal(at, length_of(got));
		got++;
	}
	rx.sring->rsp_event = rx.rsp_cons + 1;
}

static void give(uint32_t number)
{
	struct packet *p = packet_alloc(length_of(number));

	for (uint32_t i = 0; i < p->len; i++)
		p->data[i] = byte_of(number, i);
	if (expects_gso(number))
		p->gso_size = 1448;
	b.dev.ops->transmit(&b.dev, p);
}

static void receiving_turn(void)
{
	/* Sometimes the guest is away for a while. */
	if (fake_random(3))
		take_rx_answers();
	if (fake_random(3))
		offer_pages();
	while (given < PACKETS && given - got < 100 && fake_random(6))
		give(given++);
	assert_true(turns++ < 100 * PACKETS);
	if (got == PACKETS)
		b.stop = true;
}

static void guest_gets(void **state)
{
	(void)state;
	begin();
	given = got = turns = 0;
	rx_left = 32;
	fake_turn = receiving_turn;
	fake_run_thread();
	assert_int_equal(b.dev.stats.tx_dropped, 0);
	end();
}

static void idle_turn(void)
{
	b.stop = true;
}

/* A guest that takes nothing: as many packets wait as may, the others are dropped and counted. */
static void guest_takes_nothing(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < QUEUE_MOST + 50; i++)
		give(0);
	assert_int_equal(b.queued, QUEUE_MOST);
	assert_int_equal(b.dev.stats.tx_dropped, 50);
	fake_turn = idle_turn;
	fake_run_thread();
	end();
}

/* ---- chains that are wrong ---- */

static int16_t first_status;
static unsigned got_packets;

static void count_packet(struct packet *p)
{
	got_packets++;
	packet_free(p);
}

/* Chain of these slots; true: the ring was given up. */
static bool chain(const netif_tx_request_t *slots, unsigned count)
{
	bool broken;

	begin();
	got_packets = 0;
	fake_receive = count_packet;
	for (unsigned i = 0; i < count; i++)
		*RING_GET_REQUEST(&tx, tx.req_prod_pvt++) = slots[i];
	push_tx();
	fake_turn = idle_turn;
	b.kicked = true;
	fake_run_thread();
	first_status = RING_GET_RESPONSE(&tx, 0)->status;
	broken = b.broken;
	if (!broken)
		assert_int_equal(tx.sring->rsp_prod, count);
	end();
	return broken;
}

static void wrong_chains(void **state)
{
	netif_tx_request_t s[NET_SLOTS + 2] = { { .gref = 1, .size = 100 } };

	(void)state;
	assert_false(chain(s, 1));
	assert_int_equal(first_status, NETIF_RSP_OKAY);
	assert_int_equal(got_packets, 1);
	s[0].size = 13; /* not even a header */
	assert_false(chain(s, 1));
	assert_int_equal(first_status, NETIF_RSP_ERROR);
	s[0].size = 0;
	assert_false(chain(s, 1));
	assert_int_equal(first_status, NETIF_RSP_ERROR);
	s[0].size = 100;
	s[0].offset = 4000; /* beyond the page */
	assert_false(chain(s, 1));
	assert_int_equal(first_status, NETIF_RSP_ERROR);
	s[0].offset = 0xffff;
	assert_false(chain(s, 1));
	assert_int_equal(first_status, NETIF_RSP_ERROR);
	s[0] = (netif_tx_request_t){ .gref = 1000000, .size = 100 };
	assert_false(chain(s, 1));
	assert_int_equal(first_status, NETIF_RSP_ERROR);
	s[0] = (netif_tx_request_t){ .gref = 1, .size = 100, .flags = NETTXF_more_data };
	assert_true(chain(s, 1)); /* ends in the middle */
	s[1] = (netif_tx_request_t){ .gref = 2, .size = 200 };
	assert_false(chain(s, 2)); /* the parts are more than the whole */
	assert_int_equal(first_status, NETIF_RSP_ERROR);
	s[1].size = 0;
	assert_false(chain(s, 2));
	assert_int_equal(first_status, NETIF_RSP_ERROR);
	s[0].flags = NETTXF_extra_info;
	assert_true(chain(s, 1)); /* the extra slot is not there */
	s[1] = (netif_tx_request_t){ .gref = 0xff };
	assert_false(chain(s, 2)); /* an extra of an unknown kind */
	assert_int_equal(first_status, NETIF_RSP_ERROR);
	for (unsigned i = 0; i < NET_SLOTS + 2; i++)
		s[i] = (netif_tx_request_t){ .gref = 1, .size = 60000, .flags = NETTXF_more_data };
	assert_true(chain(s, NET_SLOTS + 2)); /* without an end */
}

/* ---- a hostile guest ---- */

static void hostile_turn(void)
{
	for (unsigned i = 0; i < 20; i++) {
		tx_page[64 + fake_random(4096 - 64)] = (uint8_t)fake_random(256);
		rx_page[64 + fake_random(4096 - 64)] = (uint8_t)fake_random(256);
	}
	for (unsigned i = 0; i < 4; i++) { /* and some that are nearly right */
		netif_tx_request_t *q = RING_GET_REQUEST(&tx, fake_random(256));

		*q = (netif_tx_request_t){ .gref = fake_random(GUEST_PAGES + 2),
					   .offset = (uint16_t)fake_random(4200),
					   .size = (uint16_t)fake_random(5000),
					   .flags = (uint16_t)fake_random(16) };
	}
	tx.sring->req_prod += fake_random(4);
	rx.sring->req_prod += fake_random(4);
	if (fake_random(100) == 0)
		tx.sring->req_prod = fake_random(0xffffffff);
	if (fake_random(100) == 0)
		rx.sring->rsp_prod = fake_random(0xffffffff);
	fake_granted[fake_random(GUEST_PAGES)] ^= true;
	if (fake_random(2))
		give(fake_random(1000));
	netback_event(&b);
	if (!turns--)
		b.stop = true;
}

static void hostile(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		begin();
		fake_receive = count_packet;
		turns = 300;
		fake_turn = hostile_turn;
		fake_run_thread();
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guest_sends),		cmocka_unit_test(rate_holds),
		cmocka_unit_test(guest_gets),		cmocka_unit_test(guest_takes_nothing),
		cmocka_unit_test(wrong_chains),		cmocka_unit_test(hostile),
		cmocka_unit_test(sizes_that_cannot_be), cmocka_unit_test(queue_of_large_ones),
	};

	return cmocka_run_group_tests_name("netback", tests, NULL, NULL);
}
