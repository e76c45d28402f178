/* SPDX-License-Identifier: MIT */
/*
 * From the early page tables to the final ones, once, when memory is known and nothing else is.
 */
#ifndef BOOT_PAGING_H
#define BOOT_PAGING_H

/* hv_l4 with image, direct map, windows and device area is live; text is no longer writable. */
void paging_init(void);
/* Zeroed memory for mm/init.c: a single page is for a page table, or never written after boot. */
void *paging_alloc(unsigned int order);
/* All tables are complete: make their direct-map aliases and the image's read-only. */
void paging_seal(void);

#endif
