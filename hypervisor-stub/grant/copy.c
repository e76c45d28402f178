/* SPDX-License-Identifier: MIT */
/*
 * GNTTABOP_copy: bytes from a frame to a frame, each granted or the caller's own.
 *
 * The cheap way to move data between domains: no mapping, no TLB flush. Both frames are held by
 * references while the bytes move, the destination as writable memory. Locks: grant.entry, inside
 * entry_pin() and entry_unpin().
 */
#include "cpu/cpu.h"
#include "grant/internal.h"
#include "mm/mm.h"

/* One side of a copy while it lasts. */
struct side {
	struct domain *d;
	grant_ref_t ref;
	bool granted, write;
	mfn_t mfn;
};

static void move_bytes(void *to, const void *from, size_t n)
{
	size_t words = n / 8, rest = n % 8;

	asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
}

static int16_t find_domain(struct side *s, domid_t id)
{
	/* The hypervisor's own pseudo-domains are never named here, absent ones are not there. */
	if (!s->granted && id != DOMID_SELF && (id == DOMID_XEN || id == DOMID_IO))
		return grant_refuse(GNTST_permission_denied,
				    "domain %x's frames are not for copies", id);
	s->d = domain_get_or_self(id);
	if (!s->d || READ_ONCE(s->d->state) >= DOM_DYING)
		return grant_refuse(GNTST_bad_domain, "there is no domain %u", id);
	if (!s->granted && id != DOMID_SELF)
		return grant_refuse(GNTST_permission_denied,
				    "a frame by number must be DOMID_SELF's, not d%u's", id);
	return GNTST_okay;
}

static int16_t hold_frame(struct side *s)
{
	if (!mfn_valid(s->mfn) || mfn_to_frame(s->mfn)->owner != s->d->id)
		return grant_refuse(GNTST_bad_page, "mfn %lx is not memory of d%u", mfn_x(s->mfn),
				    s->d->id);
	if (s->write && frame_get_typed(s->mfn, s->d, FT_WRITABLE))
		return grant_refuse(GNTST_general_error, "mfn %lx is a table: not to be written",
				    mfn_x(s->mfn));
	if (!s->write && !frame_get(s->mfn, s->d))
		return grant_refuse(GNTST_bad_page, "mfn %lx is going away", mfn_x(s->mfn));
	return GNTST_okay;
}

static int16_t hold(struct side *s, const struct gnttab_copy_ptr *p)
{
	int16_t status;

	if (!s->granted) {
		s->mfn = _mfn(p->u.gmfn);
		return hold_frame(s);
	}
	s->ref = p->u.ref;
	status = entry_pin(s->d, s->ref, current->domain, s->write, &s->mfn);
	if (status)
		return status;
	status = hold_frame(s);
	if (status)
		entry_unpin(s->d, s->ref, s->write);
	return status;
}

static void let_go(const struct side *s)
{
	if (s->write)
		frame_put_typed(mfn_to_frame(s->mfn));
	else
		frame_put(mfn_to_frame(s->mfn));
	if (s->granted)
		entry_unpin(s->d, s->ref, s->write);
}

static int16_t copy(const struct gnttab_copy *op, struct side *from, struct side *to)
{
	int16_t status;

	if (op->source.offset + op->len > PAGE_SIZE || op->dest.offset + op->len > PAGE_SIZE)
		return grant_refuse(GNTST_bad_copy_arg,
				    "%u bytes from offset %u to %u leave the page", op->len,
				    op->source.offset, op->dest.offset);
	status = hold(from, &op->source);
	if (status)
		return status;
	status = hold(to, &op->dest);
	if (!status) {
		move_bytes((uint8_t *)mfn_to_virt(to->mfn) + op->dest.offset,
			   (uint8_t *)mfn_to_virt(from->mfn) + op->source.offset, op->len);
		let_go(to);
	}
	let_go(from);
	return status;
}

void grant_copy(struct gnttab_copy *op)
{
	struct side from = { .granted = op->flags & GNTCOPY_source_gref };
	struct side to = { .granted = op->flags & GNTCOPY_dest_gref, .write = true };

	op->status = find_domain(&from, op->source.domid);
	if (!op->status)
		op->status = find_domain(&to, op->dest.domid);
	if (!op->status)
		op->status = copy(op, &from, &to);
	if (from.d)
		domain_put(from.d);
	if (to.d)
		domain_put(to.d);
}
