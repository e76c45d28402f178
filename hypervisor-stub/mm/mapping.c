/* SPDX-License-Identifier: MIT */
/*
 * One L1 entry of the current domain, written for it: grants that it maps.
 *
 * The entry holds what any L1 entry holds, a reference on the frame and a writable one if RW is set; that
 * the frame is another domain's makes no difference. So a guest that overwrites the entry by itself
 * loses the references in the usual way, and the grant layer finds that the entry has changed.
 * Locks: domain.mm of the current domain, taken here.
 */
#include "console/console.h"
#include "mm/types.h"

/* The entry itself, in a live L1 table; NULL, explained, if there is none. */
static pte_t *find(struct vcpu *v, struct pte_place where)
{
	mfn_t mfn = maddr_to_mfn(_maddr(where.at));
	struct frame *f;
	pte_t *at;

	if (!where.is_maddr) {
		at = walk_l1e(v, where.at);
		if (!at)
			refuse(-EINVAL, "no L1 table maps %lx", where.at);
		return at;
	}
	if (where.at % sizeof(pte_t) || !mfn_valid(mfn))
		goto none;
	f = mfn_to_frame(mfn);
	if (!frame_is_table_of(f, v->domain) || use_type(load64(&f->use)) != FT_L1)
		goto none;
	return maddr_to_virt(_maddr(where.at));
none:
	refuse(-EINVAL, "machine address %lx is no entry of a live L1 table", where.at);
	return NULL;
}

int mapping_set(struct pte_place where, uint64_t pte, const struct domain *owner)
{
	struct vcpu *v = current;
	pte_t *at;
	int rc;

	spin_lock(&v->domain->mm_lock);
	at = find(v, where);
	rc = at ? l1_update(v->domain, at, pte, owner->id, false) : -EINVAL;
	spin_unlock(&v->domain->mm_lock);
	return rc;
}

/* Move the entry for va to *at; its own place becomes empty. */
static int move_entry(struct vcpu *v, pte_t *at, uint64_t va)
{
	pte_t *from = walk_l1e(v, va), e;

	if (!from)
		return refuse(-EINVAL, "no L1 table maps %lx", va);
	e = pte_read(from);
	pte_write(at, e);
	if (from != at)
		pte_write(from, 0);
	return 0;
}

int mapping_clear(struct pte_place where, mfn_t mfn, uint64_t replace_va)
{
	struct vcpu *v = current;
	int rc = -EINVAL;
	pte_t *at, old;

	spin_lock(&v->domain->mm_lock);
	at = find(v, where);
	if (!at)
		goto out;
	old = pte_read(at);
	if (!(old & PTE_P) || !mfn_eq(pte_mfn(old), mfn)) {
		refuse(-EINVAL, "entry %lx does not map frame %lx any more", old, mfn_x(mfn));
		goto out;
	}
	rc = 0;
	if (replace_va)
		rc = move_entry(v, at, replace_va);
	else
		pte_write(at, 0);
	if (!rc)
		l1e_put(v->domain, old);
out:
	spin_unlock(&v->domain->mm_lock);
	return rc;
}
