/* SPDX-License-Identifier: MIT */
/*
 * Page-table entries of PAE and long mode, as the processor defines them.
 */
#ifndef ARCH_PTE_H
#define ARCH_PTE_H

#include <stdint.h>

typedef uint64_t pte_t;

/* clang-format off */
#define PTE_P	((pte_t)1 << 0)
#define PTE_RW	((pte_t)1 << 1)
#define PTE_US	((pte_t)1 << 2)
#define PTE_PWT ((pte_t)1 << 3)
#define PTE_PCD ((pte_t)1 << 4)
#define PTE_A	((pte_t)1 << 5)
#define PTE_D	((pte_t)1 << 6)
#define PTE_NX	((pte_t)1 << 63)
/* clang-format on */

#define PTE_FRAME (((pte_t)1 << 52) - 4096)

/* A 32-bit address under PAE: 2 bits, 9 bits, 9 bits, 12 bits. */
#define PT_ENTRIES   512u
#define L1_SPAN	     (1ul << 21)
#define L2_SPAN	     (1ul << 30)
#define l1_index(va) (((va) >> 12) & 511)
#define l2_index(va) (((va) >> 21) & 511)
#define l3_index(va) ((va) >> 30)

/* Bits of the error code of #PF. */
#define PF_PRESENT 1u
#define PF_WRITE   2u
#define PF_USER	   4u
#define PF_INSTR   16u

#endif
