/* SPDX-License-Identifier: MIT */
/*
 * 64-bit division for 32-bit freestanding code.
 *
 * GCC calls these names; its own libgcc cannot be linked, since its arguments are on the stack and
 * ours (-mregparm=3) are in registers.
 */
#ifdef __i386__

#include <stdint.h>

uint64_t __udivmoddi4(uint64_t n, uint64_t d, uint64_t *rem);
uint64_t __udivdi3(uint64_t n, uint64_t d);
uint64_t __umoddi3(uint64_t n, uint64_t d);
int64_t __divdi3(int64_t n, int64_t d);
int64_t __moddi3(int64_t n, int64_t d);

/* 64 by 32 bits; the quotient must fit in 32 bits, hence hi < d. */
static inline uint32_t div_step(uint32_t hi, uint32_t lo, uint32_t d, uint32_t *rem)
{
	uint32_t q;

	asm("divl %4" : "=a"(q), "=d"(*rem) : "0"(lo), "1"(hi), "rm"(d));
	return q;
}

static uint64_t div_by_word(uint64_t n, uint32_t d, uint64_t *rem)
{
	uint32_t hi = n >> 32, r, qhi = hi / d;
	uint32_t qlo = div_step(hi % d, n, d, &r);

	*rem = r;
	return (uint64_t)qhi << 32 | qlo;
}

uint64_t __udivmoddi4(uint64_t n, uint64_t d, uint64_t *rem)
{
	uint64_t q = 0, r;
	int shift;

	if (!(d >> 32)) {
		q = div_by_word(n, d, &r);
	} else if (n < d) {
		r = n;
	} else {
		/* The divisor has a high word, so the quotient has at most 32 bits. */
		shift = __builtin_clz((uint32_t)(d >> 32)) - __builtin_clz((uint32_t)(n >> 32));
		r = n;
		for (d <<= shift; shift >= 0; shift--, d >>= 1) {
			q <<= 1;
			if (r >= d) {
				r -= d;
				q |= 1;
			}
		}
	}
	if (rem)
		*rem = r;
	return q;
}

uint64_t __udivdi3(uint64_t n, uint64_t d)
{
	return __udivmoddi4(n, d, 0);
}

uint64_t __umoddi3(uint64_t n, uint64_t d)
{
	uint64_t r;

	__udivmoddi4(n, d, &r);
	return r;
}

int64_t __divdi3(int64_t n, int64_t d)
{
	uint64_t q = __udivmoddi4(n < 0 ? -(uint64_t)n : (uint64_t)n,
				  d < 0 ? -(uint64_t)d : (uint64_t)d, 0);

	return (n < 0) != (d < 0) ? -q : q;
}

int64_t __moddi3(int64_t n, int64_t d)
{
	uint64_t r;

	__udivmoddi4(n < 0 ? -(uint64_t)n : (uint64_t)n, d < 0 ? -(uint64_t)d : (uint64_t)d, &r);
	return n < 0 ? -r : r;
}

#endif
