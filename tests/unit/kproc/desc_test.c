/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of thread-local storage: what goes in comes out, and nothing gets in that a program
 * must not have.
 */
#include "fake.h"
#include "arch/desc.h"
#include <stdlib.h>

#define DESC_L	 (1ull << 53)
#define DESC_S	 (1ull << 44)
#define DESC_DPL (3ull << 45)

static struct machine_tls random_tls(void)
{
	return (struct machine_tls){
		.base = (uint32_t)rand() ^ (uint32_t)rand() << 16,
		.limit = (uint32_t)rand() & 0xfffff,
		.is_32bit = rand() % 2,
		.exec_only_read = rand() % 2,
		.limit_in_pages = rand() % 2,
		.not_present = rand() % 2,
		.useable = rand() % 2,
		.contents = (uint8_t)(rand() % 4),
	};
}

static void fields_survive(void **state)
{
	unsigned n;

	(void)state;
	srand(5);
	for (n = 0; n < 100000; n++) {
		struct machine_tls in = random_tls(), out = { 0 };
		uint64_t d = desc_encode(&in);

		desc_decode(d, &out);
		assert_memory_equal(&in, &out, sizeof(in));
		/* Ring 3, no system segment, and never one of 64 bits. */
		assert_int_equal(d & DESC_DPL, DESC_DPL);
		assert_int_equal(d & DESC_S, DESC_S);
		assert_int_equal(d & DESC_L, 0);
	}
}

static void conforming_code_is_refused(void **state)
{
	struct machine_tls t = { .contents = 3 };

	(void)state;
	assert_false(desc_valid(&t));
	t.not_present = true;
	assert_true(desc_valid(&t));
	t = (struct machine_tls){ .contents = 2 };
	assert_true(desc_valid(&t));
}

static void empty_is_zero(void **state)
{
	struct machine_tls t = { .empty = true, .base = 5 }, out = { 0 };

	(void)state;
	assert_int_equal(desc_encode(&t), 0);
	desc_decode(0, &out);
	assert_true(out.empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_survive),
		cmocka_unit_test(conforming_code_is_refused),
		cmocka_unit_test(empty_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
