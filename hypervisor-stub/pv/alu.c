/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic with the processor's own flags. Pure; see alu.h.
 */
#include "pv/alu.h"

/*
 * Only the arithmetic flags go in; all others keep what they have here (interrupts on, direction up).
 * popf, the operation and pushf are one asm, so nothing comes between.
 */
#define WITH_FLAGS(insn)          \
	"pushfq\n"                \
	"andq %[keep], (%%rsp)\n" \
	"orq %[flags], (%%rsp)\n" \
	"popfq\n" insn "\n"       \
	"pushfq\n"                \
	"popq %[flags]\n"

#define BINARY(name, suffix, mod)                                            \
	asm volatile(WITH_FLAGS(name suffix " %" mod "[src], %" mod "[dst]") \
		     : [dst] "+q"(dst), [flags] "+r"(f)                      \
		     : [src] "q"(src), [keep] "i"(~(int32_t)ALU_FLAGS)       \
		     : "cc", "memory")
#define UNARY(name, suffix, mod)                              \
	asm volatile(WITH_FLAGS(name suffix " %" mod "[dst]") \
		     : [dst] "+q"(dst), [flags] "+r"(f)       \
		     : [keep] "i"(~(int32_t)ALU_FLAGS)        \
		     : "cc", "memory")
#define SHIFT(name, suffix, mod)                                    \
	asm volatile(WITH_FLAGS(name suffix " %%cl, %" mod "[dst]") \
		     : [dst] "+q"(dst), [flags] "+r"(f)             \
		     : "c"(count), [keep] "i"(~(int32_t)ALU_FLAGS)  \
		     : "cc", "memory")
#define DOUBLE(name, suffix, mod)                                                  \
	asm volatile(WITH_FLAGS(name suffix " %%cl, %" mod "[src], %" mod "[dst]") \
		     : [dst] "+q"(dst), [flags] "+r"(f)                            \
		     : [src] "q"(src), "c"(count), [keep] "i"(~(int32_t)ALU_FLAGS) \
		     : "cc", "memory")

#define BY_SIZE(KIND, name)                   \
	do {                                  \
		switch (bytes) {              \
		case 1:                       \
			KIND(name, "b", "b"); \
			break;                \
		case 2:                       \
			KIND(name, "w", "w"); \
			break;                \
		case 4:                       \
			KIND(name, "l", "k"); \
			break;                \
		default:                      \
			KIND(name, "q", "q"); \
			break;                \
		}                             \
	} while (0)

static uint64_t merge(uint64_t before, uint64_t after)
{
	return (before & ~ALU_FLAGS) | (after & ALU_FLAGS);
}

uint64_t alu_binary(enum alu_op op, unsigned int bytes, uint64_t dst, uint64_t src, uint64_t *flags)
{
	uint64_t f = *flags & ALU_FLAGS;

	switch (op) {
	case ALU_ADD:
		BY_SIZE(BINARY, "add");
		break;
	case ALU_OR:
		BY_SIZE(BINARY, "or");
		break;
	case ALU_ADC:
		BY_SIZE(BINARY, "adc");
		break;
	case ALU_SBB:
		BY_SIZE(BINARY, "sbb");
		break;
	case ALU_AND:
		BY_SIZE(BINARY, "and");
		break;
	case ALU_SUB:
		BY_SIZE(BINARY, "sub");
		break;
	case ALU_XOR:
		BY_SIZE(BINARY, "xor");
		break;
	case ALU_CMP:
		BY_SIZE(BINARY, "cmp");
		break;
	}
	*flags = merge(*flags, f);
	return dst;
}

uint64_t alu_unary(enum unary_op op, unsigned int bytes, uint64_t dst, uint64_t *flags)
{
	uint64_t f = *flags & ALU_FLAGS;

	switch (op) {
	case UNARY_INC:
		BY_SIZE(UNARY, "inc");
		break;
	case UNARY_DEC:
		BY_SIZE(UNARY, "dec");
		break;
	case UNARY_NOT:
		BY_SIZE(UNARY, "not");
		break;
	case UNARY_NEG:
		BY_SIZE(UNARY, "neg");
		break;
	}
	*flags = merge(*flags, f);
	return dst;
}

uint64_t alu_shift(unsigned int op, unsigned int bytes, uint64_t dst, uint8_t count,
		   uint64_t *flags)
{
	uint64_t f = *flags & ALU_FLAGS;

	switch (op & 7) {
	case 0:
		BY_SIZE(SHIFT, "rol");
		break;
	case 1:
		BY_SIZE(SHIFT, "ror");
		break;
	case 2:
		BY_SIZE(SHIFT, "rcl");
		break;
	case 3:
		BY_SIZE(SHIFT, "rcr");
		break;
	case 5:
		BY_SIZE(SHIFT, "shr");
		break;
	case 7:
		BY_SIZE(SHIFT, "sar");
		break;
	default: /* 6 is another name of 4 */
		BY_SIZE(SHIFT, "shl");
		break;
	}
	*flags = merge(*flags, f);
	return dst;
}

/* There is no byte form. */
#define BY_WIDE_SIZE(name)                      \
	do {                                    \
		if (bytes == 2)                 \
			DOUBLE(name, "w", "w"); \
		else if (bytes == 4)            \
			DOUBLE(name, "l", "k"); \
		else                            \
			DOUBLE(name, "q", "q"); \
	} while (0)

uint64_t alu_double_shift(bool right, unsigned int bytes, uint64_t dst, uint64_t src, uint8_t count,
			  uint64_t *flags)
{
	uint64_t f = *flags & ALU_FLAGS;

	if (right)
		BY_WIDE_SIZE("shrd");
	else
		BY_WIDE_SIZE("shld");
	*flags = merge(*flags, f);
	return dst;
}

bool alu_condition(unsigned int cc, uint64_t flags)
{
	bool cf = flags & ALU_FLAG_CF, zf = flags & ALU_FLAG_ZF, sf = flags & ALU_FLAG_SF;
	bool of = flags & ALU_FLAG_OF, pf = flags & ALU_FLAG_PF, is;

	switch (cc >> 1 & 7) {
	case 0:
		is = of;
		break;
	case 1:
		is = cf;
		break;
	case 2:
		is = zf;
		break;
	case 3:
		is = cf || zf;
		break;
	case 4:
		is = sf;
		break;
	case 5:
		is = pf;
		break;
	case 6:
		is = sf != of;
		break;
	default:
		is = zf || sf != of;
		break;
	}
	return is != (cc & 1);
}
