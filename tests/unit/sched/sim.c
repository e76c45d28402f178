/* SPDX-License-Identifier: MIT */
/* The machine of sim.h. */
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct sim sim;

static struct sim_unit *of(struct sched_unit *u)
{
	return u ? container_of(u, struct sim_unit, u) : NULL;
}

uint64_t sim_rand(uint64_t below)
{
	sim.random ^= sim.random << 13;
	sim.random ^= sim.random >> 7;
	sim.random ^= sim.random << 17;
	return sim.random % below;
}

static uint64_t about(uint64_t ns)
{
	return ns / 2 + sim_rand(ns + 1);
}

void sim_start(const struct sched_policy *policy, unsigned int cpus, uint64_t seed)
{
	memset(&sim, 0, sizeof(sim));
	sim.policy = policy;
	sim.cpus = cpus;
	sim.random = seed * 0x9e3779b97f4a7c15ULL + 1;
	for (unsigned int c = 0; c < cpus; c++)
		sim.cpu[c].idle = true;
	sched_settings.slice = policy->slice;
	sched_settings.ratelimit = MS;
	policy->start(cpus);
}

/* ---- as sched_tickle() ------------------------------------------------------------------------------- */

static void look(unsigned int c)
{
	sim.cpu[c].look = true;
	sim.cpu[c].idle = false;
}

static bool tickle_idle(const struct sim_unit *s)
{
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned int c = 0; c < sim.cpus; c++) {
			if (!sim.cpu[c].idle || !unit_allowed(&s->u, c) ||
			    (!pass && !(s->u.soft >> c & 1)))
				continue;
			look(c);
			return true;
		}
	}
	return false;
}

static int weakest(const struct sim_unit *s)
{
	uint64_t last = sim.policy->rank(&s->u, 0);
	int found = -1;

	for (unsigned int c = 0; c < sim.cpus; c++) {
		uint64_t rank;

		if (!sim.cpu[c].turn || !unit_allowed(&s->u, c))
			continue;
		rank = sim.policy->rank(&sim.cpu[c].turn->u, sim.now - sim.cpu[c].since);
		if (!key_before(last, rank))
			continue;
		found = (int)c;
		last = rank;
	}
	return found;
}

static void end_turn_by(unsigned int c, uint64_t t)
{
	if (!sim.cpu[c].deadline || sim.cpu[c].deadline > t)
		sim.cpu[c].deadline = t;
}

static void tickle(struct sim_unit *s)
{
	int c;

	if (tickle_idle(s))
		return;
	c = weakest(s);
	if (c >= 0 && sim.now - sim.cpu[c].since >= sched_settings.ratelimit) {
		look((unsigned int)c);
		return;
	}
	if (c >= 0)
		end_turn_by((unsigned int)c, sim.cpu[c].since + sched_settings.ratelimit);
	for (unsigned int i = 0; i < sim.cpus; i++)
		if (sim.cpu[i].turn && !sim.cpu[i].deadline && unit_allowed(&s->u, i))
			sim.cpu[i].deadline = sim.cpu[i].since + sim.cpu[i].length;
}

/* ---- units --------------------------------------------------------------------------------------------- */

static bool runs(const struct sim_unit *s)
{
	return sim.cpu[s->u.cpu].turn == s;
}

void sim_wake(struct sim_unit *s)
{
	if (!s->wake_at)
		return;
	s->wake_at = 0;
	s->left = about(s->burst);
	s->waits_since = sim.now;
	sim.policy->wake(&s->u, sim.now);
	tickle(s);
}

static struct sim_unit *add(unsigned int weight)
{
	struct sim_unit *s = &sim.unit[sim.units++];

	assert_true(sim.units <= SIM_UNITS);
	s->own.weight = weight;
	s->u.group = &s->own;
	s->u.hard = s->u.soft = ~0ULL;
	sim.policy->unit_init(&s->u);
	s->wake_at = SCHED_NEVER;
	return s;
}

struct sim_unit *sim_hog(unsigned int weight)
{
	struct sim_unit *s = add(weight);

	sim_wake(s);
	return s;
}

struct sim_unit *sim_sleeper(unsigned int weight, uint64_t burst, uint64_t sleep)
{
	struct sim_unit *s = add(weight);

	s->burst = burst;
	s->sleep = sleep;
	s->wake_at = sim.now + 1 + sim_rand(sleep);
	return s;
}

void sim_pin(struct sim_unit *s, uint64_t mask)
{
	s->u.hard = mask;
	sim.policy->changed(&s->u, sim.now);
	if (runs(s) && !unit_allowed(&s->u, s->u.cpu))
		look(s->u.cpu);
	else if (s->u.ready)
		tickle(s);
}

void sim_change(struct sim_unit *s, struct sched_group *group)
{
	s->u.group = group;
	sim.policy->changed(&s->u, sim.now);
	if (runs(s))
		look(s->u.cpu);
}

void sim_sleep(struct sim_unit *s)
{
	if (s->wake_at)
		return;
	s->wake_at = SCHED_NEVER;
	if (runs(s))
		look(s->u.cpu);
	else
		sim.policy->remove(&s->u);
}

/* ---- as schedule() -------------------------------------------------------------------------------------- */

