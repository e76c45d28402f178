/* SPDX-License-Identifier: MIT */
/*
 * Resolving foreigndom. Domains other than the caller are held by a reference until they are released.
 */
#include "mm/foreign.h"
#include "console/console.h"
#include "domain/privilege.h"

static int find(domid_t id, struct domain **out)
{
	struct domain *caller = current->domain;
	struct domain *d = id < DOMID_FIRST_RESERVED && id != caller->id ? domain_get(id) : NULL;
	int rc;

	if (!d)
		return refuse(-ESRCH, "there is no other domain %u (one's own is DOMID_SELF)", id);
	rc = (int)privilege_check(__HYPERVISOR_mmu_update, EVERY_OP, d);
	if (!rc && READ_ONCE(d->state) >= DOM_DYING)
		rc = (int)refuse(-ESRCH, "domain %u is being destroyed", id);
	if (rc) {
		domain_put(d);
		return rc;
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
		return (int)privilege_check(__HYPERVISOR_mmu_update, EVERY_OP, NULL);
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
