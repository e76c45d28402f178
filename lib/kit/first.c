/* SPDX-License-Identifier: MIT */
/*
 * In the place of kernel/first.c: the first thread runs the program that is part of this image.
 *
 * A program may want more stack than a thread of the kernel has: it gets one of its own.
 */
#include "kernel.h"
#include "lib/kit/kit.h"

#define STACK_ORDER 6 /* 256 KiB */

_Noreturn void run_first_program(void)
{
	char *stack = pages_alloc(STACK_ORDER);

	if (!stack)
		panic("no memory for the program's stack");
	stack += PAGE_SIZE << STACK_ORDER;
	asm volatile("movl %0, %%esp\n\t"
		     "xorl %%ebp, %%ebp\n\t"
		     "pushl %1\n\t"
		     "call kit_main\n\t"
		     "ud2"
		     :
		     : "r"(stack - 16), "r"(machine_info.cmdline)
		     : "memory");
	__builtin_unreachable();
}
