/* SPDX-License-Identifier: MIT */
/*
 * Into the kernel and out again, for a 32-bit guest in ring 1.
 *
 * The hypervisor pushes what a processor would: [error] eip cs eflags, and esp ss above them if the
 * program was in ring 3 (then on the stack of stack_switch). Bits 16-23 of the cs word hold the
 * mask of upcalls at that moment. ds and es are still the program's. We complete it to:
 *
 *	 0 ebx	 4 ecx	 8 edx	12 esi	16 edi	20 ebp	24 eax
 *	28 ds	32 es	36 fs	40 gs	44 error code or system call number (-1: neither)
 *	48 eip	52 cs	56 eflags	(60 esp	 64 ss)
 *
 * and call C with a pointer to it (struct regs; -mregparm=3 puts it in eax).
 *
 * The way back must open upcalls before iret, since a native iret leaves the mask alone: an event
 * may come between the two. By then all registers are the program's again, so the event's frame
 * sits directly below the one that iret was about to use; dropping the inner frame makes the event
 * look as if it had interrupted the program itself. No table of what was popped already is needed.
 */
#include <xen/xen.h>

#define R_DS	28
#define R_GS	40
#define R_ERROR 44
#define R_EIP	48
#define R_CS	52
#define R_MASK	54

#define UPCALL_PENDING %ss:xen_shared_info
#define UPCALL_MASK    %ss:xen_shared_info + 1

	.macro FUNC name
	.globl \name
	.type \name, @function
	.balign 16
\name:
	.endm
	.macro END name
	.size \name, . - \name
	.endm

	.macro SAVE_FROM_EAX
	pushl %eax
	pushl %ebp
	pushl %edi
	pushl %esi
	pushl %edx
	pushl %ecx
	pushl %ebx
	movl $FLAT_KERNEL_DS, %ecx
	movl %ecx, %ds
	movl %ecx, %es
	cld
	.endm

	.macro SAVE_REGS
	pushl %gs
	pushl %fs
	pushl %es
	pushl %ds
	SAVE_FROM_EAX
	.endm

	/* A fault at `at` continues at `fixup`. */
	.macro EXTABLE at, fixup
	.pushsection .extable, "a"
	.long \at, \fixup
	.popsection
	.endm

	/* A selector that the program may have made invalid meanwhile: it becomes null. */
	.macro POP_SEGMENT seg
91:	popl \seg
	.pushsection .text.fixup, "ax"
92:	movl $0, %ss:(%esp)
	jmp 91b
	.popsection
	EXTABLE 91b, 92b
	.endm

	.macro RESTORE_GENERAL
	popl %ebx
	popl %ecx
	popl %edx
	popl %esi
	popl %edi
	popl %ebp
	popl %eax
	.endm

	.text

FUNC entry_syscall
	pushl %eax
	SAVE_REGS
	movl %esp, %eax
	call trap_syscall
	jmp return_to_user
END entry_syscall

FUNC entry_page_fault
	SAVE_REGS
	movl %esp, %eax
	call trap_page_fault
	jmp return_from_trap
END entry_page_fault

/* Here the vector lies where gs belongs. */
FUNC entry_exception
	pushl %fs
	pushl %es
	pushl %ds
	SAVE_FROM_EAX
	movl R_GS(%esp), %edx
	movl %gs, %ecx
	movl %ecx, R_GS(%esp)
	movl %esp, %eax
	call trap_exception
	jmp return_from_trap
END entry_exception

	.macro STUB vector, error_code
	.balign 16
	.if !\error_code
	pushl $-1
	.endif
	pushl $\vector
	jmp entry_exception
	.endm

/* 16 bytes each, vectors 0 to 31. */
FUNC entry_stubs
	.set v, 0
	.rept 32
	.if v == 8 || (v >= 10 && v <= 14) || v == 17 || v == 21 || v == 30
	STUB v, 1
	.else
	STUB v, 0
	.endif
	.set v, v + 1
	.endr
END entry_stubs

FUNC entry_upcall
	/* Our own code in the window of the way back, and not a program that jumped to that address? */
	testb $2, %ss:4(%esp)
	jnz upcall_accept
	cmpl $window_start, %ss:(%esp)
	jb upcall_accept
	cmpl $window_end, %ss:(%esp)
	jae upcall_accept
	addl $12, %esp
