/* SPDX-License-Identifier: MIT */
/*
 * The naive model. Rules as in mm/types.c's essay; nothing clever.
 */
#include "tests/unit/mm/model.h"

#include <stdio.h>

#define FOREIGN_MFN (MODEL_FIRST + MODEL_FRAMES)

struct model model;
unsigned int model_stale_uses;

static unsigned int level_of(enum frame_type t)
{
	return t == FT_L2_TOP ? 2 : t <= FT_L4 ? (unsigned int)t : 0;
}

void model_reset(const struct domain *domain)
{
	memset(&model, 0, sizeof(model));
	model.d = domain;
}

static bool pae_root(enum frame_type type)
{
	return type == FT_L3 && model.d->is_32bit;
}

static bool guests_slot(enum frame_type type, unsigned int slot)
{
	if (pae_root(type))
		return slot < 4;
	if (type == FT_L2_TOP)
		return slot < 510; /* compat_m2p is 0xffc00000 */
	if (type == FT_L4)
		return slot < 256 || slot > 271;
	return true;
}

static int get(unsigned int f, enum frame_type type);
static void put(unsigned int f);

static int model_index(pte_t e)
{
	uint64_t mfn = (e & PTE_ADDRESS) >> PAGE_SHIFT;

	return mfn >= MODEL_FIRST && mfn < MODEL_FIRST + MODEL_FRAMES ? (int)(mfn - MODEL_FIRST)
								      : -1;
}

/* Everything of the fake machine that is neither device, nor a domain's, nor in the heap. */
static bool is_hypervisors(uint64_t mfn)
{
	return mfn >= 512 && mfn < FAKE_FRAMES && mfn != FOREIGN_MFN &&
	       !(mfn >= MODEL_FIRST && mfn < FOREIGN_MFN);
}

/* ---- level 1 --------------------------------------------------------------------------------------- */

static int get_page(pte_t e, domid_t from)
{
	uint64_t mfn = (e & PTE_ADDRESS) >> PAGE_SHIFT;
	int i = model_index(e);

	if (!(e & PTE_P))
		return 0;
	if ((e & PTE_CACHE_MASK) && !model.d->privileged)
		return -EINVAL;
	if ((e & PTE_CACHE_MASK) && is_hypervisors(mfn))
		return -EACCES;
	if (mfn == FOREIGN_MFN && from != model.d->id) {
		model.foreign_refs++;
		model.foreign_types += (e & PTE_RW) != 0;
		return 0;
	}
	if (mfn < 256 || mfn >= FAKE_FRAMES)
		return model.d->privileged && from == model.d->id ? 0 : -EPERM;
	if (i < 0 || !model.frame[i].refs || from != model.d->id)
		return -EBUSY;
	if (e & PTE_RW) {
		int rc = get((unsigned int)i, FT_WRITABLE);

		return rc ? -EBUSY : 0;
	}
	model.frame[i].refs++;
	return 0;
}

static void put_page(pte_t e)
{
	uint64_t mfn = (e & PTE_ADDRESS) >> PAGE_SHIFT;
	int i = model_index(e);

	if (!(e & PTE_P))
		return;
	if (mfn == FOREIGN_MFN) {
		model.foreign_refs--;
		model.foreign_types -= (e & PTE_RW) != 0;
	} else if (i >= 0) {
		if (e & PTE_RW)
			put((unsigned int)i);
		else
			model.frame[i].refs--;
	}
}

static pte_t written_page(pte_t e)
{
	uint64_t mfn = (e & PTE_ADDRESS) >> PAGE_SHIFT;

	if (!(e & PTE_P))
		return e;
	if ((mfn < 256 || mfn >= FAKE_FRAMES) && !(e & PTE_PCD) && (e & PTE_CACHE_MASK) != PTE_PAT)
		e = (e & ~PTE_PAT) | PTE_PWT | PTE_PCD;
	if (model.d->is_32bit)
		return e;
	if (!(e & PTE_US))
		e |= PTE_US | PTE_GUEST_KERNEL;
	return e & PTE_GUEST_KERNEL ? e : e | PTE_G;
}

/* ---- levels above ------------------------------------------------------------------------------------ */

