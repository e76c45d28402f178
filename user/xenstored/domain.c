/* SPDX-License-Identifier: MIT */
/*
 * Domains and their rings.
 *
 * Each domain that a toolstack introduced shares a page with us: two rings of 1 KiB and their indices
 * (ring.c). A ring whose indices or messages make no sense is served no more; the guest is told by `error`,
 * everybody else goes on. A domain that has died is found out by VIRQ_DOM_EXC: those who watch @releaseDomain are
 * told, and all it had is dropped.
 *
 * Domain 0's own ring is its kernel's (/dev/xen/xenbus_backend), which speaks for all of its programs.
 */
#include "domain.h"
#include "xc.h"

#include <fcntl.h>
#include <linux/types.h>
#include <linux/ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <xen/grant_table.h>
#include <xen/sys/xenbus_dev.h>

#define ROUNDS 16 /* of serving everybody, before deaths and signals are looked for */

struct domain {
	struct list link;
	unsigned id;
	struct connection *c; /* NULL: it is gone, and taken off the list by sweep() */
	struct xenstore_domain_interface *ring;
	int port;
	bool due; /* its ring may hold something: its other end said so, or we did not come to the end */
	bool broken;	/* its ring makes no sense */
	bool shut_down; /* and everybody was told */
};

static struct list domains = { &domains, &domains };
static int evtchn = -1, dom_exc = -1;

/* ---- serving ---- */

static struct domain *find(unsigned id)
{
	list_for_each (l, &domains) {
		struct domain *d = LIST_OF(l, struct domain, link);

		if (d->id == id && d->c)
			return d;
	}
	return NULL;
}

static void give_up(struct domain *d, uint32_t error)
{
	d->broken = true;
	d->ring->error = error;
	connection_reset(d->c);
	printf("xenstored: domain %u: %s; its ring is served no more\n", d->id,
	       error == XENSTORE_ERROR_RINGIDX ? "indices that cannot be"
					       : "a message that is too long, or no memory for it");
	fflush(stdout);
}

/*
 * What guests change is told to domain 0, whose events are not limited, for none may be lost. So while it has much to
 * read guests wait: its own reading calls us again.
 */
static bool domain0_is_behind(void)
{
	const struct domain *own = find(0);

	return own && own->c->event_count >= QUOTA_EVENTS;
}

static bool serve(struct domain *d)
{
	bool moved = false;
	uint32_t error;

	if (!d->c || d->broken || (d->id && domain0_is_behind()))
		return false;
	/* What others did may have made events for it. */
	if (!d->due && list_empty(&d->c->out))
		return false;
	error = ring_serve(d->c, d->ring, &moved);
	d->due = moved;
	if (error)
		give_up(d, error);
	if (moved || error)
		xc_evtchn_notify(evtchn, (unsigned)d->port);
	return moved;
}

/* One domain's request may end another domain while the list is walked: only here do they leave it. */
static void sweep(void)
{
	list_for_each (l, &domains) {
		struct domain *d = LIST_OF(l, struct domain, link);

		if (d->c)
			continue;
		list_remove(&d->link);
		free(d);
	}
}

bool domains_serve(void)
{
	bool moved = true;

	/* One domain's request is another's event: again until nothing moves, but not without looking around. */
	for (unsigned n = 0; n < ROUNDS && moved; n++) {
		moved = false;
		list_for_each (l, &domains)
			moved |= serve(LIST_OF(l, struct domain, link));
	}
	sweep();
	return moved;
}

/* ---- coming and going ---- */

static void ring_ready(struct domain *d)
{
	d->ring->server_features = XENSTORE_SERVER_FEATURE_ERROR;
	d->ring->connection = XENSTORE_CONNECTED;
}

static void drop(struct domain *d)
{
	store_changed();
	connection_free(d->c);
	d->c = NULL;
	if (d->port > 0)
		xc_evtchn_unbind(evtchn, (unsigned)d->port);
	xc_unmap(d->ring, 1);
	op_forget_domain(d->id);
}

/* c is its client from now on, or gone with an error. */
static int add(struct connection *c, void *ring)
{
	struct domain *d = calloc(1, sizeof(*d));
	int error = ENOMEM;

	if (d) {
		d->port = xc_evtchn_bind_interdomain(evtchn, (domid_t)c->domain, c->port);
		error = errno;
	}
	if (!d || d->port < 0) {
		free(d);
		connection_free(c);
		return error;
	}
	d->id = c->domain;
	d->ring = ring;
	d->c = c;
	d->due = true;
	ring_ready(d);
	list_append(&domains, &d->link);
	store_changed();
	return 0;
}

static void *map_ring(unsigned id, unsigned long frame)
{
	void *ring = xc_map_grant((domid_t)id, GNTTAB_RESERVED_XENSTORE, true);

	return ring ? ring : xc_map_one((domid_t)id, frame, true);
}

