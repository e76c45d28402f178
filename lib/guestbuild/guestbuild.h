/* SPDX-License-Identifier: MIT */
/*
 * What a new paravirtual domain starts with: its memory, its page tables, its first vCPU's registers.
 *
 * lib/guestimage reads the kernel's file and says where things go (guest_layout); this writes them. Used by every
 * toolstack of this tree, and pure: the caller makes the domain, gives the list of its frames, maps
 * one frame at a time, and makes the domctls and the pinning that follow. In this order:
 *
 *	guest_image_parse, guest_layout_compute
 *	guest_builder_write		memory.c, tables.c; the page tables are plain pages still
 *	unmap everything		a page that is mapped writable cannot become a page table
 *	hypercall_init, MMUEXT_PIN_L3/L4_TABLE of guest_builder_root()
 *	setvcpucontext with guest_builder_context()	context.c
 *
 * Structures of the guest's width are those of <xen/foreign/...>, so that a 32-bit toolstack builds 64-bit
 * domains and the other way round.
 */
#ifndef LIB_GUESTBUILD_H
#define LIB_GUESTBUILD_H

#include "lib/guestimage/guestimage.h"

#include <xen/xen.h>
#include <xen/foreign/x86_32.h>
#include <xen/foreign/x86_64.h>

#define GUEST_PAGE 4096u

struct guest_builder {
	struct guest_image image;
	struct guest_layout layout;
	uint64_t pages;
	const xen_pfn_t *frames; /* [pfn] */
	const void *ramdisk;
	size_t ramdisk_bytes; /* as the layout was computed for */
	/*
	 * The page of pfn, writable, until the next call; NULL: it cannot be mapped, which ends the writing. The
	 * builder asks for no pfn beyond `pages`.
	 */
	void *(*page)(void *ctx, uint64_t pfn);
	void *ctx;
};

/* What the domain is told in its start_info. */
struct guest_start {
	uint64_t shared_info; /* frame */
	uint32_t store_port, console_port;
	const char *cmdline; /* cut off at MAX_GUEST_CMDLINE */
};

/* Kernel, ramdisk, frame list, empty rings, start_info, page tables. False: a page could not be had. */
bool guest_builder_write(const struct guest_builder *b, const struct guest_start *start);
/* The page of shared_info as a domain finds it: every upcall masked. */
void guest_shared_info_init(void *page);

/* The frame behind an address of the boot mapping. */
unsigned long guest_builder_frame(const struct guest_builder *b, uint64_t va);
/* The frame of the root table, and the MMUEXT_PIN_ command that makes it one. */
unsigned long guest_builder_root(const struct guest_builder *b, unsigned int *pin_command);

/* Registers as XEN_DOMCTL_setvcpucontext wants them: the structure of the guest's width. */
union guest_context {
	struct vcpu_guest_context_x86_32 c32;
	struct vcpu_guest_context_x86_64 c64;
};
void guest_builder_context(const struct guest_builder *b, union guest_context *context);

/* ---- tables.c, for memory.c ---- */

bool guest_builder_tables(const struct guest_builder *b);

#endif
