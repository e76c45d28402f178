/* SPDX-License-Identifier: MIT */
/*
 * Between the files of kernel/mm: places on swap devices, and the pages that have one.
 *
 * A place is named by a note (machine.h): the area in its lowest bits, the slot above. It counts its references:
 * one for each entry of an address space that holds the note, and one while the page is in the swap cache. At zero
 * it is free.
 *
 * Lock: swap_lock, a spinlock, for everything here; inside it only the page allocator's.
 */
#ifndef MM_PLACES_H
#define MM_PLACES_H

#include "kernel.h"
#include "lock.h"
#include "page.h"
#include "swap.h"
#include "block.h"

struct swap_area {
	struct blockdev *dev; /* NULL: no area here */
	bool filling;	      /* new pages may go there */
	int priority;
	uint32_t slots, good, used; /* used of the good ones; slot 0 is the header */
	uint32_t next;		    /* where to look for a free one */
	uint16_t *refs;		    /* by slot */
};

#define SLOT_BAD    0xffffu
#define NOTE_SHIFT  2		  /* SWAP_AREAS */
#define SLOTS_A_MAP (2048u << 10) /* what kmalloc can hold in one piece */

extern struct spinlock swap_lock;
extern struct swap_area swap_areas[SWAP_AREAS];

static inline struct swap_area *area_of(unsigned long note)
{
	return &swap_areas[note & (SWAP_AREAS - 1)];
}

static inline uint32_t slot_of(unsigned long note)
{
	return (uint32_t)(note >> NOTE_SHIFT);
}

static inline uint64_t sector_of(unsigned long note)
{
	return (uint64_t)slot_of(note) << (PAGE_SHIFT - SECTOR_SHIFT);
}

/* ---- swap.c; Locks: swap_lock ---- */
unsigned long place_alloc(void); /* a note with one reference; 0: no place anywhere */
unsigned place_refs(unsigned long note);
void place_get(unsigned long note);
void place_put(unsigned long note);

/* ---- swapcache.c; no lock held ---- */

/* The note of an anonymous page, with a reference for the caller; it is in the swap cache afterwards. 0: no place. */
unsigned long swap_note(pfn_t pfn);
/* An entry that held the note is gone. Does not sleep. */
void swap_put(unsigned long note);
void swap_get(unsigned long note);
/*
 * The page of a note, with a reference, in exchange for the reference of an entry that held the note. Read if need
 * be; `changes`: it will be written by somebody who shares it. 0, -ENOMEM, -EIO. Sleeps.
 */
int swap_in(unsigned long note, bool changes, pfn_t *pfn);
/* Writes pages that only the swap cache has, at most so many, and frees them: how many. Sleeps. */
unsigned long swap_write_out(unsigned long most);
/* Nobody but the swap cache shares the page: true, and it has left the cache. */
bool swap_leave(pfn_t pfn);

/* An entry of an address space is gone, or has a copy: a page or a note. */
void entry_put(pfn_t pfn);
void entry_get(pfn_t pfn);

#endif
