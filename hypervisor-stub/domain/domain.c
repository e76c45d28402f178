/* SPDX-License-Identifier: MIT */
/*
 * Domains: creation, the list of them, and references.
 *
 * domain_list is sorted by number, for whoever walks; a table of buckets finds one by its number. Being
 * alive is one reference (destroy.c gives it up), every domain_get() is another. A domain is on the list
 * until the last has gone, so its number is not given out again before; then what is left of it (it owns
 * no memory by then) is freed. Locks: domain list, for both; a lookup takes its bucket's lock only.
 */
#include "domain/life.h"
#include "domain/rights.h"
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "event/event.h"
#include "grant/grant.h"
#include "irq/irq.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "sched/sched.h"

struct list domain_list = LIST_INIT(domain_list);
static struct spinlock domain_list_lock = SPINLOCK_INIT(LOCK_DOMAIN_LIST);

#define BUCKETS 256

/* Numbers are given out in sequence: the low bits spread them. */
static struct bucket {
	struct spinlock lock;
	struct domain *first;
} buckets[BUCKETS] = {
	[0 ... BUCKETS - 1] = { .lock = SPINLOCK_INIT(LOCK_DOMAIN_BUCKET) },
};

static struct bucket *bucket_of(domid_t id)
{
	return &buckets[id % BUCKETS];
}

/* The first domain whose number is not below id; the list's head if none. Locks: domain list. */
static struct list *list_position(domid_t id)
{
	struct list *l = domain_list.next;

	while (l != &domain_list && list_entry(l, struct domain, all)->id < id)
		l = l->next;
	return l;
}

void domain_hold(struct domain *d)
{
	d->refs++;
}

/* One more, unless the last has gone already: then the domain is on its way off the list. */
static bool try_hold(struct domain *d)
{
	unsigned int refs = READ_ONCE(d->refs);

	do {
		if (!refs)
			return false;
	} while (!__atomic_compare_exchange_n((unsigned int *)&d->refs, &refs, refs + 1, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return true;
}

struct domain *domain_get(domid_t id)
{
	struct domain *d = current->domain;
	struct bucket *b = bucket_of(id);

	/* Whoever runs has a domain that is not gone. */
	if (id == d->id && id < DOMID_FIRST_RESERVED) {
		domain_hold(d);
		return d;
	}
	spin_lock(&b->lock);
	d = b->first;
	while (d && d->id != id)
		d = d->bucket_next;
	if (d && !try_hold(d))
		d = NULL;
	spin_unlock(&b->lock);
	return d;
}

struct domain *domain_get_from(domid_t id)
{
	struct domain *d, *found = NULL;
	struct list *l;

	spin_lock(&domain_list_lock);
	/* One whose last reference is gone is still listed, for a moment, and is nobody's to hold. */
	for (l = list_position(id); l != &domain_list && !found; l = l->next) {
		d = list_entry(l, struct domain, all);
		if (try_hold(d))
			found = d;
	}
	spin_unlock(&domain_list_lock);
	return found;
}

struct domain *domain_get_or_self(domid_t id)
{
	return domain_get(id == DOMID_SELF ? current->domain->id : id);
}

void domains_each(void (*fn)(struct domain *d))
{
	struct domain *d;

	spin_lock(&domain_list_lock);
	list_for_each (d, &domain_list, all)
		fn(d);
	spin_unlock(&domain_list_lock);
}

/* Off the list and out of the table: nobody finds it, and its number is free. */
static void delist(struct domain *d)
{
	struct bucket *b = bucket_of(d->id);
	struct domain **at = &b->first;

	spin_lock(&domain_list_lock);
	spin_lock(&b->lock);
	while (*at != d)
		at = &(*at)->bucket_next;
	*at = d->bucket_next;
	spin_unlock(&b->lock);
	list_del(&d->all);
	spin_unlock(&domain_list_lock);
}

/* Nobody knows it, or nobody knows it any more. */
static void free_parts(struct domain *d)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			vcpu_free(d->vcpu[i]);
	grants_destroy(d);
	evtchn_free(d);
	kfree(d->symbols);
	kfree(d->console);
	rights_free(d);
	pirqs_free(d);
	kfree(d->cpu_policy);
	kfree(d);
}

/* What others still map of the pages that we share with it belongs to no domain from now on. */
static void unshare_pages(struct domain *d)
{
	if (d->grants)
		grants_drop_frames(d);
	if (d->shared_info)
		frame_unshare(d->shared_info);
	d->shared_info = NULL;
}

void domain_free(struct domain *d)
{
	unshare_pages(d);
	delist(d);
	free_parts(d);
}

void domain_put(struct domain *d)
{
	if (__atomic_sub_fetch((unsigned int *)&d->refs, 1, __ATOMIC_ACQ_REL) == 0)
		domain_bury(d);
}

static bool enlist(struct domain *d)
{
	struct bucket *b = bucket_of(d->id);
	struct list *l;
	bool free;

	spin_lock(&domain_list_lock);
	l = list_position(d->id);
	free = l == &domain_list || list_entry(l, struct domain, all)->id != d->id;
	if (free) {
		list_insert_between(&d->all, l->prev, l);
		spin_lock(&b->lock);
		d->bucket_next = b->first;
		b->first = d;
		spin_unlock(&b->lock);
	}
	spin_unlock(&domain_list_lock);
	return free;
}

static bool share_info_page(struct domain *d)
{
	d->shared_info = heap_alloc(0, HEAP_ZERO | HEAP_BELOW_4G);
	if (!d->shared_info)
		return false;
	frame_share(d->shared_info, d);
	shared_info_init(d);
	time_update_wallclock(d);
	return true;
}

static bool create_parts(struct domain *d, const struct domain_config *config)
{
	if (!share_info_page(d) || evtchn_init(d, config) || grants_init(d, config))
		return false;
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (!vcpu_create(d, i))
			return false;
	return true;
}

struct domain *domain_create(domid_t id, const struct domain_config *config, int *error)
{
	struct domain *d = kalloc(sizeof(*d));

	*error = -ENOMEM;
	if (!d)
		return NULL;
	d->id = id;
	d->is_32bit = config->is_32bit;
	d->privileged = config->privileged;
	d->max_vcpus = config->max_vcpus;
	memcpy(d->handle, config->handle, sizeof(d->handle));
	d->refs = 1;
	d->state = DOM_ALIVE;
	d->shutdown_code = SHUTDOWN_CODE_NONE;
	sched_init_domain(d);
	snprintf(d->name, sizeof(d->name), "d%u", id);
	list_init(&d->all);
	list_init(&d->dying);
	spin_init(&d->life, LOCK_DOMAIN_LIFE);
	spin_init(&d->mm_lock, LOCK_DOMAIN_MM);
	spin_init(&d->pages_lock, LOCK_DOMAIN_PAGES);
	/* Whoever finds it finds it whole, so it goes on the list last. */
	if (create_parts(d, config)) {
		if (enlist(d))
			return d;
		*error = -EEXIST;
	}
	unshare_pages(d);
	free_parts(d);
	return NULL;
}
