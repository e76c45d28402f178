/* SPDX-License-Identifier: MIT */
/*
 * Memory as the boot loader found it, and the little allocator that works before there is a heap.
 *
 * Boot only, one pCPU, no locks. What is still free at the end goes to the heap.
 */
#ifndef BOOT_MEMMAP_H
#define BOOT_MEMMAP_H

#include "boot/multiboot.h"
#include "mm/addr.h"

struct memrange {
	uint64_t start, end; /* machine addresses, whole pages */
};

#define MEMRANGES 128

struct memmap {
	unsigned int count;
	struct memrange range[MEMRANGES];
};

extern struct memmap ram;      /* all RAM, in order of address */
extern struct memmap ram_free; /* what of it nobody has taken */

/* Read and print the loader's map. */
void memmap_read(const struct multiboot_info *info);
/* Somebody's: never to be given out. Whole pages around [start, end). */
void memmap_reserve(uint64_t start, uint64_t end);
/* Whole pages below 4 GiB, contiguous, zeroed, from the top; panics when there are none. */
maddr_t memmap_alloc(uint64_t bytes, uint64_t align);
/* Give back a part of what was taken. */
void memmap_free(uint64_t start, uint64_t end);

#endif
