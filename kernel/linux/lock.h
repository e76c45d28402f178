/* SPDX-License-Identifier: MIT */
/*
 * Advisory locks on files: POSIX record locks (fcntl) and whole-file locks (flock).
 */
#ifndef KERNEL_LINUX_LOCK_H
#define KERNEL_LINUX_LOCK_H

#include "fs/vfs.h"

enum lock_op { LOCK_GET, LOCK_SET, LOCK_SET_WAIT }; /* in the order of F_GETLK, F_SETLK, F_SETLKW */

/* user is struct flock, or struct flock64 when wide. */
long lock_control(struct file *f, void *user, bool wide, enum lock_op op);

#endif
