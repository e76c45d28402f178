/* SPDX-License-Identifier: MIT */
/*
 * Inside mm/: where the two machine-to-physical tables are.
 */
#ifndef MM_M2P_H
#define MM_M2P_H

#include "domain/domain.h"
#include "mm/mm.h"
#include "mm/pte.h"

#define M2P_CHUNK_SHIFT 21 /* both tables consist of 2 MiB frames */
#define M2P_CHUNK_BYTES (1UL << M2P_CHUNK_SHIFT)

/* Guests see M2P_VA read-only; we write here. */
#define M2P_WRITE_VA (FRAME_TABLE_VA + (1UL << 38))

/* init.c: map one page or superpage of ours while frame_init() runs; flags as the hardware has them. */
void hv_map(uint64_t va, maddr_t maddr, uint64_t flags);

/* The same page of ours in all 512 places of 2 MiB. */
void hv_map_same(uint64_t va, maddr_t page, uint64_t flags);

void m2p_init(void *(*alloc)(unsigned int order), bool (*is_ram)(uint64_t first, uint64_t end));

/* The first slot of a 32-bit guest's top L2 that is ours, and how many frames its M2P tells of. */
static inline unsigned int m2p_compat_first_slot(const struct domain *d)
{
	return pt_slot(d->compat_m2p, 2);
}

static inline uint64_t m2p_compat_frames(const struct domain *d)
{
	return (COMPAT_HOLE_END - d->compat_m2p) / sizeof(uint32_t);
}

/* Our slots of a top L2: the M2P, and nothing behind it. */
void m2p_compat_install(const struct domain *d, pte_t *table);

/* Frames of the tables: number `i` from the start of either; false: behind the end. */
bool m2p_frame(uint64_t i, mfn_t *mfn);
bool m2p_compat_frame(const struct domain *d, uint64_t i, mfn_t *mfn);

/* root.c: the entries 256-271 that every root has. */
void root_install_slots(const struct domain *d, pte_t *table);

#endif
