/* SPDX-License-Identifier: MIT */
/*
 * The mapper's side: handles, the names of the mappings that a domain made.
 *
 * A handle is a number that the guest gives back to unmap; every number is checked. Free handles form
 * a list through their `ref`, lowest first as long as nothing was freed. Lock: grant.table.
 */
#include "grant/internal.h"
#include "cpu/cpu.h"
#include "mm/mm.h"

static struct handle *handle_at(const struct grants *g, grant_handle_t h)
{
	if (h >= g->handle_pages * HANDLES_PER_PAGE)
		return NULL;
	return &g->handles[h / HANDLES_PER_PAGE][h % HANDLES_PER_PAGE];
}

/* One more page of free handles. Locks: grant.table. */
static bool add_page(struct grants *g)
{
	grant_handle_t first = g->handle_pages * HANDLES_PER_PAGE;
	struct handle *page;

	if (!g->handles)
		g->handles = heap_alloc(1, HEAP_ZERO);
	if (!g->handles || g->handle_pages == HANDLE_PAGES_MAX)
		return false;
	page = heap_alloc(0, HEAP_ZERO);
	if (!page)
		return false;
	for (unsigned int i = 0; i < HANDLES_PER_PAGE; i++)
		page[i].ref = i + 1 < HANDLES_PER_PAGE ? first + i + 1 : HANDLE_NONE;
	g->handles[g->handle_pages++] = page;
	g->free_handle = first;
	return true;
}

_Static_assert(HANDLE_PAGES_MAX * sizeof(struct handle *) <= 2 * PAGE_SIZE, "list of pages");

grant_handle_t handle_alloc(struct domain *d, struct domain *granter, grant_ref_t ref,
			    uint16_t flags)
{
	struct grants *g = d->grants;
	grant_handle_t h = HANDLE_NONE;
	struct handle *e;

	spin_lock(&g->table);
	if (g->free_handle != HANDLE_NONE || add_page(g)) {
		h = g->free_handle;
		e = handle_at(g, h);
		g->free_handle = e->ref;
		domain_hold(granter);
		*e = (struct handle){ .granter = granter, .ref = ref, .flags = flags };
	}
	spin_unlock(&g->table);
	return h;
}

/* Locks: grant.table. The reference on the granter becomes the caller's. */
static struct domain *release(struct grants *g, grant_handle_t h, struct handle *e)
{
	struct domain *granter = e->granter;

	*e = (struct handle){ .ref = g->free_handle };
	g->free_handle = h;
	return granter;
}

void handle_free(struct domain *d, grant_handle_t h)
{
	struct grants *g = d->grants;
	struct domain *granter;

	spin_lock(&g->table);
	granter = release(g, h, handle_at(g, h));
	spin_unlock(&g->table);
	domain_put(granter);
}

bool handle_get(struct domain *d, grant_handle_t h, struct handle *out)
{
	struct grants *g = d->grants;
	struct handle *e;

	spin_lock(&g->table);
	e = handle_at(g, h);
	if (e && e->granter) {
		*out = *e;
		domain_hold(out->granter);
	} else {
		e = NULL;
	}
	spin_unlock(&g->table);
	return e;
}

bool handle_drop(struct domain *d, grant_handle_t h, uint16_t part)
{
	struct grants *g = d->grants;
	struct domain *granter = NULL;
	struct handle *e;
	bool had;

	spin_lock(&g->table);
	e = handle_at(g, h);
	had = e && e->granter && (e->flags & part);
	if (had) {
		e->flags &= (uint16_t)~part;
		if (!(e->flags & (GNTMAP_host_map | GNTMAP_device_map)))
			granter = release(g, h, e);
	}
	spin_unlock(&g->table);
	if (granter)
		domain_put(granter);
	return had;
}

static void audit_domain(struct domain *d)
{
	struct grants *g = d->grants;

	for (grant_handle_t h = 0; h < g->handle_pages * HANDLES_PER_PAGE; h++)
		if (handle_at(g, h)->granter)
			grant_audit_handle(handle_at(g, h));
}

/* mm_audit() calls this with all guests stopped, so no lock. */
static void audit_report(void)
{
	struct domain *d;

	list_for_each (d, &domain_list, all)
		audit_domain(d);
}

void grants_start(void)
{
	audit_register(audit_report);
}

int grants_release_mappings(struct domain *d)
{
	struct grants *g = d->grants;
	unsigned int last = g->handle_pages * HANDLES_PER_PAGE;

	for (; g->next_release < last; g->next_release++) {
		struct handle h;

		if (preempt_wanted())
			return -ERESTART;
		if (!handle_get(d, g->next_release, &h))
			continue;
		grant_release(d, &h);
		domain_put(h.granter);
		handle_free(d, g->next_release);
	}
	return 0;
}
