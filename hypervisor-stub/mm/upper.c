/* SPDX-License-Identifier: MIT */
/*
 * Levels 2 to 4: entries that name tables.
 *
 * A present entry holds a reference and a type reference of the level below. Which slots a guest may
 * use, and which flags, depends on level and width:
 *
 *	L2	all 512; in the L2 of a PAE slot 3 those below our M2P
 *	L3	all 512 at 64 bits; 0-3 at 32 bits (a PAE root), where slot 3 must be present, names an L2
 *		that no second root shares, and never changes
 *	L4	all but 256-271, which are ours
 *
 * Hardware sees a 32-bit guest's PAE root as one L3 of 4-level paging, with all 512 entries: so the
 * others are zeroed, and RW and US, which a PAE root lacks, are set. Superpages, G and cache control
 * are refused. Locks: domain.mm of the tables' owner.
 */
#include "console/console.h"
#include "lib/string.h"
#include "mm/explain.h"
#include "mm/m2p.h"

#define PAE_ROOT_ENTRIES 4
#define PAE_TOP_SLOT	 3

/* Flags that no entry above level 1 may have. */
#define UPPER_REFUSED (PTE_PWT | PTE_PCD | PTE_PSE | PTE_G)
/* A PAE root has reserved bits where others have software bits and NX. */
#define PAE_ROOT_REFUSED (UPPER_REFUSED | ~(PTE_ADDRESS | (PAGE_SIZE - 1)))

static bool is_pae_root(const struct domain *d, enum frame_type type)
{
	return type == FT_L3 && d->is_32bit;
}

static unsigned int entries_used(const struct domain *d, enum frame_type type)
{
	if (is_pae_root(d, type))
		return PAE_ROOT_ENTRIES;
	return type == FT_L2_TOP ? m2p_compat_first_slot(d) : PT_ENTRIES;
}

bool upper_slot_is_guest(const struct domain *d, enum frame_type type, unsigned int slot)
{
	if (type == FT_L4)
		return slot < L4_SLOT_FIRST || slot > L4_SLOT_LAST;
	return slot < entries_used(d, type);
}

/* ---- one entry -------------------------------------------------------------------------------------- */

/* An entry that names a table of its own level: a window for reading, see types.c. */
static int linear_get(const struct domain *d, struct frame *table, struct frame *child, pte_t entry)
{
	uint64_t use;

	if (entry & PTE_RW)
		return refuse(-EINVAL, "entry %lx names a table of its own level: only without RW",
			      entry);
	if (child == table)
		return 0;
	if (table->linear < 0 || child->linear > 0)
		return refuse(-EINVAL, "entry %lx: linear tables cannot be used by linear tables",
			      entry);
	if (!frame_try_get(child, d->id))
		return refuse(-EINVAL, "entry %lx: the frame is not of d%u", entry, d->id);
	use = load64(&child->use);
	do {
		if (!(use & USE_VALID) || type_level(use_type(use)) != frame_level(table)) {
			frame_drop(child);
			return refuse(-EINVAL, "entry %lx: the table it names is not in use",
				      entry);
		}
	} while (!cas64(&child->use, &use, use + 1));
	table->linear++;
	child->linear--;
	return 0;
}

static enum frame_type child_type(const struct domain *d, enum frame_type type, unsigned int slot)
{
	if (is_pae_root(d, type))
		return slot == PAE_TOP_SLOT ? FT_L2_TOP : FT_L2;
	return (enum frame_type)(type_level(type) - 1);
}

static int child_get(struct domain *d, struct frame *child, enum frame_type type, pte_t entry)
{
	int rc;

	if (!frame_try_get(child, d->id))
		return refuse(-EINVAL, "entry %lx: frame %lx is no memory of d%u", entry,
			      mfn_x(frame_to_mfn(child)), d->id);
	if (type == FT_L2_TOP && frame_is_table(child) &&
	    use_type(load64(&child->use)) == FT_L2_TOP)
		rc = refuse(-EINVAL, "entry %lx: slot 3 of another root has this table already",
			    entry);
	else
		rc = table_get(d, child, type);
	if (rc)
		frame_drop(child);
	return rc;
}

/* Check a present entry, take what it will hold, make it what is to be written. */
static int entry_get(struct domain *d, struct frame *table, enum frame_type type, unsigned int slot,
		     pte_t *entry)
{
	bool root = is_pae_root(d, type);
	struct frame *child;
	int rc;

	if (*entry & (root ? PAE_ROOT_REFUSED : UPPER_REFUSED))
		return refuse(-EINVAL,
			      "slot %u of %s: entry %lx has flags that are not allowed here", slot,
			      type_name(type), *entry);
	if (!mfn_valid(pte_mfn(*entry)))
		return refuse(-EINVAL, "slot %u of %s: entry %lx names no memory", slot,
			      type_name(type), *entry);
	child = mfn_to_frame(pte_mfn(*entry));
	if (!root &&
	    (child == table || (frame_is_table(child) && frame_level(child) == type_level(type))))
		rc = linear_get(d, table, child, *entry);
	else
		rc = child_get(d, child, child_type(d, type, slot), *entry);
	if (rc)
		return rc;
	if (root)
		*entry |= PTE_RW | PTE_US;
	else if (!d->is_32bit)
		*entry |= PTE_US;
	return 0;
}

