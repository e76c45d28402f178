/* SPDX-License-Identifier: MIT */
/*
 * The frame table and plain references: whose frame, and is anybody left who knows it.
 *
 * A frame's owner changes only while nobody holds a reference. The count is taken by compare-and-swap
 * from a value that is not zero, and the owner looked at again afterwards, so a frame that is freed and
 * given away in between is noticed. domain.pages guards the list of a domain's frames and its length.
 */
#include "console/console.h"
#include "mm/m2p.h"
#include "mm/types.h"

struct frame *frame_table;
mfn_t max_mfn;

bool frame_get(mfn_t mfn, struct domain *d)
{
	return mfn_valid(mfn) && frame_try_get(mfn_to_frame(mfn), d->id);
}

void frame_put(struct frame *f)
{
	frame_drop(f);
}

/* ---- owners by number ------------------------------------------------------------------------------ */

/*
 * A frame knows its owner's number only. The domains that have frames are in a small hash table of
 * their own, so that finding one takes no lock that is further out than those held here.
 */
#define OWNER_BUCKETS 64

static struct domain *owners[OWNER_BUCKETS];
static uint32_t last_serial;
static struct spinlock owners_lock = SPINLOCK_INIT(LOCK_HEAP);

void owner_register(struct domain *d)
{
	struct domain **bucket = &owners[d->id % OWNER_BUCKETS];

	spin_lock(&owners_lock);
	if (!d->serial) {
		d->serial = ++last_serial;
		d->owner_next = *bucket;
		*bucket = d;
	}
	spin_unlock(&owners_lock);
}

void owner_forget(struct domain *d)
{
	struct domain **at = &owners[d->id % OWNER_BUCKETS];

	spin_lock(&owners_lock);
	while (*at && *at != d)
		at = &(*at)->owner_next;
	if (*at)
		*at = d->owner_next;
	/* A serial means: registered, once. One that comes too late must not get in any more. */
	if (!d->serial)
		d->serial = ++last_serial;
	spin_unlock(&owners_lock);
}

struct domain *frame_owner(const struct frame *f)
{
	domid_t id = READ_ONCE(f->owner);
	struct domain *d = current ? current->domain : NULL;

	if (likely(d && d->id == id))
		return d;
	spin_lock(&owners_lock);
	d = owners[id % OWNER_BUCKETS];
	while (d && d->id != id)
		d = d->owner_next;
	spin_unlock(&owners_lock);
	return d;
}

/* ---- lists of frames ------------------------------------------------------------------------------- */

static void list_frame(struct domain *d, struct frame *f)
{
	uint32_t n = (uint32_t)mfn_x(frame_to_mfn(f));

	f->prev = 0;
	f->next = d->first_frame;
	if (f->next)
		mfn_to_frame(_mfn(f->next))->prev = n;
	d->first_frame = n;
}

static void unlist_frame(struct domain *d, struct frame *f)
{
	if (f->next)
		mfn_to_frame(_mfn(f->next))->prev = f->prev;
	if (f->prev)
		mfn_to_frame(_mfn(f->prev))->next = f->next;
	else if (mfn_x(frame_to_mfn(f)) == d->first_frame)
		d->first_frame = f->next;
	else
		d->held_frames = f->next;
	f->next = f->prev = 0;
}

/*
 * The last reference is gone. A shared page of ours (grant frames) may outlive its domain's number;
 * what it holds counts as a stranger's for whoever has it next.
 */
void frame_free(struct frame *f)
{
	uint64_t data;
	bool awaited;
	struct domain *d;

	BUG_ON(load64(&f->use) & (USE_COUNT | USE_UNSETTLED));
	if (load64(&f->refs) & REFS_OURS) {
		heap_return(f, HEAP_DATA_STRANGER);
		return;
	}
	d = frame_owner(f);
	BUG_ON(!d);
	spin_lock(&d->pages_lock);
	unlist_frame(d, f);
	data = d->serial;
	awaited = !--d->tot_pages && d->frames_awaited;
	spin_unlock(&d->pages_lock);
	/* From here d may be gone, unless it waits for us. */
	m2p_set(frame_to_mfn(f), M2P_INVALID);
	heap_return(f, data);
	if (unlikely(awaited))
		domain_frames_gone(d);
}

