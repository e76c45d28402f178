/* SPDX-License-Identifier: MIT */
/*
 * Resolving foreigndom. Domains other than the caller are held by a reference until they are released.
 */
#include "mm/foreign.h"
#include "console/console.h"

static int find(domid_t id, struct domain **out)
{
	struct domain *caller = current->domain;
	struct domain *d = id < DOMID_FIRST_RESERVED && id != caller->id ? domain_get(id) : NULL;

	if (!d)
		return refuse(-ESRCH, "there is no other domain %u (one's own is DOMID_SELF)", id);
	if (!caller->privileged || READ_ONCE(d->state) >= DOM_DYING) {
		domain_put(d);
		return caller->privileged ? refuse(-ESRCH, "domain %u is being destroyed", id)
					  : refuse(-EPERM, "domain %u is none of d%u's business",
						   id, caller->id);
	}
	*out = d;
	return 0;
}

static int resolve_from(struct foreign *f, domid_t id)
{
	f->from = id;
	f->owner = NULL;
	if (id == DOMID_SELF) {
		f->owner = current->domain;
		f->from = f->owner->id;
		return 0;
	}
	if (id == DOMID_IO)
		return 0;
	if (id == DOMID_XEN)
		return current->domain->privileged
			       ? 0
			       : refuse(-EPERM, "DOMID_XEN is for privileged domains");
	return find(id, &f->owner);
}

int foreign_resolve_other(struct foreign *f, uint32_t foreigndom)
{
	uint32_t tables_of = foreigndom >> 16;
	int rc;

	f->table = current->domain;
	if (tables_of && tables_of - 1 != f->table->id) {
		rc = find((domid_t)(tables_of - 1), &f->table);
		if (rc)
			return rc;
	}
	rc = resolve_from(f, (domid_t)foreigndom);
	if (rc && f->table != current->domain)
		domain_put(f->table);
	return rc;
}

void foreign_release_other(struct foreign *f)
{
	if (f->table != current->domain)
		domain_put(f->table);
	if (f->owner && f->owner != current->domain)
		domain_put(f->owner);
}
