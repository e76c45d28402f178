/* SPDX-License-Identifier: MIT */
/*
 * Copies between us and the guest that runs on this pCPU.
 *
 * They go through the guest's live tables, so its own rights hold: CR0.WP is set, a page that the guest
 * mapped read-only is not written. What faults ends the copy by the exception table and counts as not
 * copied. Addresses are checked against the hypervisor's range only; a 32-bit guest's fit into 4 GiB,
 * where its M2P may be read. No lock; may be called with any held, since nothing here sleeps.
 */
#include "cpu/cpu.h"
#include "cpu/extable.h"
#include "cpu/smap.h"
#include "domain/domain.h"
#include "mm/mm.h"

/* First address that a guest cannot have: the non-canonical hole of 48-bit addresses. */
#define CANONICAL_END 0x0000800000000000UL

static bool range_is_guest(uint64_t va, size_t bytes)
{
	uint64_t end = va + bytes;

	if (current->domain->is_32bit)
		return end >= va && end <= 1UL << 32;
	return (end >= va && end <= CANONICAL_END) || (va >= HV_VIRT_END && (!end || end > va));
}

/*
 * Words, then bytes. A word that faults is tried again by bytes, so the count of what is left is exact:
 * rdi and rsi have moved on.
 */
static size_t copy_any(void *to, const void *from, size_t bytes)
{
	size_t words = bytes / 8, rest = bytes % 8;

	/* clang-format off */
	asm volatile(STAC
		     "1:	rep movsq\n"
		     "	movl	%k[rest], %k[words]\n"
		     "	xorl	%k[rest], %k[rest]\n"
		     "2:	rep movsb\n"
		     "	jmp	4f\n"
		     "3:	leaq	(%[rest], %[words], 8), %[words]\n"
		     "	jmp	2b\n"
		     "4:\n"
		     CLAC
		     EXTABLE("1b", "3b")
		     EXTABLE("2b", "4b")
		     : [words] "+c"(words), [rest] "+r"(rest), "+D"(to), "+S"(from)
		     : : "memory");
	/* clang-format on */
	return words;
}

#define COPY_ONE(type, to, from, left)                                                       \
	({                                                                                   \
		type one;                                                                    \
		asm volatile(STAC "1: mov %[src], %[one]\n"                                  \
				  "2: mov %[one], %[dst]\n"                                  \
				  "xorl %k[rem], %k[rem]\n"                                  \
				  "3:\n" CLAC EXTABLE("1b", "3b") EXTABLE("2b", "3b")        \
			     : [one] "=&r"(one), [rem] "+r"(left), [dst] "=m"(*(type *)(to)) \
			     : [src] "m"(*(const type *)(from))                              \
			     : "memory");                                                    \
	})

static size_t copy(void *to, const void *from, size_t bytes)
{
	size_t left = bytes;

	if (bytes == 8)
		COPY_ONE(uint64_t, to, from, left);
	else if (bytes == 4)
		COPY_ONE(uint32_t, to, from, left);
	else
		left = copy_any(to, from, bytes);
	return left;
}

size_t copy_from_guest(void *to, gptr_t from, size_t bytes)
{
	if (unlikely(!range_is_guest(from.va, bytes)))
		return bytes;
	return copy(to, (const void *)from.va, bytes);
}

size_t copy_to_guest(gptr_t to, const void *from, size_t bytes)
{
	if (unlikely(!range_is_guest(to.va, bytes)))
		return bytes;
	return copy((void *)to.va, from, bytes);
}
