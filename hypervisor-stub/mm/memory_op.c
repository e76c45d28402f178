/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_memory_op: how much memory a domain has, and which.
 *
 * The reservation operations (increase, decrease, populate) work on a list of extents of 2^order frames
 * and return how many are done, never an error: a guest that gets fewer than it asked for asks again.
 * The number of the first extent stands above the command, so that a guest may go on where it stopped;
 * our own place after a preemption is in hc_progress(). The rest are questions.
 */
#include "mm/memory_op.h"
#include "console/console.h"
#include "domain/privilege.h"
#include "mm/m2p.h"

#define CMD_BITS 6
#define CMD_MASK ((1u << CMD_BITS) - 1)

/* Beyond this a 32-bit caller could not say where to go on. */
#define EXTENTS_MAX (1ULL << (32 - CMD_BITS))

/* Largest extents: of domain 0, and of others. As in real Xen. */
#define ORDER_MAX_PRIVILEGED 12
#define ORDER_MAX	     9

bool memory_order_allowed(unsigned int order)
{
	return order <= (current->domain->privileged ? ORDER_MAX_PRIVILEGED : ORDER_MAX);
}

struct domain *memory_domain(domid_t id, long *rc)
{
	struct domain *d = current->domain;

	if (likely(id == DOMID_SELF || id == d->id)) {
		domain_hold(d);
		return d;
	}
	d = domain_get(id);
	*rc = d ? privilege_check(__HYPERVISOR_memory_op, EVERY_OP, d)
		: refuse(-ESRCH, "there is no domain %u", id);
	if (d && *rc) {
		domain_put(d);
		return NULL;
	}
	return d;
}

/* ---- reservations ------------------------------------------------------------------------------------ */

/*
 * One extent of new memory; where the guest wants it (populate), m2p says so. False: none left, or (*again)
 * nothing happened yet and it is worth another try.
 */
static bool extend(struct domain *d, const struct xen_memory_reservation *r, uint64_t i,
		   bool populate, bool *again)
{
	gptr_t list = guest_handle(r->extent_start);
	unsigned int bits = r->mem_flags & 0xff;
	uint64_t pfn = 0;
	struct frame *f;

	if (populate && guest_get_ulong(&pfn, list, i))
		return false;
	if (likely(r->extent_order <= ORDER_MAX))
		f = domain_alloc_frames(d, r->extent_order, bits);
	else
		f = domain_alloc_large(d, r->extent_order, bits, again);
	if (!f)
		return false;
	if (!gptr_is_null(list) && guest_put_ulong(list, i, mfn_x(frame_to_mfn(f)))) {
		for (uint64_t n = 0; n < 1ULL << r->extent_order; n++)
			domain_free_frame(d, &f[n]);
		return false;
	}
	for (uint64_t n = 0; n < 1ULL << r->extent_order; n++)
		m2p_set_owned(d, mfn_add(frame_to_mfn(f), n), populate ? pfn + n : M2P_INVALID);
	return true;
}

static bool give_up(struct domain *d, mfn_t mfn)
{
	struct frame *f;

	if (!frame_get(mfn, d)) {
		refuse(-EINVAL, "frame %lx is no memory of d%u", mfn_x(mfn), d->id);
		return false;
	}
	f = mfn_to_frame(mfn);
	if (!(load64(&f->refs) & REFS_OWNED)) {
		refuse(-EINVAL, "frame %lx: given up before, or shared by the hypervisor",
		       mfn_x(mfn));
		frame_put(f);
		return false;
	}
	domain_free_frame(d, f);
	frame_put(f);
	return true;
}

static bool reduce(struct domain *d, const struct xen_memory_reservation *r, uint64_t i)
{
	uint64_t mfn;

	if (guest_get_ulong(&mfn, guest_handle(r->extent_start), i))
		return false;
	for (uint64_t n = 0; n < 1ULL << r->extent_order; n++)
		if (!give_up(d, _mfn(mfn + n)))
			return false;
	return true;
}

