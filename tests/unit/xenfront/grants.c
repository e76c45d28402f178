/* SPDX-License-Identifier: MIT */
/*
 * The kernel that the frontends' data paths see, beyond what ../xenback/fake.c has of it.
 */
#include "grants.h"
#include "xenfront/blk.h"
#include "xenfront/net.h"

#include <string.h>

#define DEFERRED 8

bool fake_holds[GRANTS];
unsigned fake_grants;
void (*fake_give_up)(void *front);

static struct {
	const void *page;
	void *later; /* a page that goes with the grant */
} grants[GRANTS];

/* The pages of fake.c have one owner each; whose second reference a page_get() took is only remembered. */
static pfn_t kept[GRANTS];
static unsigned kept_count;

static struct {
	void (*fn)(void *data);
	void *data;
} deferred[DEFERRED];
static unsigned deferred_count;

grant_ref_t grant_access(domid_t to, const void *page, bool readonly)
{
	(void)to, (void)readonly;
	for (grant_ref_t ref = 8; ref < GRANTS; ref++) {
		if (grants[ref].page)
			continue;
		grants[ref].page = (void *)((unsigned long)page & ~4095ul);
		fake_grants++;
		return ref;
	}
	return GREF_NONE;
}

bool grant_end(grant_ref_t ref)
{
	assert_true(ref < GRANTS && grants[ref].page);
	if (fake_holds[ref])
		return false;
	grants[ref].page = NULL;
	fake_grants--;
	return true;
}

void grant_end_later(grant_ref_t ref, void *page)
{
	assert_null(grants[ref].later);
	grants[ref].later = page;
}

void *fake_grant_page(grant_ref_t ref)
{
	return ref < GRANTS ? (void *)grants[ref].page : NULL;
}

void page_get(pfn_t pfn)
{
	assert_true(kept_count < GRANTS);
	kept[kept_count++] = pfn;
}

/* It was the second reference to this page that ended. */
static bool was_kept(pfn_t pfn)
{
	for (unsigned i = 0; i < kept_count; i++) {
		if (pfn_x(kept[i]) != pfn_x(pfn))
			continue;
		kept[i] = kept[--kept_count];
		return true;
	}
	return false;
}

void fake_let_go(void)
{
	memset(fake_holds, 0, sizeof(fake_holds));
	for (grant_ref_t ref = 0; ref < GRANTS; ref++) {
		if (!grants[ref].later)
			continue;
		assert_true(grant_end(ref));
		if (!was_kept(machine_va_page(grants[ref].later)))
			page_put(machine_va_page(grants[ref].later));
		grants[ref].later = NULL;
	}
	assert_int_equal(kept_count, 0);
}

void xs_defer(void (*fn)(void *data), void *data)
{
	assert_true(deferred_count < DEFERRED);
	deferred[deferred_count].fn = fn;
	deferred[deferred_count++].data = data;
}

void fake_run_deferred(void)
{
	for (unsigned i = 0; i < deferred_count; i++)
		deferred[i].fn(deferred[i].data);
	deferred_count = 0;
}

void blkfront_give_up(void *front)
{
	fake_give_up(front);
}

void netfront_give_up(void *front)
{
	fake_give_up(front);
}

void netdev_stop(struct netdev *d)
{
	d->stopped = true;
}

void netdev_wake(struct netdev *d)
{
	d->stopped = false;
}

void block_done(struct block_request *r, int error)
{
	r->error = error;
	r->done(r);
}