static int get_table(unsigned int table, enum frame_type type, unsigned int slot, pte_t e)
{
	pte_t bad = PTE_PWT | PTE_PCD | PTE_PSE | PTE_G;
	int i = model_index(e);
	struct model_frame *child;

	if (pae_root(type))
		bad |= 0xfffULL << 52;
	if ((e & bad) || i < 0 || !model.frame[i].refs)
		return -EINVAL;
	child = &model.frame[i];
	if (!pae_root(type) && (unsigned int)i == table)
		return e & PTE_RW ? -EINVAL : 0;
	if (!pae_root(type) && child->count && level_of(child->type) == level_of(type)) {
		if ((e & PTE_RW) || model.frame[table].linear < 0 || child->linear > 0)
			return -EINVAL;
		child->count++;
		child->refs++;
		child->linear--;
		model.frame[table].linear++;
		return 0;
	}
	if (pae_root(type) && slot == 3)
		return child->count ? -EINVAL : get((unsigned int)i, FT_L2_TOP);
	return get((unsigned int)i, pae_root(type) ? FT_L2 : (enum frame_type)(level_of(type) - 1));
}

static void put_table(unsigned int table, enum frame_type type, pte_t e)
{
	int i = model_index(e);

	if (!(e & PTE_P) || (unsigned int)i == table)
		return;
	if (level_of(model.frame[i].type) == level_of(type)) {
		model.frame[i].linear++;
		model.frame[table].linear--;
	}
	put((unsigned int)i);
}

static pte_t written_table(enum frame_type type, pte_t e)
{
	if (!(e & PTE_P))
		return e;
	if (pae_root(type))
		return e | PTE_RW | PTE_US;
	return model.d->is_32bit ? e : e | PTE_US;
}

/* ---- a whole frame ------------------------------------------------------------------------------------- */

static int promote(unsigned int f, enum frame_type type)
{
	struct model_frame *m = &model.frame[f];

	for (unsigned int s = 0; s < MODEL_SLOTS; s++)
		if (pae_root(type) && model_slots[s] > 3)
			m->entry[s] = 0;
	if (pae_root(type) && !(m->entry[3] & PTE_P))
		return -EINVAL;
	for (unsigned int s = 0; s < MODEL_SLOTS; s++) {
		int rc;

		if (!guests_slot(type, model_slots[s]) || !(m->entry[s] & PTE_P))
			continue;
		rc = type == FT_L1 ? get_page(m->entry[s], model.d->id)
				   : get_table(f, type, model_slots[s], m->entry[s]);
		if (rc)
			return rc;
		m->entry[s] = type == FT_L1 ? written_page(m->entry[s])
					    : written_table(type, m->entry[s]);
	}
	for (unsigned int s = 0; s < MODEL_SLOTS; s++)
		if (!guests_slot(type, model_slots[s]))
			m->entry[s] = type == FT_L4	  ? FAKE_ROOT_ENTRY
				      : type == FT_L2_TOP ? FAKE_M2P_ENTRY
							  : 0;
	return 0;
}

static void demote(unsigned int f, enum frame_type type)
{
	struct model_frame *m = &model.frame[f];

	for (unsigned int s = 0; s < MODEL_SLOTS; s++) {
		if (!guests_slot(type, model_slots[s]))
			continue;
		if (type == FT_L1)
			put_page(m->entry[s]);
		else
			put_table(f, type, m->entry[s]);
	}
	m->linear = 0;
}

static int get(unsigned int f, enum frame_type type)
{
	struct model_frame *m = &model.frame[f];
	enum frame_type was = m->type;
	int rc = 0;

	if (m->count && m->type != type)
		return -EINVAL;
	if (!m->count && level_of(type)) {
		/* While it is tried, it is a table: an entry that needs it otherwise is refused. */
		m->count = 1;
		m->type = type;
		rc = promote(f, type);
		m->count = 0;
	}
	if (!m->count && type == FT_DESC && (m->entry[0] & 1))
		rc = -EINVAL;
	if (rc)
		return rc;
	if (!m->count && was != type && (type == FT_WRITABLE ? m->stale_walk : m->stale_write))
		model_stale_uses++;
	m->type = type;
	m->count++;
	m->refs++;
	if (type == FT_WRITABLE)
		m->stale_write = true;
	if (level_of(type))
		m->stale_walk = true;
	return 0;
}

static void put(unsigned int f)
{
	struct model_frame *m = &model.frame[f];

	if (--m->count == 0 && level_of(m->type))
		demote(f, m->type);
	m->refs--;
}

/* ---- operations --------------------------------------------------------------------------------------------- */

static struct model before;

/* A failed operation holds nothing, but what it wrote stays: zeroes, flags, what processors saw. */
static void restore(void)
{
	for (unsigned int i = 0; i < MODEL_FRAMES; i++) {
		struct model_frame *m = &model.frame[i], *b = &before.frame[i];

		memcpy(b->entry, m->entry, sizeof(b->entry));
		b->stale_write = m->stale_write;
		b->stale_walk = m->stale_walk;
		b->type = m->type;
	}
	model = before;
}

int model_get(unsigned int f, enum frame_type type)
{
	int rc;

	before = model;
	rc = model.frame[f].refs ? get(f, type) : -EINVAL;
	if (rc)
		restore();
	return rc;
}

