/* SPDX-License-Identifier: MIT */
/*
 * Backends that are taken down and brought back while their frontends live.
 *
 *	unbind	the driver finishes and answers what it took, and gives ring and port back. The state in the store stays
 *		Connected: the frontend notices nothing, its requests wait in the ring.
 *	bind	the driver has it again. The connection goes on from the last answer: what came meanwhile is in the
 *		ring, in order. Linux does the same (unbind and bind of xen-backend), so every frontend bears it.
 *	reset	the driver loses it as in a crash: some of what it took is done, some not, nothing of it is
 *		answered. What is left in the ring says too little then (an answer overwrites the slot of an older
 *		request), so the backend says InitWait, and the frontend has to offer another ring and put its requests
 *		again. Its old offer stands in the store until then; the port tells them apart, for
 *		a frontend makes the new one before it closes the old.
 *
 * InitWait alone does not say that a ring is lost: Linux's backends say it when they are bound again, and then take up
 * the offer that stands in the store. So ours names the port whose ring it will not use again (STALE_PORT).
 */
#include "xs.h"

#include <xen/io/xenbus.h>

#define STALE_PORT "stale-event-channel"

static bool has_offer(const struct xendev *d)
{
	return d->state == XenbusStateInitialised || d->state == XenbusStateConnected;
}

bool xendev_wants_offer(struct xendev *d, int port)
{
	uint32_t stale;

	return !has_offer(d) ||
	       (!xs_read_u32(0, d->peer_path, STALE_PORT, &stale) && stale == (uint32_t)port);
}

void xendev_withdraw_offer(struct xendev *d)
{
	if (has_offer(d))
		xendev_switch(d, XenbusStateInitialising);
}

static int find_backend(const char *path, struct xendev **d)
{
	*d = xendev_find(path);
	if (!*d)
		return -ENODEV;
	return (*d)->driver->release ? 0 : -EINVAL;
}

static void let_go(struct xendev *d)
{
	d->driver->release(d);
	d->unbound = true;
}

/* anew: with another ring. The frontend may have closed meanwhile, so it is looked at as if for the first time. */
static void take(struct xendev *d, bool anew)
{
	d->unbound = false;
	d->state = XenbusStateClosed; /* as far as the driver knows, whatever the store says */
	if (anew) {
		(void)xs_printf(0, d->path, STALE_PORT, "%u", d->stale_offer);
		xendev_switch(d, XenbusStateInitWait);
	}
	d->peer_state = XenbusStateUnknown;
	xendev_look_at_peer(d);
}

int xendev_unbind(const char *path)
{
	struct xendev *d;
	int rc = find_backend(path, &d);

	if (rc || d->unbound)
		return rc ? rc : -EALREADY;
	let_go(d);
	xendev_say(d, "unbound, its frontend waits");
	return 0;
}

int xendev_bind(const char *path)
{
	struct xendev *d;
	int rc = find_backend(path, &d);

	if (rc || !d->unbound)
		return rc ? rc : -EALREADY;
	take(d, false);
	return 0;
}

int xendev_reset(const char *path)
{
	struct xendev *d;
	int rc = find_backend(path, &d);

	if (rc)
		return rc;
	d->abrupt = true;
	if (!d->unbound)
		let_go(d);
	d->abrupt = false;
	d->stale_offer = d->offer;
	take(d, true);
	return 0;
}
