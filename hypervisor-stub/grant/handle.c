/* SPDX-License-Identifier: MIT */
/*
 * The mapper's side: handles, the names of the mappings that a domain made.
 *
 * A handle is a number that the guest gives back to unmap; every number is checked. Free handles form
 * a list through their `ref`, lowest first as long as nothing was freed. The vCPUs of a guest may map and
 * unmap at once, also with the same number: who works on a handle marks it busy, and nobody else finds it
 * meanwhile. Lock: grant.table, for the list and the marks; never held while the work is done.
 */
#include "grant/internal.h"
#include "cpu/cpu.h"
#include "mm/mm.h"

#define PAGES_FIRST 16 /* room in the list of pages at first; it doubles */

static struct handle *handle_at(const struct grants *g, grant_handle_t h)
{
	if (h >= g->handle_pages * HANDLES_PER_PAGE)
		return NULL;
	return &g->handles[h / HANDLES_PER_PAGE][h % HANDLES_PER_PAGE];
}

/* Room for twice as many pages. Nobody reads the list without the lock. Locks: grant.table. */
static bool make_room(struct grants *g)
{
	unsigned int room = g->handle_room ? g->handle_room * 2 : PAGES_FIRST;
	struct handle **list = kalloc(room * sizeof(*list));

	if (!list)
		return false;
	for (unsigned int i = 0; i < g->handle_pages; i++)
		list[i] = g->handles[i];
	kfree(g->handles);
	g->handles = list;
	g->handle_room = room;
	return true;
}

/* One more page of free handles. Locks: grant.table. */
static bool add_page(struct grants *g)
{
	grant_handle_t first = g->handle_pages * HANDLES_PER_PAGE;
	struct handle *page;

	if (g->handle_pages >= g->max_handle_pages ||
	    (g->handle_pages == g->handle_room && !make_room(g)))
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

grant_handle_t handle_alloc(struct domain *d, struct domain *granter, grant_ref_t ref)
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
		*e = (struct handle){ .granter = granter, .ref = ref, .busy = true };
	}
	spin_unlock(&g->table);
	return h;
}

bool handle_claim(struct domain *d, grant_handle_t h, struct handle *out)
{
	struct grants *g = d->grants;
	struct handle *e;
	bool ok;

	spin_lock(&g->table);
	e = handle_at(g, h);
	ok = e && e->granter && !e->busy;
	if (ok) {
		e->busy = true;
		*out = *e;
	}
	spin_unlock(&g->table);
	return ok;
}

void handle_keep(struct domain *d, grant_handle_t h, uint16_t flags)
{
	struct grants *g = d->grants;
	struct handle *e;

	spin_lock(&g->table);
	e = handle_at(g, h);
	e->flags = flags;
	e->busy = false;
	spin_unlock(&g->table);
}

void handle_free(struct domain *d, grant_handle_t h)
{
	struct grants *g = d->grants;
	struct domain *granter;
	struct handle *e;

	spin_lock(&g->table);
	e = handle_at(g, h);
	granter = e->granter;
	*e = (struct handle){ .ref = g->free_handle };
	g->free_handle = h;
	spin_unlock(&g->table);
	domain_put(granter);
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
		if (!handle_claim(d, g->next_release, &h))
			continue;
		grant_release(&h);
		handle_free(d, g->next_release);
	}
	return 0;
}
