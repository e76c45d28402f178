/* SPDX-License-Identifier: MIT */
/*
 * The shared page: messages wrap round its ends, an answer larger than the ring goes through in pieces, and no index
 * that a guest writes makes the server read or write anywhere else.
 */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

/* The page stands alone, so that the sanitizer sees each byte beside it. */
static struct xenstore_domain_interface *ring;
static struct connection *guest;

static int begin(void **state)
{
	(void)state;
	fake_begin();
	guest = connection_new(0, true);
	ring = calloc(1, sizeof(*ring));
	assert_non_null(ring);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(ring);
	fake_end();
	return 0;
}

/* The guest's side: as many bytes as there is room for. */
static size_t put(const char *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && ring->req_prod - ring->req_cons < XENSTORE_RING_SIZE)
		ring->req[MASK_XENSTORE_IDX(ring->req_prod++)] = bytes[n++];
	return n;
}

static size_t get(char *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && ring->rsp_prod != ring->rsp_cons)
		bytes[n++] = ring->rsp[MASK_XENSTORE_IDX(ring->rsp_cons++)];
	return n;
}

/* A whole exchange, with the server called as often as the guest's events would. */
static size_t talk(uint32_t type, const char *body, size_t len, char *answer)
{
	struct xsd_sockmsg h = { .type = type, .len = (uint32_t)len };
	char out[sizeof(h) + XENSTORE_PAYLOAD_MAX], in[sizeof(h) + XENSTORE_PAYLOAD_MAX];
	size_t sent = 0, have = 0, want = sizeof(h);
	bool moved = true;

	memcpy(out, &h, sizeof(h));
	memcpy(out + sizeof(h), body, len);
	while (have < want) {
		assert_true(moved || sent < sizeof(h) + len); /* else it stands still */
		sent += put(out + sent, sizeof(h) + len - sent);
		moved = false;
		assert_int_equal(ring_serve(guest, ring, &moved), 0);
		have += get(in + have, want - have);
		if (have == sizeof(h)) {
			memcpy(&h, in, sizeof(h));
			want = sizeof(h) + h.len;
			assert_true(want <= sizeof(in));
			moved = true;
		}
	}
	assert_int_equal(h.type, type);
	memcpy(answer, in + sizeof(h), h.len);
	return h.len;
}

static void round_and_round(void **state)
{
	char body[XENSTORE_PAYLOAD_MAX], answer[XENSTORE_PAYLOAD_MAX];

	(void)state;
	ring->req_prod = ring->req_cons = ring->rsp_prod = ring->rsp_cons = UINT32_MAX - 5000;
	for (size_t len = 0; len < XENSTORE_PAYLOAD_MAX - 3; len += 37) {
		memcpy(body, "/v", 3);
		for (size_t i = 0; i < len; i++)
			body[3 + i] = (char)(len + i);
		assert_int_equal(talk(XS_WRITE, body, 3 + len, answer), 3);
		assert_int_equal(talk(XS_READ, "/v", 3, answer), len);
		assert_memory_equal(answer, body + 3, len);
	}
	assert_true(ring->req_prod < UINT32_MAX / 2); /* the numbers wrapped too */
}

/* With an answer in the way, requests wait in the ring, and go on when it is read. */
static void a_full_ring(void **state)
{
	struct xsd_sockmsg h = { .type = XS_READ, .len = 3 };
	static char large[3 + 2000] = "/v";
	char waste[XENSTORE_RING_SIZE];
	bool moved = false;
	unsigned left;

	(void)state;
	talk(XS_WRITE, large, sizeof(large), waste);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(put((char *)&h, sizeof(h)), sizeof(h));
		assert_int_equal(put("/v", 3), 3);
	}
	assert_int_equal(ring_serve(guest, ring, &moved), 0);
	left = ring->req_prod - ring->req_cons;
	assert_int_equal(left, 9 * (sizeof(h) + 3));
	moved = false;
	assert_int_equal(ring_serve(guest, ring, &moved), 0);
	assert_false(moved);
	for (unsigned n = 0; n < 10 * (2000 + sizeof(h));) {
		n += (unsigned)get(waste, sizeof(waste));
		assert_int_equal(ring_serve(guest, ring, &moved), 0);
		assert_true(n <= 10 * (2000 + sizeof(h)));
	}
	assert_int_equal(ring->req_prod, ring->req_cons);
}

/* However much is in the ring, a turn ends: the others wait for theirs. */
static void one_turn(void **state)
{
	struct xsd_sockmsg h = { .type = XS_READ, .len = 2 };
	const unsigned size = sizeof(h) + 2, full = XENSTORE_RING_SIZE / size;
	bool moved = false;
	unsigned left;

	(void)state;
	for (unsigned i = 0; i < full; i++) {
		put((char *)&h, sizeof(h));
		put("/", 2);
	}
	assert_int_equal(ring_serve(guest, ring, &moved), 0);
	left = ring->req_prod - ring->req_cons;
	assert_true(moved && left && left < full * size);
	while (moved) {
		moved = false;
		assert_int_equal(ring_serve(guest, ring, &moved), 0);
	}
	assert_int_equal(ring->req_prod, ring->req_cons);
}

static void wrong_indices(void **state)
{
	bool moved = false;

	(void)state;
	ring->req_prod = XENSTORE_RING_SIZE + 1;
	assert_int_equal(ring_serve(guest, ring, &moved), XENSTORE_ERROR_RINGIDX);
	ring->req_prod = (XENSTORE_RING_IDX)-1;
	assert_int_equal(ring_serve(guest, ring, &moved), XENSTORE_ERROR_RINGIDX);
	assert_false(moved);
	ring->req_prod = 0;
	watch_add(guest, "/", "t");
	watch_fire_newest(guest);
	ring->rsp_cons = 1; /* more than was ever produced */
	assert_int_equal(ring_serve(guest, ring, &moved), XENSTORE_ERROR_RINGIDX);
}

static void too_long(void **state)
{
	struct xsd_sockmsg h = { .type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1 };
	bool moved = false;

	(void)state;
	put((char *)&h, sizeof(h));
	assert_int_equal(ring_serve(guest, ring, &moved), XENSTORE_ERROR_PROTO);
}

static void garbage(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		uint32_t *words = (uint32_t *)ring;
		bool moved = false;

		for (unsigned i = 0; i < 8; i++) {
			seed = seed * 1664525u + 1013904223u;
			words[(seed >> 8) % (sizeof(*ring) / 4)] = seed >> 30 ? seed >> 20 : seed;
		}
		ring->req_prod = ring->req_cons + (seed >> 22);
		ring->rsp_cons = ring->rsp_prod - (seed >> 23);
		ring_serve(guest, ring, &moved);
		if (guest->dead) {
			connection_free(guest);
			guest = connection_new(0, true);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
		TEST(round_and_round), TEST(a_full_ring), TEST(one_turn),
		TEST(wrong_indices),   TEST(too_long),	  TEST(garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
