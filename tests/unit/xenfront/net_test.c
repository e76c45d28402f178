/* SPDX-License-Identifier: MIT */
/*
 * The network frontend's data path: an honest backend's packets arrive whole, those sent come out whole; one that
 * lies is reported once and given up, and no page or grant is lost, whatever it holds on to.
 */
#include "grants.h"
#include "xenfront/net.h"

#include <string.h>

#define PACKETS 1000
#define ROUNDS	1000

static struct xendev xendev = { .path = (char *)"device/vif/0", .peer = 0 };
static struct netfront f;
static _Alignas(4096) uint8_t tx_page[4096], rx_page[4096];
static struct netif_tx_back_ring tx;
static struct netif_rx_back_ring rx;
static unsigned arrived;
static uint32_t expected; /* the length of what arrives; 0: anything */
static bool gave_up;

static void give_up(void *front)
{
	assert_true(((struct netfront *)front)->broken);
	gave_up = true;
	netfront_ring_stop(front);
}

static void arrive(struct packet *p)
{
	uint32_t sum = 0;

	assert_true(p->len >= ETH_HLEN && p->len <= PACKET_MOST);
	for (uint32_t i = 0; i < p->len; i++) {
		sum += p->data[i]; /* all of it is there: the address sanitizer looks */
		if (expected)
			assert_int_equal(p->data[i], (uint8_t)(arrived + i));
	}
	(void)sum;
	if (expected)
		assert_int_equal(p->len, expected);
	arrived++;
	packet_free(p);
}

static void begin(void)
{
	memset(&f, 0, sizeof(f));
	fake_messages = 0;
	fake_give_up = give_up;
	fake_receive = arrive;
	arrived = expected = 0;
	gave_up = false;
	f.xendev = &xendev;
	f.dev.priv = &f;
	f.tx_page = tx_page;
	f.rx_page = rx_page;
	netfront_ring_init(&f);
	BACK_RING_INIT(&tx, (netif_tx_sring_t *)tx_page, 4096);
	BACK_RING_INIT(&rx, (netif_rx_sring_t *)rx_page, 4096);
	netfront_ring_start(&f);
}

static void finish(void)
{
	fake_run_deferred();
	if (f.connected)
		netfront_ring_stop(&f);
	fake_let_go();
	assert_int_equal(fake_grants, 0);
	assert_int_equal(fake_pages, 0);
	assert_int_equal(fake_blocks, 0);
}

static void push(void)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&tx, notify);
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&rx, notify);
	(void)notify;
	netfront_event(&f);
}

static void send(uint32_t len, unsigned number)
{
	struct packet *p = packet_alloc(len);

	for (uint32_t i = 0; i < len; i++)
		p->data[i] = (uint8_t)(number + i);
	netfront_ops.transmit(&f.dev, p);
}

/* Takes one packet off the ring as a backend does: the first slot has the whole length, the last has no more. */
static uint32_t take(unsigned number)
{
	uint32_t total = 0, at = 0, rest, i = 0;
	netif_tx_request_t q;

	do {
		const uint8_t *page;

		q = *RING_GET_REQUEST(&tx, tx.req_cons++);
		page = fake_grant_page(q.gref);
		if (!i++)
			total = q.size;
		/* Of the first slot: what the page still has, or the whole packet. */
		rest = i == 1 && q.flags & NETTXF_more_data ? 4096u - q.offset : q.size;
		for (uint32_t j = 0; j < rest; j++)
			assert_int_equal(page[q.offset + j], (uint8_t)(number + at + j));
		at += rest;
		*RING_GET_RESPONSE(&tx, tx.rsp_prod_pvt++) =
			(netif_tx_response_t){ .id = q.id, .status = NETIF_RSP_OKAY };
	} while (q.flags & NETTXF_more_data);
	assert_int_equal(at, total);
	return total;
}

static void sends(void **state)
{
	(void)state;
	begin();
	for (unsigned n = 0; n < PACKETS; n++) {
		uint32_t len = 60 + n * 97 % 20000;

		send(len, n);
		assert_int_equal(take(n), len);
		push();
	}
	assert_int_equal(f.dev.stats.tx_errors + f.dev.stats.tx_dropped, 0);
	assert_int_equal(fake_messages, 0);
	finish();
}

static netif_rx_response_t *fill(uint16_t offset, int16_t status, uint16_t flags)
{
	netif_rx_request_t q = *RING_GET_REQUEST(&rx, rx.req_cons++);
	netif_rx_response_t *r = RING_GET_RESPONSE(&rx, rx.rsp_prod_pvt++);

	*r = (netif_rx_response_t){
		.id = q.id, .offset = offset, .status = status, .flags = flags
	};
	return r;
}

