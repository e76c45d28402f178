/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen: what programs of domain 0, and of any other, use of the hypervisor.
 *
 * The nodes, ioctls and structures are those of Linux (<xen/sys/...>), so that tools written for it
 * work. Whoever may open a node is trusted as far as the hypervisor trusts this domain: all of them are
 * root's alone.
 */
#ifndef DRIVERS_XEN_DEV_H
#define DRIVERS_XEN_DEV_H

#include "fs/vfs.h"
#include "grant.h"
#include "vm.h"
#include "xs.h"

#include <linux/types.h>
#include <linux/ioctl.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/gntdev.h>
#include <xen/sys/privcmd.h>
#include <xen/sys/xenbus_dev.h>

extern const struct file_ops dev_privcmd_fops, dev_evtchn_fops, dev_gntdev_fops, dev_gntalloc_fops,
	dev_xenbus_fops, dev_backend_fops, dev_backends_fops;

/*
 * What happens when a page that two domains share leaves a program: UNMAP_NOTIFY_CLEAR_BYTE and
 * UNMAP_NOTIFY_SEND_EVENT of <xen/sys/gntdev.h>, the same for both kinds of sharing.
 */
struct unmap_notify {
	uint32_t action;
	uint64_t index; /* of the byte */
	evtchn_port_t port;
};

/* grant_map.c: one mapping in a program's entry, at machine address `entry`. 0 or -errno. */
int grant_map_entry(domid_t from, grant_ref_t ref, bool readonly, uint64_t entry,
		    grant_handle_t *handle);
void grant_unmap_entry(uint64_t entry, grant_handle_t handle);

/* dev.c; store: this domain has one. */
void xen_dev_init(bool store);

#endif
