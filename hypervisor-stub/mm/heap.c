/* SPDX-License-Identifier: MIT */
/*
 * The heap: free frames, in blocks of powers of two.
 *
 * A buddy allocator. Free blocks of a size lie on a list for each *zone*, and a frame's zone is the
 * number of bits of its frame number: an aligned block lies in one zone, since block 0 does not exist
 * (the first MiB is no RAM). So "below 4 GiB" is a zone to begin at, and high memory goes first.
 *
 * Whose data a free frame still holds stands in its record (`use` is free for that: nobody uses the
 * frame). Zeroing waits until the frame reaches somebody else, or until the pCPU is idle; a frame that
 * returns to its own domain keeps its data, and none is cleaned twice. Stale translations wait too:
 * the frame's epoch says who must flush before another owner has it.
 *
 * Lock: heap. It guards the lists and the records of free frames.
 */
#include "console/console.h"
#include "lib/string.h"
#include "mm/m2p.h"
#include "mm/types.h"

#define ORDERS	   21 /* up to 4 GiB */
#define ZONES	   40
#define FREE_HEAD  0x8000u /* frame.done: first frame of a free block, order in the low bits */
#define ORDER_MASK 0xffu

/*
 * frame.use of a free frame: the serial of the domain whose data it holds (32 bits), or one of these. None
 * looks like a type: somebody may look who has not seen yet that the frame is gone.
 */
#define DATA_NONE 0
#define DATA_OURS (1ULL << 32)

/*
 * A block that is larger than any unprivileged domain may ask for (2 MiB) is cleaned in steps: in between
 * the scheduler may have its say.
 */
#define CLEAN_STEP 256

static struct spinlock heap_lock = SPINLOCK_INIT(LOCK_HEAP);
static uint32_t free_list[ZONES][ORDERS]; /* first frame; 0: empty */
static uint32_t orders_free[ZONES];	  /* bit an order whose list is not empty */
static uint64_t free_pages, dirty_pages, total_pages;
static uint64_t claimed_pages;	  /* of free_pages: set aside for certain domains */
static uint64_t zone_free[ZONES]; /* pages, of free_pages */

static unsigned int zone_of(uint64_t mfn)
{
	return 63 - (unsigned int)__builtin_clzll(mfn);
}

/* ---- lists ---------------------------------------------------------------------------------------- */

static void block_push(uint64_t mfn, unsigned int order)
{
	uint32_t *head = &free_list[zone_of(mfn)][order];
	struct frame *f = mfn_to_frame(_mfn(mfn));

	f->done = (uint16_t)(FREE_HEAD | order);
	f->prev = 0;
	f->next = *head;
	if (f->next)
		mfn_to_frame(_mfn(f->next))->prev = (uint32_t)mfn;
	*head = (uint32_t)mfn;
	orders_free[zone_of(mfn)] |= 1u << order;
}

static void block_remove(uint64_t mfn, unsigned int order)
{
	unsigned int zone = zone_of(mfn);
	struct frame *f = mfn_to_frame(_mfn(mfn));

	if (f->next)
		mfn_to_frame(_mfn(f->next))->prev = f->prev;
	if (f->prev)
		mfn_to_frame(_mfn(f->prev))->next = f->next;
	else
		free_list[zone][order] = f->next;
	if (!free_list[zone][order])
		orders_free[zone] &= ~(1u << order);
	f->next = f->prev = 0;
	f->done = 0;
}

static bool block_is_free(uint64_t mfn, unsigned int order)
{
	const struct frame *f;

	if (!mfn || mfn >= mfn_x(max_mfn))
		return false;
	f = mfn_to_frame(_mfn(mfn));
	return f->owner == DOMID_INVALID && f->done == (FREE_HEAD | order);
}