bool frames_assign(struct domain *d, struct frame *f, unsigned int count)
{
	spin_lock(&d->pages_lock);
	/* Its state is looked at under the lock that mm_relinquish() takes afterwards. */
	if (READ_ONCE(d->state) >= DOM_DYING ||
	    count > d->max_pages - min(d->max_pages, d->tot_pages)) {
		spin_unlock(&d->pages_lock);
		return false;
	}
	d->tot_pages += count;
	for (unsigned int i = 0; i < count; i++) {
		f[i].use = use_of(FT_NONE);
		f[i].owner = d->id;
		list_frame(d, &f[i]);
		/* From here frame_get() finds it. */
		__atomic_store_n((uint64_t *)&f[i].refs, REFS_OWNED | 1, __ATOMIC_RELEASE);
	}
	spin_unlock(&d->pages_lock);
	return true;
}

bool frame_steal(struct domain *d, struct frame *f)
{
	uint64_t refs = REFS_OWNED | 2;

	/* With a reference of ours the owner stays; without, another vCPU may give it up for the next one. */
	if (!mfn_valid(frame_to_mfn(f)) || !frame_try_get(f, d->id))
		return false;
	/* Nobody else may hold it: no mapping, no table, no grant. */
	if ((load64(&f->use) & (USE_COUNT | USE_UNSETTLED)) || !cas64(&f->refs, &refs, REFS_OURS)) {
		frame_drop(f);
		return false;
	}
	spin_lock(&d->pages_lock);
	unlist_frame(d, f);
	d->tot_pages--;
	spin_unlock(&d->pages_lock);
	f->epoch = tlb_now();
	return true;
}

void frame_unsteal(struct domain *d, struct frame *f)
{
	spin_lock(&d->pages_lock);
	/* Its memory may have been counted as gone already. */
	if (READ_ONCE(d->state) >= DOM_DYING) {
		spin_unlock(&d->pages_lock);
		m2p_set(frame_to_mfn(f), M2P_INVALID);
		heap_return(f, d->serial);
		return;
	}
	d->tot_pages++;
	list_frame(d, f);
	__atomic_store_n((uint64_t *)&f->refs, REFS_OWNED | 1, __ATOMIC_RELEASE);
	spin_unlock(&d->pages_lock);
}

void domain_free_frame(struct domain *d, struct frame *f)
{
	uint64_t refs = load64(&f->refs);

	ASSERT(f->owner == d->id);
	(void)d;
	do {
		if (!(refs & REFS_OWNED))
			return;
	} while (!cas64(&f->refs, &refs, refs & ~REFS_OWNED));
	frame_drop(f);
}

struct frame *frame_first(struct domain *d)
{
	struct frame *f = NULL;

	spin_lock(&d->pages_lock);
	if (d->first_frame)
		f = mfn_to_frame(_mfn(d->first_frame));
	/* Its last holder may be on the way to take it off this list. */
	if (f && !frame_try_get(f, d->id))
		f = NULL;
	spin_unlock(&d->pages_lock);
	return f;
}

bool frame_forsake(struct domain *d, struct frame *f)
{
	bool more;

	spin_lock(&d->pages_lock);
	unlist_frame(d, f);
	f->next = d->held_frames;
	if (f->next)
		mfn_to_frame(_mfn(f->next))->prev = (uint32_t)mfn_x(frame_to_mfn(f));
	d->held_frames = (uint32_t)mfn_x(frame_to_mfn(f));
	more = d->first_frame != 0;
	spin_unlock(&d->pages_lock);
	domain_free_frame(d, f);
	return more;
}

void frame_share(void *page, struct domain *d)
{
	struct frame *f = mfn_to_frame(virt_to_mfn(page));

	f->use = use_of(FT_WRITABLE) | 1;
	f->owner = d->id;
	__atomic_store_n((uint64_t *)&f->refs, REFS_OURS | REFS_SHARED | 1, __ATOMIC_RELEASE);
}

void frame_unshare(void *page)
{
	struct frame *f = mfn_to_frame(virt_to_mfn(page));

	/* Who maps it keeps it; but its domain's number may soon be another's. */
	WRITE_ONCE(f->owner, DOMID_XEN);
	__atomic_fetch_and((uint64_t *)&f->refs, ~REFS_SHARED, __ATOMIC_RELAXED);
	type_put_writable(f);
	frame_drop(f);
}
