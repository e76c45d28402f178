/* SPDX-License-Identifier: MIT */
/*
 * Reading a cpio archive of the "newc" kind, which is what a Linux initramfs is.
 *
 * Pure parsing of bytes in memory: the archive is not trusted, every length is checked.
 */
#ifndef KERNEL_FS_CPIO_H
#define KERNEL_FS_CPIO_H

#include <stddef.h>
#include <stdint.h>

struct cpio {
	const uint8_t *at;
	size_t left;
};

struct cpio_entry {
	const char *name; /* terminated, inside the archive; no leading slash or "./" */
	const uint8_t *data;
	uint32_t ino, mode, uid, gid, nlink, mtime, size, major, minor, rmajor, rminor;
};

void cpio_open(struct cpio *c, const void *archive, size_t size);

/*
 * The next member. 1: *e is filled; 0: the end (a trailer, or nothing but zeros left);
 * -EINVAL: what follows is no cpio, or is cut short. Archives may follow one another.
 */
int cpio_next(struct cpio *c, struct cpio_entry *e);

#endif
