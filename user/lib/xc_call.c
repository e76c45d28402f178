/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls by /dev/xen/privcmd.
 */
#include "xc_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

static int privcmd = -1;

int xc_device(const char *name, int *fd)
{
	if (*fd < 0)
		*fd = open(name, O_RDWR | O_CLOEXEC);
	return *fd;
}

int xc_privcmd(void)
{
	return xc_device("/dev/xen/privcmd", &privcmd);
}

int xc_open(void)
{
	return xc_privcmd() < 0 ? -1 : 0;
}

void xc_touch(const void *buf, size_t len)
{
	uintptr_t end = (uintptr_t)buf + len;

	for (uintptr_t at = (uintptr_t)buf; len && at < end; at = (at | (XC_PAGE - 1)) + 1) {
		volatile char *byte = (volatile char *)at;

		*byte = *byte;
	}
}

long xc_call(unsigned op, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
	     unsigned long e)
{
	struct privcmd_hypercall call = { .op = op, .arg = { a, b, c, d, e } };

	if (xc_privcmd() < 0)
		return -1;
	return ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

int xc_domctl(uint32_t cmd, domid_t domid, struct xen_domctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = domid;
	xc_touch(op, sizeof(*op));
	return (int)xc_call(__HYPERVISOR_domctl, (unsigned long)op, 0, 0, 0, 0);
}

int xc_sysctl(uint32_t cmd, struct xen_sysctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	xc_touch(op, sizeof(*op));
	return (int)xc_call(__HYPERVISOR_sysctl, (unsigned long)op, 0, 0, 0, 0);
}

long xc_memory_op(unsigned cmd, void *arg, size_t len)
{
	xc_touch(arg, len);
	return xc_call(__HYPERVISOR_memory_op, cmd, (unsigned long)arg, 0, 0, 0);
}

int xc_version(unsigned cmd, void *arg, size_t len)
{
	xc_touch(arg, len);
	return (int)xc_call(__HYPERVISOR_xen_version, cmd, (unsigned long)arg, 0, 0, 0);
}

int xc_evtchn_op(unsigned cmd, void *arg, size_t len)
{
	xc_touch(arg, len);
	return (int)xc_call(__HYPERVISOR_event_channel_op, cmd, (unsigned long)arg, 0, 0, 0);
}
