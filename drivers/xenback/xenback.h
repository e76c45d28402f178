/* SPDX-License-Identifier: MIT */
/*
 * The backends: devices that this domain serves to others.
 */
#ifndef DRIVERS_XENBACK_H
#define DRIVERS_XENBACK_H

#include "xen.h"

/* state.c: what a device does when its frontend comes and goes; both get xendev.priv. */
struct backend {
	void (*connect)(void *priv);
	void (*disconnect)(void *priv); /* harmless when it is not connected */
};

/* The port that the frontend offers. -EALREADY: it is that of a connection that is lost; another one will come. */
int backend_read_offer(struct xendev *d, uint32_t *port);
void backend_peer_changed(struct xendev *d, unsigned state, const struct backend *b);

extern const struct xendev_driver blkback_driver, netback_driver;

#endif