static bool do_extent(struct domain *d, unsigned int op, const struct xen_memory_reservation *r,
		      uint64_t i, bool *again)
{
	if (op == XENMEM_decrease_reservation)
		return reduce(d, r, i);
	return extend(d, r, i, op == XENMEM_populate_physmap, again);
}

static long reservation(unsigned int op, uint64_t start, gptr_t arg)
{
	struct xen_memory_reservation r;
	struct domain *d;
	bool again = false;
	uint64_t i = start;
	long rc;

	if (current->cont.started)
		i = hc_progress()[0];
	if (guest_get_xen_memory_reservation(&r, arg, 0)) {
		refuse(-EFAULT, "the reservation at %lx cannot be read", arg.va);
		return (long)start;
	}
	if (r.nr_extents > EXTENTS_MAX || start >= r.nr_extents ||
	    !memory_order_allowed(r.extent_order) || (r.mem_flags & XENMEMF_populate_on_demand))
		return (long)start;
	d = memory_domain(r.domid, &rc);
	if (!d)
		return (long)start;
	while (i < r.nr_extents && do_extent(d, op, &r, i, &again)) {
		i++;
		if (i < r.nr_extents && preempt_wanted()) {
			again = true;
			break;
		}
	}
	domain_put(d);
	if (!again)
		return (long)i;
	hc_progress()[0] = i;
	return -ERESTART;
}

/* ---- questions ------------------------------------------------------------------------------------------- */

/* Largest answer that is not mistaken for an error, whatever the caller's width. */
static long as_answer(uint64_t n)
{
	return (long)(current->domain->is_32bit ? min(n, (uint64_t)INT32_MAX) : n);
}

static long domain_question(unsigned int op, gptr_t arg)
{
	struct xen_memory_domain which;
	struct domain *d;
	long rc = 0;

	if (guest_get_xen_memory_domain(&which, arg, 0))
		return -EFAULT;
	d = memory_domain(which.domid, &rc);
	if (!d)
		return rc;
	if (op == XENMEM_current_reservation)
		rc = as_answer(d->tot_pages);
	else if (op == XENMEM_maximum_reservation)
		rc = as_answer(d->max_pages);
	else
		rc = as_answer(shared_max_pfn(d) ? shared_max_pfn(d) - 1 : 0);
	domain_put(d);
	return rc;
}

static long machphys_list(gptr_t arg, bool compat)
{
	struct domain *d = current->domain;
	struct xen_machphys_mfn_list list;
	unsigned int i;
	mfn_t mfn;

	if (guest_get_xen_machphys_mfn_list(&list, arg, 0))
		return -EFAULT;
	for (i = 0; i < list.max_extents; i++) {
		if (!(compat ? m2p_compat_frame(d, i, &mfn) : m2p_frame(i, &mfn)))
			break;
		if (guest_put_ulong(guest_handle(list.extent_start), i, mfn_x(mfn)))
			return -EFAULT;
	}
	list.nr_extents = i;
	return guest_put_xen_machphys_mfn_list(arg, 0, &list);
}

static long machphys_mapping(gptr_t arg)
{
	const struct domain *d = current->domain;
	struct xen_machphys_mapping m = { M2P_VA, M2P_VA_END, mfn_x(max_mfn) - 1 };

	if (d->is_32bit)
		m = (struct xen_machphys_mapping){ d->compat_m2p, COMPAT_HOLE_END,
						   m2p_compat_frames(d) - 1 };
	return guest_put_xen_machphys_mapping(arg, 0, &m);
}

