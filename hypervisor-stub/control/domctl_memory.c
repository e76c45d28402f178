/* SPDX-License-Identifier: MIT */
/*
 * domctl: what a toolstack does with a domain's memory, apart from memory_op.
 *
 * Frames are named by machine frame number: a paravirtual guest has no other numbers that we know.
 * Locks: domain.pages for the limit; frames are looked at through references.
 */
#include "abi/abi.h"
#include "abi/dispatch.h"
#include "console/console.h"
#include "control/domctl.h"
#include "cpu/cpu.h"
#include "mm/types.h"

#define FRAMEINFO_MAX 1024 /* of one call, as on real Xen */

/* A domain may have more than its new limit: it keeps them, and gets no more. */
long domctl_max_mem(struct domain *d, struct xen_domctl *op)
{
	uint64_t pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);

	spin_lock(&d->pages_lock);
	d->max_pages = (uint32_t)min(pages, (uint64_t)UINT32_MAX);
	spin_unlock(&d->pages_lock);
	return 0;
}

/* ---- what the frames are ---------------------------------------------------------------------------- */

static uint32_t table_name(uint64_t use)
{
	switch (use_type(use)) {
	case FT_L1:
		return XEN_DOMCTL_PFINFO_L1TAB;
	case FT_L2:
	case FT_L2_TOP:
		return XEN_DOMCTL_PFINFO_L2TAB;
	case FT_L3:
		return XEN_DOMCTL_PFINFO_L3TAB;
	case FT_L4:
		return XEN_DOMCTL_PFINFO_L4TAB;
	default:
		return XEN_DOMCTL_PFINFO_NOTAB;
	}
}

/* A table counts as one while it is pinned or in use; a page of ours is nothing of the domain's. */
static uint32_t frame_name(struct domain *d, mfn_t mfn)
{
	uint32_t name = XEN_DOMCTL_PFINFO_XTAB;
	struct frame *f;
	uint64_t use;

	if (!frame_get(mfn, d))
		return name;
	f = mfn_to_frame(mfn);
	use = load64(&f->use);
	if (!(load64(&f->refs) & REFS_OURS)) {
		name = use & (USE_PINNED | USE_VALID) ? table_name(use) : XEN_DOMCTL_PFINFO_NOTAB;
		if (use & USE_PINNED)
			name |= XEN_DOMCTL_PFINFO_LPINTAB;
	}
	frame_put(f);
	return name;
}

long domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_getpageframeinfo3 *info = &op->u.getpageframeinfo3;
	gptr_t array = guest_handle(info->array);
	uint64_t mfn;

	if (info->num > FRAMEINFO_MAX)
		return refuse(-E2BIG, "%lu frames, at most %u in a call", info->num, FRAMEINFO_MAX);
	for (unsigned int i = 0; i < info->num; i++) {
		if (guest_get_ulong(&mfn, array, i))
			return refuse(-EFAULT, "element %u cannot be read", i);
		if (guest_put_ulong(array, i, frame_name(d, _mfn(mfn))))
			return refuse(-EFAULT, "element %u cannot be written", i);
	}
	return 0;
}

/* ---- the hypercall page ----------------------------------------------------------------------------- */

long domctl_hypercall_init(struct domain *d, struct xen_domctl *op)
{
	mfn_t mfn = _mfn(op->u.hypercall_init.gmfn);

	if (!frame_get(mfn, d))
		return refuse(-EINVAL, "mfn %lx is not memory of d%u", mfn_x(mfn), d->id);
	if (type_get(mfn_to_frame(mfn), FT_WRITABLE)) {
		frame_put(mfn_to_frame(mfn));
		return refuse(-EPERM, "mfn %lx is not writable memory", mfn_x(mfn));
	}
	hypercall_page_write(mfn_to_virt(mfn), d->is_32bit);
	frame_put_typed(mfn_to_frame(mfn));
	return 0;
}