/* Join with free neighbours as far as possible. Lock: heap. */
static void block_free(uint64_t mfn, unsigned int order)
{
	free_pages += 1ULL << order;
	zone_free[zone_of(mfn)] += 1ULL << order;
	while (order < ORDERS - 1 && block_is_free(mfn ^ 1ULL << order, order)) {
		block_remove(mfn ^ 1ULL << order, order);
		mfn &= ~(1ULL << order);
		order++;
	}
	block_push(mfn, order);
}

/* Lock: heap. 0: nothing so large, so low. */
static uint64_t block_take(unsigned int order, unsigned int bits)
{
	unsigned int zone = bits && bits - PAGE_SHIFT < ZONES ? bits - PAGE_SHIFT : ZONES;

	while (order < ORDERS && zone--) {
		uint32_t fits = orders_free[zone] >> order << order;
		unsigned int have;
		uint64_t mfn;

		if (!fits)
			continue;
		have = (unsigned int)__builtin_ctz(fits);
		mfn = free_list[zone][have];
		block_remove(mfn, have);
		free_pages -= 1ULL << order;
		zone_free[zone] -= 1ULL << order;
		/* The upper halves go back; the lower, at last, is what was wanted. */
		while (have-- > order)
			block_push(mfn + (1ULL << have), have);
		return mfn;
	}
	return 0;
}

static void set_owner(struct frame *f, uint64_t count, domid_t owner, uint64_t data)
{
	for (uint64_t i = 0; i < count; i++) {
		f[i].refs = 0;
		f[i].use = data;
		f[i].owner = owner;
		f[i].done = 0;
	}
}

/* ---- whose data --------------------------------------------------------------------------------- */

/*
 * A block is on its way to `to` (a domain's serial, or DATA_OURS): no data of others and no stale
 * translation of others may come along. Returns how many frames are ready: fewer than `count` only where
 * the caller may stop (`preemptible`), after CLEAN_STEP frames at the earliest.
 */
static inline __attribute__((always_inline)) uint64_t clean_for(uint64_t mfn, uint64_t count,
								uint64_t to, bool zero,
								bool preemptible)
{
	unsigned int zeroed = 0;

	for (uint64_t i = 0; i < count; i++) {
		struct frame *f = mfn_to_frame(_mfn(mfn + i));
		uint64_t data = f->use;
		bool foreign = data != DATA_NONE && data != to;

		if (foreign && tlb_stale(f->epoch))
			tlb_flush_stale(f->epoch);
		if (zero || (foreign && to != DATA_OURS)) {
			if (preemptible && zeroed >= CLEAN_STEP && preempt_wanted())
				return i;
			memset(mfn_to_virt(_mfn(mfn + i)), 0, PAGE_SIZE);
			zeroed++;
		}
		if (data != DATA_NONE)
			__atomic_fetch_sub(&dirty_pages, 1, __ATOMIC_RELAXED);
		f->use = 0;
	}
	return count;
}

bool heap_scrub_some(void)
{
	static uint64_t cursor;
	unsigned int looked, cleaned = 0;

	if (!dirty_pages)
		return false;
	spin_lock(&heap_lock);
	for (looked = 0; looked < 2048 && cleaned < 8; looked++) {
		struct frame *f;

		cursor = cursor + 1 < mfn_x(max_mfn) ? cursor + 1 : 1;
		f = mfn_to_frame(_mfn(cursor));
		if (f->owner != DOMID_INVALID || f->use == DATA_NONE)
			continue;
		if (tlb_stale(f->epoch))
			tlb_flush_stale(f->epoch);
		memset(mfn_to_virt(_mfn(cursor)), 0, PAGE_SIZE);
		f->use = DATA_NONE;
		__atomic_fetch_sub(&dirty_pages, 1, __ATOMIC_RELAXED);
		cleaned++;
	}
	spin_unlock(&heap_lock);
	return dirty_pages != 0;
}

/* ---- for the hypervisor ------------------------------------------------------------------------------ */

