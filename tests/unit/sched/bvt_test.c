/* SPDX-License-Identifier: MIT */
/*
 * What is borrowed virtual time's own: warp and its limits, and the example of docs/scheduling.md.
 */
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SPAN (10 * SEC)

/* ---- the example -------------------------------------------------------------------------------------- */

/* One decision: when, who, for how long at most, and everybody's actual times; in tenths of ms. */
struct decision {
	unsigned int at, who, turn;
	unsigned int actual[3];
	bool warped; /* C */
};

enum { A, B, C };

/* docs/scheduling.md has this table: keep them the same. */
static const struct decision example[] = {
	{ 0, A, 50, { 0, 0, 0 }, false },
	{ 50, B, 75, { 25, 0, 0 }, false },
	{ 125, A, 150, { 25, 75, 0 }, false },
	/* C wakes at 24.0 ms, and takes the pCPU. */
	{ 240, C, 40, { 82, 75, 75 }, true },
	{ 280, B, 57, { 82, 75, 115 }, false },
	{ 337, A, 115, { 82, 132, 115 }, false },
	{ 452, C, 67, { 140, 132, 115 }, false },
	{ 520, B, 57, { 140, 132, 182 }, false },
	{ 577, A, 134, { 140, 190, 182 }, false },
	{ 712, C, 57, { 207, 190, 182 }, false },
	/* 30 ms without warp have passed since 28.0 ms. */
	{ 770, C, 40, { 207, 190, 240 }, true },
	{ 810, B, 67, { 207, 190, 280 }, false },
};

#define WAKES	3 /* the decision at which C wakes */
#define WAKE_AT 240

static uint64_t tenths(uint64_t ns)
{
	return ns / (MS / 10);
}

static struct sched_group group[3] = {
	{ .weight = 512 },
	{ .weight = 256 },
	{ .weight = 256, .warp = 20 * MS, .warp_limit = 4 * MS, .unwarp = 30 * MS },
};
static struct sched_unit unit[3];

static void the_example(void **state)
{
	uint64_t now = 0, since = 0, turn = 0;
	struct sched_unit *running = NULL;

	(void)state;
	sched_settings.slice = 5 * MS;
	policy_bvt.start(1);
	for (unsigned int i = 0; i < 3; i++) {
		unit[i] = (struct sched_unit){ .group = &group[i], .hard = 1, .soft = 1 };
		policy_bvt.unit_init(&unit[i]);
	}
	policy_bvt.wake(&unit[A], 0);
	policy_bvt.wake(&unit[B], 0);
	for (unsigned int i = 0; i < sizeof(example) / sizeof(example[0]); i++) {
		if (i == WAKES) {
			now = WAKE_AT * (MS / 10);
			policy_bvt.wake(&unit[C], now);
			assert_true(key_before(policy_bvt.rank(&unit[C], 0),
					       policy_bvt.rank(running, now - since)));
		}
		if (running) {
			policy_bvt.stop(running, now - since, now);
			policy_bvt.requeue(running, now);
		}
		running = policy_bvt.pick(0, now, &turn);
		assert_int_equal(tenths(now), example[i].at);
		assert_ptr_equal(running, &unit[example[i].who]);
		assert_int_equal(tenths(turn), example[i].turn);
		for (unsigned int k = 0; k < 3; k++)
			assert_int_equal(tenths(unit[k].bvt.actual), example[i].actual[k]);
		assert_int_equal(unit[C].bvt.warped, example[i].warped);
		since = now;
		now += turn;
	}
}

/* ---- warp --------------------------------------------------------------------------------------------- */

/* It answers at once, and gets no more than its share for it. */
static void warp_is_borrowed(void **state)
{
	(void)state;
	for (uint64_t warp = 0; warp <= 100 * MS; warp += 20 * MS) {
		sim_start(&policy_bvt, 1, 1);
		for (unsigned int i = 0; i < 4; i++)
			sim_hog(256);
		sim.unit[0].own.warp = warp;
		sim_change(&sim.unit[0], &sim.unit[0].own);
		sim_run(SPAN);
		for (unsigned int i = 0; i < 4; i++)
			assert_in_range(sim.unit[i].ran, SPAN / 4 - 10 * MS - warp,
					SPAN / 4 + 10 * MS + warp);
	}
}

