/* SPDX-License-Identifier: MIT */
/*
 * Memory: who owns each machine frame, what it is used as, and the hypercalls that change that.
 *
 * Owns: the frame table, the heap, the M2P, all page tables' validity.
 * Locks: domain.mm serialises changes to one domain's page tables; counts are lock-free 64-bit
 * compare-and-swap; domain.pages guards a domain's list of frames; heap guards free memory.
 *
 * A reference (frame_get) keeps a frame with its owner; a type reference (type_get) keeps it what it
 * is: a page table, a descriptor page or writable memory, never two of them at once. types.c has
 * the essay.
 */
#ifndef MM_MM_H
#define MM_MM_H

#include "mm/addr.h"
#include "mm/layout.h"

struct domain;
struct vcpu;

/* ---- frame.c: the frame table and plain references ------------------------------------------- */

struct frame {
	_Atomic uint64_t refs; /* FRAME_OWNED / OURS / DYING, and count */
	_Atomic uint64_t use;  /* type, pinned, valid, partial, top L2, busy, and count */
	uint32_t next, prev;   /* owner's list or free list, as frame numbers; 0 ends */
	domid_t owner;	       /* a guest, DOMID_XEN, DOMID_IO */
	uint16_t done;	       /* entries validated while partial: 0..512 */
	uint32_t epoch;	       /* not a table: TLB epoch of the last put */
};

_Static_assert(sizeof(struct frame) == 32, "8 MiB of frame records a GiB");

extern struct frame *frame_table;
extern mfn_t max_mfn; /* one above the highest frame with a record */

/* True where the frame is RAM with a record; holes and device memory have none. */
bool mfn_valid(mfn_t mfn);

static inline struct frame *mfn_to_frame(mfn_t mfn)
{
	return (struct frame *)FRAME_TABLE_VA + mfn.mfn;
}

static inline mfn_t frame_to_mfn(const struct frame *f)
{
	return _mfn(f - (struct frame *)FRAME_TABLE_VA);
}

static inline void *maddr_to_virt(maddr_t a)
{
	return (void *)(DIRECT_MAP_VA + a.maddr);
}

static inline void *mfn_to_virt(mfn_t mfn)
{
	return (void *)(DIRECT_MAP_VA + (mfn.mfn << PAGE_SHIFT));
}

/* Direct-map addresses only. */
static inline mfn_t virt_to_mfn(const void *p)
{
	return _mfn(((uint64_t)p - DIRECT_MAP_VA) >> PAGE_SHIFT);
}

/* A reference on a frame that `d` owns. False: no record, another owner, or on its way out. */
bool frame_get(mfn_t mfn, struct domain *d);
/* The last reference of a frame given up gives it back to the heap and to its owner's quota. */
void frame_put(struct frame *f);

/* ---- types.c: what a frame is used as --------------------------------------------------------- */

enum frame_type { FT_NONE, FT_L1, FT_L2, FT_L3, FT_L4, FT_DESC, FT_WRITABLE };

/*
 * Take a type reference; the caller holds a plain one. A page-table type validates the whole table
 * at its first reference. -EINVAL or an entry's own error: refused, explained; -ERESTART: stopped
 * half-way for preemption, call again with the same arguments. Page tables need domain.mm held.
 */
int type_get(struct frame *f, enum frame_type type);
/* -ERESTART: not finished, call again. Never fails otherwise. */
int type_put(struct frame *f);

/* Both references at once, and both given up. For types that cannot be preempted (not L2-L4). */
int frame_get_typed(mfn_t mfn, struct domain *d, enum frame_type type);
void frame_put_typed(struct frame *f);

/* Pin: a type reference that the domain itself holds. Locks: domain.mm. Errors as type_get(). */
int frame_pin(struct domain *d, mfn_t mfn, enum frame_type type);
int frame_unpin(struct domain *d, mfn_t mfn);

/* ---- heap.c: free memory ---------------------------------------------------------------------- */

