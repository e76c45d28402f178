/* SPDX-License-Identifier: MIT */
/*
 * The round-robin policy with a clock of our own: who comes next, and for how long.
 */
#include "sched/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define SLICE 30000000ULL /* the policy's 30 ms */
#define UNITS 8

static const struct sched_policy *rr = &policy_rr;
static struct sched_queue queue;
static struct sched_unit unit[UNITS];

static int set_up(void **state)
{
	(void)state;
	rr->queue_init(&queue);
	for (int i = 0; i < UNITS; i++)
		rr->unit_init(&unit[i]);
	return 0;
}

static struct sched_unit *pick(uint64_t *slice)
{
	uint64_t ignored;

	return rr->pick(&queue, slice ? slice : &ignored);
}

static void nobody_is_ready(void **state)
{
	(void)state;
	assert_null(pick(NULL));
	assert_int_equal(queue.waiting, 0);
}

static void in_order_of_arrival(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		rr->ready(&queue, &unit[i], 0);
	assert_int_equal(queue.waiting, 3);
	for (int i = 0; i < 3; i++)
		assert_ptr_equal(pick(NULL), &unit[i]);
	assert_null(pick(NULL));
}

static void a_used_slice_goes_behind_the_others(void **state)
{
	uint64_t slice;

	(void)state;
	rr->ready(&queue, &unit[0], 0);
	rr->ready(&queue, &unit[1], 0);
	assert_ptr_equal(pick(&slice), &unit[0]);
	assert_int_equal(slice, SLICE);
	rr->ready(&queue, &unit[0], SLICE);
	assert_ptr_equal(pick(&slice), &unit[1]);
	rr->ready(&queue, &unit[1], SLICE + 5);
	assert_ptr_equal(pick(&slice), &unit[0]);
	assert_int_equal(slice, SLICE);
}

static void interrupted_in_its_turn_it_goes_on(void **state)
{
	uint64_t slice;

	(void)state;
	rr->ready(&queue, &unit[0], 0);
	rr->ready(&queue, &unit[1], 0);
	assert_ptr_equal(pick(NULL), &unit[0]);
	rr->ready(&queue, &unit[0], SLICE / 3);
	assert_ptr_equal(pick(&slice), &unit[0]);
	assert_int_equal(slice, SLICE - SLICE / 3);
}

static void a_yield_lets_all_others_run(void **state)
{
	uint64_t slice;

	(void)state;
	for (int i = 0; i < 3; i++)
		rr->ready(&queue, &unit[i], 0);
	assert_ptr_equal(pick(NULL), &unit[0]);
	rr->yields(&queue, &unit[0]);
	rr->ready(&queue, &unit[0], 10);
	assert_ptr_equal(pick(NULL), &unit[1]);
	assert_ptr_equal(pick(NULL), &unit[2]);
	assert_ptr_equal(pick(&slice), &unit[0]);
	assert_int_equal(slice, SLICE);
}

static void a_sleeper_keeps_the_rest_and_goes_first(void **state)
{
	uint64_t slice;

	(void)state;
	rr->ready(&queue, &unit[0], 0);
	assert_ptr_equal(pick(NULL), &unit[0]);
	rr->stopped(&queue, &unit[0], SLICE / 2);
	assert_false(unit[0].ready);
	rr->ready(&queue, &unit[1], 0);
	assert_ptr_equal(pick(NULL), &unit[1]);
	rr->ready(&queue, &unit[1], 5);
	rr->ready(&queue, &unit[0], 0);
	assert_true(rr->preempts(&queue, &unit[1], &unit[0]));
	assert_ptr_equal(pick(&slice), &unit[0]);
	assert_int_equal(slice, SLICE - SLICE / 2);
	/* It does not push another one away that woke before it. */
	rr->ready(&queue, &unit[2], 0);
	assert_false(rr->preempts(&queue, &unit[0], &unit[2]));
}

