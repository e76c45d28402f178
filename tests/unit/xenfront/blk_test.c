/* SPDX-License-Identifier: MIT */
/*
 * The block frontend's data path: an honest backend's data arrives; one that lies in any word of the ring is
 * reported once and given up, and every request ends exactly once.
 */
#include "grants.h"
#include "xenfront/blk.h"

#include <stdlib.h>
#include <string.h>

#define REQUESTS 40 /* more than slots */
#define ROUNDS	 3000

static struct xendev xendev = { .path = (char *)"device/vbd/51712", .peer = 0 };
static struct blkfront f;
static _Alignas(4096) uint8_t ring[4096], data[REQUESTS][4096], disk[REQUESTS][4096];
static struct blkif_back_ring back;
static struct block_request requests[REQUESTS];
static unsigned done[REQUESTS], all_done;
static bool gave_up;

static void give_up(void *front)
{
	struct blkfront *of = front;

	assert_int_equal(of->state, BLK_BROKEN);
	gave_up = true;
	blkfront_ring_stop(of);
	blkfront_ring_fail(of);
}

static void request_done(struct block_request *r)
{
	assert_false(f.lock.held);
	done[r - requests]++;
	all_done++;
}

static void begin(void)
{
	memset(&f, 0, sizeof(f));
	memset(done, 0, sizeof(done));
	memset(requests, 0, sizeof(requests));
	all_done = 0;
	gave_up = false;
	fake_messages = 0;
	fake_give_up = give_up;
	f.xendev = &xendev;
	f.ring_page = ring;
	f.dev.can_flush = f.dev.can_discard = true;
	f.dev.max_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
	f.dev.priv = &f;
	list_init(&f.waiting);
	blkfront_ring_init(&f);
	BACK_RING_INIT(&back, (blkif_sring_t *)ring, 4096);
	blkfront_ring_start(&f);
}

static void submit(unsigned i, enum block_op op)
{
	struct block_request *r = &requests[i];

	*r = (struct block_request){ .op = op, .sector = i * 8, .count = 8, .done = request_done };
	if (op == BLOCK_READ || op == BLOCK_WRITE) {
		r->segments = 1;
		r->segment[0] = (struct block_segment){ data[i], 4096 };
	}
	blkfront_submit(&f.dev, r);
}

/* All of `data` from page `first` on, in one request. */
static void submit_long(unsigned i, enum block_op op, unsigned first)
{
	struct block_request *r = &requests[i];

	*r = (struct block_request){ .op = op, .sector = first * 8, .done = request_done };
	r->segments = BLOCK_SEGMENTS;
	r->count = r->segments * 8;
	for (unsigned n = 0; n < r->segments; n++)
		r->segment[n] = (struct block_segment){ data[first + n], 4096 };
	blkfront_submit(&f.dev, r);
}

static void finish(void)
{
	fake_let_go();
	assert_int_equal(fake_grants, 0);
	for (unsigned i = 0; i < REQUESTS; i++)
		assert_int_equal(done[i], 1);
}

static void answer(uint64_t id, uint8_t operation, int16_t status)
{
	*RING_GET_RESPONSE(&back, back.rsp_prod_pvt++) =
		(blkif_response_t){ .id = id, .operation = operation, .status = status };
}

static void push(void)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&back, notify);
	(void)notify;
	blkfront_event(&f);
}

static void serve_one(void)
{
	blkif_request_t q = *RING_GET_REQUEST(&back, back.req_cons++);
	unsigned segments = q.operation <= BLKIF_OP_WRITE ? q.nr_segments : 0;

	for (unsigned i = 0; i < segments; i++) {
		uint8_t *page = fake_grant_page(q.seg[i].gref), *at = disk[q.sector_number / 8 + i];

		assert_int_equal(q.seg[i].first_sect, 0);
		assert_int_equal(q.seg[i].last_sect, 7);
		if (q.operation == BLKIF_OP_READ)
			memcpy(page, at, 4096);
		else
			memcpy(at, page, 4096);
	}
	answer(q.id, q.operation, BLKIF_RSP_OKAY);
}

static void honest(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < REQUESTS; i++) {
		memset(disk[i], 2 * i, 4096);
		memset(data[i], 2 * i + 1, 4096);
		submit(i, i % 2 ? BLOCK_WRITE : BLOCK_READ);
	}
	while (all_done < REQUESTS) {
		while (back.req_cons != back.sring->req_prod)
			serve_one();
		push();
	}
	for (unsigned i = 0; i < REQUESTS; i++) {
		assert_int_equal(requests[i].error, 0);
		assert_int_equal(disk[i][4095], data[i][4095]);
		assert_int_equal(data[i][0], i % 2 ? 2 * i + 1 : 2 * i);
	}
	assert_int_equal(fake_messages, 0);
	finish();
}

static void serve_all(void)
{
	while (back.req_cons != back.sring->req_prod) {
		serve_one();
		push();
	}
}

