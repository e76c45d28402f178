/* SPDX-License-Identifier: MIT */
/*
 * Copies of a size that the compiler knows, between us and the running guest: the short way.
 *
 * The rules are those of copy_from_guest() (mm/access.c): the guest's own rights, through its live
 * tables; an address of ours is refused, what faults counts as not copied. Here everything is inline
 * and one string instruction does the work, as most structures of the ABI are a few words. The caller
 * says how wide the guest's addresses are, as it has looked already.
 */
#ifndef ABI_FETCH_H
#define ABI_FETCH_H

#include "cpu/cpu.h"
#include "cpu/extable.h"
#include "cpu/smap.h"
#include "domain/domain.h"
#include "mm/mm.h"

#define LOW_HALF_END \
	0x0000800000000000UL /* of 48-bit addresses; a guest has no higher ones below ours */

/* One comparison a range, and none of them can wrap: n is small. */
static inline __attribute__((always_inline)) bool fetch_in_range(bool is_32bit, uint64_t va,
								 size_t n)
{
	if (is_32bit)
		return va <= (1UL << 32) - n;
	return va <= LOW_HALF_END - n || (va >= HV_VIRT_END && va <= -n);
}

/* clang-format off */
#define FETCH_REP(suffix, count)                                              \
	asm volatile(STAC "1: rep movs" suffix "\n2:" CLAC EXTABLE("1b", "2b") \
		     : "+c"(count), "+D"(to), "+S"(from) : : "memory")
/* clang-format on */

/* False: a part of it was not copied. */
static inline __attribute__((always_inline)) bool fetch_words(void *to, const void *from, size_t n)
{
	size_t count;

	if (n % 8 == 0) {
		count = n / 8;
		FETCH_REP("q", count);
	} else if (n % 4 == 0) {
		count = n / 4;
		FETCH_REP("l", count);
	} else {
		count = n;
		FETCH_REP("b", count);
	}
	return !count;
}

static inline __attribute__((always_inline)) bool fetch_from_guest(bool is_32bit, void *to,
								   gptr_t from, size_t n)
{
	return likely(fetch_in_range(is_32bit, from.va, n)) &&
	       fetch_words(to, (const void *)from.va, n);
}

static inline __attribute__((always_inline)) bool fetch_to_guest(bool is_32bit, gptr_t to,
								 const void *from, size_t n)
{
	return likely(fetch_in_range(is_32bit, to.va, n)) && fetch_words((void *)to.va, from, n);
}

#endif
