/* SPDX-License-Identifier: MIT */
/*
 * The pages of a sparse file: a tree that is as high as its largest index needs.
 *
 * Pure data; the owner's lock guards it. A file of one page costs no node at all.
 */
#ifndef KERNEL_FS_PAGETREE_H
#define KERNEL_FS_PAGETREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pagetree {
	void *root;	 /* at height 0 the page with index 0, else a node */
	unsigned height; /* levels of nodes */
	uint32_t count;	 /* pages */
};

/* The page, or NULL for a hole. No reference is taken. */
void *pagetree_find(const struct pagetree *t, uint32_t index);
/* The same, but a hole is filled with a page of zeros; NULL: no memory. */
void *pagetree_fill(struct pagetree *t, uint32_t index);
/* Drops the pages from..last inclusive. */
void pagetree_drop(struct pagetree *t, uint32_t from, uint32_t last);
/* The first index >= from that has a page; false: none. */
bool pagetree_next(const struct pagetree *t, uint32_t from, uint32_t *index);

#endif
