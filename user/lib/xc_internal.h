/* SPDX-License-Identifier: MIT */
/*
 * What the files of the hypervisor's library share: the device files, opened once a process.
 */
#ifndef USER_LIB_XC_INTERNAL_H
#define USER_LIB_XC_INTERNAL_H

#include "xc.h"

#include <linux/types.h>
#include <linux/ioctl.h>
#include <sys/ioctl.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/gntdev.h>
#include <xen/sys/privcmd.h>

#define XC_PAGE 4096u

/* Opens name if *fd is -1; the descriptor or -1. */
int xc_device(const char *name, int *fd);
int xc_privcmd(void);

#endif
