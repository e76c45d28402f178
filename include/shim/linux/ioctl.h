/* SPDX-License-Identifier: MIT */
/*
 * Numbers of ioctls as Linux makes them: direction, size of the argument, type, number. For the headers in
 * <xen/sys/...>, in the kernel and in its programs.
 */
#ifndef SHIM_LINUX_IOCTL_H
#define SHIM_LINUX_IOCTL_H

#ifndef _IOC
#define _IOC_NONE 0u
#define _IOC(direction, type, nr, size) \
	((unsigned)(direction) << 30 | (unsigned)(size) << 16 | (unsigned)(type) << 8 | (nr))
#endif

#endif
