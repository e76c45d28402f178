/* SPDX-License-Identifier: MIT */
/*
 * GNTTABOP_transfer: a frame changes its owner for good.
 *
 * The receiver leaves an entry that waits for a frame of the giver (GTF_accept_transfer), with the pfn
 * where it wants to have it; the giver names frame, receiver and entry. The frame goes with what is in it,
 * and only if nobody but its owner holds it: no mapping, no table, no grant in use. The giver cannot tell
 * the receiver more memory than its limit allows.
 *
 * What can fail is checked before anything is done, and the rest is undone: on real Xen a transfer that
 * fails late loses the frame, which no correct guest would miss.
 * Locks: domain.pages of each, one at a time, and grant.entry, inside the functions called.
 */
#include "cpu/cpu.h"
#include "grant/internal.h"
#include "mm/types.h"

/* The frame is nobody's here: give it to `to`, or say why not. */
static int16_t hand_over(struct domain *from, struct domain *to, struct frame *f, grant_ref_t ref)
{
	mfn_t mfn = frame_to_mfn(f);
	int16_t status = entry_commit_transfer(to, ref, from);

	if (status)
		return status;
	owner_register(to);
	if (!frames_assign(to, f, 1))
		return grant_refuse(GNTST_general_error, "d%u is dying or has all its memory",
				    to->id);
	entry_complete_transfer(to, ref, mfn);
	return GNTST_okay;
}

static int16_t transfer(struct domain *from, struct domain *to, mfn_t mfn, grant_ref_t ref)
{
	struct frame *f = mfn_to_frame(mfn);
	int16_t status;

	if (!m2p_covers(to, mfn))
		return grant_refuse(GNTST_address_too_big, "d%u cannot name mfn %lx", to->id,
				    mfn_x(mfn));
	if (!frame_steal(from, f))
		return grant_refuse(GNTST_bad_page, "mfn %lx is not d%u's, or in use", mfn_x(mfn),
				    from->id);
	/* No vCPU of the giver may still reach it. */
	tlb_flush_domain(from);
	status = hand_over(from, to, f, ref);
	if (status)
		frame_unsteal(from, f);
	return status;
}

void grant_transfer(struct gnttab_transfer *op)
{
	struct domain *from = current->domain, *to;

	if (!mfn_valid(_mfn(op->mfn))) {
		op->status = grant_refuse(GNTST_bad_page, "mfn %lx is no memory", op->mfn);
		return;
	}
	to = domain_get(op->domid);
	if (!to) {
		op->status = grant_refuse(GNTST_bad_domain, "there is no domain %u", op->domid);
		return;
	}
	op->status = transfer(from, to, _mfn(op->mfn), op->ref);
	domain_put(to);
}
