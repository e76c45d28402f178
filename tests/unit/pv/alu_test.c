/* SPDX-License-Identifier: MIT */
/*
 * Emulated arithmetic against a model in plain C: results and flags of every operation and size, over
 * operands at the borders and random ones.
 */
#include "pv/alu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define OTHER_FLAGS 0x200202ULL /* ID, IF: must survive */

static uint64_t mask_of(unsigned int bytes)
{
	return bytes == 8 ? ~0ULL : (1ULL << 8 * bytes) - 1;
}

static uint64_t result_flags(unsigned int bytes, uint64_t value)
{
	uint64_t f = 0;

	value &= mask_of(bytes);
	if (!value)
		f |= ALU_FLAG_ZF;
	if (value >> (8 * bytes - 1))
		f |= ALU_FLAG_SF;
	if (!(__builtin_popcount(value & 0xff) & 1))
		f |= ALU_FLAG_PF;
	return f;
}

/* Add with carry, or subtract as adding the complement. */
static uint64_t model_add(unsigned int bytes, uint64_t a, uint64_t b, unsigned int carry, bool sub,
			  uint64_t *flags)
{
	uint64_t m = mask_of(bytes), top = 1ULL << (8 * bytes - 1), r;
	bool cf, of;

	a &= m;
	b &= m;
	if (sub) {
		r = (a - b - carry) & m;
		cf = a < b || (carry && a == b);
		of = ((a ^ b) & (a ^ r)) & top;
	} else {
		r = (a + b + carry) & m;
		cf = r < a || (carry && r == a);
		of = (~(a ^ b) & (a ^ r)) & top;
	}
	*flags = result_flags(bytes, r) | (cf ? ALU_FLAG_CF : 0) | (of ? ALU_FLAG_OF : 0) |
		 ((a ^ b ^ r) & 0x10 ? ALU_FLAG_AF : 0);
	return r;
}

static uint64_t model(enum alu_op op, unsigned int bytes, uint64_t a, uint64_t b, bool carry,
		      uint64_t *flags)
{
	uint64_t r;

	switch (op) {
	case ALU_ADD:
	case ALU_ADC:
		return model_add(bytes, a, b, op == ALU_ADC && carry, false, flags);
	case ALU_SUB:
	case ALU_SBB:
	case ALU_CMP:
		r = model_add(bytes, a, b, op == ALU_SBB && carry, true, flags);
		return op == ALU_CMP ? a & mask_of(bytes) : r;
	case ALU_OR:
		r = a | b;
		break;
	case ALU_AND:
		r = a & b;
		break;
	default:
		r = a ^ b;
		break;
	}
	*flags = result_flags(bytes, r);
	return r & mask_of(bytes);
}

static const uint64_t edges[] = { 0,	      1,	  0x7f,	       0x80,
				  0xff,	      0x7fff,	  0x8000,      0xffff,
				  0x7fffffff, 0x80000000, 0xffffffff,  0x7fffffffffffffff,
				  1ULL << 63, ~0ULL,	  0x123456789, 0xfedcba9876543210 };
#define EDGES (sizeof(edges) / sizeof(edges[0]))

static const unsigned int sizes[] = { 1, 2, 4, 8 };

static void binary(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 8 * 4 * EDGES * EDGES * 2; n++) {
		enum alu_op op = n % 8;
		unsigned int bytes = sizes[n / 8 % 4];
		uint64_t a = edges[n / 32 % EDGES], b = edges[n / 32 / EDGES % EDGES];
		bool carry = n / 32 / EDGES / EDGES;
		uint64_t flags = OTHER_FLAGS | (carry ? ALU_FLAG_CF : 0), want, r, got;
		uint64_t undefined =
			op == ALU_AND || op == ALU_OR || op == ALU_XOR ? ALU_FLAG_AF : 0;

		r = model(op, bytes, a, b, carry, &want);
		got = alu_binary(op, bytes, a, b, &flags);
		assert_int_equal(got & mask_of(bytes), r);
		assert_int_equal(flags & ~undefined, (want | OTHER_FLAGS) & ~undefined);
	}
}