/* Requests that were made for a backend of long lists go to one of short lists, which came in its place, in parts. */
static void long_lists_end(void **state)
{
	static uint8_t lists[BLK_SLOTS][4096];

	(void)state;
	begin();
	for (unsigned i = 2; i < REQUESTS; i++)
		done[i] = 1;
	f.dev.max_segments = BLOCK_SEGMENTS;
	for (unsigned i = 0; i < BLK_SLOTS; i++)
		f.slots[i].indirect = (void *)lists[i];
	for (unsigned i = 0; i < REQUESTS; i++) {
		memset(disk[i], 0x80 + (int)i, 4096);
		memset(data[i], (int)i, 4096);
	}
	submit_long(0, BLOCK_WRITE, 3);
	assert_int_equal(RING_GET_REQUEST(&back, 0)->operation, BLKIF_OP_INDIRECT);

	blkfront_ring_stop(&f);
	for (unsigned i = 0; i < BLK_SLOTS; i++)
		f.slots[i].indirect = NULL;
	f.dev.max_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
	blkfront_ring_init(&f);
	BACK_RING_INIT(&back, (blkif_sring_t *)ring, 4096);
	blkfront_ring_start(&f);
	serve_all();
	assert_int_equal(back.req_cons, 3); /* 11 + 11 + 10 */
	for (unsigned i = 0; i < REQUESTS; i++)
		assert_int_equal(disk[i][4095], i >= 3 && i < 3 + BLOCK_SEGMENTS ? i : 0x80 + i);

	memset(data, 0, sizeof(data));
	submit_long(1, BLOCK_READ, 3);
	serve_all();
	assert_memory_equal(data[3], disk[3], BLOCK_SEGMENTS * 4096);
	assert_int_equal(requests[0].error | requests[1].error, 0);
	assert_int_equal(fake_messages, 0);
	finish();
}

/* One lie each, told after one honest answer while 31 requests are under way. */
static void lie_is_noticed(void (*lie)(void))
{
	unsigned failed = 0;

	begin();
	for (unsigned i = 0; i < REQUESTS; i++)
		submit(i, i % 2 ? BLOCK_WRITE : BLOCK_READ);
	serve_one();
	push();
	lie();
	push();
	push(); /* and is not listened to again */
	assert_int_equal(f.state, BLK_BROKEN);
	assert_int_equal(fake_messages, 1);
	fake_run_deferred();
	assert_true(gave_up);
	for (unsigned i = 0; i < REQUESTS; i++)
		failed += requests[i].error == -EIO;
	assert_true(failed >= REQUESTS - 2);
	finish();
}

static void bad_id(void)
{
	answer(BLK_SLOTS, BLKIF_OP_READ, BLKIF_RSP_OKAY);
}

static void huge_id(void)
{
	answer(~0ull, BLKIF_OP_READ, BLKIF_RSP_OKAY);
}

static void other_operation(void)
{
	answer(RING_GET_REQUEST(&back, back.req_cons)->id, BLKIF_OP_DISCARD, BLKIF_RSP_OKAY);
}

static void too_many(void)
{
	back.rsp_prod_pvt += 33;
}

static void backwards(void)
{
	back.rsp_prod_pvt -= 1;
}

static void lies(void **state)
{
	(void)state;
	lie_is_noticed(bad_id);
	lie_is_noticed(huge_id);
	lie_is_noticed(other_operation);
	lie_is_noticed(too_many);
	lie_is_noticed(backwards);
}

static void an_id_twice(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < REQUESTS; i++)
		done[i] = i > 1;
	submit(0, BLOCK_READ);
	submit(1, BLOCK_READ);
	serve_one();
	answer(0, BLKIF_OP_READ, BLKIF_RSP_OKAY);
	push();
	assert_int_equal(f.state, BLK_BROKEN);
	assert_int_equal(fake_messages, 1);
	fake_run_deferred();
	assert_int_equal(requests[0].error, 0);
	assert_int_equal(requests[1].error, -EIO);
	finish();
}

/* Whatever it says about a request's end is the request's error, no more. */
static void any_status(void **state)
{
	static const struct {
		int16_t status;
		int error;
	} known[] = { { 0, 0 }, { -1, -EIO }, { -2, -EOPNOTSUPP }, { 1, -EIO }, { 0x7fff, -EIO } };

	(void)state;
	for (unsigned k = 0; k < ARRAY_SIZE(known); k++) {
		begin();
		for (unsigned i = 1; i < REQUESTS; i++)
			done[i] = 1;
		submit(0, BLOCK_READ);
		answer(0, BLKIF_OP_READ, known[k].status);
		push();
		assert_int_equal(requests[0].error, known[k].error);
		assert_int_equal(f.state, BLK_CONNECTED);
		finish();
	}
}

/* Words of the ring change at random, pages are held. */
static void noise(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned next = 0;

		begin();
		for (unsigned turn = 0; turn < 60; turn++) {
			if (next < REQUESTS && fake_random(2))
				submit(next++, fake_random(4));
			else if (next < REQUESTS && fake_random(2))
				submit_long(next++, fake_random(2), 0);
			fake_holds[fake_random(GRANTS)] = true;
			if (fake_random(8))
				answer(fake_random(BLK_SLOTS + 1), (uint8_t)fake_random(6),
				       (int16_t)fake_random(65536));
			if (!fake_random(16))
				((uint32_t *)ring)[fake_random(1024)] = fake_random(~0u);
			push();
			if (fake_random(2))
				fake_run_deferred();
		}
		fake_run_deferred();
		while (next < REQUESTS)
			submit(next++, BLOCK_READ);
		blkfront_ring_stop(&f);
		blkfront_ring_fail(&f);
		assert_true(fake_messages <= 1);
		finish();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest),     cmocka_unit_test(long_lists_end),
		cmocka_unit_test(lies),	      cmocka_unit_test(an_id_twice),
		cmocka_unit_test(any_status), cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
