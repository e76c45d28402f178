/* SPDX-License-Identifier: MIT */
/*
 * The ways in and the way out.
 *
 * Every way in ends with this frame (struct cpu_user_regs of <xen/xen.h>) at the stack pointer; from a
 * guest it is exactly cpu_info.regs at the top of the pCPU's stack:
 *
 *	 0  r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi	pushed here
 *	120  error code (32 bits), entry vector (32 bits)		pushed by the stub
 *	128  rip  136 cs  144 rflags  152 rsp  160 ss			pushed by the processor
 *	168  es ds fs gs		only a context switch fills these: entries leave segments alone
 *
 * GS and FS bases stay the guest's; nothing here or in C uses them. The upper bytes of the cs slot are
 * zero, so saved_upcall_mask starts as 0. A handler in C gets the frame as its argument and may change
 * every part of it. Interrupts are on while guest traps are handled, off on the way out.
 */
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "cpu/entry.h"
#include "cpu/extable.h"
#include "cpu/smap.h"
#include <xen/arch-x86/xen-x86_64.h>

.macro FUNC name
	.text
	.balign	16
	.globl	\name
	.type	\name, @function
\name:
.endm

.macro END name
	.size	\name, . - \name
.endm

/* SYSCALL has cleared DF and AC already, and AC means nothing while a 32-bit guest runs (no SMAP). */
.macro SAVE_REGS flags=1
	.if	\flags
	cld
	CLAC
	.endif
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

.macro LOAD_REGS
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
.endm

.macro JUMP_IF_OURS label
	testb	$3, REGS_CS(%rsp)
	jz	\label
.endm

/* ---- the way out ------------------------------------------------------------------------------- */

/* noreturn void exit_to_guest(void): from anywhere on the stack, as after a context switch. */
FUNC exit_to_guest
	cli				/* between these two an interrupt would land on cpu_info */
	or	$(STACK_SIZE - 1), %rsp
	sub	$(CPU_INFO_SIZE - 1), %rsp
return_to_guest:
	cli
	mov	%rsp, %rdi
	call	guest_return
	LOAD_REGS
	add	$8, %rsp
	/*
	 * What the guest put into cs, ss and rip is checked by this instruction. If it refuses, we are
	 * still in ring 0, with the guest's registers loaded and its frame intact above us.
	 */
	.globl	guest_iretq
guest_iretq:
	iretq
	EXTABLE	guest_iretq, guest_iretq_refused
guest_iretq_refused:
	/* hv_trap() has put vector and error code into the frame's slot, just below us. */
	sub	$8, %rsp
	SAVE_REGS
	mov	%cr2, %rsi			/* a page of the guest's LDT may be missing */
	mov	%rsp, %rdi
	sti
	call	guest_trap
	jmp	return_to_guest
END exit_to_guest

/* ---- exceptions and software interrupts -------------------------------------------------------- */

FUNC entry_trap
	SAVE_REGS
	JUMP_IF_OURS trap_ours
	mov	%rsp, %rdi			/* no CR2: only #PF looks at it */
	sti
	call	guest_trap
	jmp	return_to_guest
END entry_trap

FUNC entry_page_fault
	SAVE_REGS
	mov	%cr2, %rsi			/* before anything can fault again */
	JUMP_IF_OURS trap_ours
	mov	%rsp, %rdi
	sti
	call	guest_trap
	jmp	return_to_guest
END entry_page_fault

/* A fault of our own: mended by the fault table, or a panic. Interrupts stay off. */
FUNC trap_ours
	mov	%rsp, %rdi
	call	hv_trap
return_to_ours:
	LOAD_REGS
	add	$8, %rsp
	iretq
END trap_ours

/*
 * #DB and NMI have stacks of their own, since they may arrive on the first instruction of a SYSCALL,
 * still on the guest's stack. From a guest the frame moves to the normal stack: the handler then may
 * switch to another vCPU, and the next NMI or #DB finds its stack free.
 */
.macro MOVE_TO_MAIN_STACK
	mov	%rsp, %rsi
	or	$(STACK_SIZE - 1), %rsp
	sub	$(CPU_INFO_SIZE - 1), %rsp
	mov	%rsp, %rdi
	mov	$(REGS_ES / 8), %ecx
	rep	movsq
.endm

FUNC entry_debug
	SAVE_REGS
	JUMP_IF_OURS trap_ours
	MOVE_TO_MAIN_STACK
	mov	%rsp, %rdi
	sti
	call	guest_trap
	jmp	return_to_guest
END entry_debug

FUNC entry_nmi
	SAVE_REGS
	JUMP_IF_OURS 1f
	MOVE_TO_MAIN_STACK
	mov	%rsp, %rdi
	call	nmi_handle
	jmp	return_to_guest
