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
	_Atomic uint64_t refs; /* FRAME_OWNED / OURS / PUBLIC, and count */
	_Atomic uint64_t use;  /* type, pinned, valid, partial, undo, and count */
	uint32_t next, prev;   /* owner's list or free list, as frame numbers; 0 ends */
	domid_t owner;	       /* a guest, DOMID_XEN, DOMID_IO; DOMID_INVALID: free */
	uint16_t done;	       /* entries validated while partial: 0..512; heap: order */
	union {
		uint32_t epoch;	    /* not a table: TLB epoch of the last put */
		int32_t linear;	    /* table: linear entries in it (> 0) or uses of it (< 0) */
		uint32_t undo_next; /* table on its owner's undo list: the next one */
	};
};

_Static_assert(sizeof(struct frame) == 32, "8 MiB of frame records a GiB");

extern struct frame *frame_table;
extern mfn_t max_mfn; /* one above the highest frame with a record */

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

/* True where the frame is RAM; holes, device memory and the first MiB belong to DOMID_IO. */
static inline bool mfn_valid(mfn_t mfn)
{
	return mfn.mfn < max_mfn.mfn && mfn_to_frame(mfn)->owner != DOMID_IO;
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

/* FT_L2_TOP: the L2 in slot 3 of a 32-bit guest's root, which holds our M2P slots. */
enum frame_type { FT_NONE, FT_L1, FT_L2, FT_L3, FT_L4, FT_DESC, FT_WRITABLE, FT_L2_TOP };

/*
 * Take a type reference; the caller holds a plain one. A page-table type validates the whole table
 * at its first reference. -EINVAL or an entry's own error: refused, explained; -ERESTART: stopped
 * half-way for preemption, call again with the same arguments. Page tables need domain.mm held.
 */
int type_get(struct frame *f, enum frame_type type);
/* The last reference of a page table queues it on its owner's undo list: see types_settle(). */
void type_put(struct frame *f);
/*
 * Undo what type_put() and failed validations queued. Each operation on d's tables settles before it
 * returns to the guest. Locks: domain.mm. -ERESTART: not finished, call again.
 */
int types_settle(struct domain *d);

/* Both references at once, and both given up. For types that cannot be preempted (not L2-L4). */
int frame_get_typed(mfn_t mfn, struct domain *d, enum frame_type type);
void frame_put_typed(struct frame *f);

/*
 * pv/descriptor.c implements: may this page serve as a descriptor table of d? It corrects what the
 * ABI lets it correct (a DPL of 0) in place. Called with the page typed, hence not writable.
 */
bool descriptor_page_check(const struct domain *d, uint64_t *entries);

/* Pin: a type reference that the domain itself holds. Locks: domain.mm. Errors as type_get(). */
int frame_pin(struct domain *d, mfn_t mfn, enum frame_type type);
/* -EINVAL: not a pinned frame of d. The caller settles. */
int frame_unpin(struct domain *d, mfn_t mfn);

/* ---- mapping.c: one L1 entry of the current domain, for grants ---------------------------------- */

/* Where: a virtual address of the current vCPU, or (contains_pte) the entry's own machine address. */
struct pte_place {
	uint64_t at;
	bool is_maddr;
};

/*
 * Map: `pte` must name a frame of `owner`, on which the entry takes its references; what was there
 * loses its own. -EINVAL: no entry there; -EBUSY: frame has another owner or type.
 * Clear: the entry must still name `mfn`, else -EINVAL. replace_va (0: none): its entry moves here.
 * Both take domain.mm of the current domain.
 */
int mapping_set(struct pte_place where, uint64_t pte, const struct domain *owner);
int mapping_clear(struct pte_place where, mfn_t mfn, uint64_t replace_va);

/* ---- heap.c: free memory ---------------------------------------------------------------------- */

#define HEAP_ZERO     1u /* zeroes wanted; else a frame holds anything of ours, or nothing */
#define HEAP_BELOW_4G 2u /* start_info tells a 32-bit guest a machine address of 32 bits */

/* 2^order frames for the hypervisor itself, in the direct map; NULL when there are none. */
void *heap_alloc(unsigned int order, unsigned int flags);
void heap_free(void *p, unsigned int order);
uint64_t heap_free_pages(void);
/* Free pages that only certain domains may have: see domain_claim(). */
uint64_t heap_claimed_pages(void);
/* All frames that ever were the heap's, free or not. */
uint64_t heap_total_pages(void);
/* Free frames whose machine addresses need min_bits to max_bits bits (0: any). */
uint64_t heap_free_between(unsigned int min_bits, unsigned int max_bits);

/* Small objects, zeroed, 16-byte aligned; NULL when there is no memory. */
void *kalloc(size_t size);
void kfree(void *p);
/* What such an object really takes; 0 for NULL. */
size_t kalloc_size(const void *p);

/*
 * 2^order contiguous frames for a domain, scrubbed, on its list, one reference each held by the
 * domain ("owned"). max_bits limits the machine address (0: no limit). Checks max_pages: NULL above.
 */
struct frame *domain_alloc_frames(struct domain *d, unsigned int order, unsigned int max_bits);
/*
 * The same for a hypercall, which may have to wait for a large block: NULL and *again (false before) if it is
 * not scrubbed yet and somebody wants this pCPU. What was scrubbed is not scrubbed again: call again later.
 */
struct frame *domain_alloc_large(struct domain *d, unsigned int order, unsigned int max_bits,
				 bool *again);
/* Drop the domain's own reference of one frame: it goes when the last other use goes. */
void domain_free_frame(struct domain *d, struct frame *f);
/*
 * Set free memory aside for d, so that it can have `pages` in all: whoever else asks finds that much less.
 * What d gets counts against it; 0 ends it. -EINVAL: d claims already, has as much, or may not have so much;
 * -ENOMEM: not so much is free. Locks: takes domain.pages and heap.
 */
int domain_claim(struct domain *d, uint64_t pages);
/*
 * Make a hypervisor heap page (shared_info, grant frames) visible to a domain: owned by it, one
 * permanent writable reference, so it can be mapped and never becomes a table. And back.
 */
void frame_share(void *page, struct domain *d);
/* The page is given up for good, and is no domain's: it returns to the heap with its last mapping. */
void frame_unshare(void *page);
/* Clean a few frames that a dead domain left; true while there are more. For the idle loop. */
bool heap_scrub_some(void);

/* ---- m2p.c: machine to pseudo-physical -------------------------------------------------------- */

#define M2P_INVALID (~0UL)
void m2p_set(mfn_t mfn, uint64_t pfn);
/* If the frame is d's, and while it is: false if it is not. */
bool m2p_set_owned(struct domain *d, mfn_t mfn, uint64_t pfn);
uint64_t m2p_get(mfn_t mfn);
/* May d use this frame at all? A 32-bit domain names only those that its M2P has room for. */
bool m2p_covers(const struct domain *d, mfn_t mfn);
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

/* The interrupt by which other pCPUs are told to flush; once, before any runs. */
void tlb_init(void);
/* A further pCPU begins, on our own root. */
void tlb_start_pcpu(void);
void tlb_flush_local(void);
void tlb_flush_one_local(uint64_t va);
/* After this no pCPU of d's dirty mask holds a translation older than now. */
void tlb_flush_domain(struct domain *d);
/* These pCPUs, one bit each. Interrupts on; any lock may be held. */
void tlb_flush_cpus(uint64_t cpus);

/* ---- access.c: copies to and from the guest that runs on this pCPU ------------------------------ */

/*
 * With the guest kernel's rights, through its live page tables. Return the number of bytes that were
 * NOT copied (0: all). Addresses inside the hypervisor copy nothing; a 32-bit guest reaches 4 GiB.
 */
size_t copy_from_guest(void *to, gptr_t from, size_t bytes);
size_t copy_to_guest(gptr_t to, const void *from, size_t bytes);

/* ---- what others implement for XENMEM_acquire_resource ------------------------------------------- */

/* grant/table.c: how many frames d's table may have; and one of them, for which the table grows if it must. */
uint32_t grant_frames_most(const struct domain *d);
bool grant_frame_get(struct domain *d, uint32_t index, mfn_t *mfn);

/* ---- walk.c ------------------------------------------------------------------------------------- */

/* The present L1 entry for va in v's kernel root; 0: none. Locks: domain.mm, or v is current. */
uint64_t guest_pte(const struct vcpu *v, uint64_t va);
/* Print the walk of a guest address, one line a level, with each table's mfn, pfn and entry. */
void walk_print(struct vcpu *v, uint64_t va);

/* ---- ptwrite.c: stores of a guest kernel into its own page tables ------------------------------- */

/*
 * A write to va faulted on protection: is it a store into a live page table that we emulate? Level 1
 * always; levels 2 and 3 (and 4) with the writable_pagetables assist or pt_assist=force.
 */
bool pt_write_wanted(const struct vcpu *v, uint64_t va);
/*
 * The store itself, `bytes` 1, 2, 4 or 8 inside one entry, which is validated as a whole. 0: done;
 * -ERESTART: let the instruction fault again; else refused: the guest gets its page fault.
 */
int pt_write(struct vcpu *v, uint64_t va, uint64_t value, unsigned int bytes);
/* The same if the operand still holds `expected`; -EAGAIN if it does not. For cmpxchg and rmw. */
int pt_cmpxchg(struct vcpu *v, uint64_t va, uint64_t expected, uint64_t value, unsigned int bytes);

/* ---- hypercalls --------------------------------------------------------------------------------- */

long do_mmu_update(gptr_t requests, unsigned int count, gptr_t done, unsigned int foreign);
long do_mmuext_op(gptr_t ops, unsigned int count, gptr_t done, unsigned int foreign);
long do_update_va_mapping(uint64_t va, uint64_t pte, uint64_t flags);
long do_update_va_mapping_otherdomain(uint64_t va, uint64_t pte, uint64_t flags, domid_t foreign);
long do_memory_op(uint64_t cmd, gptr_t arg);

/* ---- teardown.c --------------------------------------------------------------------------------- */

/*
 * Give back all frames of a dying domain: roots, pins, tables, memory. 0: all gone; -ERESTART: call
 * again; -EBUSY: other domains still hold some of them, domain_frames_gone() says when to call again.
 */
int mm_relinquish(struct domain *d);

/* ---- audit.c ------------------------------------------------------------------------------------ */

/* Recount every reference and type from nothing and compare; returns the number of differences. */
unsigned int mm_audit(void);
/*
 * Whoever keeps references of its own (descriptor windows, grants mapped for devices) registers a
 * function that reports each by audit_count(): so many plain ones, so many of the frame's type.
 */
void audit_register(void (*report)(void));
void audit_count(mfn_t mfn, unsigned int refs, unsigned int types);

/* ---- boot time ---------------------------------------------------------------------------------- */

/*
 * frame_init: frame table and M2P for [0, top), top one above the highest RAM frame; runs on the root
 * that CR3 holds, with the direct map in place. `alloc` gives 2^order frames, zeroed and aligned to
 * their size, as direct-map addresses, and never fails; it is not called later. `is_ram` says whether any of
 * these frames is: large holes get no records of their own. All frames are ours
 * (DOMID_XEN) at first; then iomem_add() names what is no RAM, heap_add() what is free RAM, in whole
 * frames. The first MiB is device memory whatever they say.
 */
void frame_init(mfn_t top, void *(*alloc)(unsigned int order),
		bool (*is_ram)(uint64_t first, uint64_t end));
void heap_add(maddr_t start, maddr_t end);
void iomem_add(maddr_t start, maddr_t end);
/* The firmware's memory map, an entry a call in ascending order, for XENMEM_machine_memory_map. */
void machine_map_add(maddr_t start, uint64_t bytes, uint32_t type);
/* Device pages that no domain may map, and those that it may only read (local APIC, I/O APICs). */
void iomem_deny(maddr_t start, maddr_t end);
void iomem_read_only(maddr_t start, maddr_t end);
/*
 * Is this a device's, that a domain with the right to it may map? And: new mappings of these frames are
 * read-only (MSI-X tables), until it is taken back. False: no room. Locks: devices.
 */
bool iomem_may_map(mfn_t mfn);
bool iomem_protect(mfn_t first, uint64_t count);
void iomem_unprotect(mfn_t first, uint64_t count);
/* The root with nothing but our slots: for idle vCPUs, and the model for every other L4. */
extern maddr_t hv_root;

#endif
