/* SPDX-License-Identifier: MIT */
/*
 * The doors into the kernel. Linux on i386: number in eax; arguments in ebx, ecx, edx, esi, edi,
 * ebp; `int $0x80`; the result comes back in eax, an error as its negative number (-4095..-1), all
 * other registers unchanged.
 */
#include <sys/syscall.h>

	.section .note.GNU-stack, "", @progbits
	.text

/*
 * long syscall(long number, ...)
 *
 * Always loads six arguments: for a call with fewer, the rest is whatever the caller's stack
 * holds, and the kernel does not look.
 */
	.globl syscall
	.type syscall, @function
syscall:
	pushl %ebp
	pushl %ebx
	pushl %esi
	pushl %edi
	movl 20(%esp), %eax
	movl 24(%esp), %ebx
	movl 28(%esp), %ecx
	movl 32(%esp), %edx
	movl 36(%esp), %esi
	movl 40(%esp), %edi
	movl 44(%esp), %ebp
	int $0x80
	popl %edi
	popl %esi
	popl %ebx
	popl %ebp
	cmpl $-4095, %eax
	jae .Lerror
	ret
	.size syscall, . - syscall

/* -error in eax: errno = error, return -1. */
.Lerror:
	negl %eax
	pushl %eax
	call __errno
	popl (%eax)
	movl $-1, %eax
	ret

/*
 * pid_t vfork(void)
 *
 * The child runs on this very stack before the parent returns, and may overwrite the return
 * address above esp: it is kept in ecx, which the kernel restores for both.
 */
	.globl vfork
	.type vfork, @function
vfork:
	popl %ecx
	movl $SYS_vfork, %eax
	int $0x80
	pushl %ecx
	cmpl $-4095, %eax
	jae .Lerror
	ret
	.size vfork, . - vfork

/*
 * int clone(int (*entry)(void *), void *stack, int flags, void *argument,
 *	     pid_t *parent_tid, struct user_desc *tls, pid_t *child_tid)
 *
 * The new thread starts with the registers of this one, but on an empty stack: what it needs is
 * put there before the call.
 */
	.globl clone
	.type clone, @function
clone:
	pushl %ebx
	pushl %esi
	pushl %edi
	movl 20(%esp), %ecx
	andl $-16, %ecx
	movl 28(%esp), %eax
	movl %eax, -16(%ecx)
	movl 16(%esp), %eax
	movl %eax, -20(%ecx)
	subl $20, %ecx
	movl 24(%esp), %ebx
	movl 32(%esp), %edx
	movl 36(%esp), %esi
	movl 40(%esp), %edi
	movl $SYS_clone, %eax
	int $0x80
	testl %eax, %eax
	jz 1f
	popl %edi
	popl %esi
	popl %ebx
	cmpl $-4095, %eax
	jae .Lerror
	ret
1:	xorl %ebp, %ebp
	popl %eax
	call *%eax
	movl %eax, %ebx
	movl $SYS_exit, %eax
	int $0x80
	hlt
	.size clone, . - clone

/*
 * What a signal handler returns to. The kernel finds its frame by the stack pointer: the old
 * frame begins above the signal number, which is therefore taken off first; the rt frame does not.
 */
	.globl __sigreturn, __rt_sigreturn
	.type __sigreturn, @function
__sigreturn:
	popl %eax
	movl $SYS_sigreturn, %eax
	int $0x80
	.size __sigreturn, . - __sigreturn

	.type __rt_sigreturn, @function
__rt_sigreturn:
	movl $SYS_rt_sigreturn, %eax
	int $0x80
	.size __rt_sigreturn, . - __rt_sigreturn
