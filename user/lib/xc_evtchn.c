/* SPDX-License-Identifier: MIT */
/*
 * Event channels by /dev/xen/evtchn: each open file is a set of ports of its own.
 */
#include "xc_internal.h"

#include <fcntl.h>
#include <unistd.h>

int xc_evtchn_open(void)
{
	return open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
}

int xc_evtchn_bind_interdomain(int fd, domid_t domid, unsigned remote_port)
{
	struct ioctl_evtchn_bind_interdomain b = { .remote_domain = domid,
						   .remote_port = remote_port };

	return ioctl(fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &b);
}

int xc_evtchn_bind_unbound(int fd, domid_t domid)
{
	struct ioctl_evtchn_bind_unbound_port b = { .remote_domain = domid };

	return ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &b);
}

int xc_evtchn_bind_virq(int fd, unsigned virq)
{
	struct ioctl_evtchn_bind_virq b = { .virq = virq };

	return ioctl(fd, IOCTL_EVTCHN_BIND_VIRQ, &b);
}

int xc_evtchn_unbind(int fd, unsigned port)
{
	struct ioctl_evtchn_unbind b = { .port = port };

	return ioctl(fd, IOCTL_EVTCHN_UNBIND, &b);
}

int xc_evtchn_notify(int fd, unsigned port)
{
	struct ioctl_evtchn_notify b = { .port = port };

	return ioctl(fd, IOCTL_EVTCHN_NOTIFY, &b);
}

int xc_evtchn_pending(int fd)
{
	evtchn_port_t port;

	return read(fd, &port, sizeof(port)) == sizeof(port) ? (int)port : -1;
}

int xc_evtchn_unmask(int fd, unsigned port)
{
	evtchn_port_t p = port;

	return write(fd, &p, sizeof(p)) == sizeof(p) ? 0 : -1;
}
