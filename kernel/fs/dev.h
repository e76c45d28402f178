/* SPDX-License-Identifier: MIT */
/*
 * The devices that are not terminals: mem.c.
 */
#ifndef KERNEL_FS_DEV_H
#define KERNEL_FS_DEV_H

#include "fs.h"

extern const struct file_ops null_fops, zero_fops, full_fops, random_fops, kmsg_fops;

#endif