/* In pages of 1000 bytes each. */
static void give(uint32_t len, unsigned number)
{
	for (uint32_t at = 0; at < len; at += 1000) {
		uint32_t part = len - at < 1000 ? len - at : 1000;
		uint8_t *page = fake_grant_page(RING_GET_REQUEST(&rx, rx.req_cons)->gref);

		for (uint32_t i = 0; i < part; i++)
			page[i + 5] = (uint8_t)(number + at + i);
		(void)fill(5, (int16_t)part, at + part < len ? NETRXF_more_data : 0);
	}
}

static void receives(void **state)
{
	(void)state;
	begin();
	for (unsigned n = 0; n < PACKETS; n++) {
		expected = 60 + n * 97 % 17000;
		give(expected, n);
		push();
		assert_int_equal(arrived, n + 1);
	}
	assert_int_equal(fake_messages, 0);
	finish();
}

/* ---- lies ---- */

static void sent_nothing(void)
{
	*RING_GET_RESPONSE(&tx, tx.rsp_prod_pvt++) = (netif_tx_response_t){ .id = 200 };
}

static void sent_huge_id(void)
{
	*RING_GET_RESPONSE(&tx, tx.rsp_prod_pvt++) = (netif_tx_response_t){ .id = 0xffff };
}

static void sent_twice(void)
{
	uint16_t id = RING_GET_REQUEST(&tx, tx.req_cons)->id;

	for (unsigned i = 0; i < 2; i++)
		*RING_GET_RESPONSE(&tx, tx.rsp_prod_pvt++) = (netif_tx_response_t){ .id = id };
}

static void sent_too_much(void)
{
	tx.rsp_prod_pvt += NET_RING + 1;
}

static void filled_huge_id(void)
{
	fill(0, 100, 0)->id = NET_RING;
}

static void filled_twice(void)
{
	uint16_t id = fill(0, 100, 0)->id;

	fill(0, 100, 0)->id = id;
}

static void ends_in_the_middle(void)
{
	(void)fill(0, 100, NETRXF_more_data);
}

static void no_extra(void)
{
	(void)fill(0, 100, NETRXF_extra_info);
}

static void filled_backwards(void)
{
	rx.rsp_prod_pvt--;
}

static void lies(void **state)
{
	static void (*const all[])(void) = {
		sent_nothing, sent_huge_id,	  sent_twice, sent_too_much,	filled_huge_id,
		filled_twice, ends_in_the_middle, no_extra,   filled_backwards,
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
		begin();
		for (unsigned n = 0; n < 3; n++)
			send(6000, n);
		all[i]();
		push();
		push();
		assert_true(f.broken);
		assert_int_equal(fake_messages, 1);
		fake_run_deferred();
		assert_true(gave_up && !f.connected);
		finish();
	}
}

/* Wrong, but only for one packet: it is dropped and counted. */
static void bad_packets(void **state)
{
	static const struct {
		uint16_t offset;
		int16_t status;
	} bad[] = { { 0, 0 },	 { 0, -1 },	  { 0, 4097 },	 { 4096, 1 },
		    { 1, 4096 }, { 0xffff, 100 }, { 0, -32768 }, { 0, 13 } };

	(void)state;
	begin();
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		(void)fill(bad[i].offset, bad[i].status, 0);
	push();
	for (unsigned i = 0; i < 2 * NET_SLOTS; i++)
		(void)fill(0, 4096, i < 2 * NET_SLOTS - 1 ? NETRXF_more_data : 0);
	push();
	assert_int_equal(f.dev.stats.rx_errors, ARRAY_SIZE(bad) + 1);
	assert_int_equal(arrived, 0);
	expected = 500;
	give(500, 0);
	push();
	assert_int_equal(arrived, 1);
	assert_int_equal(fake_messages, 0);
	finish();
}

static void noise(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		begin();
		for (unsigned turn = 0; turn < 40; turn++) {
			if (f.connected && fake_random(2))
				send(60 + fake_random(9000), turn);
			fake_holds[fake_random(GRANTS)] = true;
			if (fake_random(2) && tx.rsp_prod_pvt != tx.sring->req_prod)
				*RING_GET_RESPONSE(&tx, tx.rsp_prod_pvt++) = (netif_tx_response_t){
					.id = (uint16_t)fake_random(40),
					.status = (int16_t)fake_random(65536)
				};
			if (fake_random(4))
				(void)fill((uint16_t)fake_random(5000), (int16_t)fake_random(5000),
					   (uint16_t)fake_random(16));
			if (!fake_random(32))
				((uint32_t *)(fake_random(2) ? tx_page
							     : rx_page))[fake_random(1024)] =
					fake_random(~0u);
			push();
			if (fake_random(2))
				fake_run_deferred();
		}
		assert_true(fake_messages <= 1);
		finish();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends),       cmocka_unit_test(receives), cmocka_unit_test(lies),
		cmocka_unit_test(bad_packets), cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
