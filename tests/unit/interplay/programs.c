/* SPDX-License-Identifier: MIT */
/*
 * The programs. Each gives back what it took, so that afterwards only owners and pins hold anything.
 */
#include "tests/unit/interplay/programs.h"
#include "tests/unit/interplay/world.h"
#include "console/console.h"

/* clang-format off */
enum { MAP_RW, MAP_RO, PIN_1, PIN_2, PIN_3, PIN_MAPPER, DESCRIPTOR, GIVE_UP, RENEW, EXCHANGE, FLUSH, GRANT,
       FOREIGN, COPY, STEAL, TAKE, BUILD, KILL };
/* clang-format on */

struct tally *tally;

static void lock(struct domain *d)
{
	spin_lock(&d->mm_lock);
}

static void unlock(struct domain *d)
{
	spin_unlock(&d->mm_lock);
}

/* As batch_begin() and batch_end(): lock, look whether it lives, work off what is to undo; then. */
static int tables_begin(struct domain *d)
{
	lock(d);
	if (d != current->domain && READ_ONCE(d->state) >= DOM_DYING) {
		unlock(d);
		return -ESRCH;
	}
	if (d->undo_head && types_settle(d)) {
		unlock(d);
		return -ERESTART;
	}
	return 0;
}

static int tables_begin_wait(struct domain *d)
{
	int rc;

	do
		rc = tables_begin(d);
	while (rc == -ERESTART);
	return rc;
}

/* To be settled before the call returns; a call of a domain that dies meanwhile is never resumed. */
static void tables_end(struct domain *d)
{
	while (types_settle(d)) {
		unlock(d);
		if (tables_begin_wait(d))
			return;
	}
	unlock(d);
}

/* mmu_update of the slot that is this processor's. */
static int store(struct domain *d, unsigned int table, pte_t e, domid_t from)
{
	struct frame *f = frame_of(table);
	int rc = tables_begin_wait(d);

	if (rc)
		return rc;
	rc = frame_is_table_of(f, d) ? table_update(d, f, explore_cpu(), e, from, false) : -EINVAL;
	explore_note("store of %lx: %d", e, rc);
	tables_end(d);
	return rc;
}

static bool count(unsigned int program, int rc)
{
	if (rc)
		tally[program].refused++;
	else
		tally[program].done++;
	return !rc;
}

/* ---- mappings of one's own --------------------------------------------------------------------------- */

static void map_writable(void)
{
	if (!count(MAP_RW, store(a, TABLE_A, pte_make(mfn_of(X), PTE_P | PTE_RW), a->id)))
		return;
	touch(TABLE_A);
	store(a, TABLE_A, 0, a->id);
}

static void map_read_only(void)
{
	if (!count(MAP_RO, store(a, TABLE_A, pte_make(mfn_of(Y), PTE_P), a->id)))
		return;
	touch(TABLE_A);
	store(a, TABLE_A, 0, a->id);
}

/* ---- tables ---------------------------------------------------------------------------------------------- */

static int pin(struct domain *d, unsigned int f, enum frame_type type)
{
	int rc;

	do {
		rc = tables_begin(d);
		if (rc)
			continue;
		rc = frame_pin(d, mfn_of(f), type);
		if (rc == -ERESTART)
			unlock(d);
		else
			tables_end(d);
	} while (rc == -ERESTART);
	explore_note("pin of frame %u as L%u: %d", f, type, rc);
	return rc;
}

static void unpin(struct domain *d, unsigned int f)
{
	if (tables_begin_wait(d))
		return;
	explore_note("unpin of frame %u: %d", f, frame_unpin(d, mfn_of(f)));
	tables_end(d);
}

static void pin_unpin(unsigned int program, unsigned int f, enum frame_type type)
{
	if (!count(program, pin(a, f, type)))
		return;
	walk(f);
	walk(X);
	unpin(a, f);
}

static void pin_l1(void)
{
	pin_unpin(PIN_1, X, FT_L1);
}

static void pin_l2(void)
{
	pin_unpin(PIN_2, Y, FT_L2);
}

static void pin_l3(void)
{
	pin_unpin(PIN_3, W, FT_L3);
}

/* As an L1, Y's entry maps X writable. */
static void pin_mapper(void)
{
	pin_unpin(PIN_MAPPER, Y, FT_L1);
}

static void build(void)
{
	pin_unpin(BUILD, X, FT_L1);
}

static void descriptor(void)
{
	if (count(DESCRIPTOR, frame_get_typed(mfn_of(X), a, FT_DESC)))
		frame_put_typed(frame_of(X));
}

/* ---- whose frame ------------------------------------------------------------------------------------------ */

/* As XENMEM_decrease_reservation. */
static int give_up(struct domain *d, unsigned int f)
{
	if (!frame_get(mfn_of(f), d))
		return -EINVAL;
	if (!(load64(&frame_of(f)->refs) & REFS_OWNED)) {
		frame_put(frame_of(f));
		return -EINVAL;
	}
	domain_free_frame(d, frame_of(f));
	frame_put(frame_of(f));
	return 0;
}

