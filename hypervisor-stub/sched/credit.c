/* SPDX-License-Identifier: MIT */
/*
 * Credit: every period each unit is given time by its weight; who has some left goes before who has not.
 *
 * The policy that Xen's users knew for a decade. A unit's credits are ns of a pCPU. It pays for what it runs; at
 * the end of each period (one turn long) the time that all pCPUs have together is handed out by weight
 * among the units that were active, no unit getting more than one pCPU's: what a heavy one cannot use, the
 * others share. Three classes, and within a class everybody in turn:
 *
 *	BOOST	it woke with credits left: let it answer, for a short time
 *	UNDER	it has credits left
 *	OVER	it has had more than its share; runs when nobody else would
 *
 * Savings and debts are limited to one turn's worth, so a sleeper hoards nothing, and one that
 * ran on idle pCPUs for long is not punished for it later. Where masks of pCPUs part the units in groups,
 * weights still count among all: shares within a group are right only as far as the groups' needs agree.
 *
 * Pure: no locks (the core holds runq), no clock of its own.
 */
#include "sched/budget.h"
#include "sched/policy.h"

#define BOOST_MAX 10000000 /* ns: who needs longer is not latency-sensitive */

enum { CREDIT_BOOST, CREDIT_UNDER, CREDIT_OVER };

static struct runlist queue;
static struct list units; /* all of them, active or not */
static unsigned int cpu_count;
static uint64_t accounted; /* until when credits were handed out */

static uint64_t class_of(int64_t credits)
{
	return credits > 0 ? CREDIT_UNDER : CREDIT_OVER;
}

static uint64_t credit_rank(const struct sched_unit *u, uint64_t ran)
{
	if (u->credit.boosted && ran < BOOST_MAX)
		return CREDIT_BOOST;
	return class_of(u->credit.credits - (int64_t)ran);
}

static void enqueue(struct sched_unit *u, uint64_t key)
{
	runlist_insert(&queue, &u->node, key);
	u->ready = true;
}

static void dequeue(struct sched_unit *u)
{
	runlist_remove(&queue, &u->node);
	u->ready = false;
}

static void credit_remove(struct sched_unit *u)
{
	if (budget_unpark(u))
		u->ready = false;
	else if (u->ready)
		dequeue(u);
}

/* ---- handing out ------------------------------------------------------------------------------------- */

/* It wants a pCPU, or had one in this period. */
static bool is_active(const struct sched_unit *u)
{
	return u->ready || u->credit.running || u->credit.ran;
}

/* Units that are due a whole pCPU or more get that, and the others share the rest by weight. */
static uint64_t share_out(uint64_t turn, uint64_t *weights)
{
	uint64_t left = cpu_count * turn;
	struct sched_unit *u;
	bool again = true;

	*weights = 0;
	list_for_each (u, &units, credit.all) {
		u->credit.whole = false;
		if (is_active(u))
			*weights += u->group->weight;
	}
	while (again) {
		again = false;
		list_for_each (u, &units, credit.all) {
			if (!is_active(u) || u->credit.whole ||
			    left * u->group->weight < turn * *weights)
				continue;
			u->credit.whole = true;
			left -= min(turn, left);
			*weights -= u->group->weight;
			again = *weights != 0;
		}
	}
	return left;
}

static void pay(struct sched_unit *u, uint64_t turn, uint64_t left, uint64_t weights)
{
	uint64_t share = u->credit.whole ? turn : left * u->group->weight / weights;
	int64_t limit = (int64_t)turn;

	u->credit.credits = min(u->credit.credits + (int64_t)share, limit);
	u->credit.credits = max(u->credit.credits, -limit);
	u->credit.ran = false;
}

/* A waiting unit whose class is another one now takes its place there. */
static void resort(struct sched_unit *u)
{
	uint64_t rank = credit_rank(u, 0);

	if (!u->ready || u->parked || rank == u->node.key)
		return;
	dequeue(u);
	enqueue(u, rank);
}

/* Called at every decision; does its work once a period. */
static void account(uint64_t now)
{
	uint64_t turn = sched_settings.slice, left, weights;
	struct sched_unit *u;

	if (now - accounted < turn)
		return;
	/* Periods in which nobody had to decide were nobody's loss. */
	accounted = now - (now - accounted) % turn;
	left = share_out(turn, &weights);
	list_for_each (u, &units, credit.all) {
		if (!is_active(u))
			continue;
		pay(u, turn, left, weights);
		resort(u);
	}
}

/* ---- the policy -------------------------------------------------------------------------------------- */

static void credit_start(unsigned int count)
{
	runlist_init(&queue);
	list_init(&units);
	budget_start();
	cpu_count = count;
	accounted = 0;
}

static void credit_unit_init(struct sched_unit *u)
{
	u->credit.credits = 0;
	list_add_tail(&units, &u->credit.all);
}

static void credit_unit_gone(struct sched_unit *u)
{
	list_del(&u->credit.all);
}

static void credit_wake(struct sched_unit *u, uint64_t now)
{
	account(now);
	u->credit.boosted = u->credit.credits > 0;
	enqueue(u, credit_rank(u, 0));
}

static void credit_stop(struct sched_unit *u, uint64_t ran, uint64_t now)
{
	budget_return(u, ran, now);
	u->credit.credits -= (int64_t)ran;
	u->credit.ran = true;
	u->credit.running = false;
	u->credit.boosted = false;
}

static struct sched_unit *first_for(unsigned int cpu)
{
	runlist_for_each(&queue, n) if (unit_takeable(node_unit(n), cpu)) return node_unit(n);
	return NULL;
}

static void credit_requeue(struct sched_unit *u, uint64_t now)
{
	struct sched_unit *other = u->yielded ? first_for(u->cpu) : NULL;
	uint64_t key;

	account(now);
	key = credit_rank(u, 0);
	if (other)
		key = max(key, other->node.key);
	u->yielded = false;
	enqueue(u, key);
}

static void credit_changed(struct sched_unit *u, uint64_t now)
{
	(void)u;
	account(now);
}

static struct sched_unit *credit_pick(unsigned int cpu, uint64_t now, uint64_t *slice)
{
	struct sched_unit *u;

	account(now);
	while ((u = first_for(cpu))) {
		dequeue(u);
		*slice = budget_take(u, sched_settings.slice, now);
		if (*slice)
			break;
		u->ready = true; /* it still wants to run */
	}
	if (u)
		u->credit.running = true;
	return u;
}

const struct sched_policy policy_credit = {
	.name = "credit",
	.queue = &queue,
	.slice = 30000000,
	.start = credit_start,
	.unit_init = credit_unit_init,
	.unit_gone = credit_unit_gone,
	.wake = credit_wake,
	.stop = credit_stop,
	.requeue = credit_requeue,
	.remove = credit_remove,
	.changed = credit_changed,
	.pick = credit_pick,
	.rank = credit_rank,
};