/* Introduced again, a domain begins anew: with another port, and nothing of before. */
static int introduce_again(struct domain *d, unsigned port)
{
	int fresh = xc_evtchn_bind_interdomain(evtchn, (domid_t)d->id, port);

	if (fresh < 0)
		return errno;
	if (d->port > 0)
		xc_evtchn_unbind(evtchn, (unsigned)d->port);
	d->port = fresh;
	d->c->port = port;
	d->due = true;
	connection_reset(d->c);
	store_changed();
	return 0;
}

int domain_introduce(unsigned id, unsigned long frame, unsigned port)
{
	struct connection *c;
	void *ring;
	int rc;

	if (!id)
		return EINVAL;
	if (find(id))
		return introduce_again(find(id), port);
	c = connection_new(id, false);
	if (!c)
		return ENOMEM;
	ring = map_ring(id, frame);
	if (!ring) {
		connection_free(c);
		return EINVAL;
	}
	c->frame = frame;
	c->port = port;
	rc = add(c, ring);
	if (rc) {
		xc_unmap(ring, 1);
		return rc;
	}
	watch_fire_special("@introduceDomain");
	return 0;
}

int domain_release(unsigned id)
{
	struct domain *d = id ? find(id) : NULL;

	if (!d)
		return ENOENT;
	drop(d);
	watch_fire_special("@releaseDomain");
	return 0;
}

int domain_resume(unsigned id)
{
	struct domain *d = find(id);

	if (!d)
		return ENOENT;
	d->shut_down = false;
	return 0;
}

int domain_set_target(unsigned id, unsigned target)
{
	struct domain *d = find(id);

	if (!d || !find(target))
		return ENOENT;
	d->c->target = target;
	return 0;
}

bool domain_is_introduced(unsigned id)
{
	return find(id) != NULL;
}

/* Who has died, or only ended? Both are told, the first is forgotten. */
static void look_for_deaths(void)
{
	bool told = false;

	list_for_each (l, &domains) {
		struct domain *d = LIST_OF(l, struct domain, link);
		struct xen_domctl op = { 0 };
		const struct xen_domctl_getdomaininfo *info = &op.u.getdomaininfo;

		if (!d->id || !d->c)
			continue;
		if (xc_domctl(XEN_DOMCTL_getdomaininfo, (domid_t)d->id, &op) < 0 ||
		    info->domain != d->id || (info->flags & XEN_DOMINF_dying)) {
			drop(d);
			told = true;
		} else if ((info->flags & XEN_DOMINF_shutdown) && !d->shut_down) {
			d->shut_down = told = true;
		}
	}
	if (told)
		watch_fire_special("@releaseDomain");
}

/* ---- the program's side ---- */

void domains_event(void)
{
	int port = xc_evtchn_pending(evtchn);

	if (port < 0)
		return;
	if (port == dom_exc)
		look_for_deaths();
	list_for_each (l, &domains) {
		struct domain *d = LIST_OF(l, struct domain, link);

		d->due |= d->port == port;
	}
	xc_evtchn_unmask(evtchn, (unsigned)port);
}

static int add_own(void *ring, int port)
{
	struct connection *c = connection_new(0, true);

	if (!c)
		return ENOMEM;
	c->port = (unsigned)port;
	return add(c, ring);
}

static int open_own_ring(void)
{
	int fd = open("/dev/xen/xenbus_backend", O_RDWR | O_CLOEXEC), port;
	void *ring;

	if (fd < 0) {
		fprintf(stderr, "xenstored: /dev/xen/xenbus_backend: %s%s\n", strerror(errno),
			errno == EBUSY ? " (another xenstored runs)" : " (is this domain 0?)");
		return -1;
	}
	ring = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	port = ioctl(fd, IOCTL_XENBUS_BACKEND_EVTCHN, 0);
	if (ring == MAP_FAILED || port < 0 || add_own(ring, port)) {
		perror("xenstored: domain 0's own ring");
		return -1;
	}
	return 0; /* fd stays open: as long as it is, there is a server */
}

/* Those of an older server: their rings are as it left them. They look again at whatever they watch. */
static void go_on_with_others(void)
{
	list_for_each (l, &connections) {
		struct connection *c = LIST_OF(l, struct connection, link);
		unsigned id = c->domain;
		void *ring = id ? map_ring(id, c->frame) : NULL;

		if (!id)
			continue;
		if (!ring)
			connection_free(c);
		else if (add(c, ring))
			xc_unmap(ring, 1);
		else
			watch_fire_all(c);
		if (!find(id))
			op_forget_domain(id);
	}
}

int domains_init(void)
{
	if (xc_open() < 0) {
		perror("xenstored: /dev/xen/privcmd");
		return -1;
	}
	evtchn = xc_evtchn_open();
	if (evtchn < 0) {
		perror("xenstored: /dev/xen/evtchn");
		return -1;
	}
	fcntl(evtchn, F_SETFL, O_NONBLOCK);
	if (open_own_ring())
		return -1;
	go_on_with_others();
	dom_exc = xc_evtchn_bind_virq(evtchn, VIRQ_DOM_EXC);
	if (dom_exc < 0) {
		perror("xenstored: VIRQ_DOM_EXC");
		return -1;
	}
	look_for_deaths(); /* while nobody listened */
	return evtchn;
}
