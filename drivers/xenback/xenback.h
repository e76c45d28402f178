/* SPDX-License-Identifier: MIT */
/*
 * The backends: devices that this domain serves to others.
 */
#ifndef DRIVERS_XENBACK_H
#define DRIVERS_XENBACK_H

#include "xen.h"

extern const struct xendev_driver blkback_driver, netback_driver;

#endif