upcall_accept:
	pushl $-1
	SAVE_REGS
	movl %esp, %eax
	call trap_upcall
	/* fall through */
END entry_upcall

return_from_trap:
	testb $2, R_CS(%esp)
	jnz return_to_user
	cmpb $0, R_MASK(%esp)
	jne return_masked
	movl %esp, %eax
	call trap_leave_kernel
	jmp return_to_kernel

return_to_user:
	movl %esp, %eax
	call trap_leave_user
	RESTORE_GENERAL
	POP_SEGMENT %ds
	POP_SEGMENT %es
	POP_SEGMENT %fs
	POP_SEGMENT %gs
	addl $4, %esp
unmask_and_return:
	movb $0, UPCALL_MASK
window_start:
	cmpb $0, UPCALL_PENDING
	jne window_event
window_iret:
	iret
window_event:
	movb $1, UPCALL_MASK
window_end:
	jmp upcall_accept
	EXTABLE window_iret, bad_iret

	/*
	 * To the kernel itself. fs and gs were never changed since, and may hold selectors of a program
	 * whose descriptors are gone: loading those again would fault for ever.
	 */
return_to_kernel:
	RESTORE_GENERAL
	POP_SEGMENT %ds
	POP_SEGMENT %es
	leal 12(%esp), %esp
	jmp unmask_and_return

return_masked:
	RESTORE_GENERAL
	POP_SEGMENT %ds
	POP_SEGMENT %es
	leal 12(%esp), %esp
	iret

/* cs or ss of the program is void (it had a segment of its own, which is gone). */
bad_iret:
	pushl $-1
	SAVE_REGS
	movl %esp, %eax
	call trap_bad_return
	jmp return_to_user

/* The hypervisor could not load the segments of its frame: the bad ones are null now, and stay so. */
FUNC entry_failsafe
	addl $16, %esp
	iret
END entry_failsafe

/* A new thread's first return from machine_switch; the registers of a program lie above. */
FUNC entry_fork_child
	call kernel_thread_begin
	jmp return_to_user
END entry_fork_child

/* ... or of a kernel thread: the function is in esi, its argument in edi. */
FUNC entry_thread
	call kernel_thread_begin
	movl %edi, %eax
	call *%esi
	ud2
END entry_thread

/* enter_user(struct regs *r = eax): leaves with these registers, which end the kernel stack */
FUNC enter_user
	movl %eax, %esp
	jmp return_to_user
END enter_user

/* switch_stacks(uint32_t *save_esp = eax, uint32_t new_esp = edx) */
FUNC switch_stacks
	pushl %ebp
	pushl %ebx
	pushl %esi
	pushl %edi
	movl %esp, (%eax)
	movl %edx, %esp
	popl %edi
	popl %esi
	popl %ebx
	popl %ebp
	ret
END switch_stacks

/*
 * Copies between kernel and program; the count of bytes not copied is returned. A fault in the
 * middle leaves the rest of the count in ecx (rep) and ends here.
 * user_copy(void *to = eax, const void *from = edx, size_t n = ecx)
 */
FUNC user_copy
	pushl %esi
	pushl %edi
	movl %eax, %edi
	movl %edx, %esi
	movl %ecx, %edx
	shrl $2, %ecx
	andl $3, %edx
1:	rep movsl
	movl %edx, %ecx
2:	rep movsb
3:	movl %ecx, %eax
	popl %edi
	popl %esi
	ret
4:	leal (%edx, %ecx, 4), %ecx
	jmp 3b
	EXTABLE 1b, 4b
	EXTABLE 2b, 3b
END user_copy

/* user_clear(void *to = eax, size_t n = edx): bytes not cleared */
FUNC user_clear
	pushl %edi
	movl %eax, %edi
	movl %edx, %ecx
	xorl %eax, %eax
1:	rep stosb
2:	movl %ecx, %eax
	popl %edi
	ret
	EXTABLE 1b, 2b
END user_clear

/* user_load(const uint32_t *from = eax, uint32_t *value = edx): 0, or 1 after a fault */
FUNC user_load
1:	movl (%eax), %eax
	movl %eax, (%edx)
	xorl %eax, %eax
	ret
2:	movl $1, %eax
	ret
	EXTABLE 1b, 2b
END user_load

	.section .note.GNU-stack, "", @progbits
