/* SPDX-License-Identifier: MIT */
/*
 * The block backend's data path against guests that keep to the rules and guests that do not, in both layouts
 * of the ring.
 *
 * The honest guest is checked against a model of its disk. The hostile one changes anything that it shares, at
 * any time; what counts then is that the backend ends in good order: every page given back, every job
 * answered or dropped, nothing outside the granted pages touched (the address sanitizer looks).
 */
#include "fake.h"
#include "xenback/blk.h"

#include <stdlib.h>
#include <string.h>

#define DISK_SECTORS 256
#define ROUNDS	     20000

static uint8_t disk[DISK_SECTORS * 512], model[DISK_SECTORS * 512];
static struct blockdev dev = { .name = "fake", .sectors = DISK_SECTORS };
static struct xendev xendev = { .path = (char *)"backend/vbd/1/51712", .peer = 1 };
static struct blkback b;
static _Alignas(4096) uint8_t ring[4096];
static unsigned flushed;

/* ---- the disk: keeps requests for a while and ends them in any order ---- */

static struct block_request *pending[BLK_JOBS];
static unsigned pending_count;

static void submit(struct block_request *r)
{
	assert_true(pending_count < BLK_JOBS);
	pending[pending_count++] = r;
}

static int do_request(struct block_request *r)
{
	uint64_t at = r->sector;

	flushed += r->op == BLOCK_FLUSH;
	if (r->op != BLOCK_READ && r->op != BLOCK_WRITE)
		return 0;
	for (unsigned i = 0; i < r->segments; i++) {
		uint32_t sectors = r->segment[i].len / 512;

		if (at >= DISK_SECTORS || DISK_SECTORS - at < sectors)
			return -EIO;
		if (r->op == BLOCK_READ)
			memcpy(r->segment[i].va, disk + at * 512, r->segment[i].len);
		else
			memcpy(disk + at * 512, r->segment[i].va, r->segment[i].len);
		at += sectors;
	}
	return 0;
}

static void end_one(void)
{
	unsigned i = fake_random(pending_count);
	struct block_request *r = pending[i];

	pending[i] = pending[--pending_count];
	r->error = do_request(r);
	r->done(r);
}

static int flush(void)
{
	assert_int_equal(pending_count, 0); /* a barrier: all before it is done */
	flushed++;
	return 0;
}

static int write_through(uint64_t sector, const void *va, size_t len)
{
	if (sector * 512 + len > sizeof(disk))
		return -EIO;
	memcpy(disk + sector * 512, va, len);
	return 0;
}

/* ---- the guest's side of the ring ---- */

struct layout {
	bool is_64;
	unsigned slot, id, sector, segments; /* offsets within a slot */
	unsigned indirect_pages, response_status, response_id;
};

static const struct layout layouts[] = {
	{ false, 108, 4, 12, 20, 24, 10, 0 },
	{ true, 112, 8, 16, 24, 28, 10, 0 },
};
static const struct layout *l;
static RING_IDX req_prod, rsp_cons;

static blkif_sring_t *shared(void)
{
	return (void *)ring;
}

static uint8_t *slot(RING_IDX i)
{
	return ring + 64 + i % BLK_JOBS * l->slot;
}

static void put(uint8_t *at, const void *value, size_t len)
{
	memcpy(at, value, len);
}

static void begin(const struct layout *layout)
{
	l = layout;
	fake_submit = submit;
	fake_flush = flush;
	fake_write = write_through;
	memset(ring, 0, sizeof(ring));
	memset(&b, 0, sizeof(b));
	shared()->req_event = shared()->rsp_event = 1;
	req_prod = rsp_cons = 0;
	pending_count = 0;
	for (unsigned i = 0; i < GUEST_PAGES; i++) {
		fake_granted[i] = true;
		fake_readonly[i] = false;
	}
	b.xendev = &xendev;
	b.dev = &dev;
	b.ring = ring;
	b.is_64 = l->is_64;
	b.writable = true;
	b.port = 1;
	assert_int_equal(blkback_start(&b), 0);
}

static void end(void)
{
	b.stopped = true;
	blkback_stop(&b);
	assert_int_equal(fake_pages, 0);
	assert_int_equal(fake_blocks, 0);
	assert_int_equal(pending_count, 0);
}

/* ---- an honest guest ---- */

struct asked {
	bool used, write;
	uint64_t sector;
	unsigned segments;
	struct blkif_request_segment segment[BLOCK_SEGMENTS];
};

static struct asked asked[BLK_JOBS];
static unsigned in_flight, rounds, reads_checked;

