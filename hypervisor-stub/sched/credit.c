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
 * What sleepers did not use of their shares, others have run for and owe; such debts are spread again over all
 * at the next handing out, by weight, or the hogs beside a sleeper would soon all be OVER, where weights
 * count for nothing. Who wakes has saved one turn's worth at most: a sleeper hoards nothing. A unit
 * that is due a whole pCPU stands in front of its class, as if it had waited for as many turns as there are
 * units: otherwise it would lose its pCPU at the end of each turn, and time lost so cannot be given back.
 *
 * Where masks of pCPUs part the units in groups, weights still count among all: shares within a group are
 * right only as far as the groups' needs agree.
 *
 * Pure: no locks (the core holds runq), no clock of its own.
 */
#include "sched/budget.h"
#include "sched/policy.h"

#define BOOST_MAX 10000000 /* ns: who needs longer is not latency-sensitive */

/* Keys of the queue: the class, and then the time of arrival, or how far away the next class is. */
#define CLASS_SHIFT  60
#define CREDIT_BOOST (0ULL << CLASS_SHIFT)
#define CREDIT_UNDER (1ULL << CLASS_SHIFT)
#define CREDIT_OVER  (2ULL << CLASS_SHIFT)

static struct runlist queue;
static struct list units; /* all of them, active or not */
static unsigned int cpu_count;
static uint64_t accounted;  /* until when credits were handed out */
static unsigned int active; /* units that took part then */
static int64_t balance;	    /* sum of their credits after that */

static uint64_t class_of(int64_t credits)
{
	return credits >= 0 ? CREDIT_UNDER : CREDIT_OVER;
}

static uint64_t credit_rank(const struct sched_unit *u, uint64_t ran)
{
	if (u->credit.boosted && ran < BOOST_MAX)
		return CREDIT_BOOST;
	return class_of(u->credit.credits - (int64_t)ran);
}

static void insert(struct sched_unit *u, uint64_t key)
{
	runlist_insert(&queue, &u->node, key);
	u->ready = true;
}

static uint64_t key_at(const struct sched_unit *u, uint64_t now)
{
	uint64_t head_start = u->credit.whole ? active * sched_settings.slice : 0;
	uint64_t rank = credit_rank(u, 0);

	/* Of those that owe, the one that has paid soonest. */
	if (rank == CREDIT_OVER)
		return rank + (uint64_t)-u->credit.credits * SCHED_WEIGHT / u->group->weight;
	return rank + now - min(now, head_start);
}

static void dequeue(struct sched_unit *u)
{
	runlist_remove(&queue, &u->node);
	u->ready = false;
}

static void credit_remove(struct sched_unit *u)
{
	if (!budget_unpark(u) && u->ready)
		dequeue(u);
}

/* ---- handing out ------------------------------------------------------------------------------------- */

/* It wants a pCPU, or had one in this period. */
static bool is_active(const struct sched_unit *u)
{
	return u->ready || u->credit.running || u->credit.ran;
}

/* What there is for each unit of weight, of what is left for those that are not due a whole pCPU. */
struct shares {
	uint64_t left, weights;
	uint64_t debt; /* that is spread over all */
	uint64_t all;  /* weights of all */
};

/* Units that are due a whole pCPU or more get that, and the others share the rest by weight. */
static void share_out(struct shares *s, uint64_t turn)
{
	struct sched_unit *u;
	bool again = true;

	*s = (struct shares){ .left = cpu_count * turn };
	s->debt = balance < 0 ? (uint64_t)-balance : 0;
	active = 0;
	list_for_each (u, &units, credit.all) {
		u->credit.whole = false;
		if (!is_active(u))
			continue;
		s->weights += u->group->weight;
		active++;
	}
	s->all = s->weights;
	while (again) {
		again = false;
		list_for_each (u, &units, credit.all) {
			if (!is_active(u) || u->credit.whole ||
			    s->left * u->group->weight < turn * s->weights)
				continue;
			u->credit.whole = true;
			s->left -= min(turn, s->left);
			s->weights -= u->group->weight;
			again = s->weights != 0;
		}
	}
}

static void pay(struct sched_unit *u, uint64_t turn, const struct shares *s)
{
	uint64_t weight = u->group->weight;
	uint64_t share = u->credit.whole ? turn : s->left * weight / s->weights;
	int64_t limit = (int64_t)(turn * (active + 1));

	share += s->debt * weight / s->all;
	u->credit.credits = min(u->credit.credits + (int64_t)share, limit);
	u->credit.credits = max(u->credit.credits, -limit);
	u->credit.ran = false;
	balance += u->credit.credits;
}

/* A waiting unit whose class is another one now takes its place there. */
static void resort(struct sched_unit *u, uint64_t now)
{
	if (!u->ready || u->parked ||
	    credit_rank(u, 0) == u->node.key >> CLASS_SHIFT << CLASS_SHIFT)
		return;
	dequeue(u);
	insert(u, key_at(u, now));
}

/* Called at every decision; does its work once a period. */
static void account(uint64_t now)
{
	uint64_t turn = sched_settings.slice;
	struct sched_unit *u;
	struct shares s;

	if (now - accounted < turn)
		return;
	/* Periods in which nobody had to decide were nobody's loss. */
	accounted = now - (now - accounted) % turn;
	share_out(&s, turn);
	balance = 0;
	list_for_each (u, &units, credit.all) {
		if (!is_active(u))
			continue;
		pay(u, turn, &s);
		resort(u, now);
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
	active = 0;
	balance = 0;
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
	u->credit.credits = min(u->credit.credits, (int64_t)sched_settings.slice);
	u->credit.boosted = u->credit.credits > 0;
	insert(u, key_at(u, now));
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
	key = key_at(u, now);
	if (other)
		key = max(key, other->node.key);
	u->yielded = false;
	insert(u, key);
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
