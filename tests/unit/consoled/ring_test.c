/* SPDX-License-Identifier: MIT */
/* The ring: bytes in order at every offset, and indices that no honest guest has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "history.h"
#include "ring.h"

static struct xencons_interface r;

static void in_order(void **state)
{
	uint32_t printed = 0, seen = 0, typed = 0, heard = 0;
	char buf[4096];

	(void)state;
	/* Just before the indices wrap around. */
	r.out_cons = r.out_prod = r.in_cons = r.in_prod = 0u - 3000;
	srand(1);
	for (int turn = 0; turn < 20000; turn++) {
		size_t room = sizeof(r.out) - (r.out_prod - r.out_cons);
		size_t n = room ? (size_t)rand() % (room + 1) : 0;
		long got;

		while (n--)
			r.out[r.out_prod++ % sizeof(r.out)] = (char)(printed++ * 7);
		got = ring_take(&r, buf, (size_t)rand() % sizeof(buf));
		assert_true(got >= 0);
		for (long i = 0; i < got; i++)
			assert_int_equal((char)(seen++ * 7), buf[i]);

		assert_int_equal(ring_room(&r), sizeof(r.in) - (r.in_prod - r.in_cons));
		n = (size_t)rand() % 2000;
		for (size_t i = 0; i < n; i++)
			buf[i] = (char)((typed + i) * 5);
		got = ring_give(&r, buf, n);
		assert_true(got >= 0 && (size_t)got <= n);
		typed += (uint32_t)got;
		for (n = (size_t)rand() % (r.in_prod - r.in_cons + 1); n; n--)
			assert_int_equal(r.in[r.in_cons++ % sizeof(r.in)], (char)(heard++ * 5));
	}
	assert_true(seen > 1000000 && heard > 1000000);
}

static void hostile(void **state)
{
	char buf[4096] = { 0 };

	(void)state;
	srand(2);
	for (int turn = 0; turn < 200000; turn++) {
		uint32_t *words = (uint32_t *)&r.in_cons;
		bool bad_out, bad_in;

		for (int i = 0; i < 4; i++)
			words[i] = rand() % 3 ? (uint32_t)rand() * 2654435761u
					      : (uint32_t)rand() % 4096;
		bad_out = r.out_prod - r.out_cons > sizeof(r.out);
		bad_in = r.in_prod - r.in_cons > sizeof(r.in);
		assert_int_equal(ring_take(&r, buf, sizeof(buf)) < 0, bad_out);
		assert_int_equal(ring_room(&r) < 0, bad_in);
		assert_int_equal(ring_give(&r, buf, sizeof(buf)) < 0, bad_in);
	}
}

static void forgets_the_oldest(void **state)
{
	static struct history h;
	const char *text;
	uint32_t printed = 0, seen;
	size_t n;

	(void)state;
	for (int i = 0; i < 30000; i++) {
		char c = (char)(printed++ * 3);

		history_add(&h, &c, 1);
	}
	assert_int_equal(history_unread(&h), HISTORY_SIZE);
	seen = printed - HISTORY_SIZE;
	while ((n = history_next(&h, &text))) {
		for (size_t i = 0; i < n; i++)
			assert_int_equal(text[i], (char)(seen++ * 3));
		h.sent += n;
	}
	assert_int_equal(seen, printed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(hostile),
		cmocka_unit_test(forgets_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
