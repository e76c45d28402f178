/* SPDX-License-Identifier: MIT */
/*
 * Machine to pseudo-physical: which pfn a guest gave to each of its frames.
 *
 * Two tables say the same: 64-bit words for 64-bit guests, at a fixed address in every root, and 32-bit
 * words for 32-bit guests, whose top L2 maps them at d->compat_m2p. Guests read both; only we write,
 * through an alias. An entry belongs to the owner of its frame, who may put any value there: nothing
 * here trusts it. Words are written whole; no lock.
 */
#include "mm/m2p.h"
#include "lib/string.h"
#include "mm/types.h"

static mfn_t *compat_chunk; /* first frame of each 2 MiB of the compat table */
static mfn_t *chunk;
static uint64_t chunks, compat_chunks;

void m2p_set(mfn_t mfn, uint64_t pfn)
{
	if (mfn_x(mfn) >= mfn_x(max_mfn))
		return;
	WRITE_ONCE(((uint64_t *)M2P_WRITE_VA)[mfn_x(mfn)], pfn);
	WRITE_ONCE(((uint32_t *)COMPAT_M2P_VA)[mfn_x(mfn)], (uint32_t)pfn);
}

bool m2p_set_owned(struct domain *d, mfn_t mfn, uint64_t pfn)
{
	/* Another vCPU of d may give it up just now, and its next owner's entry is none of d's business. */
	if (!frame_get(mfn, d))
		return false;
	m2p_set(mfn, pfn);
	frame_put(mfn_to_frame(mfn));
	return true;
}

uint64_t m2p_get(mfn_t mfn)
{
	return mfn_x(mfn) < mfn_x(max_mfn) ? ((uint64_t *)M2P_WRITE_VA)[mfn_x(mfn)] : M2P_INVALID;
}

bool m2p_covers(const struct domain *d, mfn_t mfn)
{
	return !d->is_32bit || mfn_x(mfn) < m2p_compat_frames(d);
}

uint32_t m2p_compat_start(uint32_t lowest)
{
	uint64_t bytes = compat_chunks << M2P_CHUNK_SHIFT;
	uint64_t start = COMPAT_HOLE_END - min(bytes, (uint64_t)COMPAT_HOLE_END);

	/* A kernel that says nothing about the hole expects it where the first PAE ABI had it. */
	if (!lowest)
		return COMPAT_HOLE_LOWEST;
	lowest = (uint32_t)min(((uint64_t)lowest + M2P_CHUNK_BYTES - 1) & ~(M2P_CHUNK_BYTES - 1),
			       COMPAT_HOLE_END - M2P_CHUNK_BYTES);
	return (uint32_t)max(start, (uint64_t)lowest);
}

void m2p_compat_install(const struct domain *d, pte_t *table)
{
	unsigned int slot = m2p_compat_first_slot(d);
	uint64_t i = 0;
	mfn_t mfn;

	memset(&table[slot], 0, (PT_ENTRIES - slot) * sizeof(pte_t));
	for (; m2p_compat_frame(d, i, &mfn); i++)
		table[slot + i] = pte_make(mfn, PTE_P | PTE_PSE);
}

bool m2p_frame(uint64_t i, mfn_t *mfn)
{
	if (i >= chunks)
		return false;
	*mfn = chunk[i];
	return true;
}

bool m2p_compat_frame(const struct domain *d, uint64_t i, mfn_t *mfn)
{
	if (i >= compat_chunks || i >= (COMPAT_HOLE_END - d->compat_m2p) >> M2P_CHUNK_SHIFT)
		return false;
	*mfn = compat_chunk[i];
	return true;
}

/* A guest may map these frames read-only by naming DOMID_XEN: typed so that RW never works. */
static void publish(mfn_t first, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct frame *f = mfn_to_frame(mfn_add(first, i));

		f->refs = REFS_OURS | REFS_SHARED | 1;
		f->use = use_of(FT_DESC) | USE_VALID | 1;
	}
}

static mfn_t make_chunk(void *(*alloc)(unsigned int order), unsigned int order)
{
	void *p = alloc(order);

	memset(p, 0xff, PAGE_SIZE << order);
	publish(virt_to_mfn(p), 1UL << order);
	return virt_to_mfn(p);
}

/* A gigabyte without RAM: all its entries say "nobody's". Nothing ever writes there: no frame has an owner. */
static void map_hole(uint64_t i, maddr_t invalid)
{
	hv_map_same(M2P_VA + i * M2P_CHUNK_BYTES, invalid, PTE_P | PTE_US | PTE_NX);
	hv_map_same(M2P_WRITE_VA + i * M2P_CHUNK_BYTES, invalid, PTE_P | PTE_NX);
	/* In the list of the table's frames real Xen, too, repeats the one before. */
	chunk[i] = chunk[i - 1];
}

void m2p_init(void *(*alloc)(unsigned int order), bool (*is_ram)(uint64_t first, uint64_t end))
{
	const uint64_t frames = M2P_CHUNK_BYTES / sizeof(uint64_t);
	const unsigned int order = M2P_CHUNK_SHIFT - PAGE_SHIFT;
	maddr_t invalid = mfn_to_maddr(make_chunk(alloc, 0));

	chunks = (mfn_x(max_mfn) * 8 + M2P_CHUNK_BYTES - 1) >> M2P_CHUNK_SHIFT;
	compat_chunks = (mfn_x(max_mfn) * 4 + M2P_CHUNK_BYTES - 1) >> M2P_CHUNK_SHIFT;
	/* Frame numbers of chunks: one page holds 512 of each, for 512 GiB. */
	BUG_ON(chunks > PAGE_SIZE / sizeof(mfn_t));
	chunk = alloc(0);
	compat_chunk = alloc(0);
	for (uint64_t i = 0; i < chunks; i++) {
		maddr_t at;

		if (i && !is_ram(i * frames, (i + 1) * frames)) {
			map_hole(i, invalid);
			continue;
		}
		chunk[i] = make_chunk(alloc, order);
		at = mfn_to_maddr(chunk[i]);
		hv_map(M2P_VA + i * M2P_CHUNK_BYTES, at, PTE_P | PTE_US | PTE_PSE | PTE_NX);
		hv_map(M2P_WRITE_VA + i * M2P_CHUNK_BYTES, at, PTE_P | PTE_RW | PTE_PSE | PTE_NX);
	}
	for (uint64_t i = 0; i < compat_chunks; i++) {
		compat_chunk[i] = make_chunk(alloc, order);
		hv_map(COMPAT_M2P_VA + i * M2P_CHUNK_BYTES, mfn_to_maddr(compat_chunk[i]),
		       PTE_P | PTE_RW | PTE_PSE | PTE_NX);
	}
}
