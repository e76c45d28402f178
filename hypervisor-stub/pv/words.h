/* SPDX-License-Identifier: MIT */
/*
 * Single words of a guest's memory, for the hot paths (bounce, iret, forced CPUID): one instruction a
 * word instead of a call to copy_to_guest().
 *
 * The same rights hold: the guest's live tables decide, and a word that faults is reported. Callers check
 * the address once for all words of a frame, by guest_range_ok().
 */
#ifndef PV_WORDS_H
#define PV_WORDS_H

#include "cpu/extable.h"
#include "cpu/smap.h"
#include "mm/layout.h"

/* Between these two, user pages may be touched; only words are, nothing is called. */
#define GUEST_WORDS_BEGIN() asm volatile(STAC : : : "memory")
#define GUEST_WORDS_END()   asm volatile(CLAC : : : "memory")

/* Store a 32- or 64-bit word at an address of the guest; on a fault continue at label `failed`. */
#define GUEST_STORE(type, va, value, failed)              \
	asm goto("1: mov %1, %0\n" EXTABLE("1b", "%l2")   \
		 :                                        \
		 : "m"(*(type *)(va)), "r"((type)(value)) \
		 : "memory"                               \
		 : failed)

/* Load one into an lvalue of the type; on a fault it is 0, and `bad`, a bool, becomes true. */
#define GUEST_LOAD(type, to, va, bad)                      \
	asm volatile("1: mov %[src], %[dst]\n"             \
		     "2:\n"                                \
		     ".pushsection .text.fixup, \"ax\"\n"  \
		     "3: xor %k[dst], %k[dst]\n"           \
		     "movb $1, %b[failed]\n"               \
		     "jmp 2b\n"                            \
		     ".popsection\n" EXTABLE("1b", "3b")   \
		     : [dst] "=&r"(to), [failed] "+q"(bad) \
		     : [src] "m"(*(const type *)(va)))

/*
 * Is this run of bytes, shorter than a page, outside the hypervisor? For 64-bit guests; a non-canonical
 * address faults by itself. A 32-bit guest's words lie in the first slot, wherever its registers point.
 */
static inline bool guest_range_ok(uint64_t va, size_t bytes)
{
	return va + bytes <= HV_VIRT_START || va >= HV_VIRT_END;
}

#endif
