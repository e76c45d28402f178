/* SPDX-License-Identifier: MIT */
/*
 * The nodes below /dev/xen. Linux gives these drivers whatever minor of major 10 is free, so programs go by
 * the names.
 */
#include "dev.h"

#define MISC_MAJOR  10
#define FIRST_MINOR 120

void xen_dev_init(bool store)
{
	static const struct {
		const char *name;
		const struct file_ops *ops;
	} nodes[] = {
		{ "xen/privcmd", &dev_privcmd_fops },	{ "xen/evtchn", &dev_evtchn_fops },
		{ "xen/gntdev", &dev_gntdev_fops },	{ "xen/gntalloc", &dev_gntalloc_fops },
		{ "xen/xenbus", &dev_xenbus_fops },	{ "xen/xenbus_backend", &dev_backend_fops },
		{ "xen/backends", &dev_backends_fops },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(nodes); i++) {
		int rc;

		/* Its being there says that this domain has to run the server. */
		if (nodes[i].ops == &dev_backend_fops && !xs_wire_is_own())
			continue;
		if (nodes[i].ops == &dev_backends_fops && !store)
			continue;
		rc = chrdev_register(nodes[i].name, 0600, DEV(MISC_MAJOR, FIRST_MINOR + i),
				     nodes[i].ops);
		if (rc)
			printk("/dev/%s: error %d\n", nodes[i].name, -rc);
	}
}
