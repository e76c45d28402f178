/* SPDX-License-Identifier: MIT */
/*
 * All drivers, in the order in which they begin. One image for every role: what is not there is not
 * found (law 6 of docs/design.md).
 */
#include "block.h"
#include "kernel.h"
#include "pci/pci.h"
#include "virtio/virtio.h"
#include "xen.h"
#include "xenback.h"
#include "xenfront.h"

static const struct pci_driver *const pci_drivers[] = { &virtio_blk_driver, &virtio_net_driver,
							NULL };

void drivers_init(void)
{
	loop_init();
	if (machine_info.privileged)
		pci_init(pci_drivers);
	xendev_register_driver(&blkfront_driver);
	xendev_register_driver(&netfront_driver);
	if (machine_info.privileged) {
		xendev_register_driver(&blkback_driver);
		xendev_register_driver(&netback_driver);
	}
	xen_drivers_init();
	xs_defer(control_start, NULL);
	if (!machine_info.privileged)
		xs_defer(balloon_start, NULL);
}
