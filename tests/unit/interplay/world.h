/* SPDX-License-Identifier: MIT */
/*
 * Two domains, three frames that all want, and what three processors remember of them.
 *
 * Domain A owns X, Y and W; an entry of W names Y, one of Y names X, one of X maps Y read-only. So Y is a
 * page table only while X is one, and so on. Each domain has one more frame, an L1 table for good, in which
 * processor n maps at slot n. The heap is empty: what one gives up the next one gets.
 */
#ifndef TESTS_UNIT_INTERPLAY_WORLD_H
#define TESTS_UNIT_INTERPLAY_WORLD_H

#include "domain/domain.h"
#include "mm/types.h"

enum { TABLE_A, X, Y, W, TABLE_B, FRAMES };

extern struct domain *a, *b;

mfn_t mfn_of(unsigned int f);
struct frame *frame_of(unsigned int f);
/* Once; then before each run, and after it. */
void world_make(void);
void world_restore(void);
void world_check(void);
/* What must hold at every moment. */
void world_step(void);
/* Who runs on a processor. */
void world_place(unsigned int cpu, struct domain *d);

/* The processor uses the entry of `table` at its slot as a program would: the TLB remembers it. */
void touch(unsigned int table);
/* ... or walks through this frame, if it is a page table. */
void walk(unsigned int f);
/* A flush that the processor itself begins. */
void flush_self(void);

#endif