void model_put(unsigned int f)
{
	put(f);
}

int model_pin(unsigned int f, enum frame_type type)
{
	int rc;

	if (model.frame[f].pinned)
		return -EINVAL;
	rc = model_get(f, type);
	model.frame[f].pinned = !rc;
	return rc;
}

int model_unpin(unsigned int f)
{
	if (!model.frame[f].pinned)
		return -EINVAL;
	model.frame[f].pinned = false;
	put(f);
	return 0;
}

/* What l1_update() may change without touching references. */
static bool same_page(pte_t old, pte_t e)
{
	pte_t kept = PTE_P | PTE_RW | PTE_ADDRESS | PTE_CACHE_MASK;

	return (old & PTE_P) && !((old ^ e) & kept);
}

int model_update(unsigned int f, unsigned int s, pte_t e, domid_t from, bool keep_ad)
{
	struct model_frame *m = &model.frame[f];
	enum frame_type type = m->type;
	unsigned int slot = model_slots[s];
	pte_t old = m->entry[s];
	int rc = 0;

	if (!m->count || !level_of(type)) {
		if (!m->refs || (m->count && type != FT_WRITABLE))
			return -EINVAL;
		m->entry[s] = e;
		m->stale_write = true;
		return 0;
	}
	if (pae_root(type) && slot >= 3)
		return -EINVAL;
	if (!guests_slot(type, slot))
		return type == FT_L2_TOP ? -EPERM : -EINVAL;
	before = model;
	if (type == FT_L1 && same_page(old, e)) {
		m->entry[s] = written_page(e) | (keep_ad ? old & (PTE_A | PTE_D) : 0);
		return 0;
	}
	if (e & PTE_P)
		rc = type == FT_L1 ? get_page(e, from) : get_table(f, type, slot, e);
	if (rc) {
		restore();
		return rc;
	}
	e = type == FT_L1 ? written_page(e) : written_table(type, e);
	if (keep_ad && (old & PTE_P) && (type == FT_L1 || (e & PTE_P)))
		e |= old & (PTE_A | PTE_D);
	m->entry[s] = e;
	if (type == FT_L1)
		put_page(old);
	else
		put_table(f, type, old);
	return 0;
}

void model_flushed(void)
{
	for (unsigned int i = 0; i < MODEL_FRAMES; i++) {
		struct model_frame *m = &model.frame[i];

		m->stale_write = m->count && m->type == FT_WRITABLE;
		m->stale_walk = m->count && level_of(m->type);
	}
}

/* ---- comparison ------------------------------------------------------------------------------------------------ */

static bool same_frame(unsigned int i)
{
	const struct model_frame *m = &model.frame[i];
	mfn_t mfn = _mfn(MODEL_FIRST + i);
	const struct frame *f = mfn_to_frame(mfn);
	uint64_t use = load64(&f->use), refs = load64(&f->refs) & REFS_COUNT;
	const pte_t *table = mfn_to_virt(mfn);
	bool is_table = m->count && level_of(m->type);

	if (f->owner != model.d->id)
		return !m->refs || printf("frame %u has lost its owner\n", i) < 0;
	if ((use & USE_COUNT) != m->count || refs != m->refs || (use & USE_UNSETTLED) ||
	    (m->count && use_type(use) != m->type) || !!(use & USE_PINNED) != m->pinned ||
	    (is_table && f->linear != m->linear)) {
		printf("frame %u: type %u count %lu refs %lu linear %d use %lx, model %u %u %u %d\n",
		       i, use_type(use), (unsigned long)(use & USE_COUNT), (unsigned long)refs,
		       f->linear, (unsigned long)use, m->type, m->count, m->refs, m->linear);
		return false;
	}
	for (unsigned int s = 0; s < MODEL_SLOTS; s++) {
		if (table[model_slots[s]] != m->entry[s]) {
			printf("frame %u slot %u: entry %lx, model %lx\n", i, model_slots[s],
			       (unsigned long)table[model_slots[s]], (unsigned long)m->entry[s]);
			return false;
		}
	}
	return true;
}

bool model_compare(void)
{
	const struct frame *foreign = mfn_to_frame(_mfn(FOREIGN_MFN));

	for (unsigned int i = 0; i < MODEL_FRAMES; i++)
		if (!same_frame(i))
			return false;
	if ((load64(&foreign->refs) & REFS_COUNT) == model.foreign_refs + 1 &&
	    (load64(&foreign->use) & USE_COUNT) == model.foreign_types)
		return true;
	printf("the foreign frame has %lx %lx, model %u %u\n", (unsigned long)foreign->refs,
	       (unsigned long)foreign->use, model.foreign_refs, model.foreign_types);
	return false;
}