#define HEAP_ZERO \
	1u /* the caller wants zeroes (else the frame holds anything but another's data) */

/* 2^order frames for the hypervisor itself, in the direct map; NULL when there are none. */
void *heap_alloc(unsigned int order, unsigned int flags);
void heap_free(void *p, unsigned int order);
uint64_t heap_free_pages(void);

/* Small objects, zeroed, 16-byte aligned; NULL when there is no memory. */
void *kalloc(size_t size);
void kfree(void *p);

/*
 * 2^order contiguous frames for a domain, scrubbed, on its list, one reference each held by the
 * domain ("owned"). max_bits limits the machine address (0: no limit). Checks max_pages: NULL above.
 */
struct frame *domain_alloc_frames(struct domain *d, unsigned int order, unsigned int max_bits);
/* Drop the domain's own reference of one frame: it goes when the last other use goes. */
void domain_free_frame(struct domain *d, struct frame *f);
/*
 * Make a hypervisor heap page (shared_info, grant frames) visible to a domain: owned by it, one
 * permanent writable reference, so it can be mapped and never becomes a table. And back.
 */
void frame_share(void *page, struct domain *d);
void frame_unshare(void *page);

/* ---- m2p.c: machine to pseudo-physical -------------------------------------------------------- */

#define M2P_INVALID (~0UL)
void m2p_set(mfn_t mfn, uint64_t pfn);
uint64_t m2p_get(mfn_t mfn);
/* Where the compat M2P begins for a 32-bit guest whose image allows the hole from `lowest` up. */
uint32_t m2p_compat_start(uint32_t lowest);

/* ---- root.c: page-table roots of vCPUs -------------------------------------------------------- */

/* Prepare what a new vCPU needs (its own L4 for a 32-bit guest). -ENOMEM. */
int root_init_vcpu(struct vcpu *v);
/* Give up all roots of a vCPU. -ERESTART: call again. */
int root_drop_vcpu(struct vcpu *v);
/*
 * Set the kernel root (L4 of a 64-bit, L3 of a 32-bit guest) or the user root (64-bit only; mfn 0
 * clears). Takes and drops references, loads CR3 if v runs here. Locks: domain.mm. As type_get().
 */
int root_set_kernel(struct vcpu *v, mfn_t mfn);
int root_set_user(struct vcpu *v, mfn_t mfn);
/* Load the CR3 that belongs to v and to the mode (kernel or user) it is in. */
void root_load(struct vcpu *v);

/* ---- tlb.c: epochs ----------------------------------------------------------------------------- */

/* This pCPU's TLB is known clean of everything put before the epoch it returns. */
void tlb_flush_local(void);
void tlb_flush_one_local(uint64_t va);
/* After this no pCPU of d's dirty mask holds a translation older than now. */
void tlb_flush_domain(struct domain *d);

/* ---- access.c: copies to and from the guest that runs on this pCPU ------------------------------ */

/*
 * With the guest kernel's rights, through its live page tables. Return the number of bytes that were
 * NOT copied (0: all). Addresses inside the hypervisor copy nothing; a 32-bit guest reaches 4 GiB.
 */
size_t copy_from_guest(void *to, gptr_t from, size_t bytes);
size_t copy_to_guest(gptr_t to, const void *from, size_t bytes);
size_t clear_guest(gptr_t to, size_t bytes);

/* ---- audit.c ------------------------------------------------------------------------------------ */

/* Recount every reference and type from nothing and compare; returns the number of differences. */
unsigned int mm_audit(void);

/* ---- boot time ---------------------------------------------------------------------------------- */

/* frame_init: tables for [0, top); heap_add: give RAM to the heap (whole frames, after frame_init). */
void frame_init(mfn_t top);
void heap_add(maddr_t start, maddr_t end);

/* ---- for a debugger's eyes ---------------------------------------------------------------------- */

/* Print the walk of a guest address, one line a level, with each table's mfn, pfn and entry. */
void walk_print(struct vcpu *v, uint64_t va);

#endif
