/* SPDX-License-Identifier: MIT */
/*
 * Entry of a program. The kernel leaves, from the stack pointer upward: argc, the arguments, 0, the
 * environment, 0, the auxiliary vector; edx holds nothing to call, for there is no dynamic linker.
 */
	.section .note.GNU-stack, "", @progbits
	.text
	.globl _start
	.type _start, @function
_start:
	xorl %ebp, %ebp
	movl %esp, %eax
	andl $-16, %esp
	subl $12, %esp
	pushl %eax
	call __start_c
	hlt
	.size _start, . - _start

	/* libc.a calls these around the constructors; with -nostartfiles they are ours, and empty. */
	.globl _init, _fini
_init:
_fini:
	ret
