/* SPDX-License-Identifier: MIT */
/*
 * Swap: places on disks for pages of programs, and making room in memory.
 *
 * docs/memory.md tells the life of a page. Who does what: mm/swap.c places and areas, mm/swapcache.c pages that have
 * both a place and memory, mm/swapon.c the two system calls, mm/reclaim.c who has to go.
 */
#ifndef KERNEL_SWAP_H
#define KERNEL_SWAP_H

#include "kernel.h"

#define SWAP_FLAG_PREFER   0x8000u /* the priority is in SWAP_FLAG_PRIO */
#define SWAP_FLAG_PRIO	   0x7fffu
#define SWAP_FLAGS_DISCARD 0x70000u /* advice, and not taken */

/* The system calls for a caller who may; path is kernel memory. 0 or -errno as Linux. May sleep. */
long swap_on(const char *path, unsigned flags);
long swap_off(const char *path);

struct swap_info {
	char name[24]; /* of the device, below /dev */
	unsigned long pages, used;
	int priority;
};

/* For /proc/swaps: the n-th place for an area; false: there is none. n < SWAP_AREAS. */
#define SWAP_AREAS 4
bool swap_info(unsigned n, struct swap_info *info);
/* In pages, of all areas; and those that are in memory at the same time. */
unsigned long swap_total_count(void), swap_free_count(void), swap_cached_count(void);
/* Since boot, pages. */
unsigned long swap_in_count(void), swap_out_count(void);

/* ---- reclaim.c ---- */

/* The thread that keeps some pages free; once. */
void reclaim_start(void);
/*
 * Takes back about so many pages: how many it got. May sleep, with any lock held, also an mm's. *skipped, if not NULL:
 * somebody else's pages could not be looked at just now, or are being written.
 */
unsigned long reclaim_pages(unsigned long want, bool *skipped);
/* The caller is about to take pages that are not for a user: there should be some. May sleep. */
void reclaim_before_use(void);

#endif