static unsigned sectors_of(const struct asked *a)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->segments; i++)
		n += a->segment[i].last_sect - a->segment[i].first_sect + 1u;
	return n;
}

/* Two requests under way never touch the same sectors or pages: each has its eighth of both. */
static void ask(unsigned id)
{
	struct asked *a = &asked[id];
	uint8_t *s = slot(req_prod);
	uint64_t long_id = id + 0x100000000ull;
	uint8_t op, count;

	a->used = true;
	a->write = fake_random(2);
	a->segments = 1 + fake_random(8);
	a->sector = id * 32 + fake_random(16);
	for (unsigned i = 0; i < a->segments; i++) {
		uint8_t first = (uint8_t)fake_random(8);
		uint8_t last = (uint8_t)(first + fake_random(2));

		a->segment[i] = (struct blkif_request_segment){ .gref = id * 8 + i,
								.first_sect = first,
								.last_sect = last > 7 ? 7 : last };
	}
	for (unsigned i = 0; i < a->segments && a->write; i++)
		for (unsigned j = 0; j < 4096; j++)
			fake_guest[a->segment[i].gref][j] = (uint8_t)fake_random(256);
	memset(s, 0xee, l->slot);
	op = a->write ? BLKIF_OP_WRITE : BLKIF_OP_READ;
	put(s + l->id, &long_id, 8);
	put(s + l->sector, &a->sector, 8);
	if (fake_random(
		    2)) { /* the same by way of a page of segments: id and sector stand elsewhere at 32 bits, too */
		uint8_t indirect = BLKIF_OP_INDIRECT;
		uint16_t n = (uint16_t)a->segments;
		grant_ref_t page = 56 + id;

		memcpy(fake_guest[page], a->segment, sizeof(a->segment));
		put(s, &indirect, 1);
		put(s + 1, &op, 1);
		put(s + 2, &n, 2);
		put(s + l->indirect_pages, &page, 4);
	} else {
		count = (uint8_t)a->segments;
		put(s, &op, 1);
		put(s + 1, &count, 1);
		put(s + l->segments, a->segment, a->segments * sizeof(a->segment[0]));
	}
	req_prod++;
	in_flight++;
}

static void check_read(const struct asked *a)
{
	uint64_t at = a->sector * 512;

	for (unsigned i = 0; i < a->segments; i++) {
		const struct blkif_request_segment *s = &a->segment[i];
		size_t len = (s->last_sect - s->first_sect + 1u) * 512;

		assert_memory_equal(fake_guest[s->gref] + s->first_sect * 512, model + at, len);
		at += len;
	}
	reads_checked++;
}

static void do_model(const struct asked *a)
{
	uint64_t at = a->sector * 512;

	for (unsigned i = 0; i < a->segments; i++) {
		const struct blkif_request_segment *s = &a->segment[i];
		size_t len = (s->last_sect - s->first_sect + 1u) * 512;

		memcpy(model + at, fake_guest[s->gref] + s->first_sect * 512, len);
		at += len;
	}
}

static void take_answers(void)
{
	while (rsp_cons != shared()->rsp_prod) {
		const uint8_t *r = slot(rsp_cons++);
		struct asked *a;
		uint64_t id;
		int16_t status;

		memcpy(&id, r + l->response_id, 8);
		memcpy(&status, r + l->response_status, 2);
		id -= 0x100000000ull;
		assert_true(id < 7 && asked[id].used);
		a = &asked[id];
		/* An indirect one is answered as what it is. */
		assert_int_equal(r[8], a->write ? BLKIF_OP_WRITE : BLKIF_OP_READ);
		assert_int_equal(status, BLKIF_RSP_OKAY);
		if (a->write)
			do_model(a);
		else
			check_read(a);
		a->used = false;
		in_flight--;
	}
	shared()->rsp_event = rsp_cons + 1;
}

static void honest_turn(void)
{
	if (pending_count && fake_random(2))
		end_one();
	take_answers();
	if (rounds) {
		unsigned id = fake_random(7);

		if (!asked[id].used && sectors_of(&asked[id]) < DISK_SECTORS) {
			ask(id);
			rounds--;
		}
		shared()->req_prod = req_prod;
		blkback_event(&b);
	} else if (!in_flight) {
		b.stop = true;
	}
}

