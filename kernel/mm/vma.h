/* SPDX-License-Identifier: MIT */
/*
 * Between the files of kernel/mm: regions of an address space. All with mm->lock held.
 */
#ifndef MM_VMA_H
#define MM_VMA_H

#include "kernel.h"
#include "vm.h"

/* The region that holds addr, or NULL; the first one that ends above addr, or NULL. */
struct vma *vma_find(struct mm *mm, unsigned long addr);
struct vma *vma_at_or_after(struct mm *mm, unsigned long addr);
bool vma_range_free(struct mm *mm, unsigned long start, unsigned long end);
/* A hole of len bytes, highest first, at or below top; 0: none. */
unsigned long vma_find_hole(struct mm *mm, size_t len, unsigned long top);

/* Inserts a region where nothing is, joining equal anonymous neighbours. Takes a reference on file. */
int vma_insert(struct mm *mm, const struct vma *model);
/* Cuts regions so that [start, end) begins and ends at region borders. 0 or -ENOMEM. */
int vma_split_range(struct mm *mm, unsigned long start, unsigned long end);
/* Forgets the regions and their pages in the range. 0 or -ENOMEM (nothing changed). */
int vma_remove_range(struct mm *mm, unsigned long start, unsigned long end);
void vma_free(struct mm *mm, struct vma *v);

/* Rights of pages in v, as a space wants them; cow: private and tracked pages are not writable yet. */
unsigned vma_access(const struct vma *v, bool cow);

/* A foreign region's file takes its pages out of [start, end). */
void vma_empty_foreign(struct mm *mm, struct vma *v, unsigned long start, unsigned long end);

/*
 * Goes through all address spaces: the next one with a reference, NULL at the end; the reference of the one before is
 * given back. NULL starts. No lock is held.
 */
struct mm *mm_next(struct mm *mm);
/* The one behind this id, or the first one; with a reference. NULL: there is none. */
struct mm *mm_after(uint64_t id);

/* The pages of a range leave the address space. */
void mm_unmap_pages(struct mm *mm, unsigned long start, unsigned long end);

/*
 * Makes the page at va present. 0, -EFAULT with *sig and *code, -ENOMEM; -EAGAIN: the file has to make a place for it
 * first, without mm->lock. mm->lock held.
 */
int mm_fault(struct mm *mm, unsigned long va, unsigned flags, int *sig, int *code);

/* The note at va becomes its page again. 0, -ENOMEM, -EIO. mm->lock held. */
int mm_swap_in(struct mm *mm, const struct vma *v, unsigned long va, pfn_t note);

/* oom.c: memory ran out. True: try again; false: the current process is to die. May sleep. */
bool oom_make_room(void);

#endif
