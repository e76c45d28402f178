/* SPDX-License-Identifier: MIT */
/*
 * Round robin: everybody in turn, 30 ms each.
 *
 * A unit whose slice is used up goes behind all others with a new one. A unit that wakes keeps what was
 * left of its slice and goes to the end; it does not push anybody away. The worst wait is therefore
 * 30 ms for each other unit that is ready. Pure: no locks (the core holds runq), no clock of its own.
 */
#include "sched/policy.h"

#define RR_SLICE 30000000 /* ns */

static void rr_queue_init(struct sched_queue *q)
{
	list_init(&q->ready);
	q->waiting = 0;
}

static void rr_unit_init(struct sched_unit *u)
{
	list_init(&u->queue);
	u->ready = false;
	u->slice = RR_SLICE;
}

/* True if the unit has something left. */
static bool charge(struct sched_unit *u, uint64_t ran)
{
	if (ran < u->slice) {
		u->slice -= ran;
		return true;
	}
	u->slice = RR_SLICE;
	return false;
}

static void insert(struct sched_queue *q, struct sched_unit *u, bool first)
{
	if (first)
		list_add(&q->ready, &u->queue);
	else
		list_add_tail(&q->ready, &u->queue);
	u->ready = true;
	q->waiting++;
}

static void rr_ready(struct sched_queue *q, struct sched_unit *u, uint64_t ran)
{
	bool had_turn = ran != 0, left = charge(u, ran);

	/* Interrupted in its turn (the scheduler was asked for another reason): it goes on. */
	insert(q, u, had_turn && left);
}

static void rr_stopped(struct sched_queue *q, struct sched_unit *u, uint64_t ran)
{
	(void)q;
	charge(u, ran);
}

static void rr_yields(struct sched_queue *q, struct sched_unit *u)
{
	(void)q;
	u->slice = 0;
}

static void rr_remove(struct sched_queue *q, struct sched_unit *u)
{
	if (!u->ready)
		return;
	list_del(&u->queue);
	u->ready = false;
	q->waiting--;
}

static struct sched_unit *rr_pick(struct sched_queue *q, uint64_t *slice)
{
	struct sched_unit *u;

	if (list_empty(&q->ready))
		return NULL;
	u = list_first(&q->ready, struct sched_unit, queue);
	rr_remove(q, u);
	*slice = u->slice;
	return u;
}

static bool rr_preempts(const struct sched_queue *q, const struct sched_unit *running,
			const struct sched_unit *woken)
{
	(void)q;
	(void)running;
	(void)woken;
	return false;
}

const struct sched_policy policy_rr = {
	.name = "rr",
	.queue_init = rr_queue_init,
	.unit_init = rr_unit_init,
	.ready = rr_ready,
	.stopped = rr_stopped,
	.yields = rr_yields,
	.remove = rr_remove,
	.pick = rr_pick,
	.preempts = rr_preempts,
};
