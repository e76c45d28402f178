/* SPDX-License-Identifier: MIT */
/*
 * Rights over hardware, as short sorted lists of ranges.
 *
 *	granted 3..5, then 6..7	     3......7		neighbours become one range
 *	revoked 5..5		     3.4 6.7		a range may become two
 *
 * A domain whose rights nobody ever changed has no lists: it holds all or nothing, by what it is, and
 * asking costs no lock. Lists are small (a domain has few devices) and bounded, so nothing is searched
 * cleverly. Locks: changes are made under the control lock; rights.lock, a leaf, is for the readers, who are
 * in the middle of a page-table update.
 */
#include "domain/rights.h"
#include "domain/domain.h"
#include "lib/string.h"

#define RANGES_MAX 64
#define PORTS	   0x10000
#define FRAMES	   (1ULL << 40) /* of 52-bit addresses */
#define PIRQS	   0x10000

struct range {
	uint64_t first, last;
};

struct ranges {
	unsigned int count;
	struct range range[RANGES_MAX]; /* ascending, apart from each other */
};

struct rights {
	struct spinlock lock;
	struct ranges kind[RIGHT_KINDS];
};

uint64_t right_end(enum right kind)
{
	static const uint64_t ends[] = { PORTS, FRAMES, PIRQS };

	return ends[kind];
}

bool right_held(const struct domain *d, enum right kind, uint64_t first, uint64_t last)
{
	const struct ranges *r;
	bool held = false;

	if (last < first || last >= right_end(kind))
		return false;
	if (!READ_ONCE(d->rights))
		return d->privileged;
	spin_lock(&d->rights->lock);
	r = &d->rights->kind[kind];
	for (unsigned int i = 0; i < r->count && !held; i++)
		held = r->range[i].first <= first && last <= r->range[i].last;
	spin_unlock(&d->rights->lock);
	return held;
}

bool right_any(const struct domain *d, enum right kind)
{
	const struct rights *r = READ_ONCE(d->rights);

	return r ? READ_ONCE(r->kind[kind].count) > 0 : d->privileged;
}

/* ---- changes -------------------------------------------------------------------------------------- */

/* Ranges that do not touch first..last stay; the others are gone, and what of them lies outside is told. */
static void cut_out(struct ranges *to, const struct ranges *from, struct range *whole)
{
	uint64_t first = whole->first, last = whole->last;

	to->count = 0;
	for (unsigned int i = 0; i < from->count; i++) {
		struct range r = from->range[i];

		if (r.last + 1 < first || r.first > last + 1) {
			to->range[to->count++] = r;
			continue;
		}
		whole->first = min(whole->first, r.first);
		whole->last = max(whole->last, r.last);
	}
}

static void insert(struct ranges *to, struct range r)
{
	unsigned int at = to->count++;

	for (; at && to->range[at - 1].first > r.first; at--)
		to->range[at] = to->range[at - 1];
	to->range[at] = r;
}

/* False: it would be too many. */
static bool grant(struct ranges *r, struct range what, struct ranges *scratch)
{
	cut_out(scratch, r, &what);
	if (scratch->count == RANGES_MAX)
		return false;
	insert(scratch, what);
	*r = *scratch;
	return true;
}

static bool revoke(struct ranges *r, struct range what, struct ranges *scratch)
{
	struct range whole = what;

	cut_out(scratch, r, &whole);
	/* What neighbours kept of their own, on either side: nobody's range begins in the middle. */
	if (scratch->count + 2 > RANGES_MAX)
		return false;
	for (unsigned int i = 0; i < r->count; i++) {
		struct range old = r->range[i];

		if (old.last + 1 < what.first || old.first > what.last + 1)
			continue;
		if (old.first < what.first)
			insert(scratch, (struct range){ old.first, min(old.last, what.first - 1) });
		if (old.last > what.last)
			insert(scratch, (struct range){ max(old.first, what.last + 1), old.last });
	}
	*r = *scratch;
	return true;
}

/* The first change makes the lists, as they were implied until now. */
static int need_lists(struct domain *d)
{
	struct rights *r;

	if (d->rights)
		return 0;
	r = kalloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	for (unsigned int kind = 0; d->privileged && kind < RIGHT_KINDS; kind++) {
		r->kind[kind].count = 1;
		r->kind[kind].range[0] = (struct range){ 0, right_end(kind) - 1 };
	}
	spin_init(&r->lock, LOCK_RIGHTS);
	__atomic_store_n(&d->rights, r, __ATOMIC_RELEASE);
	return 0;
}

static int change(struct domain *d, enum right kind, struct range what,
		  bool (*how)(struct ranges *, struct range, struct ranges *))
{
	struct ranges *scratch;
	int rc = need_lists(d);
	bool done;

	if (rc)
		return rc;
	scratch = kalloc(sizeof(*scratch));
	if (!scratch)
		return -ENOMEM;
	spin_lock(&d->rights->lock);
	done = how(&d->rights->kind[kind], what, scratch);
	spin_unlock(&d->rights->lock);
	kfree(scratch);
	return done ? 0 : -E2BIG;
}

int right_grant(struct domain *d, enum right kind, uint64_t first, uint64_t last)
{
	return change(d, kind, (struct range){ first, last }, grant);
}

int right_revoke(struct domain *d, enum right kind, uint64_t first, uint64_t last)
{
	return change(d, kind, (struct range){ first, last }, revoke);
}

void rights_free(struct domain *d)
{
	kfree(d->rights);
}
