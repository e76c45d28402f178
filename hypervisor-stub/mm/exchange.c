/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_exchange: give frames and get as many others, in larger or smaller pieces.
 *
 * A chunk is the larger of the two extent sizes: so many frames go and so many come, all or nothing. The
 * frames that go must have no use but their owner's; the guest is told of the new ones before the old
 * ones are freed, so that a list that cannot be written costs nothing.
 */
#include "console/console.h"
#include "mm/memory_op.h"

#define CHUNK_ORDER_MAX 12

struct exchange {
	struct xen_memory_exchange x;
	struct domain *d;
	unsigned int chunk_order;
	/* a chunk at work: frames out of the domain, and the first frame of each new extent */
	uint32_t *old, *new;
	unsigned int old_count, new_count;
	uint64_t patience; /* frames of new extents before this attempt may stop */
};

/* How many frames more each attempt at a chunk gets before it may be interrupted. */
#define PATIENCE_STEP 512

static long check(const struct xen_memory_exchange *x)
{
	const struct xen_memory_reservation *in = &x->in, *out = &x->out;

	if (in->domid != out->domid)
		return refuse(-EINVAL, "in and out name different domains");
	if (in->extent_order > CHUNK_ORDER_MAX || out->extent_order > CHUNK_ORDER_MAX ||
	    !memory_order_allowed(in->extent_order) || !memory_order_allowed(out->extent_order))
		return refuse(-EPERM, "extents of order %u and %u: too large", in->extent_order,
			      out->extent_order);
	if (in->nr_extents > UINT32_MAX || out->nr_extents > UINT32_MAX ||
	    in->nr_extents << in->extent_order != out->nr_extents << out->extent_order)
		return refuse(-EINVAL, "in has %lu frames, out %lu",
			      in->nr_extents << in->extent_order,
			      out->nr_extents << out->extent_order);
	if (x->nr_exchanged > in->nr_extents)
		return refuse(-EINVAL, "%lu of %lu are done already", x->nr_exchanged,
			      in->nr_extents);
	return 0;
}

/* ---- one chunk ---------------------------------------------------------------------------------------- */

static void put_back(struct exchange *e)
{
	while (e->old_count)
		frame_unsteal(e->d, mfn_to_frame(_mfn(e->old[--e->old_count])));
	while (e->new_count) {
		struct frame *f = mfn_to_frame(_mfn(e->new[--e->new_count]));

		for (unsigned int n = 0; n < 1U << e->x.out.extent_order; n++)
			domain_free_frame(e->d, &f[n]);
	}
}

static long take_old(struct exchange *e, uint64_t first_extent, unsigned int extents)
{
	for (unsigned int i = 0; i < extents; i++) {
		uint64_t mfn;

		if (guest_get_ulong(&mfn, guest_handle(e->x.in.extent_start), first_extent + i))
			return refuse(-EFAULT, "the list of frames to give cannot be read");
		for (unsigned int n = 0; n < 1U << e->x.in.extent_order; n++) {
			if (mfn + n >= mfn_x(max_mfn) ||
			    !frame_steal(e->d, mfn_to_frame(_mfn(mfn + n))))
				return refuse(-EINVAL, "frame %lx is in use, or none of d%u's",
					      mfn + n, e->d->id);
			e->old[e->old_count++] = (uint32_t)(mfn + n);
		}
	}
	return 0;
}

/*
 * -ERESTART: a large chunk has to wait. The frames that it has got go back as the domain's own, which nobody
 * scrubs when it gets them again, so each attempt gets further than the one before.
 */
static long take_new(struct exchange *e, unsigned int extents)
{
	for (unsigned int i = 0; i < extents; i++) {
		bool again = false;
		struct frame *f = domain_alloc_large(e->d, e->x.out.extent_order,
						     e->x.out.mem_flags & 0xff, &again);

		if (again)
			return -ERESTART;
		if (!f)
			return refuse(-ENOMEM, "no free extent of order %u%s",
				      e->x.out.extent_order,
				      e->x.out.mem_flags & 0xff ? " at so low an address" : "");
		e->new[e->new_count++] = (uint32_t)mfn_x(frame_to_mfn(f));
		if (i + 1 < extents &&
		    (uint64_t)e->new_count << e->x.out.extent_order >= e->patience &&
		    preempt_wanted())
			return -ERESTART;
	}
	return 0;
}

