/* SPDX-License-Identifier: MIT */
/*
 * Every structure of shapes.def, from a 32-bit compiler's layout to the native one and back.
 *
 * truth.h holds what a -m32 program made of each structure with its n-th field filled with bytes n. A
 * field that was forgotten, swapped or cut shows as a wrong byte on one of the two ways.
 */
#include "abi/abi.h"
#include "abi/fetch.h"
#include "cpu/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "truth.h"

#define AT    0x100 /* where the array of structures is in the guest's memory */
#define INDEX 3

static int as_32bit(void **state)
{
	(void)state;
	test_current->domain->is_32bit = true;
	memset(test_memory, 0xee, sizeof(test_memory));
	return 0;
}

static int as_64bit(void **state)
{
	as_32bit(state);
	test_current->domain->is_32bit = false;
	return 0;
}

/* A field's bytes are all n; if it was widened (4 bytes became 8), the upper half is 0. */
static void check_field(const char *where, const uint8_t *bytes, size_t size, unsigned int n)
{
	bool widened = size == 8 && !bytes[7];

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != (widened && i >= 4 ? 0 : n))
			fail_msg("%s: byte %zu is %u, not %u", where, i, bytes[i], n);
}

#define F(field) check_field(#field, (const uint8_t *)&s.field, sizeof(s.field), ++n);
#define CHECK(name, fields)                                                                        \
	static void widen_##name(void **state)                                                     \
	{                                                                                          \
		size_t size = sizeof(truth_##name);                                                \
		struct name s;                                                                     \
		unsigned int n = 0;                                                                \
                                                                                                   \
		(void)state;                                                                       \
		memset(&s, 0xaa, sizeof(s));                                                       \
		assert_int_equal(guest_sizeof_##name(), size);                                     \
		memcpy(test_memory + AT + INDEX * size, truth_##name, size);                       \
		assert_int_equal(guest_get_##name(&s, _gptr(AT), INDEX), 0);                       \
		fields memset(test_memory, 0xee, sizeof(test_memory));                             \
		assert_int_equal(guest_put_##name(_gptr(AT), INDEX, &s), 0);                       \
		assert_memory_equal(test_memory + AT + INDEX * size, truth_##name, size);          \
		assert_int_equal(test_memory[AT + INDEX * size - 1], 0xee);                        \
		assert_int_equal(test_memory[AT + (INDEX + 1) * size], 0xee);                      \
		assert_int_equal(guest_get_##name(&s, _gptr(TEST_MEMORY - size + 1), 0), -EFAULT); \
		assert_int_equal(guest_put_##name(_gptr(TEST_MEMORY - size + 1), 0, &s), -EFAULT); \
		(void)n;                                                                           \
	}                                                                                          \
                                                                                                   \
	static void native_##name(void **state)                                                    \
	{                                                                                          \
		struct name in, out;                                                               \
                                                                                                   \
		(void)state;                                                                       \
		memset(&in, 0x5a, sizeof(in));                                                     \
		assert_int_equal(guest_sizeof_##name(), sizeof(in));                               \
		assert_int_equal(guest_put_##name(_gptr(AT), INDEX, &in), 0);                      \
		assert_int_equal(guest_get_##name(&out, _gptr(AT), INDEX), 0);                     \
		assert_memory_equal(&in, &out, sizeof(in));                                        \
		assert_memory_equal(test_memory + AT + INDEX * sizeof(in), &in, sizeof(in));       \
	}
#define SHAPE(name, fields) CHECK(name, fields)
#define SAME(name)	    CHECK(name, )
#include "abi/shapes.def"
#undef SHAPE
#undef SAME

static void longs(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(guest_put_ulong(_gptr(AT), 1, 0x1122334455667788), 0);
	assert_int_equal(test_memory[AT + 4], 0x88);
	assert_int_equal(test_memory[AT + 8], 0xee);
	assert_int_equal(guest_get_ulong(&value, _gptr(AT), 1), 0);
	assert_int_equal(value, 0x55667788);
	assert_int_equal(guest_get_ulong(&value, _gptr(TEST_MEMORY - 3), 0), -EFAULT);
	test_current->domain->is_32bit = false;
	assert_int_equal(guest_put_ulong(_gptr(AT), 1, 0x1122334455667788), 0);
	assert_int_equal(test_memory[AT + 15], 0x11);
	assert_int_equal(guest_get_ulong(&value, _gptr(AT), 1), 0);
	assert_int_equal(value, 0x1122334455667788);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define SHAPE(name, fields)                             \
	cmocka_unit_test_setup(widen_##name, as_32bit), \
		cmocka_unit_test_setup(native_##name, as_64bit),
#define SAME(name) SHAPE(name, )
#include "abi/shapes.def"
		cmocka_unit_test_setup(longs, as_32bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