1:	mov	%rsp, %rdi
	call	nmi_handle
	jmp	return_to_ours
END entry_nmi

/* Double fault and machine check: nothing can be trusted any more. */
FUNC entry_fatal
	SAVE_REGS
	mov	%rsp, %rdi
	call	fatal_trap
	ud2
END entry_fatal

/* ---- external interrupts ------------------------------------------------------------------------ */

FUNC entry_irq
	SAVE_REGS
	mov	REGS_ERROR_CODE + 4(%rsp), %edi
	JUMP_IF_OURS 1f
	call	irq_dispatch
	jmp	return_to_guest
1:	call	irq_dispatch
	jmp	return_to_ours
END entry_irq

/* ---- hypercalls ----------------------------------------------------------------------------------- */

/* int $0x82 from ring 1: its gate leads here without a stub, and we never execute it. */
FUNC entry_hypercall
	push	$-1
	cld
	SAVE_REGS flags=0
	mov	%rsp, %rdi
	sti
	call	guest_hypercall
	jmp	return_to_guest
END entry_hypercall

/*
 * SYSCALL does not change the stack. A pCPU's is at a fixed distance from the image, so each pCPU has its own
 * first two instructions (LSTAR and CSTAR are per pCPU) and shares the rest; the boot pCPU falls into it.
 */
#define FRAME (STACK_SIZE - CPU_INFO_SIZE)

.macro ENTER_STACK base
	mov	%rsp, \base + FRAME + REGS_RSP(%rip)
	lea	\base + FRAME + REGS_RSP(%rip), %rsp
.endm

FUNC entry_syscall64
	ENTER_STACK boot_stack
syscall64_entered:
	movq	$FLAT_RING3_SS64, 8(%rsp)
	push	%r11
	push	$FLAT_RING3_CS64
	push	%rcx
	push	$-1				/* ENTRY_SYSCALL64 */
	SAVE_REGS flags=0
	mov	%rsp, %rdi
	sti
	call	guest_syscall
	jmp	return_to_guest
END entry_syscall64

FUNC entry_syscall32
	ENTER_STACK boot_stack
syscall32_entered:
	movq	$FLAT_RING3_SS32, 8(%rsp)
	push	%r11
	push	$FLAT_RING3_CS32
	push	%rcx
	push	$0
	movl	$ENTRY_SYSCALL32, 4(%rsp)
	SAVE_REGS flags=0
	mov	%rsp, %rdi
	sti
	call	guest_syscall
	jmp	return_to_guest
END entry_syscall32

/* For pCPU n: the n-th pair (cpu/features.c). */
	.balign	AP_ENTRY_SIZE
	.globl	ap_entries
ap_entries:
	.set	stack, 0
	.rept	MAX_PCPUS
	.balign	AP_ENTRY_SIZE
	ENTER_STACK ap_stacks+stack
	jmp	syscall64_entered
	.balign	AP_ENTRY_SIZE
	ENTER_STACK ap_stacks+stack
	jmp	syscall32_entered
	.set	stack, stack + STACK_SIZE
	.endr

/*
 * SYSENTER loads our stack (from its MSR, just above where ss belongs) and forgets where it came from.
 * It clears IF, which a guest always has set; NT and TF it leaves, and they must not stay on for us.
 */
FUNC entry_sysenter
	push	$FLAT_RING3_SS32
	push	$0
	pushf
	orl	$EFLAGS_IF, (%rsp)
	push	$3
	push	$0
	push	$0
	movl	$ENTRY_SYSENTER, 4(%rsp)
	push	$EFLAGS_MBS
	popf
	SAVE_REGS
	mov	%rsp, %rdi
	sti
	call	guest_sysenter
	jmp	return_to_guest
END entry_sysenter

/* ---- stubs: one a vector, 16 bytes each ----------------------------------------------------------- */

/* Vectors for which the processor pushes an error code (8, 10-14, 17, 21, 29, 30). */
#define HAS_ERROR_CODE 0x60227d00

	.text
	.balign	16
	.globl	vector_stubs
vector_stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	vector >= 32 || !((HAS_ERROR_CODE >> (vector & 31)) & 1)
	push	$0
	.endif
	movl	$vector, 4(%rsp)
	.if	vector == VECTOR_DB
	jmp	entry_debug
	.elseif	vector == VECTOR_NMI
	jmp	entry_nmi
	.elseif	vector == VECTOR_DF || vector == VECTOR_MC
	jmp	entry_fatal
	.elseif	vector == VECTOR_PF
	jmp	entry_page_fault
	.elseif	vector < 32 || vector == 0x80
	jmp	entry_trap
	.else
	jmp	entry_irq
	.endif
	.set	vector, vector + 1
	.endr

	.section .note.GNU-stack, "", @progbits