/* The out list holds pfns, and gets mfns: the M2P follows. */
static long tell(struct exchange *e, uint64_t first_extent)
{
	gptr_t list = guest_handle(e->x.out.extent_start);

	for (unsigned int i = 0; i < e->new_count; i++) {
		uint64_t pfn;

		if (guest_get_ulong(&pfn, list, first_extent + i) ||
		    guest_put_ulong(list, first_extent + i, e->new[i]))
			return refuse(-EFAULT, "the list of new frames cannot be written");
		for (unsigned int n = 0; n < 1U << e->x.out.extent_order; n++)
			m2p_set_owned(e->d, _mfn(e->new[i] + n), pfn + n);
	}
	return 0;
}

static long exchange_chunk(struct exchange *e, uint64_t in_extent)
{
	unsigned int in_extents = 1U << (e->chunk_order - e->x.in.extent_order);
	unsigned int out_extents = 1U << (e->chunk_order - e->x.out.extent_order);
	uint64_t out_extent = (in_extent << e->x.in.extent_order) >> e->x.out.extent_order;
	long rc;

	e->old_count = e->new_count = 0;
	rc = take_old(e, in_extent, in_extents);
	if (!rc)
		rc = take_new(e, out_extents);
	if (!rc)
		rc = tell(e, out_extent);
	if (rc) {
		put_back(e);
		return rc;
	}
	for (unsigned int i = 0; i < e->old_count; i++) {
		m2p_set(_mfn(e->old[i]), M2P_INVALID);
		heap_return(mfn_to_frame(_mfn(e->old[i])), e->d->serial);
	}
	return 0;
}

/* ---- all of them ------------------------------------------------------------------------------------------ */

static long exchange_all(struct exchange *e)
{
	uint64_t step = 1ULL << (e->chunk_order - e->x.in.extent_order);

	while (e->x.nr_exchanged < e->x.in.nr_extents) {
		long rc;

		if (e->x.in.nr_extents - e->x.nr_exchanged < step)
			return refuse(-EINVAL, "the last piece is no whole extent");
		rc = exchange_chunk(e, e->x.nr_exchanged);
		if (rc)
			return rc;
		e->x.nr_exchanged += step;
		e->patience = PATIENCE_STEP;
		if (e->x.nr_exchanged < e->x.in.nr_extents && preempt_wanted())
			return -ERESTART;
	}
	return 0;
}

long memory_exchange(gptr_t arg)
{
	struct exchange e = { .old = NULL };
	size_t bytes;
	long rc;

	if (guest_get_xen_memory_exchange(&e.x, arg, 0))
		return refuse(-EFAULT, "the request at %lx cannot be read", arg.va);
	rc = check(&e.x);
	if (rc)
		return rc;
	e.d = memory_domain(e.x.in.domid, &rc);
	if (!e.d)
		return rc;
	if (current->cont.started) {
		e.x.nr_exchanged = hc_progress()[0];
		e.patience = hc_progress()[1];
	}
	e.patience += PATIENCE_STEP;
	e.chunk_order = max(e.x.in.extent_order, e.x.out.extent_order);
	bytes = sizeof(uint32_t) << e.chunk_order;
	e.old = kalloc(2 * bytes);
	rc = -ENOMEM;
	if (e.old) {
		e.new = e.old + (1U << e.chunk_order);
		rc = exchange_all(&e);
		kfree(e.old);
	}
	if (rc == -ERESTART) {
		hc_progress()[0] = e.x.nr_exchanged;
		hc_progress()[1] = e.patience;
	}
	if (guest_put_xen_memory_exchange(arg, 0, &e.x) && rc != -ERESTART)
		rc = -EFAULT;
	domain_put(e.d);
	return rc;
}
