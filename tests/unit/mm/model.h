/* SPDX-License-Identifier: MIT */
/*
 * The naive model of page types: what the counts must be, by the simplest means.
 *
 * It has its own copy of every table's entries. An operation is tried by recursion, without partial
 * states or queues; if any entry is refused, the whole model is put back to a copy taken before. So it
 * shares no idea with the code under test but the rules.
 */
#ifndef TESTS_UNIT_MM_MODEL_H
#define TESTS_UNIT_MM_MODEL_H

#include "tests/unit/mm/course.h"

struct model_frame {
	enum frame_type type; /* while count > 0 */
	unsigned int count, refs;
	int linear;
	bool owned, pinned;
	/* what a processor may remember: written to, or walked as a table, since the last flush */
	bool stale_write, stale_walk;
	pte_t entry[MODEL_SLOTS];
};

struct model {
	const struct domain *d;
	struct model_frame frame[MODEL_FRAMES];
	/* a frame of another domain, which foreign mappings may name */
	unsigned int foreign_refs, foreign_types;
};

extern struct model model;
/* Times that a frame became what stale translations could harm. */
extern unsigned int model_stale_uses;

void model_reset(const struct domain *domain);

/* 0 or the error that the operation must have; the model has changed only if 0. */
int model_get(unsigned int f, enum frame_type type);
void model_put(unsigned int f);
int model_pin(unsigned int f, enum frame_type type);
int model_unpin(unsigned int f);
int model_update(unsigned int f, unsigned int slot_index, pte_t entry, domid_t from, bool keep_ad);
/* The processor forgot what is not in use. */
void model_flushed(void);

/* Compare with the frame table; prints and returns false at a difference. */
bool model_compare(void);

#endif
