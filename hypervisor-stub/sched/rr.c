/* SPDX-License-Identifier: MIT */
/*
 * Round robin: everybody in turn, 30 ms each; who sleeps before his turn is over goes first when he wakes.
 *
 * A unit whose slice is used up goes behind all others with a new one. A unit that goes to sleep keeps
 * what is left; when it wakes it stands before those that only wait, and takes the pCPU from one that
 * did not wake so. That is what makes a shell answer beside a busy domain. Nobody gains time by it:
 * the head start ends with the slice, and after that comes the end of the queue. The queue, then:
 *
 *	first	woken, in order of waking
 *	then	the one that was interrupted in its turn
 *	then	those that wait for a turn
 *
 * Pure: no locks (the core holds runq), no clock of its own.
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
	u->woken = false;
	u->spent = true; /* as a new one has to queue like all */
	u->slice = RR_SLICE;
}

/* The turn is over for now: was it the whole slice? Then the next one begins at the queue's end. */
static void charge(struct sched_unit *u, uint64_t ran)
{
	u->woken = false;
	u->spent = ran >= u->slice;
	u->slice = u->spent ? RR_SLICE : u->slice - ran;
}

/* Behind the woken ones, before all others. */
static void insert_early(struct sched_queue *q, struct sched_unit *u)
{
	struct list *l = q->ready.next;

	while (l != &q->ready && list_entry(l, struct sched_unit, queue)->woken)
		l = l->next;
	list_insert_between(&u->queue, l->prev, l);
}

static void insert(struct sched_queue *q, struct sched_unit *u)
{
	if (u->spent)
		list_add_tail(&q->ready, &u->queue);
	else
		insert_early(q, u);
	u->ready = true;
	q->waiting++;
}

static void rr_ready(struct sched_queue *q, struct sched_unit *u, uint64_t ran)
{
	if (ran)
		charge(u, ran);
	else
		u->woken = !u->spent;
	insert(q, u);
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
	u->spent = false;
	*slice = u->slice;
	return u;
}

static bool rr_preempts(const struct sched_queue *q, const struct sched_unit *running,
			const struct sched_unit *woken)
{
	(void)q;
	return woken->woken && !running->woken;
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
