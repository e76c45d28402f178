/* SPDX-License-Identifier: MIT */
/*
 * The backends' half of the state machine, the same for every device.
 *
 *	the frontend is		we are		what we do
 *	Initialising		Closed		InitWait: it comes again
 *	Initialised, Connected	InitWait	connect; Connected is written by the device
 *	Closing			any		disconnect, Closing
 *	Closed, gone		any		disconnect, Closed
 *
 * InitWait itself is written by probe, when the device stands in the store. (<xen/io/xenbus.h>)
 * A device that was taken down begins at Closed again, whatever its frontend is: drivers/xen/restart.c.
 */
#include "xenback/xenback.h"

#include <xen/io/xenbus.h>

int backend_read_offer(struct xendev *d, uint32_t *port)
{
	int rc = xs_read_u32(0, d->peer_path, "event-channel", port);

	if (rc)
		return rc;
	if (d->stale_offer && *port == d->stale_offer) {
		d->peer_state = XenbusStateUnknown; /* whatever it writes next is news */
		return -EALREADY;
	}
	d->offer = *port;
	d->stale_offer = 0;
	return 0;
}

void backend_peer_changed(struct xendev *d, unsigned state, const struct backend *b)
{
	if (state != XenbusStateInitialised && state != XenbusStateConnected)
		d->stale_offer = 0; /* it begins anew by itself */
	switch (state) {
	case XenbusStateInitialising:
		if (d->state == XenbusStateClosed)
			xendev_switch(d, XenbusStateInitWait);
		break;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		if (d->state != XenbusStateConnected)
			b->connect(d->priv);
		break;
	case XenbusStateClosing:
		b->disconnect(d->priv);
		xendev_switch(d, XenbusStateClosing);
		break;
	case XenbusStateUnknown:
	case XenbusStateClosed:
		b->disconnect(d->priv);
		/* Said once: by the second time its directory may be gone, and would come back with this in it. */
		if (d->state != XenbusStateClosed)
			xendev_switch(d, XenbusStateClosed);
		break;
	default:
		break;
	}
}
