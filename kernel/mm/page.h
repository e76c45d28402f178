/* SPDX-License-Identifier: MIT */
/*
 * A page's record, for the allocators only.
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include "kernel.h"

enum page_state {
	PAGE_RESERVED, /* in use since before the allocator */
	PAGE_FREE,     /* first of a free block */
	PAGE_INSIDE,   /* of a free block, not its first */
	PAGE_USED,     /* first of a block in use */
};

struct page {
	union {
		struct list link; /* free block, or slab with free objects */
		struct {
			struct page *chain; /* anonymous, in the swap cache */
			uint32_t note;	    /* where it has its place */
		};
	};
	union {
		uint32_t refs;
		struct {
			uint16_t used;	/* slab: objects in use */
			uint16_t fresh; /* slab: offset of the first one never used */
		};
	};
	union {
		uint16_t slab_free; /* slab: offset + 1 of its first object given back, 0 = none */
		struct {
			bool in_swap_cache : 1; /* chain and note are valid */
			bool on_disk : 1;	/* its place has these contents */
			bool busy : 1;		/* on its way to the disk or from it */
		};
	};
	uint8_t order;
	uint8_t state : 2, kind : 2, slab_class : 4; /* class + 1, 0: no slab */
};

extern struct page *page_table; /* by pfn */

struct page *page_of_va(const void *va);
struct page *page_of(pfn_t pfn);
pfn_t page_pfn(const struct page *p);
void page_init(void);
/*
 * Users get no page while `reserve` or less are free; from `low` on, when_low() is called at each page taken, in any
 * context.
 */
void page_set_marks(unsigned long reserve, unsigned long low, void (*when_low)(void));
#define KMALLOC_CLASSES 12 /* at most so many pages are kept without an object in them */
void kmalloc_init(void);

#endif
