/* SPDX-License-Identifier: MIT */
/*
 * ext2: what is on the disk, and what its files share.
 *
 * The format is that of the second extended file system, revisions 0 and 1, little-endian: block groups, each
 * with a bitmap of its blocks, a bitmap of its inodes and a table of inodes; an inode names its blocks
 * directly and through one, two and three levels of indirect blocks; a directory is a file of records.
 *
 * Who caches what. Metadata (superblock, descriptors, bitmaps, tables, indirect blocks) is read and changed in
 * the cache of the device. The bytes of a file or directory are in the cache of its inode. A block that
 * changes hands between the two is forgotten by the one that had it.
 *
 * Locks, inside vfs_lock and inode->lock: ext2_inode.map (a mutex) guards the block map of one inode, and
 * inside it ext2.alloc (a mutex) the bitmaps and counters. The table of inodes in memory: ext2.alloc too.
 */
#ifndef KERNEL_FS_EXT2_H
#define KERNEL_FS_EXT2_H

#include "block.h"
#include "cache.h"
#include "fs/vfs.h"

#define EXT2_MAGIC    0xef53
#define EXT2_ROOT_INO 2
#define EXT2_DIRECT   12
#define EXT2_POINTERS 15

struct ext2_disk_super {
	uint32_t inodes, blocks, reserved_blocks, free_blocks, free_inodes, first_data_block;
	uint32_t log_block_size, log_frag_size, blocks_per_group, frags_per_group, inodes_per_group;
	uint32_t mtime, wtime;
	uint16_t mounts, max_mounts, magic, state, errors, minor_revision;
	uint32_t last_check, check_interval, creator, revision;
	uint16_t reserved_uid, reserved_gid;
	/* Revision 1. */
	uint32_t first_inode;
	uint16_t inode_size, this_group;
	uint32_t compat, incompat, ro_compat;
	uint8_t uuid[16];
	char name[16], last_mounted[64];
};

enum { STATE_CLEAN = 1, STATE_ERRORS = 2 };
#define INCOMPAT_FILETYPE      0x0002u
#define INCOMPAT_KNOWN	       INCOMPAT_FILETYPE
#define RO_COMPAT_SPARSE_SUPER 0x0001u
#define RO_COMPAT_LARGE_FILE   0x0002u
#define RO_COMPAT_KNOWN	       (RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE)

struct ext2_disk_group {
	uint32_t block_bitmap, inode_bitmap, inode_table;
	uint16_t free_blocks, free_inodes, dirs, pad;
	uint32_t reserved[3];
};

struct ext2_disk_inode {
	uint16_t mode, uid;
	uint32_t size, atime, ctime, mtime, dtime;
	uint16_t gid, links;
	uint32_t sectors, flags, version;
	uint32_t block[EXT2_POINTERS];
	uint32_t generation, file_acl, size_high, fragment;
	uint16_t fragment_bits, uid_high, gid_high, pad;
	uint32_t reserved;
};

#define EXT2_INDEX_FLAG 0x1000u /* a hashed directory: its hash is void once we change it */

struct ext2_disk_entry {
	uint32_t ino; /* 0: unused */
	uint16_t record_len;
	uint8_t name_len, type;
	char name[];
};

#define EXT2_ENTRY_ROOM(name_len) (((name_len) + sizeof(struct ext2_disk_entry) + 3u) & ~3u)

struct ext2 {
	struct blockdev *dev;
	struct super *sb;
	unsigned block_size, block_shift, inode_size, pointers; /* a block */
	uint32_t blocks, inodes, groups, blocks_per_group, inodes_per_group;
	uint32_t first_data_block, first_inode;
	bool read_only, has_types;
	struct mutex alloc;
	struct list table; /* of inodes in memory, least recently looked up first */
	unsigned table_count;
};

