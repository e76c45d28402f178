/* SPDX-License-Identifier: MIT */
/*
 * Multicalls: order, results, errors, and coming back after a stop between or inside entries.
 *
 * The calls themselves are ours: number 40 succeeds with the sum of its first two arguments, number 41
 * stops half-way twice, number 42 fails; number 13 is the multicall itself.
 */
#include "abi/abi.h"
#include "abi/dispatch.h"
#include "abi/fetch.h"
#include "cpu/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CALL_SUM = 40, CALL_LONG = 41, CALL_FAILS = 42 };

#define LIST 0x200

static unsigned int calls, stops_left;
static uint64_t seen_args[HYPERCALL_ARGS];

static long call(uint64_t nr, const uint64_t *args)
{
	calls++;
	memcpy(seen_args, args, sizeof(seen_args));
	switch (nr) {
	case CALL_SUM:
		return (long)(args[0] + args[1]);
	case CALL_LONG:
		return stops_left-- ? -ERESTART : 77;
	case CALL_FAILS:
		return -EPERM;
	case __HYPERVISOR_multicall:
		return do_multicall(_gptr(args[0]), (unsigned int)args[1]);
	default:
		return -ENOSYS;
	}
}

long hypercall_invoke(struct vcpu *v, uint64_t nr, const uint64_t args[HYPERCALL_ARGS])
{
	(void)v;
	return call(nr, args);
}

long hypercall_again(struct vcpu *v, uint64_t nr, const uint64_t args[HYPERCALL_ARGS])
{
	(void)v;
	return call(nr, args);
}

static void entry(unsigned int i, uint64_t op, uint64_t a, uint64_t b)
{
	struct multicall_entry e = { .op = op, .result = 0xdead, .args = { a, b, 3, 4, 5, 6 } };

	assert_int_equal(guest_put_multicall_entry(_gptr(LIST), i, &e), 0);
}

static long result(unsigned int i)
{
	struct multicall_entry e;

	assert_int_equal(guest_get_multicall_entry(&e, _gptr(LIST), i), 0);
	return test_current->domain->is_32bit ? (int32_t)e.result : (long)e.result;
}

static int set_up(void **state)
{
	test_current->domain->is_32bit = *state != NULL;
	memset(&test_current->cont, 0, sizeof(test_current->cont));
	calls = 0;
	test_preempt = false;
	return 0;
}

static void in_order(void **state)
{
	(void)state;
	entry(0, CALL_SUM, 1, 2);
	entry(1, CALL_FAILS, 0, 0);
	entry(2, 999, 0, 0);
	entry(3, CALL_SUM, 10, 20);
	assert_int_equal(do_multicall(_gptr(LIST), 4), 0);
	assert_int_equal(calls, 4);
	assert_int_equal(result(0), 3);
	assert_int_equal(result(1), -EPERM);
	assert_int_equal(result(2), -ENOSYS);
	assert_int_equal(result(3), 30);
	assert_int_equal(seen_args[5], 6);
}

static void nothing(void **state)
{
	(void)state;
	assert_int_equal(do_multicall(_gptr(TEST_MEMORY), 0), 0);
	assert_int_equal(calls, 0);
}

static void nested(void **state)
{
	(void)state;
	entry(0, __HYPERVISOR_multicall, LIST, 1);
	entry(1, __HYPERVISOR_iret, 0, 0);
	entry(2, CALL_SUM, 1, 1);
	assert_int_equal(do_multicall(_gptr(LIST), 3), 0);
	assert_int_equal(result(0), -EINVAL);
	assert_int_equal(result(1), -EINVAL);
	assert_int_equal(result(2), 2);
	/* And the next one is not nested. */
	assert_int_equal(do_multicall(_gptr(LIST), 3), 0);
}

static void unreadable_end(void **state)
{
	size_t size;

	size = (*state ? 4 : 8) * 8;
	for (unsigned int i = 0; i < 2; i++) {
		struct multicall_entry e = { .op = CALL_SUM, .args = { i, 1 } };

		assert_int_equal(guest_put_multicall_entry(_gptr(TEST_MEMORY - 2 * size), i, &e),
				 0);
	}
	assert_int_equal(do_multicall(_gptr(TEST_MEMORY - 2 * size), 3), -EFAULT);
	assert_int_equal(calls, 2);
	assert_false(test_current->cont.multi.running);
}

static void stops_between_entries(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		entry(i, CALL_SUM, i, 100);
	test_preempt = true;
	assert_int_equal(do_multicall(_gptr(LIST), 3), -ERESTART);
	assert_int_equal(calls, 1);
	assert_int_equal(result(0), 100);
	assert_int_equal(do_multicall(_gptr(LIST), 3), -ERESTART);
	assert_int_equal(calls, 2);
	assert_int_equal(do_multicall(_gptr(LIST), 3), 0);
	assert_int_equal(calls, 3);
	assert_int_equal(result(2), 102);
}

/* The guest may change the entry meanwhile: what goes on is the copy. */
static void stops_inside_an_entry(void **state)
{
	(void)state;
	stops_left = 2;
	entry(0, CALL_LONG, 5, 6);
	entry(1, CALL_SUM, 1, 2);
	assert_int_equal(do_multicall(_gptr(LIST), 2), -ERESTART);
	entry(0, CALL_FAILS, 9, 9);
	assert_int_equal(do_multicall(_gptr(LIST), 2), -ERESTART);
	assert_int_equal(seen_args[0], 5);
	assert_int_equal(do_multicall(_gptr(LIST), 2), 0);
	assert_int_equal(calls, 4);
	assert_int_equal(result(0), 77);
	assert_int_equal(result(1), 3);
}

static void hypercall_page_entry(const uint8_t *page, unsigned int nr, const void *bytes, size_t n)
{
	assert_memory_equal(page + nr * 32, bytes, n);
	for (size_t i = n; i < 32; i++)
		assert_int_equal(page[nr * 32 + i], 0xcc);
}

/* observed32.md 1.5 and 6 have the bytes. */
static void hypercall_pages(void **state)
{
	static uint8_t page[4096];

	(void)state;
	hypercall_page_write(page, true);
	hypercall_page_entry(page, 1, "\xb8\x01\0\0\0\xcd\x82\xc3", 8);
	hypercall_page_entry(page, 127, "\xb8\x7f\0\0\0\xcd\x82\xc3", 8);
	hypercall_page_entry(page, 23, "\x50\xb8\x17\0\0\0\xcd\x82", 8);
	hypercall_page_write(page, false);
	hypercall_page_entry(page, 17, "\x51\x41\x53\xb8\x11\0\0\0\x0f\x05\x41\x5b\x59\xc3", 14);
	hypercall_page_entry(page, 23, "\x51\x41\x53\x50\xb8\x17\0\0\0\x0f\x05", 11);
}

static bool wide_32bit = true;

#define BOTH(test)                                           \
	{ #test "_64", test, set_up, NULL, NULL },           \
	{                                                    \
#test "_32", test, set_up, NULL, &wide_32bit \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(in_order),
		BOTH(nothing),
		BOTH(nested),
		BOTH(unreadable_end),
		BOTH(stops_between_entries),
		BOTH(stops_inside_an_entry),
		BOTH(hypercall_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
