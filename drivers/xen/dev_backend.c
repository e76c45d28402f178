/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/xenbus_backend: the server's end of this domain's own ring.
 *
 * The store's server of domain 0 is a program of domain 0 itself: it maps the ring of the kernel's client
 * here and learns the port to bind. One at a time; when it closes the file, requests wait for the next
 * one (xs_wire.c).
 */
#include "dev.h"

static bool taken;

static int backend_open(struct file *f, struct inode *i)
{
	bool free;
	unsigned long state = irq_save();

	(void)f, (void)i;
	free = !taken;
	taken = true;
	irq_restore(state);
	if (!free)
		return -EBUSY;
	if (xs_wire_serve_begin())
		return 0;
	taken = false;
	return -ENODEV;
}

static void backend_release(struct file *f)
{
	(void)f;
	xs_wire_serve_end();
	taken = false;
}

static long backend_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	(void)f, (void)arg;
	return cmd == IOCTL_XENBUS_BACKEND_EVTCHN ? (long)xs_wire_port() : -ENOTTY;
}

static pfn_t backend_page(struct file *f, uint64_t offset)
{
	pfn_t pfn = machine_va_page(xs_wire_page());

	(void)f;
	if (offset)
		return PFN_NONE;
	page_get(pfn);
	return pfn;
}

const struct file_ops dev_backend_fops = {
	.open = backend_open,
	.ioctl = backend_ioctl,
	.map_page = backend_page,
	.release = backend_release,
};
