/* SPDX-License-Identifier: MIT */
/*
 * Inside mm/: the two words of a frame record, and the paths that run once an entry.
 *
 * types.c has the essay. What is inline here is what a batch of page-table updates spends its time
 * in; the rare cases leave to types.c and l1.c.
 */
#ifndef MM_TYPES_H
#define MM_TYPES_H

#include "domain/domain.h"
#include "mm/mm.h"
#include "mm/pte.h"
#include "mm/tlb.h"

/* clang-format off */
/* frame.refs: flags above a count. */
#define REFS_OWNED	(1ULL << 63)	/* the owning domain holds one of the references */
#define REFS_OURS	(1ULL << 62)	/* a page of the hypervisor's heap, or of the hypervisor itself */
#define REFS_SHARED	(1ULL << 61)	/* ... that domains may map: one reference is permanent */
#define REFS_COUNT	((1ULL << 56) - 1)

/* frame.use: type and flags above a count. */
#define USE_TYPE_SHIFT	61
#define USE_PINNED	(1ULL << 60)	/* one of the references is the domain's pin */
#define USE_VALID	(1ULL << 59)	/* table or descriptors: every entry was checked */
#define USE_PARTIAL	(1ULL << 58)	/* table: entries below frame.done were checked */
#define USE_UNDO	(1ULL << 57)	/* table: entries below frame.done still hold references */
#define USE_BUSY	(1ULL << 56)	/* one pCPU is changing what the frame is, right now: wait */
#define USE_COUNT	((1ULL << 48) - 1)
#define USE_UNSETTLED	(USE_PARTIAL | USE_UNDO | USE_BUSY)
/* clang-format on */

static inline uint64_t use_of(enum frame_type type)
{
	return (uint64_t)type << USE_TYPE_SHIFT;
}

static inline enum frame_type use_type(uint64_t use)
{
	return (enum frame_type)(use >> USE_TYPE_SHIFT);
}

static inline uint64_t load64(const _Atomic uint64_t *p)
{
	return __atomic_load_n((const uint64_t *)p, __ATOMIC_ACQUIRE);
}

