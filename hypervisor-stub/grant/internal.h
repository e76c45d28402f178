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

#define GRANT_FRAMES_MAX 64 /* pages of a table */
#define GRANTS_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define PINS_ORDER	 1 /* pages that the pins of one table frame take */
#define HANDLES_PER_PAGE (PAGE_SIZE / sizeof(struct handle))
#define HANDLE_PAGES_MAX 1024
#define HANDLE_NONE	 (~0u)

/* What of one entry is in use by others: our own memory, the guest cannot see it. */
struct pins {
	uint32_t mfn;	/* of the first use; stays while any is left */
	domid_t who;	/* which domain uses it */
	uint16_t reads; /* mappings and running copies */
	uint16_t writes;
	uint16_t spare;
};

/* One mapping that a domain made of a grant. */
struct handle {
	struct domain *granter; /* with a reference; NULL: free */
	grant_ref_t ref;	/* free: the next free handle */
	uint16_t flags; /* GNTMAP_device_map, _host_map, _readonly, _contains_pte still held */
	uint16_t spare;
};

struct grants {
	/* As granter. Lock: entry; `frames` changes under both. */
	struct spinlock entry;
	unsigned int frames;
	struct grant_entry_v1 *frame[GRANT_FRAMES_MAX];
	struct pins *pins[GRANT_FRAMES_MAX];
	/* As mapper. Lock: table. */
	struct spinlock table;
	struct handle **handles; /* HANDLE_PAGES_MAX pages, as they are needed */
	unsigned int handle_pages;
	grant_handle_t free_handle;
	unsigned int next_release; /* grants_release_mappings(): progress */
};

_Static_assert(GRANTS_PER_FRAME * sizeof(struct pins) <= PAGE_SIZE << PINS_ORDER, "pins");

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

/* HANDLE_NONE: no memory, or too many. */
grant_handle_t handle_alloc(struct domain *d, struct domain *granter, grant_ref_t ref,
			    uint16_t flags);
void handle_free(struct domain *d, grant_handle_t h);
/* A copy of what the handle says; false: there is no such handle. */
bool handle_get(struct domain *d, grant_handle_t h, struct handle *out);
/* One part (host or device) of it is gone; frees it with the last. False: somebody was faster. */
bool handle_drop(struct domain *d, grant_handle_t h, uint16_t part);

/* ---- map.c, copy.c: one element each; the status goes into it -------------------------------------- */

void grant_map(struct gnttab_map_grant_ref *op);
void grant_unmap(struct gnttab_unmap_grant_ref *op);
void grant_unmap_and_replace(struct gnttab_unmap_and_replace *op);
void grant_copy(struct gnttab_copy *op);
void grant_transfer(struct gnttab_transfer *op);
/* Give up the part of a mapping that is left when its domain dies. */
void grant_release(struct domain *d, const struct handle *h);
void grant_audit_handle(const struct handle *h);

#endif
