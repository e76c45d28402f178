/* SPDX-License-Identifier: MIT */
/*
 * Grants of a test to itself: the table of version 1, and one operation at a time.
 *
 * A domain may grant pages to its own number, so that one guest can be both ends. Each helper
 * returns the status (GNTST_*) that the hypervisor left in the one element.
 */
#ifndef PV_GRANT_H
#define PV_GRANT_H

#include "mm.h"

/* Map one frame of the table; the domain's own number, which grants need instead of DOMID_SELF. */
grant_entry_v1_t *grant_init(void);
extern domid_t grant_dom;

/* Write an entry: access for `dom`, read-only or not. Flags last, as the protocol asks. */
void grant_access(grant_ref_t ref, domid_t dom, mfn_t frame, bool readonly);
void grant_end(grant_ref_t ref);

int grant_map(grant_ref_t ref, domid_t dom, uint64_t host_addr, uint32_t flags,
	      grant_handle_t *handle);
int grant_unmap(grant_handle_t handle, uint64_t host_addr);

#endif