static inline bool cas64(_Atomic uint64_t *p, uint64_t *old, uint64_t new)
{
	return __atomic_compare_exchange_n((uint64_t *)p, old, new, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

/* The level of a table type, 1 to 4; 0 for what is no table. */
static inline unsigned int type_level(enum frame_type type)
{
	return type <= FT_L4 ? type : type == FT_L2_TOP ? 2 : 0;
}

static inline unsigned int frame_level(const struct frame *f)
{
	return type_level(use_type(load64(&f->use)));
}

/* A table that is in use: all its entries hold what they name. */
static inline bool frame_is_table(const struct frame *f)
{
	uint64_t use = load64(&f->use);

	return (use & USE_VALID) && type_level(use_type(use));
}

/*
 * Is f a table in use, of d? The two words are not read at one moment: f might go from d to another
 * domain and become its table in between. But no frame goes to another domain before each pCPU has flushed
 * (heap.c), and this one does so in an interrupt only, and it shows. Then the answer comes from the
 * second look. Once true it stays so, under domain.mm of d, which the caller holds.
 */
static inline bool frame_is_table_of(const struct frame *f, const struct domain *d)
{
	const uint32_t *flushed = &this_pcpu()->tlb_epoch;
	uint32_t epoch;
	bool is;

	do {
		epoch = READ_ONCE(*flushed);
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		is = READ_ONCE(f->owner) == d->id && frame_is_table(f);
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
	} while (unlikely(epoch != READ_ONCE(*flushed)));
	return is;
}

/* ---- plain references -------------------------------------------------------------------------- */

void frame_free(struct frame *f);

/* A reference if the frame belongs to `owner` and is in use at all. */
static inline bool frame_try_get(struct frame *f, domid_t owner)
{
	uint64_t refs = load64(&f->refs);

	do {
		if (unlikely(!(refs & REFS_COUNT) || READ_ONCE(f->owner) != owner))
			return false;
	} while (unlikely(!cas64(&f->refs, &refs, refs + 1)));
	/* It may have been freed and given to another before the count was taken. */
	if (unlikely(READ_ONCE(f->owner) != owner)) {
		frame_put(f);
		return false;
	}
	return true;
}

/* One more for somebody who holds one. */
static inline void frame_hold(struct frame *f)
{
	__atomic_fetch_add((uint64_t *)&f->refs, 1, __ATOMIC_RELAXED);
}

static inline void frame_drop(struct frame *f)
{
	uint64_t old = __atomic_fetch_sub((uint64_t *)&f->refs, 1, __ATOMIC_ACQ_REL);

	if (unlikely((old & REFS_COUNT) == 1))
		frame_free(f);
}

/* Put free frames on d's list, one reference each; false: above its limit. Locks: takes domain.pages. */
bool frames_assign(struct domain *d, struct frame *f, unsigned int count);
/* Take a frame that nothing but its owner holds off the owner, to be freed or replaced; and back. */
bool frame_steal(struct domain *d, struct frame *f);
void frame_unsteal(struct domain *d, struct frame *f);
/* Before a domain gets its first frame, and after it lost the last. */
void owner_register(struct domain *d);
void owner_forget(struct domain *d);
/* The domain that has f on its list: it lives at least as long as f is there. NULL: not a domain's. */
struct domain *frame_owner(const struct frame *f);
/* The first on d's list, with a reference; NULL: none, or it is just going. */
struct frame *frame_first(struct domain *d);
/* A dying domain lets go of its frame, which others may still hold. True: it has more. */
bool frame_forsake(struct domain *d, struct frame *f);

/* ---- writable references ------------------------------------------------------------------------ */

static inline int type_get_writable(struct frame *f)
{
	uint64_t use = load64(&f->use);

	do {
		if (unlikely((use & ~USE_COUNT) != use_of(FT_WRITABLE)))
			return type_get(f, FT_WRITABLE);
	} while (unlikely(!cas64(&f->use, &use, use + 1)));
	return 0;
}

/* The count is at zero and the frame busy for us: note when, and let others have it. */
static inline void type_release(struct frame *f, enum frame_type type)
{
	f->epoch = tlb_now();
	__atomic_store_n((uint64_t *)&f->use, use_of(type), __ATOMIC_RELEASE);
}

static inline void type_put_writable(struct frame *f)
{
	uint64_t use = load64(&f->use), new;

	ASSERT(use_type(use) == FT_WRITABLE && (use & USE_COUNT));
	do {
		new = (use & USE_COUNT) == 1 ? use_of(FT_WRITABLE) | USE_BUSY : use - 1;
	} while (unlikely(!cas64(&f->use, &use, new)));
	if (new &USE_BUSY)
		type_release(f, FT_WRITABLE);
}

/* ---- types.c: tables ----------------------------------------------------------------------------- */

/* As type_get() and type_put() for a table type of a frame that d owns. Locks: domain.mm of d. */
int table_get(struct domain *d, struct frame *f, enum frame_type type);
void table_put(struct domain *d, struct frame *f);
/* A partial validation that nobody will finish: queue it for undoing. */
void table_abandon(struct domain *d, struct frame *f);

/* ---- l1.c ------------------------------------------------------------------------------------------ */

/* The exceptions of l1e_get(): devices, foreign owners that do not match. May change the entry. */
int l1e_get_rare(const struct domain *d, domid_t from, pte_t *entry);
/* Cache control in an entry: 0, or why not. */
int l1e_check_cached(const struct domain *d, pte_t entry);
int l1e_refuse_writable(struct frame *f, pte_t entry);
void l1e_put_descriptor(struct domain *d, struct frame *f);

/* A 64-bit guest's ring 3 runs both its kernel and its users: mark pages as real Xen does. */
static inline pte_t l1e_mark(const struct domain *d, pte_t e)
{
	if (d->is_32bit)
		return e;
	if (!(e & PTE_US))
		e |= PTE_US | PTE_GUEST_KERNEL;
	return e & PTE_GUEST_KERNEL ? e : e | PTE_G;
}

/*
 * Check a new L1 entry for a table of d and take the references that it will hold: on a frame of
 * domain `from`. *entry becomes what is to be written. Locks: domain.mm of d.
 */
static inline int l1e_get(const struct domain *d, domid_t from, pte_t *entry)
{
	pte_t e = *entry;
	struct frame *f;

	if (!(e & PTE_P))
		return 0;
	if (unlikely(e & PTE_CACHE_MASK)) {
		int rc = l1e_check_cached(d, e);

		if (rc)
			return rc;
	}
	if (unlikely(mfn_x(pte_mfn(e)) >= mfn_x(max_mfn)))
		return l1e_get_rare(d, from, entry);
	f = mfn_to_frame(pte_mfn(e));
	if (unlikely(!frame_try_get(f, from)))
		return l1e_get_rare(d, from, entry);
	if ((e & PTE_RW) && unlikely(type_get_writable(f)))
		return l1e_refuse_writable(f, e);
	*entry = l1e_mark(d, e);
	return 0;
}

/* An entry is gone from a table of d: give up what it held. */
static inline void l1e_put(struct domain *d, pte_t e)
{
	struct frame *f;

	if (!(e & PTE_P) || unlikely(!mfn_valid(pte_mfn(e))))
		return;
	f = mfn_to_frame(pte_mfn(e));
	if (e & PTE_RW)
		type_put_writable(f);
	else if (unlikely(use_type(load64(&f->use)) == FT_DESC))
		l1e_put_descriptor(d, f);
	frame_drop(f);
}

int l1_promote(struct domain *d, struct frame *f);
void l1_demote(struct domain *d, struct frame *f);
/* keep_ad: entry keeps the A and D bits that it has (MMU_PT_UPDATE_PRESERVE_AD). */
int l1_update(struct domain *d, pte_t *at, pte_t entry, domid_t from, bool keep_ad);

/* ---- upper.c: levels 2 to 4 -------------------------------------------------------------------- */

/* -ERESTART: frame.done says how far; anything else: entries below frame.done hold references. */
int upper_promote(struct domain *d, struct frame *f, enum frame_type type);
/* Give up what entries below frame.done hold. */
void upper_demote(struct domain *d, struct frame *f, enum frame_type type);
int upper_update(struct domain *d, struct frame *table, unsigned int slot, pte_t entry,
		 bool keep_ad);
/* Is this slot of such a table the guest's? The others are ours and hold no references. */
bool upper_slot_is_guest(const struct domain *d, enum frame_type type, unsigned int slot);

/* One checked store into a live table of d, any level. Locks: domain.mm. */
int table_update(struct domain *d, struct frame *table, unsigned int slot, pte_t entry,
		 domid_t from, bool keep_ad);

/* ---- walk.c --------------------------------------------------------------------------------------- */

/* Where the L1 entry for va is, in a live L1 table of v's kernel root; NULL: nowhere. */
pte_t *walk_l1e(const struct vcpu *v, uint64_t va);
/* ---- heap.c ------------------------------------------------------------------------------------------ */

/* A frame that its last user left; `data` says whose it holds: a domain's serial, or a stranger's. */
#define HEAP_DATA_STRANGER (2ULL << 32)
void heap_return(struct frame *f, uint64_t data);

#endif
