/* SPDX-License-Identifier: MIT */
/*
 * Packing directory entries into the records of getdents and getdents64.
 */
#ifndef KERNEL_LINUX_DIRENT_H
#define KERNEL_LINUX_DIRENT_H

#include "fs/vfs.h"

struct dirent_pack {
	struct dir_sink sink; /* first: put() finds the rest from it */
	char *buf;
	size_t size, used;
	bool wide;    /* getdents64 */
	bool refused; /* an entry did not fit */
};

void dirent_pack_init(struct dirent_pack *p, char *buf, size_t size, bool wide);

#endif
