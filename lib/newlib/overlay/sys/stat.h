/* SPDX-License-Identifier: MIT */
/* newlib's struct stat (the glue fills it from stat64) and the calls its header leaves out. */
#ifndef _RINGLET_STAT_H
#define _RINGLET_STAT_H

#include_next <sys/stat.h>

#undef S_BLKSIZE
#define S_BLKSIZE 512

#define UTIME_NOW  ((1L << 30) - 1)
#define UTIME_OMIT ((1L << 30) - 2)

int lstat(const char *__restrict path, struct stat *__restrict st);
int mknod(const char *path, mode_t mode, dev_t device);

#endif
