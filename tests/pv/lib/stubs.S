/* SPDX-License-Identifier: MIT */
/*
 * Entry stubs: each makes the same `struct regs` of the frame that the hypervisor pushed.
 *
 * What the hypervisor pushes, lowest address first (32-bit kernel frames end before sp and ss):
 *
 *	32 bit:           [error] ip cs+mask flags [sp ss]
 *	64 bit:   cx r11  [error] ip cs+mask flags  sp ss
 *	failsafe: as above with ds es fs gs before ip, and no error code
 *
 * A stub adds a 0 where there is no error code, then the vector; common pushes the registers, calls
 * trap_dispatch(regs), and resumes whatever frame that returns, by HYPERVISOR_iret so that the
 * upcall mask comes back with the frame. DF arrives as the interrupted code left it.
 */
#include "width.h"

#define NR_iret 23
/* Must agree with enum vector in trap.h. */
#define VEC_EVENT	 256
#define VEC_FAILSAFE	 257
#define VEC_NMI_CALLBACK 258
#define VEC_SYSCALL	 259
#define VEC_SYSENTER	 260

#ifdef __i386__
#define DROP
#define FLAT_RING1_DS 0xe021
#define FLAT_RING3_CS 0xe02b
#define FLAT_RING3_DS 0xe033
#else
#define DROP pop %rcx; pop %r11;
#define FLAT_RING3_CS64 0xe033
#define FLAT_RING3_SS64 0xe02b
#endif

/* #DF #TS #NP #SS #GP #PF #AC push an error code. */
#define HAS_ERROR(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17)

	.text
	.balign	16
	.global trap_stubs
trap_stubs:
	vector = 0
	.rept	256
	.balign	16
	DROP
	.if !(HAS_ERROR(vector))
	push	$0
	.endif
	.byte	0x68			/* push imm32: the same length for every vector */
	.long	vector
	jmp	common
	vector = vector + 1
	.endr

#define CALLBACK(name, vec)						\
	.balign 16; .global name; name:					\
	DROP push $0; .byte 0x68; .long vec; jmp common

CALLBACK(event_entry, VEC_EVENT)
CALLBACK(nmi_entry, VEC_NMI_CALLBACK)
CALLBACK(syscall_entry, VEC_SYSCALL)
CALLBACK(sysenter_entry, VEC_SYSENTER)

	.balign	16
	.global failsafe_entry
failsafe_entry:
	DROP
#ifdef __i386__
	pop	failsafe_segs + 0
	pop	failsafe_segs + 4
	pop	failsafe_segs + 8
	pop	failsafe_segs + 12
#else
	pop	failsafe_segs + 0
	pop	failsafe_segs + 8
	pop	failsafe_segs + 16
	pop	failsafe_segs + 24
#endif
	push	$0
	push	$VEC_FAILSAFE
	jmp	common

#ifdef __i386__
common:
	pusha
	push	%ds
	push	%es
	push	%fs
	push	%gs
	mov	$FLAT_RING1_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	cld
	mov	%esp, %eax
	call	trap_dispatch
	mov	%eax, %esp
	pop	%gs
	pop	%fs
	pop	%es
	pop	%ds
	popa
	add	$8, %esp		/* vector, error */
	jmp	hypercall_page + NR_iret * 32

/* void user_enter(ip, arg, flags): comes back through user_leave(). */
	.global user_enter
user_enter:
	push	%ebp
	push	%ebx
	push	%esi
	push	%edi
	mov	%esp, user_saved_sp
	push	$FLAT_RING3_DS
	push	$user_stack_top - 16
	push	%ecx
	push	$FLAT_RING3_CS
	push	%eax
	movl	$user_exit, user_stack_top - 16
	mov	$FLAT_RING3_DS, %ecx
	mov	%ecx, %ds
	mov	%ecx, %es
	mov	%edx, %eax
	jmp	hypercall_page + NR_iret * 32

	.global user_leave
user_leave:
	mov	user_saved_sp, %esp
	pop	%edi
	pop	%esi
	pop	%ebx
	pop	%ebp
	ret
#else
common:
	push	%rax
	push	%r11
	push	%rcx
	push	%rdx
	push	%rbx
	push	%rbp
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	cld
	mov	%rsp, %rdi
	call	trap_dispatch
	mov	%rax, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rbp
	pop	%rbx
	pop	%rdx
	pop	%rcx
	pop	%r11
	pop	%rax
	add	$16, %rsp		/* vector, error */
	push	$0			/* iret flags: not in a system call */
	jmp	hypercall_page + NR_iret * 32

/* void user_enter(ip, arg, flags): comes back through user_leave(). */
	.global user_enter
user_enter:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, user_saved_sp
	push	$FLAT_RING3_SS64
	push	$user_stack_top - 16
	push	%rdx
	push	$FLAT_RING3_CS64
	push	%rdi
	push	$0
	movq	$user_exit, user_stack_top - 16
	mov	%rsi, %rdi
	jmp	hypercall_page + NR_iret * 32

	.global user_leave
user_leave:
	mov	user_saved_sp, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
#endif

/* A user function returns to here; the #UD at this address is its normal end. */
	.balign	16
	.global user_exit
user_exit:
	ud2

	.bss
	.balign	4096
	.global user_stack, user_stack_top, trap_stack, trap_stack_top
user_stack:
	.skip	4096
user_stack_top:
trap_stack:
	.skip	2 * 4096
trap_stack_top:
	.balign	8
user_saved_sp:
	.skip	8

	.section .note.GNU-stack, "", @progbits
