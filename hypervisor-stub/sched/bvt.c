/* SPDX-License-Identifier: MIT */
/*
 * Borrowed virtual time: who has had least of what it is due runs next, and may borrow from its own future.
 *
 * Duda and Cheriton, "Borrowed-Virtual-Time (BVT) scheduling", SOSP 1999; the scheduler of "Xen and the
 * Art of Virtualization", SOSP 2003. Each unit has an actual virtual time A: the time that it has run, on
 * a clock that goes slower the more weight it has, so that equal A means fair shares. The policy runs the
 * unit with the lowest effective virtual time E:
 *
 *	A += ran * 256 / weight		E = A - (warped ? warp : prompt ? C : 0)
 *
 * Four rules complete it.
 *
 * Sleepers. Who wakes gets A = max(A, scheduler virtual time): sleeping earns nothing. That time is the
 * lowest A of those that compete; see virtual_time(). But whose A is not a whole allowance beyond that is prompt:
 * until it has run for one it goes before those that compute, who would keep it waiting for theirs at every event. So a
 * server answers at once beside any number of them; and as A counts on, it gets ahead of its share by no more than
 * C, and stays behind them then. (Who has a warp of its own has chosen otherwise.)
 *
 * Context allowance C. Switching costs, so who has the pCPU keeps it until its E is C ahead of the next
 * one's. (One that wakes with a lower E need not wait so long: the core lets it in after the rate limit.)
 *
 * Warp. A latency-sensitive unit runs earlier by `warp` of virtual time, which its later turns pay back,
 * since A counts on as ever: the share does not change. It may run so for warp_limit ns, and then not again
 * before `unwarp` ns without it have passed.
 *
 * Several pCPUs, one queue. A unit that is due more than one pCPU gets one, and lags behind the others'
 * virtual time for ever; this must not become a claim on a time when it has competitors. So nobody
 * lags further than LAG_TURNS of its own turns. (Nobody gets ahead further than a turn and the warp, since
 * only the first in the queue gets a pCPU; where masks of pCPUs part the units in groups, the groups'
 * clocks differ, and a unit that changes its mask starts at its new competitors' time.)
 *
 * Pure: no locks (the core holds runq), no clock of its own. `docs/scheduling.md` works an example by hand.
 */
#include "sched/budget.h"
#include "sched/policy.h"

#define LAG_TURNS     2
#define LONGEST_TURNS 4 /* a unit that is far behind gets so many allowances in one turn */
#define SOFT_LOOKS    8 /* units looked at for one that would rather run on this pCPU */

static struct runlist queue;

/* What each pCPU does: whose time runs there, or where the last one's stopped. */
static struct bvt_cpu {
	struct sched_unit *running;
	uint64_t since;
	uint64_t clock;
} cpus[SCHED_CPUS];

static unsigned int cpu_count;

/* How far `ns` move a unit's clock; rounded up, so that many short turns are not free. */
static uint64_t to_virtual(const struct sched_unit *u, uint64_t ns)
{
	return ns * SCHED_WEIGHT / u->group->weight + 1;
}

static uint64_t to_ns(const struct sched_unit *u, uint64_t virtual)
{
	return virtual * u->group->weight / SCHED_WEIGHT;
}

static uint64_t cpu_clock(const struct bvt_cpu *c, uint64_t now)
{
	if (!c->running)
		return c->clock;
	return c->running->bvt.actual + to_virtual(c->running, now - c->since);
}

/*
 * The scheduler virtual time for a unit that may run on these pCPUs: the most advanced clock of theirs, but
 * not beyond the first one in the queue that competes. The most advanced, since a pCPU where a heavy unit
 * lags says nothing about the others, and a time that is too early would be a claim.
 */
static uint64_t virtual_time(uint64_t mask, uint64_t now)
{
	uint64_t time = 0;
	bool any = false;

	for (unsigned int cpu = 0; cpu < cpu_count; cpu++) {
		uint64_t clock;

		if (!(mask >> cpu & 1))
			continue;
		clock = cpu_clock(&cpus[cpu], now);
		if (!any || key_before(time, clock))
			time = clock;
		any = true;
	}
	runlist_for_each(&queue, n)
	{
		const struct sched_unit *u = node_unit(n);

		if (!(u->hard & mask))
			continue;
		return key_before(u->bvt.actual, time) ? u->bvt.actual : time;
	}
	return time;
}

/* Is it warped from now on? It has been without warp since warp_seen. */
static void settle_warp(struct sched_unit *u, uint64_t now)
{
	const struct sched_group *g = u->group;

	if (now - u->bvt.warp_seen >= g->unwarp)
		u->bvt.warp_ran = 0;
	u->bvt.warped = g->warp && (!g->warp_limit || u->bvt.warp_ran < g->warp_limit);
}

/* How far it borrows, having run for `ran` of its turn. */
static uint64_t loan(const struct sched_unit *u, uint64_t ran)
{
	const struct sched_group *g = u->group;

	if (g->warp) {
		bool over = g->warp_limit && u->bvt.warp_ran + ran >= g->warp_limit;

		return u->bvt.warped && !over ? g->warp : 0;
	}
	return u->bvt.prompt && u->bvt.prompt_ran + ran < sched_settings.slice
		       ? sched_settings.slice
		       : 0;
}

