/* SPDX-License-Identifier: MIT */
/*
 * Advisory locks on ranges of files.
 *
 * An owner is whoever a lock belongs to: a table of descriptors (POSIX locks) or an open file
 * (flock). Two owners conflict where ranges overlap and one of them writes; the two kinds do not see
 * each other. Deadlocks are not looked for: a signal ends the wait.
 */
#ifndef KERNEL_FS_FILELOCK_H
#define KERNEL_FS_FILELOCK_H

#include "fs/vfs.h"

enum lock_type { LOCK_READ, LOCK_WRITE, LOCK_NONE }; /* as F_RDLCK, F_WRLCK, F_UNLCK */

struct lock_range {
	enum lock_type type;
	uint64_t start, end; /* inclusive */
	int pid;
};

/* What stands in the way of r, or r->type = LOCK_NONE. */
void filelock_test(struct inode *i, const void *owner, bool whole, struct lock_range *r);
/* 0, -EAGAIN (not `wait`), -ENOLCK (too many), -ERESTARTSYS. */
int filelock_set(struct inode *i, const void *owner, bool whole, const struct lock_range *r,
		 bool wait);
/* The owner lets go of everything it holds on i. Does not sleep. */
void filelock_drop(struct inode *i, const void *owner);

#endif
