/* SPDX-License-Identifier: MIT */
/*
 * The granter's side: one entry of a grant table, which its owner may change at any moment.
 *
 * The entry's first word (flags and domain) is read once and changed by compare-and-swap, so whatever
 * the granter writes meanwhile is either seen or refused. While an entry is pinned its frame is the one
 * that was read at the first pin, whatever stands in the table since. Lock: grant.entry of the granter.
 */
#include "grant/internal.h"
#include "mm/mm.h"

/* How often a granter may change the word under our hands before we call it busy. */
#define RETRIES 4

/* Flags and domain as one word, as they lie in memory. */
union header {
	struct {
		uint16_t flags;
		domid_t domid;
	};
	uint32_t word;
};

static struct grant_entry_v1 *entry_at(const struct grants *g, grant_ref_t ref)
{
	return &g->frame[ref / GRANTS_PER_FRAME]->entries[ref % GRANTS_PER_FRAME];
}

static struct pins **group_of(const struct grants *g, grant_ref_t ref)
{
	return &g->frame[ref / GRANTS_PER_FRAME]->pins[ref % GRANTS_PER_FRAME / PINS_PER_GROUP];
}

/* Of an entry that was pinned before, so that its group is there. */
static struct pins *pins_at(const struct grants *g, grant_ref_t ref)
{
	return &(*group_of(g, ref))[ref % PINS_PER_GROUP];
}

/* The same for any entry; NULL: no memory. Locks: grant.entry. */
static struct pins *pins_make(const struct grants *g, grant_ref_t ref)
{
	struct pins **group = group_of(g, ref);

	if (unlikely(!*group))
		*group = kalloc(PINS_PER_GROUP * sizeof(**group));
	return *group ? pins_at(g, ref) : NULL;
}

static bool in_use(const struct grants *g, grant_ref_t ref)
{
	return *group_of(g, ref) && pins_at(g, ref)->reads;
}

static bool ref_exists(const struct grants *g, grant_ref_t ref)
{
	return ref < g->frames * GRANTS_PER_FRAME;
}

/* Does this word let `who` in? */
static int16_t check_header(union header h, grant_ref_t ref, const struct domain *who, bool write)
{
	if ((h.flags & GTF_type_mask) != GTF_permit_access)
		return grant_refuse(GNTST_general_error,
				    "grant %u is not in use for access (flags %x)", ref, h.flags);
	if (h.domid != who->id)
		return grant_refuse(GNTST_general_error, "grant %u is for d%u, not for d%u", ref,
				    h.domid, who->id);
	if (write && (h.flags & GTF_readonly))
		return grant_refuse(GNTST_general_error, "grant %u is read-only", ref);
	return GNTST_okay;
}

