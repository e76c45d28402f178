/* SPDX-License-Identifier: MIT */
/*
 * Page types: what a frame is used as, and why a guest may write its own page tables.
 *
 * A paravirtual guest owns its page tables: the processor walks the very frames that the guest filled.
 * One wrong entry and it owns the machine. So every entry is checked before the processor can see it,
 * and what was checked must not change behind our back. Both follow from one rule:
 *
 *	A frame is a page table, or a descriptor table, or writable: never two of these at a time.
 *
 * The model. Each frame has two counts. A *reference* says that somebody knows the frame: it stays its
 * owner's. A *type reference* says what the frame is used as; while there is one, the type cannot
 * change.
 *
 *	who holds them			reference	type reference
 *	the owner, until it gives it up	one (OWNED)	-
 *	a present L1 entry		one		writable, if RW is set
 *	a present L2..L4 entry		one		L1..L3
 *	a vCPU's root			one		L4; L3 at 32 bits
 *	a pin				one		the level pinned
 *	a descriptor window		one		descriptor
 *	a registered vcpu_info page	one		writable
 *	shared_info, grant frames	one		writable, for ever
 *
 * The rules. The first type reference of a table validates it: each present entry takes the references
 * of the row above, or the validation fails and gives back what it took. The last one undoes it: each
 * entry gives them up. So a whole tree is valid as long as its root is held, and a mapping that would
 * be writable is refused exactly while its frame is a table, wherever that table is linked.
 *
 *	       type reference                 all entries checked
 *	none ------------------> PARTIAL(done) ------------------> VALID, count >= 1
 *	 ^                        |   ^  |                           |
 *	 |                 refused|   +--+ preempted,                | last type reference
 *	 |                        v        go on at `done`           v
 *	 +--------------------- UNDO(done), on the owner's undo list
 *	      entries given up
 *
 * Bounded work. A tree may have 2^27 entries, so both ways stop when preemption is wanted. PARTIAL and
 * UNDO belong to nobody: the state is in the frame, which keeps one reference for itself, and whoever
 * comes next goes on with it. PARTIAL is finished by the same call made again, or turned into UNDO;
 * the undo list of a domain is worked off (types_settle) before any operation on its tables returns to
 * the guest. Undoing is a loop over a list and no recursion: a table that is dropped queues the tables
 * that it was the last to hold. A dying domain needs no more than to queue what it finds and settle.
 *
 * Stale translations. The processor caches what it walked. When a frame changes its type, everybody
 * who has not flushed since its last use of the old type must (tlb.h): a page that was writable must
 * not be written while we check it as a table, a table that was dropped must not be walked while the
 * guest writes to it as memory.
 *
 * Linear tables. A guest may let a slot of a table name a table of the same level, or the table itself,
 * read-only, so that it can read its tables as an array. Such an entry counts as another use of that
 * level. To keep trees finite, a table that is used so may hold no such entry itself, and the other way
 * round; frame.linear counts both. An entry that names its own table holds nothing.
 *
 * Locks. Tables of a domain change under its domain.mm lock; only frames of the domain itself become its
 * tables. Writable and descriptor references need no lock: the two words of a frame change by
 * compare-and-swap, so a type is taken from count zero by exactly one.
 *
 * Three processors at once. Nothing but tables has a lock, so this is why it holds:
 *
 *  - A type changes at count zero only, and who changes it has the frame for himself meanwhile: busy, or
 *    partial under domain.mm. Others wait for a busy one, which lasts a flush or a look at one page at
 *    most and never for a lock; the flush is answered by interrupt, so who waits does not hold it up.
 *  - The last put of a type goes through busy, too. It draws the epoch after the locked instruction
 *    that took the count to zero: by then the entry that it belonged to is gone for every processor.
 *    Were the epoch written before that, a second processor could take and put a reference in between,
 *    and the older epoch would stay.
 *  - A frame becomes usable after the flush, not before: a first processor that flushes old translations
 *    of a table keeps a second from mapping it writable until all have.
 *  - A table's state changes under domain.mm of its owner, and the owner cannot change while there is a
 *    type. So "a table of d", once seen under d's lock, stays true. To see it takes two words; they
 *    cannot lie as long as this pCPU has not flushed in between (frame_is_table_of()).
 *  - A last reference may go while another processor looks: count zero is final, nobody raises it
 *    again (frame_try_get()), and what leads to a frame that may be on its way out, the list of a domain,
 *    is followed under its lock only.
 *  - A half-done operation is no processor's: the place is in the frame and in the vCPU, and goes on
 *    wherever that runs next.
 *  - Whoever works on tables of a domain that is not his own looks under domain.mm whether it is dying;
 *    its end takes the same lock afterwards, and finds everything that was done before.
 *
 * Reading order: here, l1.c, upper.c, mmu_update.c, root.c; frame.c for plain references.
 */
