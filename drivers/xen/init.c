/* SPDX-License-Identifier: MIT */
/*
 * The layers of paravirtual devices, in the order in which they need each other.
 */
#include "dev.h"

void xen_drivers_init(void)
{
	int rc;

	grant_init();
	rc = xs_wire_init();
	xen_dev_init(!rc);
	if (rc) {
		/* A domain without a store has no devices: that is a choice of whoever built it. */
		if (rc != -ENODEV)
			printk("xenstore: error %d\n", -rc);
		return;
	}
	xs_watch_init();
	xendev_init();
}