static void entry_put(struct domain *d, struct frame *table, enum frame_type type, pte_t entry)
{
	struct frame *child;

	if (!(entry & PTE_P))
		return;
	child = mfn_to_frame(pte_mfn(entry));
	if (child == table)
		return;
	if (frame_level(child) == type_level(type)) {
		table->linear--;
		child->linear++;
	}
	table_put(d, child);
	frame_drop(child);
}

/* ---- whole tables ------------------------------------------------------------------------------------ */

static int prepare(const struct domain *d, enum frame_type type, pte_t *table)
{
	if (!is_pae_root(d, type))
		return 0;
	memset(table + PAE_ROOT_ENTRIES, 0, (PT_ENTRIES - PAE_ROOT_ENTRIES) * sizeof(pte_t));
	if (!(table[PAE_TOP_SLOT] & PTE_P))
		return refuse(-EINVAL,
			      "a PAE root needs an L2 table in slot 3, where the M2P will be");
	return 0;
}

/* Slots that are ours, once the guest's are known to be good. */
static void install_our_slots(const struct domain *d, enum frame_type type, pte_t *table)
{
	if (type == FT_L2_TOP)
		m2p_compat_install(d, table);
	else if (type == FT_L4)
		root_install_slots(d, table);
}

int upper_promote(struct domain *d, struct frame *f, enum frame_type type)
{
	pte_t *table = mfn_to_virt(frame_to_mfn(f));
	unsigned int n = entries_used(d, type);
	int rc = f->done ? 0 : prepare(d, type, table);

	if (rc)
		return rc;
	for (unsigned int i = f->done; i < n; i++) {
		pte_t e = table[i];

		if (!(e & PTE_P) || !upper_slot_is_guest(d, type, i))
			continue;
		f->done = (uint16_t)i;
		rc = entry_get(d, f, type, i, &e);
		if (rc)
			return rc;
		pte_write(&table[i], e);
		f->done = (uint16_t)(i + 1);
		if (preempt_wanted())
			return -ERESTART;
	}
	install_our_slots(d, type, table);
	return 0;
}

void upper_demote(struct domain *d, struct frame *f, enum frame_type type)
{
	const pte_t *table = mfn_to_virt(frame_to_mfn(f));
	unsigned int n = min((unsigned int)f->done, entries_used(d, type));

	for (unsigned int i = 0; i < n; i++)
		if (upper_slot_is_guest(d, type, i))
			entry_put(d, f, type, table[i]);
}

/* ---- one store ----------------------------------------------------------------------------------------- */

static int check_slot(const struct domain *d, enum frame_type type, unsigned int slot)
{
	if (is_pae_root(d, type) && slot >= PAE_TOP_SLOT)
		return refuse(-EINVAL,
			      "slot %u of a live PAE root cannot be written: slots 0 to 2 can",
			      slot);
	if (upper_slot_is_guest(d, type, slot))
		return 0;
	return refuse(type == FT_L2_TOP ? -EPERM : -EINVAL, "slot %u of %s is the hypervisor's",
		      slot, type_name(type));
}

int upper_update(struct domain *d, struct frame *table, unsigned int slot, pte_t entry,
		 bool keep_ad)
{
	enum frame_type type = use_type(load64(&table->use));
	pte_t *at = (pte_t *)mfn_to_virt(frame_to_mfn(table)) + slot;
	pte_t old = pte_read(at);
	int rc = check_slot(d, type, slot);

	if (rc)
		return rc;
	if (entry & PTE_P) {
		rc = entry_get(d, table, type, slot, &entry);
		if (rc)
			return rc;
		if (keep_ad && (old & PTE_P))
			entry |= old & (PTE_A | PTE_D);
	}
	pte_write(at, entry);
	entry_put(d, table, type, old);
	return 0;
}

/* ---- any level --------------------------------------------------------------------------------------- */

int table_update(struct domain *d, struct frame *table, unsigned int slot, pte_t entry,
		 domid_t from, bool keep_ad)
{
	if (likely(use_type(load64(&table->use)) == FT_L1))
		return l1_update(d, (pte_t *)mfn_to_virt(frame_to_mfn(table)) + slot, entry, from,
				 keep_ad);
	return upper_update(d, table, slot, entry, keep_ad);
}
