/* SPDX-License-Identifier: MIT */
/*
 * The devices that are not terminals: mem.c.
 */
#ifndef KERNEL_FS_DEV_H
#define KERNEL_FS_DEV_H

#include "fs.h"

/* chrdev.c: nodes of devices that come and go; under /dev as soon as that is mounted. May sleep. */
/* The name may have one directory in it, which is made. */
int devfs_add(const char *name, uint32_t mode, uint32_t rdev);
void devfs_remove(const char *name);

extern const struct file_ops null_fops, zero_fops, full_fops, random_fops, kmsg_fops,
	loop_control_fops;

#endif
