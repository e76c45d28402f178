/* SPDX-License-Identifier: MIT */
/*
 * Domains: creation, the list of them, and references.
 *
 * domain_list is sorted by number. Being on it is one reference; every domain_get() is another. When
 * the last goes, what is left of the domain (it owns no memory by then, life.c) is freed.
 * Lock: domain list, for the list and for the step from "on it" to "off it".
 */
#include "domain/domain.h"
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "event/event.h"
#include "grant/grant.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "sched/sched.h"

struct list domain_list = LIST_INIT(domain_list);
static struct spinlock domain_list_lock = SPINLOCK_INIT(LOCK_DOMAIN_LIST);

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

struct domain *domain_get(domid_t id)
{
	struct domain *d = current->domain;
	struct list *l;

	if (id == d->id && d->state != DOM_DEAD && id < DOMID_FIRST_RESERVED) {
		domain_hold(d);
		return d;
	}
	spin_lock(&domain_list_lock);
	l = list_position(id);
	d = l == &domain_list ? NULL : list_entry(l, struct domain, all);
	if (d && d->id == id)
		domain_hold(d);
	else
		d = NULL;
	spin_unlock(&domain_list_lock);
	return d;
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

static void domain_free(struct domain *d)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			vcpu_free(d->vcpu[i]);
	grants_destroy(d);
	kfree(d->evtchn);
	kfree(d->symbols);
	kfree(d->console);
	kfree(d->ioports_denied);
	kfree(d);
}

void domain_put(struct domain *d)
{
	if (__atomic_sub_fetch((unsigned int *)&d->refs, 1, __ATOMIC_ACQ_REL) == 0)
		domain_free(d);
}

void domain_unlist(struct domain *d)
{
	spin_lock(&domain_list_lock);
	list_del(&d->all);
	spin_unlock(&domain_list_lock);
	domain_put(d);
}

static bool enlist(struct domain *d)
{
	struct list *l;
	bool free;

	spin_lock(&domain_list_lock);
	l = list_position(d->id);
	free = l == &domain_list || list_entry(l, struct domain, all)->id != d->id;
	if (free)
		list_insert_between(&d->all, l->prev, l);
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

static bool create_parts(struct domain *d)
{
	if (!share_info_page(d) || evtchn_init(d) || grants_init(d))
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
	snprintf(d->name, sizeof(d->name), "d%u", id);
	list_init(&d->all);
	spin_init(&d->life, LOCK_DOMAIN_LIFE);
	spin_init(&d->mm_lock, LOCK_DOMAIN_MM);
	spin_init(&d->pages_lock, LOCK_DOMAIN_PAGES);
	if (!enlist(d)) {
		*error = -EEXIST;
		kfree(d);
		return NULL;
	}
	if (create_parts(d))
		return d;
	/* It never had memory or ran: only a page of ours is there to undo. */
	if (d->shared_info)
		frame_unshare(d->shared_info);
	d->state = DOM_DEAD;
	domain_unlist(d);
	return NULL;
}