static void honest(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		(void)state;
		begin(&layouts[i]);
		memset(asked, 0, sizeof(asked));
		memset(disk, 0x11, sizeof(disk));
		memset(model, 0x11, sizeof(model));
		in_flight = reads_checked = 0;
		rounds = ROUNDS;
		fake_turn = honest_turn;
		fake_run_thread();
		assert_int_equal(in_flight, 0);
		assert_memory_equal(disk, model, sizeof(disk));
		assert_true(reads_checked > ROUNDS / 4);
		assert_int_equal(b.refused, 0);
		end();
	}
}

/* ---- single requests, and what is said to each ---- */

static void scripted_turn(void)
{
	while (pending_count)
		end_one();
	if (rsp_cons == shared()->rsp_prod && !b.broken)
		return;
	b.stop = true;
}

/* One request with this in its slot; its answer's status, or 1 when the ring was given up. */
static int answer_to(uint8_t op, uint8_t count, uint64_t sector,
		     const struct blkif_request_segment *segments, bool writable)
{
	uint64_t id = 77, got;
	int16_t status;
	uint8_t *s;
	bool broken;

	begin(&layouts[0]);
	b.writable = writable;
	s = slot(0);
	put(s, &op, 1);
	put(s + 1, &count, 1);
	put(s + l->id, &id, 8);
	put(s + l->sector, &sector, 8);
	if (segments)
		put(s + l->segments, segments, (count > 11 ? 11u : count) * sizeof(*segments));
	shared()->req_prod = 1;
	fake_turn = scripted_turn;
	fake_run_thread();
	memcpy(&got, slot(0) + l->response_id, 8);
	memcpy(&status, slot(0) + l->response_status, 2);
	broken = b.broken;
	end();
	if (broken)
		return 1;
	assert_int_equal(got, 77);
	return status;
}

static void refusals(void **state)
{
	struct blkif_request_segment ok[12] = { { .gref = 1, .first_sect = 0, .last_sect = 7 } };
	struct blkif_request_segment backwards = { .gref = 1, .first_sect = 5, .last_sect = 4 };
	struct blkif_request_segment beyond = { .gref = 1, .first_sect = 0, .last_sect = 8 };
	struct blkif_request_segment unknown = { .gref = 0x7fffffff, .last_sect = 7 };

	(void)state;
	assert_int_equal(answer_to(BLKIF_OP_READ, 1, 0, ok, true), BLKIF_RSP_OKAY);
	assert_int_equal(answer_to(BLKIF_OP_READ, 1, DISK_SECTORS - 8, ok, true), BLKIF_RSP_OKAY);
	assert_int_equal(answer_to(BLKIF_OP_READ, 1, DISK_SECTORS - 7, ok, true), BLKIF_RSP_ERROR);
	assert_int_equal(answer_to(BLKIF_OP_READ, 1, ~0ull, ok, true), BLKIF_RSP_ERROR);
	assert_int_equal(answer_to(BLKIF_OP_READ, 12, 0, ok, true), BLKIF_RSP_ERROR);
	assert_int_equal(answer_to(BLKIF_OP_READ, 255, 0, ok, true), BLKIF_RSP_ERROR);
	assert_int_equal(answer_to(BLKIF_OP_READ, 1, 0, &backwards, true), BLKIF_RSP_ERROR);
	assert_int_equal(answer_to(BLKIF_OP_READ, 1, 0, &beyond, true), BLKIF_RSP_ERROR);
	assert_int_equal(answer_to(BLKIF_OP_READ, 1, 0, &unknown, true), BLKIF_RSP_ERROR);
	assert_int_equal(answer_to(BLKIF_OP_WRITE, 1, 0, &unknown, true), BLKIF_RSP_ERROR);
	assert_int_equal(answer_to(BLKIF_OP_WRITE, 1, 0, ok, false), BLKIF_RSP_ERROR);
	assert_int_equal(answer_to(BLKIF_OP_WRITE_BARRIER, 1, 0, ok, false), BLKIF_RSP_ERROR);
	assert_int_equal(answer_to(BLKIF_OP_DISCARD, 0, 0, NULL, false), BLKIF_RSP_ERROR);
	assert_int_equal(answer_to(BLKIF_OP_FLUSH_DISKCACHE, 0, 0, NULL, false), BLKIF_RSP_OKAY);
	assert_int_equal(answer_to(200, 0, 0, NULL, true), BLKIF_RSP_EOPNOTSUPP);
}