/* What d (NULL: we) may have, now or never: claims of others stay untouched. Lock: heap. */
static bool unclaimed(const struct domain *d, uint64_t count)
{
	uint64_t own = d ? d->claimed_pages : 0;

	return own >= count || claimed_pages - own + count <= free_pages;
}

static uint32_t use_claim(struct domain *d, uint64_t count)
{
	uint32_t used = (uint32_t)min((uint64_t)d->claimed_pages, count);

	d->claimed_pages -= used;
	claimed_pages -= used;
	return used;
}

/* *claim: how much of d's claim it took. */
static uint64_t take_locked(unsigned int order, unsigned int bits, struct domain *d,
			    uint32_t *claim)
{
	uint64_t mfn = 0;

	spin_lock(&heap_lock);
	if (unclaimed(d, 1ULL << order))
		mfn = block_take(order, bits);
	if (mfn && d)
		*claim = use_claim(d, 1ULL << order);
	/* Out of the sight of block_is_free() before the lock goes. */
	for (uint64_t i = 0; mfn && i < 1ULL << order; i++)
		mfn_to_frame(_mfn(mfn + i))->owner = DOMID_XEN;
	spin_unlock(&heap_lock);
	return mfn;
}

void *heap_alloc(unsigned int order, unsigned int flags)
{
	uint64_t mfn = take_locked(order, flags & HEAP_BELOW_4G ? 32 : 0, NULL, NULL);

	if (!mfn)
		return NULL;
	clean_for(mfn, 1ULL << order, DATA_OURS, flags & HEAP_ZERO, false);
	for (uint64_t i = 0; i < 1ULL << order; i++)
		mfn_to_frame(_mfn(mfn + i))->refs = REFS_OURS;
	return mfn_to_virt(_mfn(mfn));
}

static void give_back(uint64_t mfn, unsigned int order, uint64_t data)
{
	spin_lock(&heap_lock);
	set_owner(mfn_to_frame(_mfn(mfn)), 1ULL << order, DOMID_INVALID, data);
	if (data != DATA_NONE)
		__atomic_fetch_add(&dirty_pages, 1ULL << order, __ATOMIC_RELAXED);
	block_free(mfn, order);
	spin_unlock(&heap_lock);
}

void heap_free(void *p, unsigned int order)
{
	give_back(mfn_x(virt_to_mfn(p)), order, DATA_OURS);
}

void heap_return(struct frame *f, uint64_t data)
{
	f->epoch = tlb_now();
	give_back(mfn_x(frame_to_mfn(f)), 0, data);
}

uint64_t heap_free_pages(void)
{
	return free_pages;
}

uint64_t heap_claimed_pages(void)
{
	return claimed_pages;
}

uint64_t heap_total_pages(void)
{
	return total_pages;
}

static unsigned int zone_of_width(unsigned int bits)
{
	return bits <= PAGE_SHIFT + 1 ? 0 : min(bits - PAGE_SHIFT, (unsigned int)ZONES) - 1;
}

uint64_t heap_free_between(unsigned int min_bits, unsigned int max_bits)
{
	unsigned int last = max_bits ? zone_of_width(max_bits) : ZONES - 1;
	uint64_t pages = 0;

	spin_lock(&heap_lock);
	for (unsigned int zone = zone_of_width(min_bits); zone <= last; zone++)
		pages += zone_free[zone];
	spin_unlock(&heap_lock);
	return pages;
}

void heap_add(maddr_t start, maddr_t end)
{
	uint64_t mfn = (maddr_x(start) + PAGE_SIZE - 1) >> PAGE_SHIFT;
	uint64_t last = min(maddr_x(end) >> PAGE_SHIFT, mfn_x(max_mfn));

	mfn = max(mfn, 1ULL << (20 - PAGE_SHIFT));
	total_pages += last > mfn ? last - mfn : 0;
	while (mfn < last) {
		unsigned int order = min((unsigned int)__builtin_ctzll(mfn), ORDERS - 1u);

		while (mfn + (1ULL << order) > last)
			order--;
		give_back(mfn, order, DATA_NONE);
		mfn += 1ULL << order;
	}
}

