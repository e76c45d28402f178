/* SPDX-License-Identifier: MIT */
/*
 * Instructions that may fault, and where to go on if they do.
 *
 * Inside asm(): EXTABLE("1b", "2b") says that a fault at label 1 continues at label 2, registers as they
 * were, with interrupts as they were. Pairs of 32-bit self-relative offsets, so that no relocation is
 * needed. A fault at any other instruction of ours is a bug and panics.
 */
#ifndef CPU_EXTABLE_H
#define CPU_EXTABLE_H

#ifdef __ASSEMBLER__

/* clang-format off */
.macro EXTABLE from:req, to:req
	.pushsection .ex_table, "a"
	.balign	4
	.long	\from - ., \to - .
	.popsection
.endm
/* clang-format on */

#else

/* clang-format off */
#define EXTABLE(from, to)			\
	".pushsection .ex_table, \"a\"\n"	\
	".balign 4\n"				\
	".long " from " - ., " to " - .\n"	\
	".popsection\n"
/* clang-format on */

struct extable_entry {
	int32_t from, to;
};

#endif

#endif