/* What a toolstack does before it builds: nobody shall take the memory away meanwhile. */
static long claim_pages(uint64_t start, gptr_t arg)
{
	struct xen_memory_reservation r;
	struct domain *d;
	long rc;

	if (start)
		return refuse(-EINVAL, "a claim has no place to go on from");
	if (guest_get_xen_memory_reservation(&r, arg, 0))
		return refuse(-EFAULT, "the claim at %lx cannot be read", arg.va);
	if (!gptr_is_null(guest_handle(r.extent_start)) || r.extent_order || r.mem_flags)
		return refuse(-EINVAL, "a claim is a number of pages: no list, order %u, flags %x",
			      r.extent_order, r.mem_flags);
	d = domain_get(r.domid);
	if (!d)
		return refuse(-EINVAL, "there is no domain %u", r.domid);
	rc = privilege_check(__HYPERVISOR_memory_op, XENMEM_claim_pages, d);
	if (!rc)
		rc = domain_claim(d, r.nr_extents);
	if (rc == -EINVAL)
		refuse(rc, "%lu pages: d%u has %u of %u, and claims %u", r.nr_extents, d->id,
		       d->tot_pages, d->max_pages, d->claimed_pages);
	domain_put(d);
	return rc;
}

/* ---- what only guests with a translated memory have ------------------------------------------------------- */

static long add_to_physmap(gptr_t arg)
{
	struct xen_add_to_physmap a;
	struct domain *d;
	long rc;

	if (guest_get_xen_add_to_physmap(&a, arg, 0))
		return -EFAULT;
	/* The batch form has its domain and space in the same places, as 16 bits. */
	if ((uint16_t)a.space == XENMAPSPACE_gmfn_foreign)
		return -ENOSYS;
	d = memory_domain(a.domid, &rc);
	if (!d)
		return rc;
	domain_put(d);
	return refuse(-EACCES, "a paravirtual guest places its memory by itself");
}

static long remove_from_physmap(gptr_t arg)
{
	struct xen_remove_from_physmap r;
	struct domain *d;
	long rc;

	if (guest_get_xen_remove_from_physmap(&r, arg, 0))
		return -EFAULT;
	d = memory_domain(r.domid, &rc);
	if (!d)
		return rc;
	domain_put(d);
	return refuse(-EACCES, "a paravirtual guest places its memory by itself");
}

long do_memory_op(uint64_t cmd, gptr_t arg)
{
	unsigned int op = (unsigned int)cmd & CMD_MASK;

	switch (op) {
	case XENMEM_increase_reservation:
	case XENMEM_decrease_reservation:
	case XENMEM_populate_physmap:
		return reservation(op, cmd >> CMD_BITS, arg);
	case XENMEM_exchange:
		return memory_exchange(arg);
	case XENMEM_claim_pages:
		return claim_pages(cmd >> CMD_BITS, arg);
	case XENMEM_acquire_resource:
		return memory_acquire_resource(cmd >> CMD_BITS, arg);
	case XENMEM_maximum_ram_page:
		return as_answer(mfn_x(max_mfn));
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
	case XENMEM_maximum_gpfn:
		return domain_question(op, arg);
	case XENMEM_machphys_mfn_list:
		return machphys_list(arg, current->domain->is_32bit);
	case XENMEM_machphys_compat_mfn_list:
		return machphys_list(arg, true);
	case XENMEM_machphys_mapping:
		return machphys_mapping(arg);
	case XENMEM_machine_memory_map:
		return memory_machine_map(arg);
	case XENMEM_memory_map:
		return memory_own_map(arg);
	case XENMEM_set_memory_map:
		return memory_set_map(arg);
	case XENMEM_add_to_physmap:
	case XENMEM_add_to_physmap_batch:
		return add_to_physmap(arg);
	case XENMEM_remove_from_physmap:
		return remove_from_physmap(arg);
	case XENMEM_set_pod_target:
	case XENMEM_get_pod_target:
		return refuse(-EINVAL, "a paravirtual guest is never populated on demand");
	case XENMEM_get_sharing_freed_pages:
	case XENMEM_get_sharing_shared_pages:
		return 0; /* no pages are shared between domains */
	case XENMEM_get_vnumainfo:
		return -EOPNOTSUPP;
	default:
		return refuse(-ENOSYS, "no operation %u", op);
	}
}
