/* SPDX-License-Identifier: MIT */
/*
 * The end of a domain's memory.
 *
 * Nothing of it runs any more. Roots and pins are given up, half-done validations become something to
 * undo, and each frame loses its owner's reference; tables and mappings give up the rest by themselves.
 * What is left then is held by others: foreign mappings, grants. Such frames go when those let go, and
 * keep the domain dying until then. Locks: domain.mm, taken here a step at a time.
 */
#include "mm/types.h"

static int drop_roots(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu (d, v) {
		int rc = root_drop_vcpu(v);

		if (rc)
			return rc;
	}
	return 0;
}

/* No pin, no half-done validation: nothing of the frame's own keeps it a table. */
static void forget_type(struct domain *d, struct frame *f)
{
	if (load64(&f->use) & USE_PINNED)
		(void)frame_unpin(d, frame_to_mfn(f));
	table_abandon(d, f);
}

static int forsake_all(struct domain *d)
{
	while (READ_ONCE(d->first_frame)) {
		struct frame *f = frame_first(d);
		bool more;
		int rc;

		if (!f) {
			cpu_relax();
			continue;
		}
		/* The owner may have given it up before: then its pin was all that held it but us. */
		forget_type(d, f);
		rc = types_settle(d);
		more = rc || frame_forsake(d, f);
		frame_drop(f);
		if (rc || (more && preempt_wanted()))
			return -ERESTART;
	}
	return 0;
}

/* Whoever gives up the last frame afterwards says so (frame_free). Locks: domain.pages, taken here. */
static bool await_frames(struct domain *d)
{
	spin_lock(&d->pages_lock);
	d->frames_awaited = d->tot_pages != 0;
	spin_unlock(&d->pages_lock);
	return d->frames_awaited;
}

int mm_relinquish(struct domain *d)
{
	int rc = drop_roots(d);

	(void)domain_claim(d, 0);
	if (rc)
		return rc;
	spin_lock(&d->mm_lock);
	rc = types_settle(d);
	if (!rc)
		rc = forsake_all(d);
	spin_unlock(&d->mm_lock);
	if (rc)
		return rc;
	if (await_frames(d))
		return -EBUSY;
	owner_forget(d);
	kfree(d->own_map);
	d->own_map = NULL;
	return 0;
}
