/* SPDX-License-Identifier: MIT */
/*
 * Level 1: entries that map pages.
 *
 * A present entry holds a reference on its frame, and a writable one if RW is set; entries that name
 * device memory hold nothing. The common path is inline in types.h; here are the exceptions and the
 * loops over a whole table. All flags are the guest's own affair, but for cache control, which only a
 * domain with devices may touch, since two mappings of a page that differ in it break the machine.
 *
 * What is refused while *setting a mapping* is -EBUSY, or -EPERM for device memory: guests tell by
 * that whether the frame or the right is missing. Locks: domain.mm of the table's owner.
 */
#include "console/console.h"
#include "domain/rights.h"
#include "mm/explain.h"
#include "mm/iomem.h"
#include "pv/pv.h"

int l1e_check_cached(const struct domain *d, pte_t entry)
{
	mfn_t mfn = pte_mfn(entry);

	if (right_any(d, RIGHT_FRAME) &&
	    (!mfn_valid(mfn) || !(load64(&mfn_to_frame(mfn)->refs) & REFS_OURS)))
		return 0;
	if (right_any(d, RIGHT_FRAME))
		return refuse(-EACCES, "entry %lx: frame %lx is the hypervisor's and always cached",
			      entry, mfn_x(mfn));
	return refuse(-EINVAL,
		      "entry %lx: PWT, PCD and PAT are for domains with devices, not for d%u",
		      entry, d->id);
}

int l1e_refuse_writable(struct frame *f, pte_t entry)
{
	enum frame_type type = use_type(load64(&f->use));

	refuse(-EBUSY, "entry %lx: RW is not possible, frame %lx is %s", entry,
	       mfn_x(frame_to_mfn(f)), type_name(type));
	frame_drop(f);
	return -EBUSY;
}

/* Not RAM: by right, and never cached. */
static int device_get(const struct domain *d, domid_t from, pte_t *entry)
{
	mfn_t mfn = pte_mfn(*entry);
	pte_t cache = *entry & PTE_CACHE_MASK;

	/* All ones is what a guest gets from a P2M that has no frame there: a mistake, not a wish. */
	if ((*entry & PTE_ADDRESS) == PTE_ADDRESS)
		return refuse(-EINVAL, "entry %lx: the frame number is \"no frame\"", *entry);
	if ((from != d->id && from != DOMID_IO) ||
	    !right_held(d, RIGHT_FRAME, mfn_x(mfn), mfn_x(mfn)) || !iomem_may_map(mfn))
		return refuse(-EPERM, "entry %lx: frame %lx is device memory that d%u may not map",
			      *entry, mfn_x(mfn), d->id);
	/* Write-back, write-through and write-protected become uncached; the others were meant. */
	if (!(cache & PTE_PCD) && (cache != PTE_PAT))
		*entry = (*entry & ~PTE_PAT) | PTE_PWT | PTE_PCD;
	if (iomem_is_read_only(mfn))
		*entry &= ~PTE_RW;
	return 0;
}

int l1e_get_rare(const struct domain *d, domid_t from, pte_t *entry)
{
	mfn_t mfn = pte_mfn(*entry);

	if (!mfn_valid(mfn)) {
		int rc = device_get(d, from, entry);

		*entry = l1e_mark(d, *entry);
		return rc;
	}
	return refuse(-EBUSY, "entry %lx: frame %lx does not belong to d%u", *entry, mfn_x(mfn),
		      from);
}

/*
 * A guest makes an LDT page its own again by unmapping it: the window lets go of the frame too. It maps
 * again when it is used.
 */
void l1e_put_descriptor(struct domain *d, struct frame *f)
{
	struct vcpu *v;

	if (f->owner != d->id)
		return;
	for_each_vcpu (d, v)
		if (v->pv.ldt_mapped)
			pv_unmap_ldt(v);
}

int l1_promote(struct domain *d, struct frame *f)
{
	pte_t *table = mfn_to_virt(frame_to_mfn(f));
	unsigned int i;
	int rc = 0;

	for (i = 0; i < PT_ENTRIES; i++) {
		pte_t e = table[i];

		if (!(e & PTE_P))
			continue;
		rc = l1e_get(d, d->id, &e);
		if (unlikely(rc))
			break;
		if (e != table[i])
			pte_write(&table[i], e);
	}
	/* Whether all or some: what has been taken is given back by l1_demote(). */
	f->done = (uint16_t)i;
	return rc;
}

void l1_demote(struct domain *d, struct frame *f)
{
	const pte_t *table = mfn_to_virt(frame_to_mfn(f));

	for (unsigned int i = 0; i < f->done; i++)
		l1e_put(d, table[i]);
}

static void l1_store(pte_t *at, pte_t entry, bool keep_ad)
{
	pte_t old;

	if (!keep_ad) {
		pte_write(at, entry);
		return;
	}
	old = pte_read(at);
	while (!__atomic_compare_exchange_n(at, &old, entry | (old & (PTE_A | PTE_D)), false,
					    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
}

/* What may change in a present entry without changing what it holds. */
#define HARMLESS                                                                 \
	(PTE_US | PTE_A | PTE_D | PTE_G | (PTE_NX - PTE_GUEST_KERNEL) | PTE_NX | \
	 ((pte_t)7 << 9) /* software bits */)

int l1_update(struct domain *d, pte_t *at, pte_t entry, domid_t from, bool keep_ad)
{
	pte_t old = pte_read(at);
	int rc;

	if ((old & PTE_P) && !((old ^ entry) & ~HARMLESS)) {
		l1_store(at, l1e_mark(d, entry), keep_ad);
		return 0;
	}
	rc = l1e_get(d, from, &entry);
	if (unlikely(rc))
		return rc;
	l1_store(at, entry, keep_ad && (old & PTE_P));
	l1e_put(d, old);
	return 0;
}
