/* SPDX-License-Identifier: MIT */
/*
 * ramfs: what its files and its directories share, and what devfs borrows.
 */
#ifndef KERNEL_FS_RAMFS_H
#define KERNEL_FS_RAMFS_H

#include "fs/pagetree.h"
#include "fs/vfs.h"

/* One name in a directory. It holds a reference on its inode. */
struct ramfs_entry {
	struct list link;  /* in the directory, by ascending cookie; vfs_lock */
	struct list alias; /* in the inode's names */
	struct ramfs_inode *dir, *inode;
	uint64_t cookie; /* the position that readdir reports; never used again */
	size_t len;
	char name[]; /* terminated */
};

struct ramfs_inode {
	struct inode i;
	struct list names;	/* entries that lead here; vfs_lock */
	struct ramfs_inode *up; /* of a removed directory: where ".." leads, a reference */
	union {
		struct { /* directory; vfs_lock */
			struct list entries;
			uint64_t next_cookie;
		};
		struct { /* regular file: spinlock, and i.lock for writers */
			struct spinlock lock;
			struct pagetree pages;
		};
		char *target; /* symlink */
	};
};

static inline struct ramfs_inode *ramfs_of(const struct inode *i)
{
	return container_of(i, struct ramfs_inode, i);
}

struct super *ramfs_super(const struct fs_type *type, uint32_t root_mode);
/* Adds an inode of this kind without any checks: devices, and what the ramdisk holds. */
struct inode *ramfs_make(struct inode *dir, const char *name, size_t len, uint32_t mode,
			 uint32_t rdev, const char *target);
struct inode *ramfs_new(struct super *sb, uint32_t mode); /* NULL: no memory; in no directory */

extern const struct inode_ops ramfs_iops;
extern const struct file_ops ramfs_file_fops, ramfs_dir_fops;

/* ramfs_file.c */
bool ramfs_memory_left(void); /* may anything be made here? */
int ramfs_truncate(struct inode *i, uint64_t size);
int ramfs_allocate(struct inode *i, int mode, uint64_t from, uint64_t len);

#endif