static void unary(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 4 * EDGES; n++) {
		unsigned int bytes = sizes[n % 4];
		uint64_t a = edges[n / 4], m = mask_of(bytes), f = OTHER_FLAGS | ALU_FLAG_CF;

		assert_int_equal(alu_unary(UNARY_INC, bytes, a, &f) & m, (a + 1) & m);
		assert_true(f & ALU_FLAG_CF); /* INC and DEC leave the carry */
		f = OTHER_FLAGS;
		assert_int_equal(alu_unary(UNARY_DEC, bytes, a, &f) & m, (a - 1) & m);
		assert_false(f & ALU_FLAG_CF);
		f = OTHER_FLAGS | ALU_FLAG_ZF;
		assert_int_equal(alu_unary(UNARY_NOT, bytes, a, &f) & m, ~a & m);
		assert_int_equal(f, OTHER_FLAGS | ALU_FLAG_ZF);
		assert_int_equal(alu_unary(UNARY_NEG, bytes, a, &f) & m, -a & m);
		assert_int_equal(!!(f & ALU_FLAG_CF), !!(a & m));
	}
}

static void shifts(void **state)
{
	uint64_t f = OTHER_FLAGS;

	(void)state;
	assert_int_equal(alu_shift(4, 1, 0x81, 1, &f) & 0xff, 0x02);
	assert_true(f & ALU_FLAG_CF);
	assert_int_equal(alu_shift(0, 2, 0x8001, 4, &f) & 0xffff, 0x0018);
	f = OTHER_FLAGS | ALU_FLAG_CF;
	assert_int_equal(alu_shift(2, 4, 0x80000000, 1, &f) & 0xffffffff, 1);
	assert_true(f & ALU_FLAG_CF);
	assert_int_equal(alu_shift(7, 4, 0x80000000, 31, &f) & 0xffffffff, 0xffffffff);
	assert_int_equal(alu_shift(5, 8, 1ULL << 63, 63, &f), 1);
	assert_int_equal(alu_shift(6, 4, 1, 4, &f) & 0xffffffff, 16);
	assert_int_equal(alu_double_shift(false, 4, 0x12345678, 0x9abcdef0, 8, &f) & 0xffffffff,
			 0x3456789a);
	assert_int_equal(alu_double_shift(true, 2, 0x1234, 0x5678, 4, &f) & 0xffff, 0x8123);
	assert_int_equal(f & ~ALU_FLAGS, OTHER_FLAGS);
}

static void conditions(void **state)
{
	static const struct {
		uint64_t flags;
		uint16_t true_for; /* a bit a condition code */
	} rows[] = {
		{ 0, 1 << 1 | 1 << 3 | 1 << 5 | 1 << 7 | 1 << 9 | 1 << 11 | 1 << 13 | 1 << 15 },
		{ ALU_FLAG_OF,
		  1 << 0 | 1 << 3 | 1 << 5 | 1 << 7 | 1 << 9 | 1 << 11 | 1 << 12 | 1 << 14 },
		{ ALU_FLAG_CF,
		  1 << 1 | 1 << 2 | 1 << 5 | 1 << 6 | 1 << 9 | 1 << 11 | 1 << 13 | 1 << 15 },
		{ ALU_FLAG_ZF,
		  1 << 1 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 9 | 1 << 11 | 1 << 13 | 1 << 14 },
		{ ALU_FLAG_SF | ALU_FLAG_OF,
		  1 << 0 | 1 << 3 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 11 | 1 << 13 | 1 << 15 },
		{ ALU_FLAG_PF,
		  1 << 1 | 1 << 3 | 1 << 5 | 1 << 7 | 1 << 9 | 1 << 10 | 1 << 13 | 1 << 15 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned int cc = 0; cc < 16; cc++)
			assert_int_equal(alu_condition(cc, rows[i].flags),
					 rows[i].true_for >> cc & 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binary),
		cmocka_unit_test(unary),
		cmocka_unit_test(shifts),
		cmocka_unit_test(conditions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
