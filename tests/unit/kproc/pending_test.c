/* SPDX-License-Identifier: MIT */
/*
 * Signals that wait: once or every time, in which order, and without memory.
 */
#include "fake.h"
#include "signal_internal.h"

static sigset64_t set;
static struct list details;

static int start(void **state)
{
	(void)state;
	set = 0;
	list_init(&details);
	fake_blocks_left = -1;
	return 0;
}

static int take(struct siginfo *info)
{
	return pending_take(&set, &details, ~0ull, info);
}

static void ordinary_signals_wait_once(void **state)
{
	struct siginfo first = { .pid = 1 }, second = { .pid = 2 }, got;

	(void)state;
	pending_add(&set, &details, SIGUSR1, &first);
	pending_add(&set, &details, SIGUSR1, &second);
	assert_int_equal(take(&got), SIGUSR1);
	assert_int_equal(got.pid, 1);
	assert_int_equal(take(&got), 0);
	assert_int_equal(fake_blocks, 0);
}

static void realtime_signals_wait_each(void **state)
{
	struct siginfo info = { 0 }, got;
	int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		info.value = i;
		pending_add(&set, &details, 40, &info);
		pending_add(&set, &details, 35, &info);
	}
	for (i = 0; i < 10; i++) {
		assert_int_equal(take(&got), i < 5 ? 35 : 40);
		assert_int_equal(got.value, i % 5);
	}
	assert_int_equal(take(&got), 0);
	assert_int_equal(set, 0);
}

static void faults_come_first_and_blocked_ones_stay(void **state)
{
	struct siginfo got;

	(void)state;
	pending_add(&set, &details, SIGHUP, NULL);
	pending_add(&set, &details, SIGSEGV, NULL);
	pending_add(&set, &details, 64, NULL);
	assert_int_equal(take(&got), SIGSEGV);
	assert_int_equal(pending_take(&set, &details, SIGMASK(64), &got), 64);
	assert_int_equal(pending_take(&set, &details, SIGMASK(64), &got), 0);
	assert_int_equal(take(&got), SIGHUP);
}

static void without_memory_the_bit_stays(void **state)
{
	struct siginfo info = { .pid = 7 }, got;

	(void)state;
	fake_blocks_left = 0;
	pending_add(&set, &details, SIGTERM, &info);
	assert_int_equal(take(&got), SIGTERM);
	assert_int_equal(got.signo, SIGTERM);
	assert_int_equal(got.pid, 0);
}

static void dropping_is_selective(void **state)
{
	struct siginfo got;

	(void)state;
	pending_add(&set, &details, SIGCONT, NULL);
	pending_add(&set, &details, SIGTSTP, NULL);
	pending_drop(&set, &details, STOP_SIGNALS);
	assert_int_equal(take(&got), SIGCONT);
	assert_int_equal(take(&got), 0);
	assert_true(list_empty(&details));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ordinary_signals_wait_once, start),
		cmocka_unit_test_setup(realtime_signals_wait_each, start),
		cmocka_unit_test_setup(faults_come_first_and_blocked_ones_stay, start),
		cmocka_unit_test_setup(without_memory_the_bit_stays, start),
		cmocka_unit_test_setup(dropping_is_selective, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