#include "mm/types.h"
#include "console/console.h"
#include "mm/explain.h"

const char *type_name(enum frame_type type)
{
	static const char *const names[] = {
		[FT_NONE] = "unused memory",	   [FT_L1] = "an L1 table",
		[FT_L2] = "an L2 table",	   [FT_L3] = "an L3 table",
		[FT_L4] = "an L4 table",	   [FT_DESC] = "a descriptor table",
		[FT_WRITABLE] = "writable memory", [FT_L2_TOP] = "the L2 table of a PAE slot 3",
	};

	return names[type];
}

/* ---- undoing ------------------------------------------------------------------------------------- */

/* The table's own reference for the time in between is already taken. */
static void undo_push(struct domain *d, struct frame *f, unsigned int done)
{
	f->done = (uint16_t)done;
	f->undo_next = d->undo_head;
	d->undo_head = (uint32_t)mfn_x(frame_to_mfn(f));
}

static void undo_one(struct domain *d, struct frame *f)
{
	enum frame_type type = use_type(load64(&f->use));

	/* From here the field is a count again; what it held is not needed for an unused table. */
	f->linear = 0;
	if (type == FT_L1)
		l1_demote(d, f);
	else
		upper_demote(d, f, type);
	f->epoch = tlb_now();
	__atomic_store_n((uint64_t *)&f->use, use_of(type), __ATOMIC_RELEASE);
	frame_drop(f);
}

int types_settle(struct domain *d)
{
	while (d->undo_head) {
		struct frame *f = mfn_to_frame(_mfn(d->undo_head));

		d->undo_head = f->undo_next;
		undo_one(d, f);
		if (d->undo_head && preempt_wanted())
			return -ERESTART;
	}
	return 0;
}

void table_abandon(struct domain *d, struct frame *f)
{
	uint64_t use = load64(&f->use);

	if (!(use & USE_PARTIAL))
		return;
	__atomic_store_n((uint64_t *)&f->use, use_of(use_type(use)) | USE_UNDO, __ATOMIC_RELEASE);
	undo_push(d, f, f->done);
}

/* ---- tables -------------------------------------------------------------------------------------- */

/* Validate from where it stopped; the table becomes valid with one type reference, or undone. */
static int table_promote(struct domain *d, struct frame *f, enum frame_type type)
{
	int rc = type == FT_L1 ? l1_promote(d, f) : upper_promote(d, f, type);

	if (rc == -ERESTART)
		return rc;
	if (rc) {
		table_abandon(d, f);
		return rc;
	}
	__atomic_store_n((uint64_t *)&f->use, use_of(type) | USE_VALID | 1, __ATOMIC_RELEASE);
	frame_drop(f);
	return 0;
}

/* From count zero: the frame becomes a table of this type that nothing is checked of yet. */
static bool table_begin(struct frame *f, uint64_t use, enum frame_type type)
{
	uint32_t epoch;

	if (!cas64(&f->use, &use, use_of(type) | USE_PARTIAL))
		return false;
	/* Read while nobody else can put it: what is there before may be of the use before. */
	epoch = f->epoch;
	frame_hold(f);
	f->linear = 0;
	f->done = 0;
	/* Nobody may write through an old translation what we are about to check. */
	if (use_type(use) != type && tlb_stale(epoch))
		tlb_flush_stale(epoch);
	return true;
}

int table_get(struct domain *d, struct frame *f, enum frame_type type)
{
	for (;;) {
		uint64_t use = load64(&f->use);

		if (use & USE_UNDO) {
			if (types_settle(d))
				return -ERESTART;
		} else if (!(use & (USE_COUNT | USE_UNSETTLED))) {
			if (table_begin(f, use, type))
				return table_promote(d, f, type);
		} else if (use & USE_BUSY) {
			cpu_relax();
		} else if (use_type(use) != type) {
			return refuse(-EINVAL, "frame %lx is %s already and cannot be %s as well",
				      mfn_x(frame_to_mfn(f)), type_name(use_type(use)),
				      type_name(type));
		} else if (use & USE_PARTIAL) {
			return table_promote(d, f, type);
		} else if (cas64(&f->use, &use, use + 1)) {
			return 0;
		}
	}
}

void table_put(struct domain *d, struct frame *f)
{
	uint64_t use = load64(&f->use), new;

	do {
		ASSERT(use & USE_VALID);
		ASSERT(use & USE_COUNT);
		new = (use & USE_COUNT) > 1 ? use - 1 : use_of(use_type(use)) | USE_UNDO;
	} while (!cas64(&f->use, &use, new));
	if (new &USE_UNDO) {
		frame_hold(f);
		undo_push(d, f, PT_ENTRIES);
	}
}

