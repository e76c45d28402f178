/* SPDX-License-Identifier: MIT */
/*
 * The frontends: devices that other domains serve.
 */
#ifndef DRIVERS_XENFRONT_H
#define DRIVERS_XENFRONT_H

#include "xen.h"

extern const struct xendev_driver blkfront_driver, netfront_driver;

/* In the store's thread (xs_defer): what the toolstack may ask of the domain. */
void control_start(void *unused);
void balloon_start(void *unused);

#endif
