/* SPDX-License-Identifier: MIT */
/*
 * The first instructions: from the boot loader's 32-bit protected mode to C in the high half.
 *
 * We get eax = Multiboot's magic, ebx = physical address of its information, flat segments, no paging,
 * no stack. The early tables map the first 4 GiB by 2 MiB pages at 0 (for these instructions) and at
 * the direct map, and the image at IMAGE_VA; boot/paging.c replaces them by the final ones, where
 * nothing is both writable and executable. On a processor without long mode there is nothing to be
 * done but to say so.
 */
#include "boot/multiboot.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "mm/layout.h"

#define LOAD_PADDR 0x200000
#define DEBUG_EXIT 0xf4
#define DEBUG_EXIT_PANIC 17 /* 2 * 17 + 1 = MACHINE_EXIT_PANIC */
#define PADDR(sym) ((sym) - IMAGE_VA + LOAD_PADDR)

#define CPUID_LONG_MODE 29 /* bits of edx of leaf 0x80000001 */
#define CPUID_NX	20

#define TABLE_FLAGS 0x003 /* P RW */
#define LARGE_FLAGS 0x083 /* P RW PSE */
#define L4_INDEX(va) (((va) >> 39) & 511)

	.section .multiboot, "ax"
	.balign	4
	.long	MULTIBOOT_HEADER_MAGIC
	.long	MULTIBOOT_HEADER_FLAGS
	.long	-(MULTIBOOT_HEADER_MAGIC + MULTIBOOT_HEADER_FLAGS)

	.code32
	.globl	start32
start32:
	cld
	cli
	mov	$PADDR(early_stack_top), %esp
	mov	%eax, %ebp			/* magic, for main.c */
	mov	%ebx, %esi

	mov	$0x80000000, %eax
	cpuid
	cmp	$0x80000001, %eax
	jb	no_long_mode
	mov	$0x80000001, %eax
	cpuid
	bt	$CPUID_LONG_MODE, %edx
	jnc	no_long_mode
	mov	%edx, %ebx

	/* Four L2 tables of 2 MiB pages: 4 GiB from 0. */
	mov	$PADDR(early_l2), %edi
	mov	$LARGE_FLAGS, %eax
	mov	$2048, %ecx
1:	mov	%eax, (%edi)
	movl	$0, 4(%edi)
	add	$0x200000, %eax
	add	$8, %edi
	loop	1b

	mov	$PADDR(early_l3), %edi
	mov	$(PADDR(early_l2) + TABLE_FLAGS), %eax
	mov	$4, %ecx
1:	mov	%eax, (%edi)
	add	$0x1000, %eax
	add	$8, %edi
	loop	1b

	/* The image: three 2 MiB pages from where it was loaded. */
	mov	$PADDR(early_image_l2), %edi
	movl	$(LOAD_PADDR + LARGE_FLAGS), (%edi)
	movl	$(LOAD_PADDR + 0x200000 + LARGE_FLAGS), 8(%edi)
	movl	$(LOAD_PADDR + 0x400000 + LARGE_FLAGS), 16(%edi)
	movl	$(PADDR(early_image_l2) + TABLE_FLAGS), PADDR(early_image_l3)

	mov	$PADDR(early_l4), %edi
	movl	$(PADDR(early_l3) + TABLE_FLAGS), (%edi)
	movl	$(PADDR(early_l3) + TABLE_FLAGS), (L4_INDEX(DIRECT_MAP_VA) * 8)(%edi)
	movl	$(PADDR(early_image_l3) + TABLE_FLAGS), (L4_INDEX(IMAGE_VA) * 8)(%edi)

	mov	$(CR4_PAE | CR4_PSE), %eax
	mov	%eax, %cr4
	mov	%edi, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME, %eax
	bt	$CPUID_NX, %ebx			/* without it C says so, with more words */
	jnc	1f
	or	$EFER_NX, %eax
1:	wrmsr
	mov	$(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
	mov	%eax, %cr0
	lgdt	PADDR(early_gdt_pointer)
	ljmp	$0x08, $PADDR(start64_low)

no_long_mode:
	mov	$PADDR(no_long_mode_text), %esi
	mov	$0xb8000, %edi
1:	lodsb
	test	%al, %al
	jz	2f
	mov	%al, (%edi)
	movb	$0x0f, 1(%edi)
	add	$2, %edi
	mov	$0x3f8, %dx
	out	%al, %dx
	jmp	1b
2:	mov	$DEBUG_EXIT, %dx			/* as after a panic: console/machine.c */
	mov	$DEBUG_EXIT_PANIC, %eax
	out	%eax, %dx
3:	hlt
	jmp	3b

	.code64
start64_low:
	movabs	$start64, %rax
	jmp	*%rax

/*
 * A further pCPU (boot/smp.c). It begins in real mode at the start of the page below 1 MiB to which the code
 * between ap_trampoline and ap_trampoline_end is copied; there it knows nothing but its own cs. From
 * the 32-bit part on it runs in the image, with the early tables, and then with the final ones.
 */
	.section .rodata
	.globl	ap_trampoline, ap_trampoline_end
	.code16
ap_trampoline:
	cli
	cld
	mov	%cs, %ax
	mov	%ax, %ds
	lgdtl	ap_gdt_pointer - ap_trampoline
	mov	$CR0_PE, %eax
	mov	%eax, %cr0
	ljmpl	$0x10, $PADDR(ap_start32)
	.balign	4
ap_gdt_pointer:
	.word	31
	.long	PADDR(early_gdt)
ap_trampoline_end:

	.section .multiboot, "ax"
	.code32
ap_start32:
	mov	$0x18, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$(CR4_PAE | CR4_PSE), %eax
	mov	%eax, %cr4
	mov	$PADDR(early_l4), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$(EFER_LME | EFER_NX), %eax
	wrmsr
	mov	$(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
	mov	%eax, %cr0
	ljmp	$0x08, $PADDR(ap_start64_low)

	.code64
ap_start64_low:
	movabs	$ap_start64, %rax
	jmp	*%rax

	.text
ap_start64:
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	%eax, %fs
	mov	%eax, %gs
	mov	ap_root(%rip), %rax
	mov	%rax, %cr3
	mov	ap_stack(%rip), %rsp
	xor	%ebp, %ebp
	call	ap_main
	ud2

start64:
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	%eax, %fs
	mov	%eax, %gs
	/* The boot pCPU's own stack, as at every entry from a guest. */
	lea	boot_stack + STACK_SIZE - CPU_INFO_SIZE(%rip), %rsp
	mov	%ebp, %edi
	mov	%esi, %esi			/* clears the upper half */
	xor	%ebp, %ebp
	call	boot_main
	ud2

	.section .rodata
	.balign	8
early_gdt:
	.quad	0
	.quad	0x00af9a000000ffff		/* 0x08: 64-bit code */
	.quad	0x00cf9a000000ffff		/* 0x10: 32-bit code */
	.quad	0x00cf92000000ffff		/* 0x18: data */
early_gdt_pointer:
	.word	31
	.long	PADDR(early_gdt)
no_long_mode_text:
	.asciz	"Ringmaster needs a 64-bit processor (long mode).\n"

	.section .bss.page, "aw", @nobits
	.balign	4096
early_l4:	.skip	4096
early_l3:	.skip	4096
early_l2:	.skip	4 * 4096
early_image_l3:	.skip	4096
early_image_l2:	.skip	4096
	.skip	256
early_stack_top:

	.section .note.GNU-stack, "", @progbits
