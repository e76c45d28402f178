/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_mmu_update: checked stores into page tables, in batches.
 *
 * A request names an entry by machine address and what to write there. Into a live table the store is
 * validated for that table's level; into any other memory of the domain it is an ordinary store of eight
 * bytes. MMU_MACHPHYS_UPDATE writes the M2P instead. Each request is checked and applied before the
 * next is looked at: earlier ones stay done, and the count says how many.
 */
#include "console/console.h"
#include "mm/batch.h"
#include "mm/m2p.h"

#define CHUNK	     16 /* requests copied at once */
#define REQUEST_SIZE sizeof(struct mmu_update)
#define COMMAND_MASK 7UL /* two bits of command; the third is the entry's alignment */

static long plain_store(struct domain *d, mfn_t mfn, unsigned int slot, pte_t value)
{
	struct frame *f = mfn_to_frame(mfn);
	int rc = frame_get_typed(mfn, d, FT_WRITABLE);

	if (rc)
		return refuse(-EINVAL, "frame %lx is neither a live table nor memory of d%u",
			      mfn_x(mfn), d->id);
	pte_write((pte_t *)mfn_to_virt(mfn) + slot, value);
	frame_put_typed(f);
	return 0;
}

static inline long pt_update(struct batch *b, const struct mmu_update *u, bool keep_ad)
{
	struct domain *d = b->d;
	mfn_t mfn = maddr_to_mfn(_maddr(u->ptr));
	unsigned int slot = (u->ptr & ~PAGE_MASK) / sizeof(pte_t);
	struct frame *f;

	if (unlikely(!mfn_valid(mfn)))
		return refuse(-EINVAL, "frame %lx is no memory", mfn_x(mfn));
	f = mfn_to_frame(mfn);
	if (likely(frame_is_table_of(f, d)))
		return table_update(d, f, slot, u->val, b->who.from, keep_ad);
	return plain_store(d, mfn, slot, u->val);
}

static long machphys_update(struct batch *b, const struct mmu_update *u)
{
	mfn_t mfn = maddr_to_mfn(_maddr(u->ptr));
	struct domain *d = b->who.owner;

	if (b->who.table != current->domain)
		return refuse(-EPERM, "the M2P is no table of d%u", b->who.table->id);
	if (!d || !m2p_set_owned(d, mfn, u->val))
		return refuse(-EINVAL, "M2P: frame %lx is no memory of the domain named",
			      mfn_x(mfn));
	return 0;
}

static long update_one(struct batch *b, const struct mmu_update *u)
{
	switch (u->ptr & COMMAND_MASK) {
	case MMU_NORMAL_PT_UPDATE:
	case MMU_PT_UPDATE_NO_TRANSLATE:
		return pt_update(b, u, false);
	case MMU_PT_UPDATE_PRESERVE_AD:
		return pt_update(b, u, true);
	case MMU_MACHPHYS_UPDATE:
		return machphys_update(b, u);
	default:
		return refuse(-ENOSYS, "ptr %lx: no command %lu", u->ptr, u->ptr & COMMAND_MASK);
	}
}

/* As many as can be read, CHUNK at most. */
static unsigned int fetch(const struct batch *b, struct mmu_update *chunk)
{
	unsigned int n = min(b->count - b->done, (unsigned int)CHUNK);
	gptr_t at = gptr_add(b->requests, b->done * REQUEST_SIZE);

	return n - (copy_from_guest(chunk, at, n * REQUEST_SIZE) + REQUEST_SIZE - 1) / REQUEST_SIZE;
}

static long update_all(struct batch *b)
{
	struct mmu_update chunk[CHUNK];

	while (b->done < b->count) {
		unsigned int n = fetch(b, chunk);

		if (!n) {
			hc_element(b->done);
			return refuse(-EFAULT, "the request at %lx cannot be read",
				      b->requests.va + b->done * REQUEST_SIZE);
		}
		for (unsigned int i = 0; i < n; i++) {
			long rc;

			hc_element(b->done);
			rc = update_one(b, &chunk[i]);
			if (unlikely(rc))
				return rc;
			b->done++;
			rc = b->done < b->count ? batch_settle(b) : 0;
			if (unlikely(rc))
				return rc;
		}
	}
	return 0;
}

long do_mmu_update(gptr_t requests, unsigned int count, gptr_t done, unsigned int foreign)
{
	struct batch b;
	long rc = batch_begin(&b, requests, count, done, foreign, false);

	if (rc) {
		/* As real Xen: nothing was done, and the count says so. */
		if (rc != -ERESTART && !gptr_is_null(done))
			(void)guest_put_u32(done, 0, 0);
		return rc;
	}
	return batch_end(&b, b.ended ? b.rc : update_all(&b));
}