/* The interrupted one goes on after the woken ones, before those that wait for a turn. */
static void the_three_parts_of_the_queue(void **state)
{
	(void)state;
	rr->ready(&queue, &unit[3], 0);
	assert_ptr_equal(pick(NULL), &unit[3]);
	rr->stopped(&queue, &unit[3], 1000);
	rr->ready(&queue, &unit[0], 0);
	rr->ready(&queue, &unit[1], 0);
	rr->ready(&queue, &unit[2], 0);
	assert_ptr_equal(pick(NULL), &unit[0]);
	rr->ready(&queue, &unit[0], SLICE);
	assert_ptr_equal(pick(NULL), &unit[1]);
	rr->ready(&queue, &unit[1], SLICE);
	assert_ptr_equal(pick(NULL), &unit[2]);
	rr->ready(&queue, &unit[3], 0);
	rr->ready(&queue, &unit[2], 7);
	assert_ptr_equal(pick(NULL), &unit[3]);
	assert_ptr_equal(pick(NULL), &unit[2]);
	assert_ptr_equal(pick(NULL), &unit[0]);
	assert_ptr_equal(pick(NULL), &unit[1]);
}

/* Sleeping for a moment at the end of each slice, or before it, brings no more than one's part. */
static void naps_bring_no_gain(void **state)
{
	static const uint64_t nap_after[] = { SLICE, SLICE - 1, SLICE / 3, SLICE / 100 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(nap_after) / sizeof(nap_after[0]); i++) {
		uint64_t slice, sleeper = 0, honest = 0;

		set_up(NULL);
		rr->ready(&queue, &unit[0], 0);
		rr->ready(&queue, &unit[1], 0);
		for (unsigned int n = 0; n < 100000; n++) {
			struct sched_unit *u = pick(&slice);
			uint64_t ran = u == &unit[0] && nap_after[i] < slice ? nap_after[i] : slice;

			if (u == &unit[0]) {
				sleeper += ran;
				rr->stopped(&queue, u, ran);
				rr->ready(&queue, u, 0);
			} else {
				honest += ran;
				rr->ready(&queue, u, ran);
			}
		}
		assert_in_range(sleeper, 0, honest + 2 * SLICE);
	}
}

static void removed_is_not_picked(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		rr->ready(&queue, &unit[i], 0);
	rr->remove(&queue, &unit[1]);
	rr->remove(&queue, &unit[1]);
	rr->remove(&queue, &unit[5]);
	assert_int_equal(queue.waiting, 2);
	assert_ptr_equal(pick(NULL), &unit[0]);
	assert_ptr_equal(pick(NULL), &unit[2]);
	assert_null(pick(NULL));
}

/* Whatever else happens, those who always want the pCPU get equal parts of it. */
static void everybody_gets_the_same(void **state)
{
	uint64_t got[UNITS] = { 0 }, slice, total = 0;

	(void)state;
	srand(1);
	for (int i = 0; i < UNITS; i++)
		rr->ready(&queue, &unit[i], 0);
	while (total < 10000 * SLICE) {
		struct sched_unit *u = pick(&slice);
		uint64_t ran = rand() % 4 ? slice : 1 + (uint64_t)rand() % slice;

		got[u - unit] += ran;
		total += ran;
		rr->ready(&queue, u, ran);
	}
	for (int i = 0; i < UNITS; i++)
		assert_in_range(got[i], total / UNITS - SLICE, total / UNITS + SLICE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nobody_is_ready, set_up),
		cmocka_unit_test_setup(in_order_of_arrival, set_up),
		cmocka_unit_test_setup(a_used_slice_goes_behind_the_others, set_up),
		cmocka_unit_test_setup(interrupted_in_its_turn_it_goes_on, set_up),
		cmocka_unit_test_setup(a_yield_lets_all_others_run, set_up),
		cmocka_unit_test_setup(a_sleeper_keeps_the_rest_and_goes_first, set_up),
		cmocka_unit_test_setup(the_three_parts_of_the_queue, set_up),
		cmocka_unit_test_setup(naps_bring_no_gain, set_up),
		cmocka_unit_test_setup(removed_is_not_picked, set_up),
		cmocka_unit_test_setup(everybody_gets_the_same, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
