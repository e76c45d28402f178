/* SPDX-License-Identifier: MIT */
/*
 * Beginning and ending a batch of requests; see batch.h.
 */
#include "mm/batch.h"
#include "console/console.h"
#include "cpu/cpu.h"

static void resume(struct batch *b)
{
	const uint64_t *progress;

	if (!current->cont.started)
		return;
	progress = hc_progress();
	b->done = (unsigned int)progress[PROGRESS_DONE];
	b->rc = (long)progress[PROGRESS_RC];
	b->ended = progress[PROGRESS_ENDED];
}

static void save(const struct batch *b)
{
	uint64_t *progress = hc_progress();

	progress[PROGRESS_DONE] = b->done;
	progress[PROGRESS_RC] = (uint64_t)b->rc;
	progress[PROGRESS_ENDED] = b->ended;
}

long batch_begin(struct batch *b, gptr_t requests, unsigned int count, gptr_t done,
		 uint32_t foreigndom, bool of_owner)
{
	long rc;

	b->requests = requests;
	b->done_ptr = done;
	b->count = count & ~BATCH_CONTINUE;
	b->done = 0;
	b->done_before = 0;
	b->rc = 0;
	b->ended = false;
	rc = foreign_resolve(&b->who, foreigndom);
	if (rc)
		return rc;
	b->d = of_owner && b->who.owner ? b->who.owner : b->who.table;
	resume(b);
	if ((count & BATCH_CONTINUE) && !gptr_is_null(done))
		(void)guest_get_u32(&b->done_before, done, 0);
	spin_lock(&b->d->mm_lock);
	/* Once it is taken apart (mm_relinquish(), under this lock) nothing may become a table again. */
	if (unlikely(b->d != current->domain && READ_ONCE(b->d->state) >= DOM_DYING))
		return batch_end(b, refuse(-ESRCH, "domain %u is being destroyed", b->d->id));
	if (unlikely(b->d->undo_head) && types_settle(b->d))
		return batch_end(b, -ERESTART);
	return 0;
}

long batch_end(struct batch *b, long rc)
{
	/* The guest may use what was a table as soon as it runs: undo first, then return. */
	if (rc != -ERESTART && !b->ended) {
		b->ended = true;
		b->rc = rc;
		if (b->d->undo_head && types_settle(b->d))
			rc = -ERESTART;
	}
	spin_unlock(&b->d->mm_lock);
	if (rc == -ERESTART) {
		save(b);
	} else if (!gptr_is_null(b->done_ptr)) {
		/* The count is a courtesy: that it cannot be written is no error. */
		(void)guest_put_u32(b->done_ptr, 0, b->done_before + b->done);
	}
	foreign_release(&b->who);
	return rc;
}