struct ext2_inode {
	struct inode i;
	struct list in_table;
	struct ext2 *fs;
	struct cache cache; /* of its bytes; unless it is a device, FIFO or short symlink */
	struct mutex map;
	uint32_t block[EXT2_POINTERS];
	uint32_t sectors, flags, generation, dtime;
	uint32_t last_block; /* where it grew last: the next one goes behind */
	/* Where it was found: a directory, with a reference, and the name; vfs_lock. */
	struct inode *dir;
	char *name;
};

static inline struct ext2_inode *ext2_of(const struct inode *i)
{
	return container_of(i, struct ext2_inode, i);
}

static inline struct ext2 *ext2_fs(const struct inode *i)
{
	return i->sb->priv;
}

/* ---- meta.c: blocks of metadata in the device's cache ---- */

struct ext2_ref {
	void *page, *at; /* the block's first byte */
	uint32_t index;
	unsigned offset, len;
};

int ext2_get(struct ext2 *fs, uint32_t block, struct ext2_ref *r);     /* 0 or -errno */
int ext2_get_new(struct ext2 *fs, uint32_t block, struct ext2_ref *r); /* of zeros, and dirty */
void ext2_changed(struct ext2 *fs, const struct ext2_ref *r);
void ext2_put(struct ext2_ref *r);
/* It is no metadata any more. */
void ext2_forget(struct ext2 *fs, uint32_t block);
int ext2_get_super(struct ext2 *fs, struct ext2_ref *r);		 /* r->at: the superblock */
int ext2_get_group(struct ext2 *fs, uint32_t group, struct ext2_ref *r); /* r->at: its descriptor */
void ext2_error(struct ext2 *fs, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- alloc.c: bitmaps. Blocks near `goal`; 0: none, *rc says why ---- */
uint32_t ext2_block_alloc(struct ext2 *fs, uint32_t goal, int *rc);
void ext2_block_free(struct ext2 *fs, uint32_t block);
uint32_t ext2_inode_alloc(struct ext2 *fs, uint32_t parent, bool dir, int *rc);
void ext2_inode_free(struct ext2 *fs, uint32_t ino, bool dir);

/* ---- map.c: from a file's blocks to the disk's ---- */

/* *block 0: a hole, and `make` was not asked. Locks: map is taken here. 0 or -errno. */
int ext2_map(struct ext2_inode *e, uint32_t index, bool make, uint32_t *block);
/* Free all blocks from this one on. Locks: map is taken here. */
void ext2_unmap_from(struct ext2_inode *e, uint32_t index);

/* ---- inode.c ---- */
struct inode *ext2_iget(struct ext2 *fs, uint32_t ino); /* with a reference, or err_ptr */
struct ext2_inode *ext2_inode_new(struct inode *dir, uint32_t mode, int *rc);
int ext2_store(struct inode *i); /* its attributes into the table on the disk (its cache) */
void ext2_evict(struct inode *i);
void ext2_remember(struct inode *i, struct inode *dir, const char *name, size_t len);
void ext2_forget_name(struct inode *i);
/* It has no name any more: its blocks go with its last user. */
void ext2_orphan(struct inode *i);
void ext2_drop_unused(struct ext2 *fs, unsigned keep);
int ext2_sync_inode(struct inode *i);

/* ---- file.c, dir.c, name.c ---- */
extern const struct file_ops ext2_file_fops, ext2_dir_fops;
extern const struct cache_ops ext2_cache_ops;
extern const struct inode_ops ext2_iops;
int ext2_truncate(struct inode *i, uint64_t size);

/* The directory's entries; vfs_lock. 0 or -errno. */
int ext2_dir_find(struct inode *dir, const char *name, size_t len, uint32_t *ino);
int ext2_dir_add(struct inode *dir, const char *name, size_t len, const struct inode *i);
int ext2_dir_remove(struct inode *dir, const char *name, size_t len);
int ext2_dir_set(struct inode *dir, const char *name, size_t len, const struct inode *i);
int ext2_dir_init(struct inode *dir, uint32_t parent);
bool ext2_dir_is_empty(struct inode *dir);
/* The name under which ino is in it, terminated; -ENOENT. */
int ext2_dir_name_of(struct inode *dir, uint32_t ino, char *name);

#endif
