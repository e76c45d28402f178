/* SPDX-License-Identifier: MIT */
/*
 * A queue kept in order: those that wait for a pCPU, the one to run next first.
 *
 * A skip list (Pugh, CACM 1990): a sorted doubly linked list at level 0, and above each level one that holds
 * about a quarter of its nodes. Its head is the answer to "who is next" without a search, one walks it
 * from there past those that may not run here, taking a node out needs no search either, and putting one
 * in looks at about 2 * log2(n) nodes: 16 for 256 vCPUs, none for one. Equal keys stand in the order in
 * which they came. Pure, and deterministic: the levels come from a generator with a fixed seed.
 */
#ifndef SCHED_RUNLIST_H
#define SCHED_RUNLIST_H

#include "lib/list.h"

#define RUNLIST_LEVELS 5 /* a quarter each: good for 4^5 nodes */

struct run_node {
	struct list link[RUNLIST_LEVELS];
	uint64_t key;
	unsigned int levels; /* that it is linked in; 0: not on a list */
};

struct runlist {
	struct list head[RUNLIST_LEVELS];
	unsigned int height; /* levels in use */
	unsigned int count;
	uint32_t random;
};

/* Keys are compared by their distance, so that a clock may wrap. */
static inline bool key_before(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}

void runlist_init(struct runlist *q);
/* Behind all whose key is not above this one. The node is on no list. */
void runlist_insert(struct runlist *q, struct run_node *n, uint64_t key);
void runlist_remove(struct runlist *q, struct run_node *n);

static inline struct run_node *runlist_first(const struct runlist *q)
{
	return list_empty(&q->head[0]) ? NULL : list_first(&q->head[0], struct run_node, link[0]);
}

static inline struct run_node *runlist_next(const struct runlist *q, const struct run_node *n)
{
	if (n->link[0].next == &q->head[0])
		return NULL;
	return list_entry(n->link[0].next, struct run_node, link[0]);
}

#define runlist_for_each(q, n) \
	for (struct run_node *n = runlist_first(q); n; n = runlist_next(q, n))

#endif