/* A frame of the heap becomes one's page table, and none. */
static void use_new(struct domain *d, struct frame *f)
{
	unsigned int i = (unsigned int)(f - frame_of(0));

	explore_note("d%u has got frame %u", d->id, i);
	if (!pin(d, i, FT_L1)) {
		walk(i);
		unpin(d, i);
	}
}

static void give_up_one(void)
{
	count(GIVE_UP, give_up(a, X));
}

static void give_up_take_again(void)
{
	struct frame *f;

	if (!count(RENEW, give_up(a, X)))
		return;
	f = domain_alloc_frames(a, 0, 0);
	if (f)
		use_new(a, f);
}

/* As XENMEM_exchange: it goes only if nobody else holds it. */
static void exchange(void)
{
	bool stolen = frame_steal(a, frame_of(X));

	if (count(EXCHANGE, !stolen))
		heap_return(frame_of(X), a->serial);
}

/* A toolstack's exchange for A that fails later on. */
static void steal(void)
{
	bool stolen = frame_steal(a, frame_of(X));

	if (count(STEAL, !stolen))
		frame_unsteal(a, frame_of(X));
}

static void take(void)
{
	struct frame *f = domain_alloc_frames(b, 0, 0);

	if (!count(TAKE, !f))
		return;
	if (!store(b, TABLE_B, pte_make(frame_to_mfn(f), PTE_P | PTE_RW), b->id)) {
		touch(TABLE_B);
		store(b, TABLE_B, 0, b->id);
	}
	use_new(b, f);
}

static void flush(void)
{
	touch(TABLE_A);
	flush_self();
	count(FLUSH, 0);
}

/* ---- the other domain --------------------------------------------------------------------------------------- */

/* As GNTTABOP_map_grant_ref and unmap: the grant itself is not in the way. */
static void grant(void)
{
	struct pte_place place = { .is_maddr = true };

	place.at = maddr_x(mfn_to_maddr(mfn_of(TABLE_B))) + explore_cpu() * sizeof(pte_t);
	if (!count(GRANT, mapping_set(place, pte_make(mfn_of(X), PTE_P | PTE_RW), a)))
		return;
	touch(TABLE_B);
	if (mapping_clear(place, mfn_of(X), 0))
		explore_failed("the entry of the grant is gone");
	tlb_flush_domain(b);
}

/* A toolstack's mapping, and no flush afterwards but what frames need. */
static void foreign(void)
{
	/* As if it had just begun to run. */
	flush_self();
	if (!count(FOREIGN, store(b, TABLE_B, pte_make(mfn_of(X), PTE_P | PTE_RW), a->id)))
		return;
	touch(TABLE_B);
	store(b, TABLE_B, 0, b->id);
}

static void copy(void)
{
	if (!count(COPY, frame_get_typed(mfn_of(X), a, FT_WRITABLE)))
		return;
	if (frame_of(X)->owner != a->id)
		explore_failed("a reference of d%u's frame as d%u's", frame_of(X)->owner, a->id);
	frame_put_typed(frame_of(X));
}

static void kill(void)
{
	int rc;

	WRITE_ONCE(a->state, DOM_DYING);
	do
		rc = mm_relinquish(a);
	while (rc == -ERESTART);
	explore_note("relinquish: %d", rc);
	count(KILL, rc);
}

const struct program programs[] = {
	[MAP_RW] = { "map writable", map_writable, A_LIVES },
	[MAP_RO] = { "map read-only", map_read_only, A_LIVES },
	[PIN_1] = { "pin as L1", pin_l1, A_LIVES },
	[PIN_2] = { "pin as L2", pin_l2, A_LIVES | STOPS },
	[PIN_3] = { "pin as L3", pin_l3, A_LIVES | STOPS },
	[PIN_MAPPER] = { "pin what maps", pin_mapper, A_LIVES },
	[DESCRIPTOR] = { "descriptor page", descriptor, A_LIVES },
	[GIVE_UP] = { "give up", give_up_one, A_LIVES },
	[RENEW] = { "give up, take", give_up_take_again, A_LIVES },
	[EXCHANGE] = { "exchange", exchange, A_LIVES },
	[FLUSH] = { "flush", flush, A_LIVES },
	[GRANT] = { "map a grant", grant, 0 },
	[FOREIGN] = { "map as toolstack", foreign, 0 },
	[COPY] = { "write by copy", copy, 0 },
	[STEAL] = { "failed exchange", steal, 0 },
	[TAKE] = { "take", take, 0 },
	[BUILD] = { "pin as toolstack", build, STOPS },
	[KILL] = { "kill", kill, KILLS | STOPS },
};
const unsigned int program_count = sizeof(programs) / sizeof(programs[0]);
