/* SPDX-License-Identifier: MIT */
/*
 * Page-table entries: their bits, by the processor manuals' names, and their fields.
 *
 * All levels have 512 entries of 8 bytes: PAE and 4-level paging share the format, which is why one
 * validator serves both widths.
 */
#ifndef MM_PTE_H
#define MM_PTE_H

#include "mm/addr.h"

/* clang-format off */
#define PTE_P	(1ULL << 0)	/* present */
#define PTE_RW	(1ULL << 1)	/* writable */
#define PTE_US	(1ULL << 2)	/* user may access */
#define PTE_PWT	(1ULL << 3)	/* cache control, with PCD and PAT */
#define PTE_PCD	(1ULL << 4)
#define PTE_A	(1ULL << 5)	/* accessed */
#define PTE_D	(1ULL << 6)	/* dirty */
#define PTE_PSE	(1ULL << 7)	/* level 2 and 3: a superpage ... */
#define PTE_PAT	(1ULL << 7)	/* ... level 1: cache control */
#define PTE_G	(1ULL << 8)	/* global: survives a CR3 load while CR4.PGE is set */
#define PTE_NX	(1ULL << 63)

/*
 * Software bit in 64-bit guests' L1 entries: the guest made this a supervisor page, but its kernel runs
 * in ring 3, so we set US. Real Xen uses the same bit, and guests see it.
 */
#define PTE_GUEST_KERNEL (1ULL << 52)
/* clang-format on */

#define PTE_ADDRESS    0x000ffffffffff000ULL
#define PTE_CACHE_MASK (PTE_PWT | PTE_PCD | PTE_PAT)
#define PT_ENTRIES     512

typedef uint64_t pte_t;

static inline mfn_t pte_mfn(pte_t e)
{
	return _mfn((e & PTE_ADDRESS) >> PAGE_SHIFT);
}

static inline pte_t pte_make(mfn_t mfn, uint64_t flags)
{
	return mfn_x(mfn) << PAGE_SHIFT | flags;
}

/* The index into a table of this level (1 to 4) for a virtual address. */
static inline unsigned int pt_slot(uint64_t va, unsigned int level)
{
	return va >> (PAGE_SHIFT + 9 * (level - 1)) & (PT_ENTRIES - 1);
}

/* A live entry may get A and D from a processor at any moment: always whole, always by these. */
static inline pte_t pte_read(const pte_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline void pte_write(pte_t *p, pte_t e)
{
	__atomic_store_n(p, e, __ATOMIC_RELEASE);
}

#endif
