/* SPDX-License-Identifier: MIT */
/*
 * The decoder: lengths, fields and addresses of chosen instructions; fuzz_decode.py does the many.
 *
 * Each row is an instruction followed by NOPs. Cut short by one byte it must ask for more, and never
 * look beyond the bytes that it was given: they end where the sanitizer's redzone begins.
 */
#include "pv/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
	unsigned int bits;
	const char *code;
	uint8_t length, map, opcode, operand, address;
};

/* clang-format off */
static const struct row rows[] = {
	{ 32, "\x0f\x20\xc0",                             3, MAP_0F,  0x20, 4, 4 }, /* mov %cr0,%eax */
	{ 64, "\x0f\x22\xd8",                             3, MAP_0F,  0x22, 4, 8 }, /* mov %rax,%cr3 */
	{ 64, "\x44\x0f\x20\xc0",                         4, MAP_0F,  0x20, 4, 8 }, /* mov %cr8,%rax */
	{ 32, "\x0f\x20\x00",                             3, MAP_0F,  0x20, 4, 4 }, /* mod is not looked at */
	{ 32, "\xf3\x6e",                                 2, MAP_ONE, 0x6e, 4, 4 }, /* rep outsb */
	{ 32, "\x66\xef",                                 2, MAP_ONE, 0xef, 2, 4 }, /* out %ax,(%dx) */
	{ 16, "\x66\xef",                                 2, MAP_ONE, 0xef, 4, 2 }, /* out %eax,(%dx) */
	{ 32, "\xc7\x05\x78\x56\x34\x12\x01\x00\x00\x00",10, MAP_ONE, 0xc7, 4, 4 }, /* movl $1,0x12345678 */
	{ 32, "\x66\xc7\x00\x01\x00",                     5, MAP_ONE, 0xc7, 2, 4 },
	{ 64, "\x48\xc7\x00\x01\x00\x00\x00",             7, MAP_ONE, 0xc7, 8, 8 },
	{ 64, "\x48\xb8\x01\x02\x03\x04\x05\x06\x07\x08",10, MAP_ONE, 0xb8, 8, 8 }, /* movabs */
	{ 64, "\xa3\x01\x02\x03\x04\x05\x06\x07\x08",     9, MAP_ONE, 0xa3, 4, 8 }, /* moffs */
	{ 32, "\xa3\x01\x02\x03\x04",                     5, MAP_ONE, 0xa3, 4, 4 },
	{ 16, "\xa3\x01\x02",                             3, MAP_ONE, 0xa3, 2, 2 },
	{ 32, "\xf0\x0f\xc7\x0f",                         4, MAP_0F,  0xc7, 4, 4 }, /* lock cmpxchg8b */
	{ 32, "\xf6\x00\x01",                             3, MAP_ONE, 0xf6, 4, 4 }, /* testb $1 */
	{ 32, "\xf6\x10",                                 2, MAP_ONE, 0xf6, 4, 4 }, /* notb */
	{ 32, "\xf7\x00\x01\x02\x03\x04",                 6, MAP_ONE, 0xf7, 4, 4 },
	{ 32, "\x9a\x01\x02\x03\x04\x05\x06",             7, MAP_ONE, 0x9a, 4, 4 }, /* lcall */
	{ 16, "\xea\x01\x02\x03\x04",                     5, MAP_ONE, 0xea, 2, 2 }, /* ljmp */
	{ 32, "\xc8\x01\x02\x03",                         4, MAP_ONE, 0xc8, 4, 4 }, /* enter */
	{ 64, "\x66\x48\x0f\x38\xf0\x00",                 6, MAP_0F38,0xf0, 8, 8 }, /* movbe */
	{ 32, "\x66\x0f\x3a\x0f\xc1\x04",                 6, MAP_0F3A,0x0f, 2, 4 }, /* palignr */
	{ 64, "\x48\x66\x90",                             3, MAP_ONE, 0x90, 2, 8 }, /* REX not last: void */
	{ 32, "\x40",                                     1, MAP_ONE, 0x40, 4, 4 }, /* inc %eax */
	{ 32, "\xe8\x00\x00\x00\x00",                     5, MAP_ONE, 0xe8, 4, 4 },
	{ 16, "\xe8\x00\x00",                             3, MAP_ONE, 0xe8, 2, 2 },
};
/* clang-format on */

static uint8_t *copy_of(const void *bytes, size_t n)
{
	uint8_t *p = malloc(n);

	memcpy(p, bytes, n);
	return p;
}

static void lengths_and_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		uint8_t *exact = copy_of(r->code, r->length);
		struct insn in;

		assert_int_equal(insn_decode(exact, r->length, r->bits, &in), INSN_OK);
		assert_int_equal(in.length, r->length);
		assert_int_equal(in.map, r->map);
		assert_int_equal(in.opcode, r->opcode);
		assert_int_equal(in.operand_bytes, r->operand);
		assert_int_equal(in.address_bytes, r->address);
		free(exact);
		for (unsigned int n = 0; n < r->length; n++) {
			uint8_t *cut = copy_of(r->code, n);

			assert_int_equal(insn_decode(cut, n, r->bits, &in), INSN_SHORT);
			free(cut);
		}
	}
}

