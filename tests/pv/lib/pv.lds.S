/* SPDX-License-Identifier: MIT */
/* Layout of a test image: text, data and bss above VIRT_BASE + 1 MiB, notes in a header of their own. */
#include "width.h"

ENTRY(_start)

PHDRS
{
	image PT_LOAD FLAGS(7);
	note PT_NOTE FLAGS(4);
}

SECTIONS
{
	. = VIRT_BASE + 0x100000;
	_image = .;
	.text : AT(ADDR(.text) - VIRT_BASE) { *(.text.start) *(.text.hypercall) *(.text .text.*) } :image
	.rodata : AT(ADDR(.rodata) - VIRT_BASE) { *(.rodata .rodata.*) } :image
	.note : AT(ADDR(.note) - VIRT_BASE) { *(.note.Xen) } :image :note
	. = ALIGN(4096);
	.data : AT(ADDR(.data) - VIRT_BASE) { *(.data .data.*) } :image
	. = ALIGN(4096);
	.bss : AT(ADDR(.bss) - VIRT_BASE) { *(.bss .bss.* COMMON) } :image
	. = ALIGN(4096);
	_image_end = .;
	/DISCARD/ : { *(.comment) *(.eh_frame) *(.note.gnu.*) }
}
