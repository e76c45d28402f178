/* SPDX-License-Identifier: MIT */
/*
 * The ordered queue against an array that is searched: same order, equal keys in order of arrival.
 */
#include "sched/runlist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NODES  300
#define ROUNDS 200000

static struct runlist queue;
static struct run_node node[NODES];
static int order[NODES]; /* the model: indices of nodes, first to run first */
static unsigned int count;

static void model_insert(int i)
{
	unsigned int at = 0;

	while (at < count && !key_before(node[i].key, node[order[at]].key))
		at++;
	memmove(&order[at + 1], &order[at], (count - at) * sizeof(order[0]));
	order[at] = i;
	count++;
}

static void model_remove(int i)
{
	unsigned int at = 0;

	while (order[at] != i)
		at++;
	count--;
	memmove(&order[at], &order[at + 1], (count - at) * sizeof(order[0]));
}

static void compare(void)
{
	unsigned int at = 0;

	runlist_for_each(&queue, n) assert_int_equal(n - node, order[at++]);
	assert_int_equal(at, count);
	assert_int_equal(queue.count, count);
}

/* Keys near each other, many equal, and near the point where the clock wraps. */
static void as_an_array(void **state)
{
	(void)state;
	srand(7);
	runlist_init(&queue);
	for (int round = 0; round < ROUNDS; round++) {
		int i = rand() % NODES;

		if (node[i].levels) {
			model_remove(i);
			runlist_remove(&queue, &node[i]);
		} else {
			runlist_insert(&queue, &node[i], (uint64_t)(rand() % 100) - 50);
			model_insert(i);
		}
		if (round % 64 == 0)
			compare();
	}
	while (count) {
		assert_ptr_equal(runlist_first(&queue), &node[order[0]]);
		runlist_remove(&queue, &node[order[0]]);
		model_remove(order[0]);
	}
	assert_null(runlist_first(&queue));
}

static void equal_keys_in_order_of_arrival(void **state)
{
	struct run_node *n;

	(void)state;
	memset(node, 0, sizeof(node));
	runlist_init(&queue);
	for (int i = 0; i < NODES; i++)
		runlist_insert(&queue, &node[i], 5);
	n = runlist_first(&queue);
	for (int i = 0; i < NODES; i++, n = runlist_next(&queue, n))
		assert_ptr_equal(n, &node[i]);
	assert_null(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_an_array),
		cmocka_unit_test(equal_keys_in_order_of_arrival),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
