/* SPDX-License-Identifier: MIT */
/*
 * Who is meant: the domain arguments of the page-table hypercalls.
 *
 * The low half of `foreigndom` says whose frames new mappings may name: DOMID_SELF, DOMID_IO (devices),
 * DOMID_XEN (the M2P), or another domain, which takes privilege. For mmu_update the upper half, if not
 * zero, is one more than the domain whose tables are to be changed.
 */
#ifndef MM_FOREIGN_H
#define MM_FOREIGN_H

#include "cpu/cpu.h"
#include "domain/domain.h"

struct foreign {
	domid_t from;	      /* owner of frames: a domain, DOMID_IO or DOMID_XEN */
	struct domain *owner; /* the same as a domain, NULL for IO and XEN */
	struct domain *table; /* whose tables */
};

int foreign_resolve_other(struct foreign *f, uint32_t foreigndom);
void foreign_release_other(struct foreign *f);

/* 0, -ESRCH (no such domain, or one's own number: only DOMID_SELF means oneself) or -EPERM. */
static inline int foreign_resolve(struct foreign *f, uint32_t foreigndom)
{
	if (unlikely(foreigndom != DOMID_SELF))
		return foreign_resolve_other(f, foreigndom);
	f->table = f->owner = current->domain;
	f->from = f->owner->id;
	return 0;
}

static inline void foreign_release(struct foreign *f)
{
	if (unlikely(f->owner != f->table || f->owner != current->domain))
		foreign_release_other(f);
}

#endif
