/* SPDX-License-Identifier: MIT */
/*
 * Entry point of a test image, and the notes by which a domain builder loads it.
 *
 * The machine state at the first instruction is part of the ABI, so all of it is saved before
 * anything else happens: tests look at `entry_regs`. Trusts nothing but the stack-free first
 * instructions. The image is linked at VIRT_BASE + 1 MiB, with physical addresses from 0.
 */
#include <xen/elfnote.h>
#include "width.h"

#define NOTE(type, size, value...)                                                           \
	.pushsection .note.Xen, "a", @note; .balign 4;                                       \
	.long 4, 6f - 5f, type; .asciz "Xen"; 5: size value; 6: .balign 4; .popsection

NOTE(XEN_ELFNOTE_GUEST_OS, .asciz, "ringlet-pv-test")
NOTE(XEN_ELFNOTE_GUEST_VERSION, .asciz, "1")
NOTE(XEN_ELFNOTE_LOADER, .asciz, "generic")
NOTE(XEN_ELFNOTE_XEN_VERSION, .asciz, "xen-3.0")
NOTE(XEN_ELFNOTE_FEATURES, .asciz, "!writable_page_tables|pae_pgdir_above_4gb")
NOTE(XEN_ELFNOTE_VIRT_BASE, .WORD, VIRT_BASE)
NOTE(XEN_ELFNOTE_PADDR_OFFSET, .WORD, 0)
NOTE(XEN_ELFNOTE_ENTRY, .WORD, _start)
NOTE(XEN_ELFNOTE_HYPERCALL_PAGE, .WORD, hypercall_page)
#ifdef __i386__
NOTE(XEN_ELFNOTE_PAE_MODE, .asciz, "yes")
NOTE(XEN_ELFNOTE_HV_START_LOW, .WORD, 0xf5800000)
#endif

	.section .text.start, "ax"
	.global _start
#ifdef __i386__
_start:
	mov	%eax, entry_regs + 0
	mov	%ebx, entry_regs + 4
	mov	%ecx, entry_regs + 8
	mov	%edx, entry_regs + 12
	mov	%esi, entry_regs + 16
	mov	%edi, entry_regs + 20
	mov	%ebp, entry_regs + 24
	mov	%esp, entry_regs + 28
	mov	(%esp), %eax
	mov	%eax, entry_regs + 60
	mov	$boot_stack_top, %esp
	pushf
	pop	entry_regs + 32
	cld
	mov	%cs, entry_regs + 36
	mov	%ss, entry_regs + 40
	mov	%ds, entry_regs + 44
	mov	%es, entry_regs + 48
	mov	%fs, entry_regs + 52
	mov	%gs, entry_regs + 56
	xor	%ebp, %ebp
	mov	%esi, %eax
	call	pv_main
#else
_start:
	mov	%rax, entry_regs + 0
	mov	%rbx, entry_regs + 8
	mov	%rcx, entry_regs + 16
	mov	%rdx, entry_regs + 24
	mov	%rsi, entry_regs + 32
	mov	%rdi, entry_regs + 40
	mov	%rbp, entry_regs + 48
	mov	%rsp, entry_regs + 56
	mov	(%rsp), %rax
	mov	%rax, entry_regs + 120
	mov	$boot_stack_top, %rsp
	pushf
	pop	entry_regs + 64
	cld
	mov	%cs, entry_regs + 72
	mov	%ss, entry_regs + 80
	mov	%ds, entry_regs + 88
	mov	%es, entry_regs + 96
	mov	%fs, entry_regs + 104
	mov	%gs, entry_regs + 112
	xor	%ebp, %ebp
	mov	%rsi, %rdi
	call	pv_main
#endif
	ud2

	.section .text.hypercall, "ax"
	.balign	4096
	.global hypercall_page
hypercall_page:
	.skip	4096

	.bss
	.balign	4096
	.global boot_stack
boot_stack:
	.skip	8 * 4096
	.global boot_stack_top
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
