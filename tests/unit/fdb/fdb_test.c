/* SPDX-License-Identifier: MIT */
/*
 * A bridge's table of addresses: who was heard is found for a while, who is fixed always, whatever others send.
 */
#include "net/fdb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define AGE (300 * NSEC_PER_SEC)

static struct fdb table;
static struct netdev a = { .name = "a" }, b = { .name = "b" };

static int setup(void **state)
{
	(void)state;
	memset(&table, 0, sizeof(table));
	return 0;
}

/* The n-th of many addresses that share one set: its first two bytes do not count. */
static const uint8_t *one_of_a_set(unsigned n)
{
	static uint8_t mac[8][ETH_ALEN];

	memcpy(mac[n], (uint8_t[]){ 2, (uint8_t)n, 3, 4, 5, 6 }, ETH_ALEN);
	return mac[n];
}

static void learned(void **state)
{
	const uint8_t *mac = one_of_a_set(0);

	(void)state;
	assert_null(fdb_find(&table, mac, 0));
	fdb_learn(&table, &a, mac, 1);
	assert_ptr_equal(fdb_find(&table, mac, 1 + AGE), &a);
	assert_null(fdb_find(&table, mac, 2 + AGE));
	fdb_learn(&table, &b, mac, 2 + AGE);
	assert_ptr_equal(fdb_find(&table, mac, 2 + AGE), &b);
	fdb_forget(&table, &a);
	assert_ptr_equal(fdb_find(&table, mac, 2 + AGE), &b);
	fdb_forget(&table, &b);
	assert_null(fdb_find(&table, mac, 2 + AGE));
}

static void the_silent_one_goes(void **state)
{
	(void)state;
	for (unsigned n = 0; n < FDB_WAYS; n++)
		fdb_learn(&table, &a, one_of_a_set(n), 10 + n);
	fdb_learn(&table, &a, one_of_a_set(0), 20);
	fdb_learn(&table, &b, one_of_a_set(FDB_WAYS), 21);
	assert_ptr_equal(fdb_find(&table, one_of_a_set(FDB_WAYS), 21), &b);
	assert_ptr_equal(fdb_find(&table, one_of_a_set(0), 21), &a);
	assert_null(fdb_find(&table, one_of_a_set(1), 21));
	assert_ptr_equal(fdb_find(&table, one_of_a_set(2), 21), &a);
}

static void fixed(void **state)
{
	const uint8_t *mac = one_of_a_set(0);

	(void)state;
	fdb_learn(&table, &b, mac, 1);
	fdb_fix(&table, &a, mac);
	fdb_learn(&table, &b, mac, 2); /* he says that he is it */
	fdb_fix(&table, &b, mac);
	assert_ptr_equal(fdb_find(&table, mac, 100 * AGE), &a);
	for (unsigned n = 1; n < 8; n++)
		fdb_learn(&table, &b, one_of_a_set(n), 100 * AGE);
	assert_ptr_equal(fdb_find(&table, mac, 100 * AGE), &a);
	for (unsigned n = 1; n < 8; n++)
		fdb_fix(&table, &b, one_of_a_set(n)); /* more than there are places */
	assert_ptr_equal(fdb_find(&table, mac, 100 * AGE), &a);
	assert_ptr_equal(fdb_find(&table, one_of_a_set(FDB_WAYS - 1), 100 * AGE), &b);
	assert_null(fdb_find(&table, one_of_a_set(FDB_WAYS), 100 * AGE));
	fdb_forget(&table, &a);
	fdb_learn(&table, &b, mac, 100 * AGE);
	assert_ptr_equal(fdb_find(&table, mac, 100 * AGE), &b);
}

static void groups_are_nowhere(void **state)
{
	const uint8_t group[ETH_ALEN] = { 3, 0, 3, 4, 5, 6 };

	(void)state;
	for (unsigned n = 0; n < FDB_WAYS; n++)
		fdb_learn(&table, &a, one_of_a_set(n), 1 + n);
	fdb_learn(&table, &b, group, 9);
	fdb_fix(&table, &b, group);
	assert_null(fdb_find(&table, group, 9));
	assert_ptr_equal(fdb_find(&table, one_of_a_set(0), 9), &a); /* it took nobody's place */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(learned, setup),
		cmocka_unit_test_setup(the_silent_one_goes, setup),
		cmocka_unit_test_setup(fixed, setup),
		cmocka_unit_test_setup(groups_are_nowhere, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