/* ---- for domains ----------------------------------------------------------------------------------------- */

/* How many address bits a domain can use: a 32-bit guest's M2P has only so many entries. */
static unsigned int usable_bits(const struct domain *d, unsigned int wanted)
{
	unsigned int limit = 64;

	if (d->is_32bit && m2p_compat_frames(d) < mfn_x(max_mfn))
		limit = PAGE_SHIFT + zone_of(m2p_compat_frames(d));
	return wanted && wanted < limit ? wanted : limit;
}

/*
 * A block that d shall have after all, but later, and what it took of d's claim. Each frame keeps what its
 * record says of its data: what is clean stays so, and the next attempt is shorter.
 */
static void put_back(struct domain *d, uint64_t mfn, unsigned int order, uint32_t claim)
{
	spin_lock(&heap_lock);
	for (uint64_t i = 0; i < 1ULL << order; i++)
		mfn_to_frame(_mfn(mfn + i))->owner = DOMID_INVALID;
	block_free(mfn, order);
	/* As in begin_claim(): a dying domain's has ended, or will. */
	if (READ_ONCE(d->state) < DOM_DYING) {
		d->claimed_pages += claim;
		claimed_pages += claim;
	}
	spin_unlock(&heap_lock);
}

/* `again`: NULL where it may not stop half-way. */
static inline __attribute__((always_inline)) struct frame *alloc_frames(struct domain *d,
									unsigned int order,
									unsigned int max_bits,
									bool *again)
{
	unsigned int bits = usable_bits(d, max_bits);
	uint64_t mfn, count = 1ULL << order;
	uint32_t claim = 0;

	if (READ_ONCE(d->state) >= DOM_DYING || bits <= PAGE_SHIFT || order >= ORDERS ||
	    count > d->max_pages - min(d->max_pages, d->tot_pages))
		return NULL;
	mfn = take_locked(order, bits, d, &claim);
	if (!mfn)
		return NULL;
	if (unlikely(!d->serial))
		owner_register(d);
	if (clean_for(mfn, count, d->serial, false, again) < count) {
		put_back(d, mfn, order, claim);
		*again = true;
		return NULL;
	}
	if (!frames_assign(d, mfn_to_frame(_mfn(mfn)), (unsigned int)count)) {
		give_back(mfn, order, DATA_OURS);
		return NULL;
	}
	return mfn_to_frame(_mfn(mfn));
}

struct frame *domain_alloc_frames(struct domain *d, unsigned int order, unsigned int max_bits)
{
	return alloc_frames(d, order, max_bits, NULL);
}

struct frame *domain_alloc_large(struct domain *d, unsigned int order, unsigned int max_bits,
				 bool *again)
{
	return alloc_frames(d, order, max_bits, again);
}

/* Locks: domain.pages, heap. */
static int begin_claim(struct domain *d, uint64_t pages)
{
	uint32_t more = (uint32_t)pages - d->tot_pages;

	/* A dying domain begins no claim: mm_relinquish() has ended, or will end, the one that it had. */
	if (READ_ONCE(d->state) >= DOM_DYING || d->claimed_pages || pages <= d->tot_pages ||
	    pages > d->max_pages)
		return -EINVAL;
	if (claimed_pages + more > free_pages)
		return -ENOMEM;
	d->claimed_pages = more;
	claimed_pages += more;
	return 0;
}

int domain_claim(struct domain *d, uint64_t pages)
{
	int rc = 0;

	spin_lock(&d->pages_lock);
	spin_lock(&heap_lock);
	if (pages)
		rc = begin_claim(d, pages);
	else
		use_claim(d, d->claimed_pages);
	spin_unlock(&heap_lock);
	spin_unlock(&d->pages_lock);
	return rc;
}
