/* SPDX-License-Identifier: MIT */
/*
 * What mmu_update and mmuext_op have in common: a batch of requests, done one at a time, that may stop
 * anywhere and go on later.
 *
 * The place is kept in hc_progress(): how many are done, and, when the end was reached but tables are
 * still being undone, the result to return. A count with bit 31 set means to go on from a count that
 * the guest itself kept; then *done is added to.
 */
#ifndef MM_BATCH_H
#define MM_BATCH_H

#include "abi/abi.h"
#include "mm/foreign.h"
#include "mm/types.h"

#define BATCH_CONTINUE 0x80000000u

enum { PROGRESS_DONE, PROGRESS_RC, PROGRESS_ENDED };

struct batch {
	struct foreign who;
	struct domain *d; /* whose tables are worked on, and whose domain.mm is held */
	gptr_t requests, done_ptr;
	unsigned int count, done;
	uint32_t done_before;
	long rc;
	bool ended;
};

/*
 * Resolve the domains and find the place; then domain.mm of b->d is held, with nothing to undo. b->d is
 * the one whose tables are named, or (of_owner) the owner of the frames, if that is a domain.
 */
long batch_begin(struct batch *b, gptr_t requests, unsigned int count, gptr_t done,
		 uint32_t foreigndom, bool of_owner);
/* Save the place if rc is -ERESTART, else tell the guest how many were done. Releases everything. */
long batch_end(struct batch *b, long rc);

/*
 * Between two elements: nothing is left to undo and nobody waits for this pCPU, or -ERESTART. Inline
 * for the case that nothing is to be done.
 */
static inline long batch_settle(struct batch *b)
{
	if (unlikely(b->d->undo_head) && types_settle(b->d))
		return -ERESTART;
	return unlikely(preempt_wanted()) ? -ERESTART : 0;
}

#endif
