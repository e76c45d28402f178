/* SPDX-License-Identifier: MIT */
/*
 * Timers fire in order, once, never early; cancelled ones never; and the machine's timer is always
 * set for the first of them.
 */
#include "fake.h"
#include "sched.h"
#include <stdlib.h>

#define TIMERS 50

static struct timer timers[TIMERS];
static unsigned fired[TIMERS];
static uint64_t last;

static void on_timer(struct timer *t)
{
	assert_true(t->deadline <= fake_now);
	assert_true(t->deadline >= last);
	last = t->deadline;
	fired[t - timers]++;
}

/* The clock goes on to where the machine would interrupt. */
static void wait_for_interrupt(void)
{
	assert_int_not_equal(fake_timer, ~0ull);
	if (fake_timer > fake_now)
		fake_now = fake_timer;
	kernel_timer();
}

static void random_timers_fire_in_order(void **state)
{
	unsigned i, round, armed = 0;

	(void)state;
	srand(4);
	for (i = 0; i < TIMERS; i++)
		timer_init(&timers[i], on_timer);
	for (round = 0; round < 200; round++) {
		uint64_t base = fake_now;

		last = 0;
		memset(fired, 0, sizeof(fired));
		for (i = 0; i < TIMERS; i++)
			timer_arm(&timers[i], base + 1 + (uint64_t)rand() % 1000);
		for (i = 0; i < TIMERS / 5; i++)
			timer_arm(&timers[rand() % TIMERS], base + 1 + (uint64_t)rand() % 1000);
		for (i = 0; i < TIMERS / 5; i++)
			timer_cancel(&timers[rand() % TIMERS]);
		for (i = armed = 0; i < TIMERS; i++)
			armed += timers[i].armed;
		while (armed) {
			wait_for_interrupt();
			for (i = armed = 0; i < TIMERS; i++)
				armed += timers[i].armed;
		}
		for (i = 0; i < TIMERS; i++)
			assert_true(fired[i] <= 1);
		assert_true(fake_now <= base + 1001);
	}
}

static void cancel_tells_whether_it_was_in_time(void **state)
{
	(void)state;
	last = 0;
	timer_init(&timers[0], on_timer);
	timer_arm(&timers[0], fake_now + 10);
	assert_true(timer_cancel(&timers[0]));
	assert_false(timer_cancel(&timers[0]));
	timer_arm(&timers[0], fake_now);
	kernel_timer();
	assert_false(timer_cancel(&timers[0]));
}

/* Starting the tick again and again must not put it off. */
static void the_tick_comes(void **state)
{
	unsigned i, before = fake_ticks;
	uint64_t due = fake_now + 100;

	(void)state;
	for (i = 0; i < 50; i++, fake_now++)
		timer_tick_start(fake_now + 100);
	assert_true(fake_timer <= due);
	while (fake_ticks == before)
		wait_for_interrupt();
	assert_int_equal(fake_now, due);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_timers_fire_in_order),
		cmocka_unit_test(cancel_tells_whether_it_was_in_time),
		cmocka_unit_test(the_tick_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
