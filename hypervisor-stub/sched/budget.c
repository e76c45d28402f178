/* SPDX-License-Identifier: MIT */
/*
 * The accounts of capped groups. See budget.h.
 *
 * A turn is paid for in advance, so that the units of a group that run at the same time on several pCPUs do not
 * spend the same money twice; what was not used comes back.
 */
#include "sched/budget.h"

#define TURN_MIN 100000 /* ns: a shorter turn is not worth the switch */

static struct runlist parked;

void budget_start(void)
{
	runlist_init(&parked);
}

static int64_t quota(const struct sched_group *g)
{
	return (int64_t)g->cap * BUDGET_PERIOD / 100;
}

/* A new period has begun since: debts are paid from what it brings, savings do not add up. */
static void renew(struct sched_group *g, uint64_t now)
{
	uint64_t period = now / BUDGET_PERIOD, passed = period - g->period;

	if (!passed)
		return;
	g->period = period;
	if (g->budget >= 0 || passed > 1000)
		g->budget = quota(g);
	else
		g->budget = min(g->budget + (int64_t)passed * quota(g), quota(g));
}

static void park(struct sched_unit *u)
{
	u->parked = true;
	u->ready = true; /* it still wants to run */
	runlist_insert(&parked, &u->node, 0);
}

uint64_t budget_take(struct sched_unit *u, uint64_t ns, uint64_t now)
{
	struct sched_group *g = u->group;

	u->paid = 0;
	if (!g->cap)
		return ns;
	renew(g, now);
	if (g->budget < TURN_MIN) {
		park(u);
		return 0;
	}
	u->paid = min(ns, (uint64_t)g->budget);
	g->budget -= (int64_t)u->paid;
	return u->paid;
}

void budget_return(struct sched_unit *u, uint64_t ran, uint64_t now)
{
	struct sched_group *g = u->group;

	if (!g->cap || !u->paid)
		return;
	renew(g, now);
	g->budget = min(g->budget + (int64_t)u->paid - (int64_t)ran, quota(g));
	u->paid = 0;
}

bool budget_unpark(struct sched_unit *u)
{
	if (!u->parked)
		return false;
	runlist_remove(&parked, &u->node);
	u->parked = false;
	u->ready = false;
	return true;
}

struct sched_unit *budget_next(uint64_t now)
{
	runlist_for_each(&parked, n)
	{
		struct sched_unit *u = node_unit(n);

		renew(u->group, now);
		if (u->group->cap && u->group->budget < TURN_MIN)
			continue;
		budget_unpark(u);
		return u;
	}
	return NULL;
}

uint64_t budget_when(uint64_t now)
{
	return parked.count ? (now / BUDGET_PERIOD + 1) * BUDGET_PERIOD : SCHED_NEVER;
}
