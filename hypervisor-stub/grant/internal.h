/* SPDX-License-Identifier: MIT */
/*
 * The inside of grant/: tables, pins and handles. grant.c has the essay.
 */
#ifndef GRANT_INTERNAL_H
#define GRANT_INTERNAL_H

#include "console/console.h"
#include "cpu/spinlock.h"
#include "domain/domain.h"
#include "grant/grant.h"

#include <xen/grant_table.h>

#define GRANTS_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define PINS_PER_GROUP	 64
#define PIN_GROUPS	 (GRANTS_PER_FRAME / PINS_PER_GROUP)
#define HANDLES_PER_PAGE (PAGE_SIZE / sizeof(struct handle))
#define HANDLE_NONE	 (~0u)

/* What of one entry is in use by others: our own memory, the guest cannot see it. */
struct pins {
	uint32_t mfn; /* of the first use; stays while any is left */
	domid_t who;  /* which domain uses it */
	uint16_t spare;
	uint32_t reads; /* mappings and running copies */
	uint32_t writes;
};

/* One page of a table, and the pins of its entries, in groups that come into being with the first use. */
struct table_frame {
	struct grant_entry_v1 *entries;
	struct pins *pins[PIN_GROUPS];
};

/* One mapping that a domain made of a grant. */
struct handle {
	struct domain *granter; /* with a reference; NULL: free */
	grant_ref_t ref;	/* free: the next free handle */
	uint16_t flags; /* GNTMAP_device_map, _host_map, _readonly, _contains_pte still held */
	bool busy;	/* somebody maps or unmaps it just now: nobody else may touch it */
};

struct grants {
	/* As granter. Lock: entry; `frames` changes under both. */
	struct spinlock entry;
	unsigned int frames, max_frames;
	struct table_frame **frame; /* room for max_frames */
	/* As mapper. Lock: table. */
	struct spinlock table;
	unsigned int handle_pages, max_handle_pages;
	unsigned int handle_room; /* pages that `handles` has room for */
	struct handle **handles;
	grant_handle_t free_handle;
	unsigned int next_release; /* grants_release_mappings(): progress */
};

/* A failed element explains itself like a failed call, and gets its status. */
#define grant_refuse(status, ...) ((void)refuse(-EINVAL, __VA_ARGS__), (int16_t)(status))

/* ---- entry.c: the granter's side --------------------------------------------------------------- */

/*
 * d's entry `ref` will be used by `who`, for writing or reading. GNTST_okay: it is pinned (its flags
 * say so to the granter) and *mfn is the frame; no reference on the frame is taken. Else a status.
 */
int16_t entry_pin(struct domain *d, grant_ref_t ref, const struct domain *who, bool write,
		  mfn_t *mfn);
void entry_unpin(struct domain *d, grant_ref_t ref, bool write);
/* The frame of a pinned entry. */
mfn_t entry_frame(struct domain *d, grant_ref_t ref);
/*
 * d's entry `ref` waits for a frame of `who`: GNTST_okay, and it is committed to it. Then the frame's number
 * goes there, and its owner-to-be sees that it has come.
 */
int16_t entry_commit_transfer(struct domain *d, grant_ref_t ref, const struct domain *who);
void entry_complete_transfer(struct domain *d, grant_ref_t ref, mfn_t mfn);
/* Exchange two entries that nobody uses. */
int16_t entry_swap(struct domain *d, grant_ref_t a, grant_ref_t b);

/* ---- table.c ------------------------------------------------------------------------------------ */

bool table_grow(struct domain *d, unsigned int frames);

long op_setup_table(gptr_t ops, unsigned int count);
long op_query_size(gptr_t ops, unsigned int count);
long op_set_version(gptr_t ops);
long op_get_version(gptr_t ops);
long op_get_status_frames(gptr_t ops, unsigned int count);
long op_cache_flush(gptr_t ops, unsigned int index);

/* ---- handle.c: the mapper's side ----------------------------------------------------------------- */

/*
 * A new handle, busy: whoever made it either ends that with its flags or frees it. HANDLE_NONE: no memory,
 * or too many.
 */
grant_handle_t handle_alloc(struct domain *d, struct domain *granter, grant_ref_t ref);
/*
 * Have a handle for oneself. A copy of what it says; false: there is none, or somebody else has it. Its
 * granter lives at least until it is given back or freed.
 */
bool handle_claim(struct domain *d, grant_handle_t h, struct handle *out);
/* Give it back with the parts that are left of it; and not, since none is. */
void handle_keep(struct domain *d, grant_handle_t h, uint16_t flags);
void handle_free(struct domain *d, grant_handle_t h);

/* ---- map.c, copy.c: one element each; the status goes into it -------------------------------------- */

void grant_map(struct gnttab_map_grant_ref *op);

/*
 * Unmapping is done in two halves, since between them all TLBs are flushed once for many: until then the
 * granter must not hear that its page is free.
 */
#define UNMAP_BATCH 32

struct unmapped_one {
	grant_handle_t handle; /* busy, with nothing left to unmap; it keeps the granter */
	grant_ref_t ref;
	struct domain *granter;
	bool write;
};

struct unmapped {
	unsigned int count;
	struct unmapped_one one[UNMAP_BATCH];
};

void grant_unmap(struct gnttab_unmap_grant_ref *op, struct unmapped *batch);
void grant_unmap_and_replace(struct gnttab_unmap_and_replace *op, struct unmapped *batch);
/* The second half, of the current domain. */
void grant_unmap_finish(struct unmapped *batch);

void grant_copy(struct gnttab_copy *op);
void grant_transfer(struct gnttab_transfer *op);
/* Give up the part of a mapping that is left when its domain dies. */
void grant_release(const struct handle *h);
void grant_audit_handle(const struct handle *h);

#endif
