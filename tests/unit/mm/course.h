/* SPDX-License-Identifier: MIT */
/*
 * What the random tests of mm/ share: a domain of some 90 frames with likely roles, entries that a kernel
 * might write, and the few operations that handlers consist of.
 *
 * Each run has a process of its own, since the heap begins empty only once.
 */
#ifndef TESTS_UNIT_MM_COURSE_H
#define TESTS_UNIT_MM_COURSE_H

#include "domain/domain.h"
#include "mm/types.h"

#include <cmocka.h>

#define MODEL_FRAMES 96 /* of the domain under test, from mfn MODEL_FIRST */
#define MODEL_FIRST  1024
#define MODEL_SLOTS  11

/* The slots of a table that a test ever fills. */
extern const unsigned int model_slots[MODEL_SLOTS];

#define ROOTS 2
#define HELD  8

extern struct domain *d, *other;
extern int roots[ROOTS];       /* frame or -1 */
extern int held[HELD];	       /* writable or descriptor references of others; -1: none */
extern unsigned long restarts; /* calls that stopped for preemption */

mfn_t mfn_of(unsigned int f);
struct frame *frame_of(unsigned int f);
enum frame_type root_type(void);

/* The domain with all its frames, nothing in them; a foreign frame at mfn_of(MODEL_FRAMES). */
void begin(bool is_32bit, bool privileged);
/* Give up roots and references, tear the domain down: nothing may be left. */
void finish(void);
void in_child(void (*body)(void));
unsigned long course_number(const char *name, unsigned long otherwise);

/* Frames have roles, so that deep trees come about; any other use is possible and rarer. */
unsigned int level_hint(unsigned int f);
unsigned int frame_for(unsigned int level);
enum frame_type random_table_type(unsigned int f);
/* What a kernel might write into a table of this level; `live`: it is one now. */
pte_t random_entry(unsigned int level, bool live);

/* What mmu_update does with one request, and what a new root begins with. */
int store(unsigned int f, unsigned int slot, pte_t e, domid_t from, bool keep_ad);
int root_get(unsigned int f);
void root_put(unsigned int f);

#define UNTIL_DONE(call)                               \
	({                                             \
		int result;                            \
		while ((result = (call)) == -ERESTART) \
			restarts++;                    \
		while (types_settle(d))                \
			restarts++;                    \
		result;                                \
	})

#endif
