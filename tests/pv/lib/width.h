/* SPDX-License-Identifier: MIT */
/*
 * What differs between the two widths and is known to C, assembler and linker script alike.
 *
 * A 32-bit guest has its kernel in ring 1 and three levels of page tables (PAE); a 64-bit guest
 * has kernel and user both in ring 3, on two roots of four levels.
 */
#ifndef PV_WIDTH_H
#define PV_WIDTH_H

/* clang-format off */
#ifdef __i386__
#define VIRT_BASE	0xc0000000
#define WORD		long
#define PT_LEVELS	3
#define SP		"esp"	/* the stack pointer's name in inline assembler */
#else
#define VIRT_BASE	0xffffffff80000000
#define WORD		quad
#define PT_LEVELS	4
#define SP		"rsp"
#endif
/* clang-format on */

#endif