/* Never longer in one go than the limit, beside the turn that everybody has, and then not again too soon. */
static void warp_is_limited(void **state)
{
	(void)state;
	for (uint64_t limit = MS; limit <= 16 * MS; limit *= 2) {
		sim_start(&policy_bvt, 1, 1);
		sim_hog(256);
		sim.unit[0].own.warp = 10 * SEC;
		sim.unit[0].own.warp_limit = limit;
		sim.unit[0].own.unwarp = 100 * MS;
		sim_change(&sim.unit[0], &sim.unit[0].own);
		for (unsigned int i = 0; i < 3; i++)
			sim_hog(256);
		sim_run(SPAN);
		assert_true(sim.unit[0].longest_run <= limit + 2 * sched_settings.slice);
		/* At most a limit's worth in a hundred ms, above the share. */
		assert_true(sim.unit[0].ran <= SPAN / 4 + SPAN / (100 * MS) * limit + 20 * MS);
		for (unsigned int i = 1; i < 4; i++)
			assert_true(sim.unit[i].longest_wait <= 8 * sched_settings.slice + limit);
	}
}

/* ---- sleepers ----------------------------------------------------------------------------------------- */

/* The first to run, whenever it wakes, after the rate limit: who sleeps enough needs no warp for it. */
static void who_slept_is_prompt(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		sim_start(&policy_bvt, 1, 1);
		sim_sleeper(256, MS / 2, 30 * MS);
		sim.unit[0].own.warp = i * 200 * MS;
		for (unsigned int k = 0; k < 8; k++)
			sim_hog(256);
		sim_run(SPAN / 10); /* it has to begin somewhere */
		sim_clear();
		sim_run(SPAN);
		assert_true(sim.unit[0].longest_wait <= sched_settings.ratelimit + MS / 10);
	}
}

/* Sleeping a little now and then, when a turn is nearly over, gains nothing beside who never does. */
static void naps_are_no_trick(void **state)
{
	(void)state;
	for (unsigned int nappers = 1; nappers <= 3; nappers++) {
		uint64_t due = SPAN / (nappers + 1);

		for (uint64_t burst = MS / 4; burst <= 16 * MS; burst *= 2) {
			sim_start(&policy_bvt, 1, 1);
			sim_hog(256);
			for (unsigned int k = 0; k < nappers; k++)
				sim_sleeper(256, burst, MS / 100);
			sim_run(SPAN);
			assert_true(sim.unit[0].ran >= due - due / 50);
		}
	}
}

/* Each group of pinned units has a clock of its own; weights count within it. */
static void weights_within_a_mask(void **state)
{
	(void)state;
	sim_start(&policy_bvt, 2, 1);
	for (unsigned int i = 0; i < 4; i++) {
		sim_hog(256 << i);
		sim_pin(&sim.unit[i], i < 2 ? 1 : 2);
	}
	sim_run(SPAN);
	for (unsigned int i = 0; i < 4; i++)
		assert_in_range(sim.unit[i].ran, SPAN * (1 + i % 2) / 3 - 20 * MS,
				SPAN * (1 + i % 2) / 3 + 20 * MS);
}

/* Fewer and longer turns with a greater allowance, the same shares. */
static void the_allowance_is_the_turn(void **state)
{
	uint64_t count[2];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		sim_start(&policy_bvt, 1, 1);
		sched_settings.slice = i ? 50 * MS : 5 * MS;
		for (unsigned int k = 0; k < 16; k++)
			sim_hog(256);
		sim_run(SPAN);
		count[i] = 0;
		for (unsigned int k = 0; k < 16; k++) {
			count[i] += sim.unit[k].turns;
			assert_in_range(sim.unit[k].ran, SPAN / 16 - 100 * MS,
					SPAN / 16 + 100 * MS);
		}
	}
	assert_in_range(count[0], 8 * count[1], 12 * count[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example),
		cmocka_unit_test(warp_is_borrowed),
		cmocka_unit_test(warp_is_limited),
		cmocka_unit_test(who_slept_is_prompt),
		cmocka_unit_test(naps_are_no_trick),
		cmocka_unit_test(weights_within_a_mask),
		cmocka_unit_test(the_allowance_is_the_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