static void charge(unsigned int c)
{
	struct sim_unit *s = sim.cpu[c].turn;
	uint64_t ran = sim.now - sim.cpu[c].since;

	s->ran += ran;
	sim.cpu[c].ran += ran;
	sim.cpu[c].in_a_row = (sim.cpu[c].last == s ? sim.cpu[c].in_a_row : 0) + ran;
	sim.cpu[c].last = s;
	if (sim.cpu[c].in_a_row > s->longest_run)
		s->longest_run = sim.cpu[c].in_a_row;
	sim.policy->stop(&s->u, ran, sim.now);
	if (s->burst) {
		s->wanted += ran;
		s->left -= s->left < ran ? s->left : ran;
		if (!s->left && !s->wake_at)
			s->wake_at = sim.now + about(s->sleep);
	}
	if (!s->wake_at) {
		s->waits_since = sim.now;
		sim.policy->requeue(&s->u, sim.now);
	}
}

static void schedule(unsigned int c)
{
	struct sim_unit *s, *prev = sim.cpu[c].turn;

	sim.cpu[c].look = false;
	if (prev)
		charge(c);
	sim.cpu[c].turn = NULL;
	s = of(sim.policy->pick(c, sim.now, &sim.cpu[c].length));
	sim.cpu[c].turn = s;
	sim.cpu[c].since = sim.now;
	sim.cpu[c].deadline = 0;
	sim.cpu[c].idle = !s;
	/* As sched_saved(): somebody else may have a worse claim than the one that had to go. */
	if (prev && prev != s && prev->u.ready)
		tickle(prev);
	if (!s)
		return;
	assert_true(unit_allowed(&s->u, c));
	assert_false(s->u.ready);
	for (unsigned int i = 0; i < sim.cpus; i++)
		assert_true(i == c || sim.cpu[i].turn != s);
	s->u.cpu = c;
	s->turns++;
	if (sim.now - s->waits_since > s->longest_wait)
		s->longest_wait = sim.now - s->waits_since;
	if (sim.policy->queue->count || s->u.paid)
		sim.cpu[c].deadline = sim.now + sim.cpu[c].length;
	assert_true(sim.cpu[c].length > 0);
}

/* Nobody waits for a pCPU that does nothing. */
static void check_busy(void)
{
	for (unsigned int c = 0; c < sim.cpus; c++) {
		if (sim.cpu[c].turn)
			continue;
		for (unsigned int i = 0; i < sim.units; i++) {
			const struct sched_unit *u = &sim.unit[i].u;

			assert_false(u->ready && !u->parked && unit_allowed(u, c));
		}
	}
}

static void settle(void)
{
	bool again = true;

	while (again) {
		again = false;
		for (unsigned int c = 0; c < sim.cpus; c++) {
			if (!sim.cpu[c].look)
				continue;
			schedule(c);
			again = true;
		}
	}
	check_busy();
}

static void caps_renewed(void)
{
	struct sched_unit *u;

	while ((u = budget_next(sim.now))) {
		sim.policy->wake(u, sim.now);
		tickle(of(u));
	}
}

static uint64_t next_event(uint64_t end)
{
	uint64_t t = min(end, budget_when(sim.now));

	for (unsigned int c = 0; c < sim.cpus; c++) {
		if (sim.cpu[c].deadline)
			t = min(t, sim.cpu[c].deadline);
		if (sim.cpu[c].turn && sim.cpu[c].turn->burst)
			t = min(t, sim.cpu[c].since + sim.cpu[c].turn->left);
	}
	for (unsigned int i = 0; i < sim.units; i++)
		if (sim.unit[i].wake_at)
			t = min(t, sim.unit[i].wake_at);
	return max(t, sim.now);
}

void sim_run(uint64_t ns)
{
	uint64_t end = sim.now + ns;

	settle();
	while (sim.now < end) {
		uint64_t caps = budget_when(sim.now);

		sim.now = next_event(end);
		if (sim.now >= caps)
			caps_renewed();
		for (unsigned int i = 0; i < sim.units; i++)
			if (sim.unit[i].wake_at && sim.unit[i].wake_at <= sim.now)
				sim_wake(&sim.unit[i]);
		for (unsigned int c = 0; c < sim.cpus; c++) {
			const struct sim_unit *s = sim.cpu[c].turn;

			if (!s)
				continue;
			if ((sim.cpu[c].deadline && sim.cpu[c].deadline <= sim.now) ||
			    (s->burst && sim.cpu[c].since + s->left <= sim.now))
				look(c);
		}
		settle();
	}
	/* What runs now counts too. */
	for (unsigned int c = 0; c < sim.cpus; c++)
		if (sim.cpu[c].turn)
			look(c);
	settle();
}

void sim_clear(void)
{
	for (unsigned int i = 0; i < sim.units; i++) {
		struct sim_unit *s = &sim.unit[i];

		s->ran = s->wanted = s->longest_wait = s->longest_run = s->turns = 0;
	}
	for (unsigned int c = 0; c < sim.cpus; c++)
		sim.cpu[c].ran = sim.cpu[c].in_a_row = 0;
}

void sim_due(uint64_t ns, double *due)
{
	double left = (double)ns * sim.cpus, weights = 0;
	bool whole[SIM_UNITS] = { false }, again = true;

	for (unsigned int i = 0; i < sim.units; i++)
		weights += sim.unit[i].own.weight;
	while (again) {
		again = false;
		for (unsigned int i = 0; i < sim.units; i++) {
			double w = sim.unit[i].own.weight;

			if (whole[i] || left * w < (double)ns * weights)
				continue;
			whole[i] = again = true;
			left -= (double)ns;
			weights -= w;
		}
	}
	for (unsigned int i = 0; i < sim.units; i++)
		due[i] = whole[i] ? (double)ns : left * sim.unit[i].own.weight / weights;
}