/* ---- writable memory and descriptor tables ----------------------------------------------------------- */

static int descriptors_check(struct frame *f)
{
	struct domain *d = frame_owner(f);
	bool good = d && descriptor_page_check(d, mfn_to_virt(frame_to_mfn(f)));

	__atomic_store_n((uint64_t *)&f->use, use_of(FT_DESC) | (good ? USE_VALID | 1 : 0),
			 __ATOMIC_RELEASE);
	return good ? 0 : -EINVAL;
}

/* The frame is busy for us, with no reference of any type: make it what it shall be. */
static int memory_begin(struct frame *f, enum frame_type was, enum frame_type type)
{
	/*
	 * Before anybody has it: an old table must not be walked any more when the first writes to it. Also
	 * from unused: it may have been a table before it was freed.
	 */
	if (was != type && tlb_stale(f->epoch))
		tlb_flush_stale(f->epoch);
	if (type == FT_DESC)
		return descriptors_check(f);
	__atomic_store_n((uint64_t *)&f->use, use_of(type) | 1, __ATOMIC_RELEASE);
	return 0;
}

static int memory_get(struct frame *f, enum frame_type type)
{
	for (;;) {
		uint64_t use = load64(&f->use);

		if (use & USE_BUSY) {
			cpu_relax();
		} else if (!(use & (USE_COUNT | USE_UNSETTLED))) {
			if (cas64(&f->use, &use, use_of(type) | USE_BUSY))
				return memory_begin(f, use_type(use), type);
		} else if (use_type(use) != type || (use & USE_UNSETTLED)) {
			return -EINVAL;
		} else if (cas64(&f->use, &use, use + 1)) {
			return 0;
		}
	}
}

static void memory_put(struct frame *f)
{
	uint64_t use = load64(&f->use), new;
	enum frame_type type = use_type(use);

	do {
		ASSERT(use & USE_COUNT);
		new = (use & USE_COUNT) == 1 ? use_of(type) | USE_BUSY : use - 1;
	} while (!cas64(&f->use, &use, new));
	if (new &USE_BUSY)
		type_release(f, type);
}

/* ---- the public face ------------------------------------------------------------------------------------ */

int type_get(struct frame *f, enum frame_type type)
{
	struct domain *d;

	if (!type_level(type))
		return memory_get(f, type);
	d = frame_owner(f);
	return d ? table_get(d, f, type) : -EINVAL;
}

void type_put(struct frame *f)
{
	if (frame_level(f))
		table_put(frame_owner(f), f);
	else
		memory_put(f);
}

int frame_get_typed(mfn_t mfn, struct domain *d, enum frame_type type)
{
	int rc;

	if (!frame_get(mfn, d))
		return -EINVAL;
	rc = type_get(mfn_to_frame(mfn), type);
	if (rc)
		frame_put(mfn_to_frame(mfn));
	return rc;
}

void frame_put_typed(struct frame *f)
{
	type_put(f);
	frame_drop(f);
}

/* ---- pins -------------------------------------------------------------------------------------------------- */

int frame_pin(struct domain *d, mfn_t mfn, enum frame_type type)
{
	struct frame *f = mfn_to_frame(mfn);
	uint64_t use;
	int rc;

	if (!frame_get(mfn, d))
		return refuse(-EINVAL, "cannot pin frame %lx: it is no memory of d%u", mfn_x(mfn),
			      d->id);
	rc = load64(&f->use) & USE_PINNED
		     ? refuse(-EINVAL, "frame %lx is pinned already", mfn_x(mfn))
		     : table_get(d, f, type);
	if (rc) {
		frame_drop(f);
		return rc;
	}
	use = load64(&f->use);
	while (!cas64(&f->use, &use, use | USE_PINNED))
		;
	return 0;
}

int frame_unpin(struct domain *d, mfn_t mfn)
{
	struct frame *f = mfn_to_frame(mfn);
	uint64_t use;

	if (!frame_get(mfn, d))
		return refuse(-EINVAL, "cannot unpin frame %lx: it is no memory of d%u", mfn_x(mfn),
			      d->id);
	use = load64(&f->use);
	do {
		if (!(use & USE_PINNED)) {
			frame_drop(f);
			return refuse(-EINVAL, "frame %lx is not pinned", mfn_x(mfn));
		}
	} while (!cas64(&f->use, &use, use & ~USE_PINNED));
	table_put(d, f);
	frame_drop(f);
	frame_drop(f);
	return 0;
}
