/* SPDX-License-Identifier: MIT */
/*
 * What xenstore-check believes of states, against the protocol as a list of steps: whatever the steps can reach
 * is not called impossible, and where somebody is awaited there is a step that he has to take.
 */
#include "fake.h"

#include "check.h"

#include <xen/io/xenbus.h>

#define S(name) XenbusState##name
#define ANY                                                                                      \
	(1u << S(Initialising) | 1u << S(InitWait) | 1u << S(Initialised) | 1u << S(Connected) | \
	 1u << S(Closing) | 1u << S(Closed))
#define ONE(a)	  (1u << S(a))
#define TWO(a, b) (ONE(a) | ONE(b))

/* Who, in which states of the frontend and of the backend (sets), goes where; must he? */
static const struct step {
	bool front, must;
	unsigned fronts, backs, to;
} steps[] = {
	{ false, true, ONE(Initialising), ONE(Initialising), S(InitWait) },
	{ true, false, ONE(Initialising), ONE(InitWait), S(Initialised) },
	{ true, false, ONE(Initialising), ONE(InitWait), S(Connected) },
	{ false, true, TWO(Initialised, Connected), ONE(InitWait), S(Connected) },
	{ true, true, ONE(Initialised), ONE(Connected), S(Connected) },
	/* The toolstack takes it away, or the backend gives it up. */
	{ false, false, ANY, TWO(InitWait, Connected), S(Closing) },
	{ false, false, TWO(Initialised, Connected), ONE(Closing), S(Closed) },
	{ true, true, TWO(Initialised, Connected), TWO(Closing, Closed), S(Closing) },
	/* The frontend ends it. */
	{ true, false, TWO(Initialised, Connected), ANY, S(Closing) },
	{ false, true, ONE(Closing), TWO(InitWait, Connected), S(Closing) },
	{ true, true, ONE(Closing), TWO(Closing, Closed), S(Closed) },
	{ false, true, ONE(Closed), TWO(Connected, Closing), S(Closed) },
	/* And begins anew. */
	{ true, false, ONE(Closed), TWO(Closed, InitWait), S(Initialising) },
	{ false, true, ONE(Initialising), ONE(Closed), S(InitWait) },
	{ false, false, ONE(Closed), ONE(Closed), S(InitWait) },
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

static bool applies(const struct step *s, unsigned front, unsigned back)
{
	return s->fronts >> front & 1 && s->backs >> back & 1;
}

static bool reached[16][16];

static void reach(unsigned front, unsigned back)
{
	if (reached[front][back])
		return;
	reached[front][back] = true;
	for (unsigned i = 0; i < STEPS; i++)
		if (applies(&steps[i], front, back))
			reach(steps[i].front ? steps[i].to : front,
			      steps[i].front ? back : steps[i].to);
}

static bool has_to_act(bool front, unsigned f, unsigned b)
{
	for (unsigned i = 0; i < STEPS; i++)
		if (steps[i].front == front && steps[i].must && applies(&steps[i], f, b))
			return true;
	return false;
}

static void agrees_with_the_protocol(void **state)
{
	unsigned pairs = 0;

	(void)state;
	reach(S(Initialising), S(Initialising));
	for (unsigned f = 0; f < 16; f++)
		for (unsigned b = 0; b < 16; b++) {
			struct judgement j = judge_states(f, b);

			if (!reached[f][b])
				continue;
			pairs++;
			if (j.verdict == IMPOSSIBLE)
				fail_msg("(%u, %u) is reached, but called impossible", f, b);
			if (j.verdict == ON_ITS_WAY && !has_to_act(j.awaited[0] == 'f', f, b))
				fail_msg("(%u, %u): the %s need not act", f, b, j.awaited);
			if (j.verdict == AT_REST &&
			    (has_to_act(true, f, b) || has_to_act(false, f, b)))
				fail_msg("(%u, %u) is no rest", f, b);
		}
	assert_in_range(pairs, 15, 30);
}

static void nonsense(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		assert_int_equal(judge_states(0, n).verdict, IMPOSSIBLE);
		assert_int_equal(judge_states(n, 9).verdict, IMPOSSIBLE);
	}
	assert_int_equal(judge_states(S(InitWait), S(Connected)).verdict, IMPOSSIBLE);
	assert_int_equal(judge_states(S(Initialising), S(Connected)).verdict, IMPOSSIBLE);
	assert_int_equal(judge_states(S(Connected), S(Initialising)).verdict, IMPOSSIBLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_protocol),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
