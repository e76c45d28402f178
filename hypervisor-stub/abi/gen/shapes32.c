/* SPDX-License-Identifier: MIT */
/*
 * Prints the 32-bit layout of each structure of shapes.def: compiled with -m32, never linked.
 *
 * The rows stand in the assembler output behind an `@`, as literal text of an asm statement whose
 * operands the compiler fills with constants; gen.mk picks them out. abi/shapes.c reads them. The
 * offsets of the shared pages stand behind a `%` and become a header of their own.
 */
#include "abi/shapes.h"

_Static_assert(sizeof(void *) == 4, "this file is about the 32-bit ABI");

#define F(field)                                                                       \
	asm volatile("\n@FIELD32(" #field ", %c0, %c1)" ::"i"(offsetof(shape, field)), \
		     "i"(sizeof(((shape *)0)->field)));
#define SHAPE(name, fields)                                                      \
	void shape_##name(void);                                                 \
	void shape_##name(void)                                                  \
	{                                                                        \
		typedef struct name shape;                                       \
		asm volatile("\n@SHAPE32(" #name ", %c0)" ::"i"(sizeof(shape))); \
		fields asm volatile("\n@END32(" #name ")");                      \
	}
#define SAME(name)                                                                    \
	void shape_##name(void);                                                      \
	void shape_##name(void)                                                       \
	{                                                                             \
		asm volatile("\n@SAME32(" #name ", %c0)" ::"i"(sizeof(struct name))); \
	}
#include "abi/shapes.def"

void offsets(void);
void offsets(void)
{
#define OFFSET(structure, field, name) \
	asm volatile("\n%%#define OFF32_" #name " %c0" ::"i"(offsetof(struct structure, field)));
#define SIZE(structure, name) \
	asm volatile("\n%%#define OFF32_" #name " %c0" ::"i"(sizeof(struct structure)));
#include "abi/offsets.def"
}