/* Tell the granter that its entry is in use. Locks: grant.entry. */
static int16_t mark_used(struct grant_entry_v1 *e, grant_ref_t ref, const struct domain *who,
			 bool write)
{
	uint32_t *word = (uint32_t *)e;

	for (unsigned int i = 0; i < RETRIES; i++) {
		union header old = { .word = __atomic_load_n(word, __ATOMIC_ACQUIRE) }, new = old;
		int16_t status = check_header(old, ref, who, write);

		if (status)
			return status;
		new.flags |= GTF_reading | (write ? GTF_writing : 0);
		if (__atomic_compare_exchange_n(word, &old.word, new.word, false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			return GNTST_okay;
	}
	return grant_refuse(GNTST_eagain, "grant %u is being changed by its owner", ref);
}

/* Locks: grant.entry. */
static int16_t pin(struct grants *g, grant_ref_t ref, const struct domain *who, bool write)
{
	struct grant_entry_v1 *e = entry_at(g, ref);
	struct pins *p = pins_make(g, ref);
	int16_t status;

	if (unlikely(!p))
		return grant_refuse(GNTST_general_error, "no memory to use grant %u", ref);
	if (p->reads && p->who != who->id)
		return grant_refuse(GNTST_general_error, "grant %u is in use by d%u", ref, p->who);
	if (p->reads == UINT32_MAX)
		return grant_refuse(GNTST_general_error, "grant %u is mapped too often", ref);
	status = mark_used(e, ref, who, write);
	if (status)
		return status;
	if (!p->reads) {
		p->mfn = READ_ONCE(e->frame);
		p->who = who->id;
	}
	p->reads++;
	p->writes += write;
	return GNTST_okay;
}

int16_t entry_pin(struct domain *d, grant_ref_t ref, const struct domain *who, bool write,
		  mfn_t *mfn)
{
	struct grants *g = d->grants;
	int16_t status;

	spin_lock(&g->entry);
	if (likely(ref_exists(g, ref))) {
		status = pin(g, ref, who, write);
		if (likely(!status))
			*mfn = _mfn(pins_at(g, ref)->mfn);
	} else {
		status = grant_refuse(GNTST_bad_gntref, "d%u has no grant %u", d->id, ref);
	}
	spin_unlock(&g->entry);
	return status;
}

void entry_unpin(struct domain *d, grant_ref_t ref, bool write)
{
	struct grants *g = d->grants;
	struct pins *p;
	uint16_t over = 0;

	spin_lock(&g->entry);
	p = pins_at(g, ref);
	p->reads--;
	p->writes -= write;
	if (!p->writes)
		over |= GTF_writing;
	if (!p->reads)
		over |= GTF_reading;
	if (over)
		__atomic_fetch_and(&entry_at(g, ref)->flags, (uint16_t)~over, __ATOMIC_RELEASE);
	spin_unlock(&g->entry);
}

mfn_t entry_frame(struct domain *d, grant_ref_t ref)
{
	/* A pinned entry's frame does not change, so no lock. */
	return _mfn(pins_at(d->grants, ref)->mfn);
}

/* Locks: grant.entry. */
static int16_t commit_transfer(struct grants *g, grant_ref_t ref, const struct domain *who)
{
	uint32_t *word = (uint32_t *)entry_at(g, ref);

	for (unsigned int i = 0; i < RETRIES; i++) {
		union header old = { .word = __atomic_load_n(word, __ATOMIC_ACQUIRE) }, new = old;

		/* Exactly this: one that is committed already has its frame on the way. */
		if (old.flags != GTF_accept_transfer || old.domid != who->id)
			return grant_refuse(GNTST_general_error,
					    "grant %u does not wait for a frame of d%u (flags %x)",
					    ref, who->id, old.flags);
		new.flags |= GTF_transfer_committed;
		if (__atomic_compare_exchange_n(word, &old.word, new.word, false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			return GNTST_okay;
	}
	return grant_refuse(GNTST_general_error, "grant %u is being changed by its owner", ref);
}

int16_t entry_commit_transfer(struct domain *d, grant_ref_t ref, const struct domain *who)
{
	struct grants *g = d->grants;
	int16_t status;

	spin_lock(&g->entry);
	if (ref_exists(g, ref))
		status = commit_transfer(g, ref, who);
	else
		status = grant_refuse(GNTST_general_error, "d%u has no grant %u", d->id, ref);
	spin_unlock(&g->entry);
	return status;
}

void entry_complete_transfer(struct domain *d, grant_ref_t ref, mfn_t mfn)
{
	struct grant_entry_v1 *e = entry_at(d->grants, ref);

	/* The table only grows, so no lock. The receiver left the frame's pfn in the entry. */
	m2p_set(mfn, READ_ONCE(e->frame));
	WRITE_ONCE(e->frame, (uint32_t)mfn_x(mfn));
	__atomic_fetch_or(&e->flags, GTF_transfer_completed, __ATOMIC_RELEASE);
}

/* Locks: grant.entry. */
static int16_t swap(struct grants *g, grant_ref_t a, grant_ref_t b)
{
	struct grant_entry_v1 e;

	if (!ref_exists(g, a) || !ref_exists(g, b))
		return grant_refuse(GNTST_bad_gntref, "there is no grant %u",
				    ref_exists(g, a) ? b : a);
	if (a == b)
		return GNTST_okay;
	if (in_use(g, a) || in_use(g, b))
		return grant_refuse(GNTST_eagain, "grant %u is in use", in_use(g, a) ? a : b);
	e = *entry_at(g, a);
	*entry_at(g, a) = *entry_at(g, b);
	*entry_at(g, b) = e;
	return GNTST_okay;
}

int16_t entry_swap(struct domain *d, grant_ref_t a, grant_ref_t b)
{
	int16_t status;

	spin_lock(&d->grants->entry);
	status = swap(d->grants, a, b);
	spin_unlock(&d->grants->entry);
	return status;
}
