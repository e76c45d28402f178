/* SPDX-License-Identifier: MIT */
/*
 * The ordered queue of runlist.h. No locks: the caller holds runq.
 *
 * The links of one node, and the heads of the levels, are arrays: the link one level further down is the
 * element before, for a node as for the head.
 */
#include "sched/runlist.h"

void runlist_init(struct runlist *q)
{
	for (unsigned int l = 0; l < RUNLIST_LEVELS; l++)
		list_init(&q->head[l]);
	q->height = 1;
	q->count = 0;
	q->random = 1;
}

/* One more level with a probability of a quarter each (a linear congruential generator's upper bits). */
static unsigned int draw_levels(struct runlist *q)
{
	unsigned int levels = 1;
	uint32_t bits;

	q->random = q->random * 1664525 + 1013904223;
	bits = q->random >> 16;
	while (levels < RUNLIST_LEVELS && !(bits & 3)) {
		bits >>= 2;
		levels++;
	}
	return levels;
}

static uint64_t key_at(const struct list *l, unsigned int level)
{
	const struct list *bottom = l - level;

	return list_entry(bottom, const struct run_node, link[0])->key;
}

void runlist_insert(struct runlist *q, struct run_node *n, uint64_t key)
{
	struct list *at;

	n->key = key;
	n->levels = draw_levels(q);
	if (n->levels > q->height)
		q->height = n->levels;
	at = &q->head[q->height - 1];
	for (unsigned int l = q->height; l-- > 0;) {
		while (at->next != &q->head[l] && !key_before(key, key_at(at->next, l)))
			at = at->next;
		if (l < n->levels)
			list_insert_between(&n->link[l], at, at->next);
		if (l)
			at--;
	}
	q->count++;
}

void runlist_remove(struct runlist *q, struct run_node *n)
{
	for (unsigned int l = 0; l < n->levels; l++) {
		n->link[l].prev->next = n->link[l].next;
		n->link[l].next->prev = n->link[l].prev;
	}
	n->levels = 0;
	q->count--;
}