static uint64_t bvt_rank(const struct sched_unit *u, uint64_t ran)
{
	return u->bvt.actual + (ran ? to_virtual(u, ran) : 0) - loan(u, ran);
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

static void bvt_remove(struct sched_unit *u)
{
	if (!budget_unpark(u) && u->ready)
		dequeue(u);
}

/* The first, in the queue's order, that this pCPU may take. */
static struct sched_unit *first_for(unsigned int cpu)
{
	runlist_for_each(&queue, n) if (unit_takeable(node_unit(n), cpu)) return node_unit(n);
	return NULL;
}

static void bvt_start(unsigned int count)
{
	runlist_init(&queue);
	budget_start();
	cpu_count = count;
	for (unsigned int i = 0; i < SCHED_CPUS; i++)
		cpus[i] = (struct bvt_cpu){ 0 };
}

static void bvt_unit_init(struct sched_unit *u)
{
	u->bvt.actual = 0; /* until it wakes */
	u->bvt.ran = false;
}

static void bvt_unit_gone(struct sched_unit *u)
{
	(void)u;
}

static void bvt_wake(struct sched_unit *u, uint64_t now)
{
	uint64_t time = virtual_time(u->hard, now);

	u->bvt.prompt =
		u->bvt.ran && key_before(u->bvt.actual, time + to_virtual(u, sched_settings.slice));
	u->bvt.prompt_ran = 0;
	if (key_before(u->bvt.actual, time))
		u->bvt.actual = time;
	settle_warp(u, now);
	enqueue(u, bvt_rank(u, 0));
}

static void limit_lag(struct sched_unit *u, uint64_t now)
{
	uint64_t floor =
		virtual_time(u->hard, now) - to_virtual(u, LAG_TURNS * sched_settings.slice);

	if (key_before(u->bvt.actual, floor))
		u->bvt.actual = floor;
}

static void bvt_stop(struct sched_unit *u, uint64_t ran, uint64_t now)
{
	struct bvt_cpu *c = &cpus[u->cpu];

	budget_return(u, ran, now);
	u->bvt.actual += to_virtual(u, ran);
	if (u->bvt.warped) {
		u->bvt.warp_ran += ran;
		u->bvt.warp_seen = now;
	}
	u->bvt.ran = true;
	u->bvt.prompt_ran += ran;
	c->running = NULL;
	c->clock = u->bvt.actual;
	if (cpu_count > 1)
		limit_lag(u, now);
}

static void bvt_requeue(struct sched_unit *u, uint64_t now)
{
	struct sched_unit *other = u->yielded ? first_for(u->cpu) : NULL;
	uint64_t key;

	settle_warp(u, now);
	key = bvt_rank(u, 0);
	/* Behind the next one, whatever that one's time is; the share does not change. */
	if (other && key_before(key, other->node.key))
		key = other->node.key;
	u->yielded = false;
	enqueue(u, key);
}

static void bvt_changed(struct sched_unit *u, uint64_t now)
{
	bool waits = u->ready && !u->parked;

	if (waits)
		dequeue(u);
	u->bvt.actual = virtual_time(u->hard, now);
	settle_warp(u, now);
	if (waits)
		enqueue(u, bvt_rank(u, 0));
}

/* One of the next few that stays on the pCPUs that it prefers, if the first one would leave its own. */
static struct sched_unit *prefer_soft(struct sched_unit *first, unsigned int cpu)
{
	struct run_node *n = &first->node;

	if (first->soft >> cpu & 1)
		return first;
	for (unsigned int i = 0; i < SOFT_LOOKS && (n = runlist_next(&queue, n)); i++) {
		if (n->key - first->node.key > sched_settings.slice)
			break;
		if (unit_takeable(node_unit(n), cpu) && (node_unit(n)->soft >> cpu & 1))
			return node_unit(n);
	}
	return first;
}

/* Until it is C ahead of the next one, and no longer than it may run warped. */
static uint64_t turn(const struct sched_unit *u, const struct sched_unit *next)
{
	const struct sched_group *g = u->group;
	uint64_t ns = sched_settings.slice, rank = bvt_rank(u, 0);

	if (!g->warp && loan(u, 0))
		return ns - u->bvt.prompt_ran;
	if (next && key_before(rank, next->node.key))
		ns += min(to_ns(u, next->node.key - rank), LONGEST_TURNS * sched_settings.slice);
	if (u->bvt.warped && g->warp_limit)
		ns = min(ns, g->warp_limit - u->bvt.warp_ran);
	return ns;
}

static struct sched_unit *bvt_pick(unsigned int cpu, uint64_t now, uint64_t *slice)
{
	struct bvt_cpu *c = &cpus[cpu];
	struct sched_unit *u;

	while ((u = first_for(cpu))) {
		u = prefer_soft(u, cpu);
		dequeue(u);
		*slice = budget_take(u, turn(u, first_for(cpu)), now);
		if (*slice)
			break;
	}
	if (!u)
		return NULL;
	c->running = u;
	c->since = now;
	return u;
}

const struct sched_policy policy_bvt = {
	.name = "bvt",
	.queue = &queue,
	.slice = 5000000,
	.start = bvt_start,
	.unit_init = bvt_unit_init,
	.unit_gone = bvt_unit_gone,
	.wake = bvt_wake,
	.stop = bvt_stop,
	.requeue = bvt_requeue,
	.remove = bvt_remove,
	.changed = bvt_changed,
	.pick = bvt_pick,
	.rank = bvt_rank,
};
