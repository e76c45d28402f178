/* SPDX-License-Identifier: MIT */
/*
 * What the calls of a toolstack share: one lock, bitmaps of CPUs and nodes, a domain's description.
 *
 * One toolstack operation runs at a time. The lock is the outermost of all and is only tried: whoever
 * finds it taken returns -ERESTART and comes back, so a vCPU that is being paused by the holder never
 * waits for it.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "domain/domain.h"

struct xen_domctl_getdomaininfo;
struct xenctl_bitmap;

/* False: somebody else has it; return -ERESTART. */
bool control_trylock(void);
void control_unlock(void);

/*
 * A bitmap in the caller's memory, of which our `bits` (64 at most) lowest are known. Reading: what
 * the caller's lacks is 0. Writing: what ours lacks is 0. -EFAULT.
 */
int control_bitmap_get(uint64_t *value, const struct xenctl_bitmap *bitmap, unsigned int bits);
int control_bitmap_put(const struct xenctl_bitmap *bitmap, uint64_t value, unsigned int bits);

/* XEN_DOMCTL_getdomaininfo and XEN_SYSCTL_getdomaininfolist say the same: every field is filled. */
void control_domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

#endif
