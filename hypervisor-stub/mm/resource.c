/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_acquire_resource: the frame numbers of pages that belong to a domain without being its memory.
 *
 * A toolstack maps them with them, by foreign mappings that name the domain: so it fills a new domain's
 * grant table. A paravirtual domain has one such resource, the entries of its grant table; what
 * hardware-virtualized ones have, and status frames of version 2, which no table here has, are none.
 * Nothing is held between the answer and the mapping, which takes its references itself; the pages
 * stay for as long as anybody maps them, also when the domain has gone. No locks but grant.table, inside.
 */
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/privilege.h"
#include "mm/memory_op.h"

#define AT_ONCE 32 /* frames between two looks at what else waits */

static uint32_t most_frames(const struct domain *d, const struct xen_mem_acquire_resource *r)
{
	if (r->type == XENMEM_resource_grant_table &&
	    r->id == XENMEM_resource_grant_table_id_shared)
		return grant_frames_most(d);
	return 0;
}

/* Frame numbers from r->frame + i on; as many as fit, until preemption is wanted. */
static long tell_frames(struct domain *d, const struct xen_mem_acquire_resource *r, uint64_t i)
{
	gptr_t list = guest_handle(r->frame_list);

	if (i >= r->nr_frames)
		return refuse(-EINVAL, "to go on at frame %lu of %u", i, r->nr_frames);
	for (; i < r->nr_frames; i++) {
		mfn_t mfn;

		if (!grant_frame_get(d, (uint32_t)(r->frame + i), &mfn))
			return refuse(-EINVAL,
				      "frame %lu of d%u's grant table: at most %u, or no memory",
				      r->frame + i, d->id, grant_frames_most(d));
		if (guest_put_ulong(list, i, mfn_x(mfn)))
			return refuse(-EFAULT, "the list of frames cannot be written");
		if (!((i + 1) % AT_ONCE) && i + 1 < r->nr_frames && preempt_wanted()) {
			hc_progress()[0] = i + 1;
			return -ERESTART;
		}
	}
	return 0;
}

static long acquire(struct domain *d, struct xen_mem_acquire_resource *r, uint64_t start,
		    gptr_t arg)
{
	uint32_t most = most_frames(d, r);

	if (r->type > XENMEM_resource_vmtrace_buf)
		return refuse(-EOPNOTSUPP, "there is no type %u of resources", r->type);
	if (!most)
		return refuse(-EINVAL, "d%u has no resource of type %u with id %u", d->id, r->type,
			      r->id);
	if (!gptr_is_null(guest_handle(r->frame_list)))
		return tell_frames(d, r, current->cont.started ? hc_progress()[0] : start);
	if (r->nr_frames || start)
		return refuse(-EINVAL, "%u frames wanted and no list to name them in",
			      r->nr_frames);
	r->nr_frames = most;
	return guest_put_xen_mem_acquire_resource(arg, 0, r) ? -EFAULT : 0;
}

long memory_acquire_resource(uint64_t start, gptr_t arg)
{
	struct xen_mem_acquire_resource r;
	struct domain *d;
	long rc;

	if (guest_get_xen_mem_acquire_resource(&r, arg, 0))
		return refuse(-EFAULT, "the request at %lx cannot be read", arg.va);
	if (r.pad || r.frame >> 32 || (r.frame + r.nr_frames) >> 32)
		return refuse(-EINVAL, "pad %x, %u frames from %lx: pad is 0, numbers have 32 bits",
			      r.pad, r.nr_frames, r.frame);
	d = domain_get(r.domid);
	if (!d)
		return refuse(-ESRCH, "there is no domain %u", r.domid);
	if (d == current->domain)
		rc = refuse(-EPERM, "one's own resources are had by other means");
	else
		rc = privilege_check(__HYPERVISOR_memory_op, XENMEM_acquire_resource, d);
	if (!rc && READ_ONCE(d->state) >= DOM_DYING)
		rc = refuse(-EINVAL, "d%u is being destroyed", d->id);
	if (!rc)
		rc = acquire(d, &r, start, arg);
	domain_put(d);
	return rc;
}
