/* SPDX-License-Identifier: MIT */
/*
 * The types and the interplay of maps, pins, grants, frames that come and go, and death: all interleavings.
 *
 * Every two programs on two processors, and every three on three, are run in every order of their steps that
 * interrupts somebody no more than so many times; a step ends wherever another processor could look.
 * Programs that can be stopped half-way for preemption run so as well (of three, only with INTERPLAY_MORE).
 * At each step nothing may be
 * writable and a table at once, also by what a TLB remembers; after each run counts are what a naive
 * count finds, and a dead domain has left nothing. INTERPLAY_MORE=n in the environment interrupts n times
 * more.
 */
#include "tests/unit/interplay/fake.h"
#include "tests/unit/interplay/programs.h"
#include "tests/unit/interplay/world.h"

#include <setjmp.h>

#include <cmocka.h>

/* What is run now: outside of what is put back before each run. */
static struct setting {
	struct exploration what;
	explore_fn run[CPUS];
	unsigned int index[CPUS];
	bool preempt;
	unsigned int more; /* interruptions than usual */
} * set;

static void before(void)
{
	world_restore();
	for (unsigned int i = 0; i < set->what.cpus; i++)
		world_place(i, programs[set->index[i]].needs & A_LIVES ? a : b);
	fake_preempt = set->preempt;
}

/* What the programs of this setting need, together. */
static unsigned int needs(void)
{
	unsigned int all = 0;

	for (unsigned int i = 0; i < set->what.cpus; i++)
		all |= programs[set->index[i]].needs;
	return all;
}

/* A dying domain's vCPUs do not run, and it dies once. */
static bool makes_sense(void)
{
	unsigned int kills = 0;

	for (unsigned int i = 0; i < set->what.cpus; i++)
		kills += (programs[set->index[i]].needs & KILLS) != 0;
	return kills <= 1 && !(kills && (needs() & A_LIVES));
}

/* `stops`: STOPS, or 0 to run programs in one piece only. */
static unsigned long explore_setting(unsigned int bound, unsigned int stops)
{
	unsigned long runs = 0;

	if (!makes_sense())
		return 0;
	for (unsigned int i = 0; i < set->what.cpus; i++)
		set->run[i] = programs[set->index[i]].run;
	set->what.bound = bound + set->more;
	for (unsigned int preempt = 0; preempt <= ((needs() & stops) != 0); preempt++) {
		set->preempt = preempt;
		explore_context("%s%s, %s%s%s", preempt ? "stopping, " : "",
				programs[set->index[0]].name, programs[set->index[1]].name,
				set->what.cpus > 2 ? ", " : "",
				set->what.cpus > 2 ? programs[set->index[2]].name : "");
		runs += explore(&set->what);
	}
	return runs;
}

static void test_two(void **state)
{
	unsigned long runs = 0;

	(void)state;
	set->what.cpus = 2;
	for (unsigned int i = 0; i < program_count; i++)
		for (unsigned int j = i; j < program_count; j++) {
			set->index[0] = i;
			set->index[1] = j;
			runs += explore_setting(2, STOPS);
		}
	printf("two processors: %lu runs\n", runs);
}

static void test_three(void **state)
{
	unsigned long runs = 0;

	(void)state;
	set->what.cpus = 3;
	for (unsigned int i = 0; i < program_count; i++)
		for (unsigned int j = i; j < program_count; j++)
			for (unsigned int k = j; k < program_count; k++) {
				set->index[0] = i;
				set->index[1] = j;
				set->index[2] = k;
				runs += explore_setting(1, set->more ? STOPS : 0);
			}
	printf("three processors: %lu runs\n", runs);
}

/* Each thing was possible sometimes; and refused, where it can be. */
static void test_all_happened(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < program_count; i++) {
		if (getenv("INTERPLAY_VERBOSE"))
			printf("%-20s %9lu done %9lu refused\n", programs[i].name, tally[i].done,
			       tally[i].refused);
		assert_true(tally[i].done > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_three),
		cmocka_unit_test(test_all_happened),
	};
	const char *more = getenv("INTERPLAY_MORE");

	set = calloc(1, sizeof(*set));
	set->more = more ? (unsigned int)strtoul(more, NULL, 0) : 0;
	set->what = (struct exploration){
		.program = set->run, .before = before, .after = world_check, .step = world_step
	};
	tally = calloc(program_count, sizeof(*tally));
	explore_init();
	world_make();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
