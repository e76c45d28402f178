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
 */
#include "xenback/xenback.h"

#include <xen/io/xenbus.h>

void backend_peer_changed(struct xendev *d, unsigned state, const struct backend *b)
{
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
		xendev_switch(d, XenbusStateClosed);
		break;
	default:
		break;
	}
}