/* What is read goes to a page that the guest lent for reading only: an error, and nothing is written. */
static void read_only_page(void **state)
{
	struct blkif_request_segment s = { .gref = 2, .last_sect = 0 };
	uint64_t id = 77;
	uint8_t op = BLKIF_OP_READ, one = 1;
	int16_t status;

	(void)state;
	begin(&layouts[1]);
	fake_readonly[2] = true;
	memset(fake_guest[2], 0x5a, 4096);
	put(slot(0), &op, 1);
	put(slot(0) + 1, &one, 1);
	put(slot(0) + l->id, &id, 8);
	put(slot(0) + l->segments, &s, sizeof(s));
	shared()->req_prod = 1;
	fake_turn = scripted_turn;
	fake_run_thread();
	memcpy(&status, slot(0) + l->response_status, 2);
	assert_int_equal(status, BLKIF_RSP_ERROR);
	assert_int_equal(fake_guest[2][0], 0x5a);
	end();
}

static void barrier_waits(void **state)
{
	struct blkif_request_segment s = { .gref = 1, .last_sect = 7 };
	uint8_t ops[] = { BLKIF_OP_WRITE, BLKIF_OP_WRITE, BLKIF_OP_WRITE_BARRIER }, one = 1;

	(void)state;
	begin(&layouts[0]);
	flushed = 0;
	for (unsigned i = 0; i < 3; i++) {
		uint64_t sector = 8 * i;

		put(slot(i), &ops[i], 1);
		put(slot(i) + 1, &one, 1);
		put(slot(i) + l->sector, &sector, 8);
		put(slot(i) + l->segments, &s, sizeof(s));
	}
	shared()->req_prod = 3;
	fake_turn = scripted_turn;
	fake_run_thread(); /* block_flush() looks that nothing is under way */
	assert_int_equal(flushed, 2);
	end();
}

/* ---- indices ---- */

static int broken_by(RING_IDX first, RING_IDX then)
{
	bool broken;

	begin(&layouts[0]);
	shared()->req_prod = first;
	b.rsp_prod = b.req_cons = 0;
	memset(ring + 64, 200, 4096 - 64); /* an unknown operation in each slot */
	fake_turn = scripted_turn;
	fake_run_thread();
	b.stop = false;
	rsp_cons = shared()->rsp_prod;
	if (!b.broken) {
		shared()->req_prod = then;
		b.kicked = true;
		fake_run_thread();
	}
	broken = b.broken;
	end();
	return broken;
}

static void indices(void **state)
{
	(void)state;
	assert_true(broken_by(33, 33));
	assert_true(broken_by(0xffffffff, 0));
	assert_true(broken_by(5, 4)); /* it goes back */
	assert_true(broken_by(5, 38));
	assert_false(broken_by(32, 64));
}

/* ---- a hostile guest ---- */

static void hostile_turn(void)
{
	if (pending_count && fake_random(3) == 0)
		end_one();
	switch (fake_random(6)) {
	case 0: /* anything in a slot */
		for (unsigned i = 0; i < 16; i++)
			ring[64 + fake_random(4096 - 64)] = (uint8_t)fake_random(256);
		break;
	case 1: /* a request that is nearly right */
		slot(shared()->req_prod)[0] = (uint8_t)fake_random(8);
		slot(shared()->req_prod)[1] = (uint8_t)fake_random(14);
		for (unsigned i = 0; i < 11; i++) {
			struct blkif_request_segment s = { fake_random(GUEST_PAGES + 4),
							   (uint8_t)fake_random(9),
							   (uint8_t)fake_random(9) };

			put(slot(shared()->req_prod) + l->segments + i * sizeof(s), &s, sizeof(s));
		}
		shared()->req_prod++;
		break;
	case 2:
		fake_granted[fake_random(GUEST_PAGES)] ^= true;
		fake_readonly[fake_random(GUEST_PAGES)] ^= true;
		break;
	case 3:
		if (fake_random(50) == 0)
			shared()->req_prod = fake_random(3) ? fake_random(64) : ~0u;
		break;
	case 4:
		shared()->rsp_prod = fake_random(100);
		shared()->rsp_event = fake_random(100);
		break;
	default:
		break;
	}
	blkback_event(&b);
	if (!rounds--)
		b.stop = true;
	while (b.stop && pending_count)
		end_one();
}

static void hostile(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		begin(&layouts[i % 2]);
		for (unsigned j = 0; j < sizeof(fake_guest); j++)
			fake_guest[j / 4096][j % 4096] = (uint8_t)fake_random(256);
		rounds = 500;
		fake_turn = hostile_turn;
		fake_run_thread();
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest),	  cmocka_unit_test(refusals),
		cmocka_unit_test(read_only_page), cmocka_unit_test(barrier_waits),
		cmocka_unit_test(indices),	  cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests_name("blkback", tests, NULL, NULL);
}