static void undefined(void **state)
{
	static const struct {
		unsigned int bits;
		const char *code;
	} bad[] = {
		{ 64, "\x06" },		/* push %es */
		{ 64, "\x9a" },		/* lcall */
		{ 64, "\x82\xc0\x01" }, /* the alias of 80 */
		{ 32, "\x0f\x04" },
		{ 32, "\x0f\x0a" },
		{ 32, "\x8f\xc8" },		/* XOP */
		{ 32, "\xc5\xf8\x77" },		/* vzeroupper */
		{ 64, "\xc4\xe2\x78\xf2\xc0" }, /* andn */
		{ 64, "\x62\xf1\x7c\x48\x28\xc0" },
	};
	static const uint8_t prefixes[16] = { [0 ... 15] = 0x66 };
	struct insn in;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t code[16] = { 0 };

		memcpy(code, bad[i].code, strlen(bad[i].code));
		assert_int_equal(insn_decode(code, sizeof(code), bad[i].bits, &in), INSN_UNKNOWN);
	}
	/* Too long is not too short. */
	assert_int_equal(insn_decode(prefixes, sizeof(prefixes), 32, &in), INSN_UNKNOWN);
	assert_int_equal(insn_decode(prefixes, 14, 32, &in), INSN_SHORT);
}

static const uint64_t gpr[16] = { 0x1000,      0x2000, 0x3000, 0x4000, 0x5000, 0x6000,
				  0xffffffff7, 0x8000, 0x9000, 0xa000, 0xb000, 0xc000,
				  0xd000,      0xe000, 0xf000, 0x11000 };

static void addresses(void **state)
{
	static const struct {
		unsigned int bits;
		char code[12];
		uint64_t offset;
		enum insn_segment seg;
	} rows_[] = {
		{ 32, "\x89\x08", 0x1000, SEG_DS },			/* (%eax) */
		{ 32, "\x89\x4d\xfc", 0x5ffc, SEG_SS },			/* -4(%ebp) */
		{ 32, "\x89\x0c\x24", 0x5000, SEG_SS },			/* (%esp) */
		{ 32, "\x64\x89\x0c\xd0", 0x1000 + 0x18000, SEG_FS },	/* %fs:(%eax,%edx,8) */
		{ 32, "\x89\x0c\x95\x10\x00\x00\x00", 0xc010, SEG_DS }, /* 16(,%edx,4) */
		{ 32, "\x89\x4e\x10", 0x7, SEG_DS },	     /* 16(%esi), wraps at 4 GiB */
		{ 16, "\x89\x08", 0x4000 + 0xfff7, SEG_DS }, /* (%bx,%si) */
		{ 16, "\x89\x0a", 0x6000 + 0xfff7 - 0x10000, SEG_SS }, /* (%bp,%si) */
		{ 16, "\x89\x0e\x34\x12", 0x1234, SEG_DS },
		{ 64, "\x89\x0d\x10\x00\x00\x00", 0x100010, SEG_DS }, /* 16(%rip) */
		{ 64, "\x67\x89\x0d\x10\x00\x00\x00", 0x100010, SEG_DS },
		{ 64, "\x89\x0c\x25\x10\x00\x00\x80", 0xffffffff80000010, SEG_DS },
		{ 64, "\x41\x89\x0c\x24", 0xd000, SEG_DS },	      /* (%r12) */
		{ 64, "\x43\x89\x0c\x27", 0x11000 + 0xd000, SEG_DS }, /* (%r15,%r12) */
		{ 64, "\x41\x89\x4d\x00", 0xe000, SEG_DS },	      /* 0(%r13) */
		{ 64, "\x65\xa3\x01\x00\x00\x00\x00\x00\x00\x01", 0x100000000000001, SEG_GS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows_) / sizeof(rows_[0]); i++) {
		uint8_t code[16] = { 0 };
		struct insn in;

		memcpy(code, rows_[i].code, sizeof(rows_[i].code));
		assert_int_equal(insn_decode(code, sizeof(code), rows_[i].bits, &in), INSN_OK);
		assert_true(in.has_memory);
		assert_int_equal(insn_memory_segment(&in), rows_[i].seg);
		assert_int_equal(insn_memory_offset(&in, gpr, 0x100000),
				 rows_[i].bits == 16 ? (uint16_t)rows_[i].offset : rows_[i].offset);
	}
}

static void immediates(void **state)
{
	struct insn in;

	(void)state;
	assert_int_equal(insn_decode((const uint8_t *)"\x83\x00\xff", 3, 32, &in), INSN_OK);
	assert_int_equal(in.immediate, ~0ULL);
	assert_int_equal(in.reg, 0);
	assert_int_equal(insn_decode((const uint8_t *)"\x66\x68\x00\x80", 4, 64, &in), INSN_OK);
	assert_int_equal(in.immediate, 0xffffffffffff8000);
	assert_int_equal(insn_decode((const uint8_t *)"\x9a\x78\x56\x34\x12\x0b\x00", 7, 32, &in),
			 INSN_OK);
	assert_int_equal(in.immediate, 0x12345678);
	assert_int_equal(in.selector, 0xb);
	assert_int_equal(insn_decode((const uint8_t *)"\x41\x57", 2, 64, &in), INSN_OK);
	assert_int_equal(in.low_reg, 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_and_sizes),
		cmocka_unit_test(undefined),
		cmocka_unit_test(addresses),
		cmocka_unit_test(immediates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
