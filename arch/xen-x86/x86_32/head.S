/* SPDX-License-Identifier: MIT */
/*
 * The first instructions, and the notes by which a builder of domains knows this kernel.
 *
 * Entered in ring 1 by the builder with esi = start_info, on a one-page stack, in its page tables,
 * with events masked. Each note's meaning is in <xen/elfnote.h>.
 */
#include <xen/elfnote.h>

	.macro NOTE type, kind:vararg
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 2f - 1f, 4f - 3f, \type
1:	.asciz "Xen"
2:	.balign 4
3:	\kind
4:	.balign 4
	.popsection
	.endm

	NOTE XEN_ELFNOTE_GUEST_OS, .asciz "Ringlet"
	NOTE XEN_ELFNOTE_GUEST_VERSION, .asciz "0.1"
	NOTE XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	NOTE XEN_ELFNOTE_VIRT_BASE, .long virt_base
	NOTE XEN_ELFNOTE_PADDR_OFFSET, .long 0
	NOTE XEN_ELFNOTE_ENTRY, .long xen_entry
	NOTE XEN_ELFNOTE_HYPERCALL_PAGE, .long hypercall_page
	NOTE XEN_ELFNOTE_HV_START_LOW, .long 0xf5800000
	NOTE XEN_ELFNOTE_FEATURES, .asciz "pae_pgdir_above_4gb"
	NOTE XEN_ELFNOTE_PAE_MODE, .asciz "yes"
	NOTE XEN_ELFNOTE_L1_MFN_VALID, .quad 1, 1
	NOTE XEN_ELFNOTE_LOADER, .asciz "generic"

	.section .text.head, "ax"
	.globl xen_entry
xen_entry:
	cld
	movl $boot_stack_end, %esp
	xorl %ebp, %ebp
	movl %esi, %eax
	call xen_start
	ud2
	.type xen_entry, @function
	.size xen_entry, . - xen_entry

	/* Stubs of 32 bytes, filled by the builder. */
	.balign 4096
	.globl hypercall_page
hypercall_page:
	.fill 4096, 1, 0xcc
	.size hypercall_page, . - hypercall_page

	.section .bss.page, "aw", @nobits
	.balign 8192
	.globl boot_stack, boot_stack_end
boot_stack:
	.skip 8192
boot_stack_end:
	/* Its own frame is lost behind the shared one; the page gives it a constant address. */
	.globl xen_shared_info
xen_shared_info:
	.skip 4096
	.section .note.GNU-stack, "", @progbits
