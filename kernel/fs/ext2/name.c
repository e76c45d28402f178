/* SPDX-License-Identifier: MIT */
/*
 * ext2: making, linking, removing and renaming.
 *
 * The order of writes is the one that leaves the least harm if the machine stops between them: an inode is
 * complete before it has a name, and loses its name before its count. Locks: vfs_lock.
 */
#include "fs/ext2/ext2.h"

#define SHORT_LINK \
	(sizeof(uint32_t) * EXT2_POINTERS) /* a symlink's text may stand in the inode itself */

static struct inode *lookup(struct inode *dir, const char *name, size_t len)
{
	struct inode *i;
	uint32_t ino;
	int rc = ext2_dir_find(dir, name, len, &ino);

	if (rc)
		return err_ptr(rc);
	i = ext2_iget(ext2_fs(dir), ino);
	if (!is_err(i))
		ext2_remember(i, dir, name, len);
	return i;
}

/* ---- making ---- */

static int write_link(struct ext2_inode *e, const char *target)
{
	size_t len = strlen(target);
	uint32_t block;
	char *page;
	int rc;

	if (len > e->fs->block_size)
		return -ENAMETOOLONG;
	e->i.size = len;
	if (len < SHORT_LINK) {
		memcpy(e->block, target, len);
		return 0;
	}
	page = cache_page_new(&e->cache, 0);
	if (is_err(page))
		return (int)ptr_err(page);
	rc = ext2_map(e, 0, true, &block);
	memcpy(page, target, len);
	cache_dirty(&e->cache, 0);
	page_put(machine_va_page(page));
	return rc;
}

static int fill(struct ext2_inode *e, struct inode *dir, uint32_t rdev, const char *target)
{
	struct inode *i = &e->i;

	if (inode_is(i, S_IFDIR)) {
		i->nlink = 2;
		return ext2_dir_init(i, dir->ino);
	}
	if (inode_is(i, S_IFLNK))
		return write_link(e, target);
	if (inode_is(i, S_IFCHR) || inode_is(i, S_IFBLK)) {
		i->rdev = rdev;
		e->block[1] = rdev;
	}
	return 0;
}

static struct inode *make(struct inode *dir, const char *name, size_t len, uint32_t mode,
			  uint32_t rdev, const char *target)
{
	struct ext2_inode *e;
	int rc;

	if (ext2_fs(dir)->read_only)
		return err_ptr(-EROFS);
	e = ext2_inode_new(dir, mode, &rc);
	if (!e)
		return err_ptr(rc);
	rc = fill(e, dir, rdev, target);
	if (!rc)
		rc = ext2_store(&e->i);
	if (!rc)
		rc = ext2_dir_add(dir, name, len, &e->i);
	if (rc) {
		e->i.nlink = 0;
		ext2_orphan(&e->i);
		inode_put(&e->i);
		return err_ptr(rc);
	}
	if (inode_is(&e->i, S_IFDIR)) {
		dir->nlink++;
		(void)ext2_store(dir);
	}
	ext2_remember(&e->i, dir, name, len);
	return &e->i;
}

static int link(struct inode *dir, const char *name, size_t len, struct inode *i)
{
	int rc;

	if (ext2_fs(dir)->read_only)
		return -EROFS;
	i->nlink++;
	i->ctime = inode_now();
	rc = ext2_store(i);
	if (!rc)
		rc = ext2_dir_add(dir, name, len, i);
	if (rc) {
		i->nlink--;
		(void)ext2_store(i);
	}
	return rc;
}

/* ---- removing ---- */

/* The name is gone from the disk; what hangs on it follows. */
static void lose_name(struct inode *i, struct inode *dir, const char *name, size_t len)
{
	struct ext2_inode *e = ext2_of(i);

	if (e->dir == dir && e->name && strlen(e->name) == len && !memcmp(e->name, name, len))
		ext2_forget_name(i);
	i->nlink--;
	i->ctime = inode_now();
	if (i->nlink)
		(void)ext2_store(i);
	else
		ext2_orphan(i);
}

static int unlink(struct inode *dir, const char *name, size_t len, struct inode *i)
{
	int rc;

	if (ext2_fs(dir)->read_only)
		return -EROFS;
	rc = ext2_dir_remove(dir, name, len);
	if (!rc)
		lose_name(i, dir, name, len);
	return rc;
}

/* A removed directory keeps the way up, and no name. */
static void lose_directory(struct inode *i, struct inode *dir)
{
	ext2_remember(i, dir, "", 0);
	kfree(ext2_of(i)->name);
	ext2_of(i)->name = NULL;
	i->nlink = 0;
	i->ctime = inode_now();
	ext2_orphan(i);
	dir->nlink--;
	(void)ext2_store(dir);
}

static int rmdir(struct inode *dir, const char *name, size_t len, struct inode *i)
{
	int rc;

	if (ext2_fs(dir)->read_only)
		return -EROFS;
	if (!ext2_dir_is_empty(i))
		return -ENOTEMPTY;
	rc = ext2_dir_remove(dir, name, len);
	if (!rc)
		lose_directory(i, dir);
	return rc;
}

/* ---- renaming ---- */

/* A directory that moves has another parent: its "..", and the counts of both. */
static int move_directory(struct inode *i, struct inode *from, struct inode *to)
{
	int rc = ext2_dir_set(i, "..", 2, to);

	if (rc)
		return rc;
	from->nlink--;
	to->nlink++;
	(void)ext2_store(from);
	return ext2_store(to);
}

static int replace(struct inode *to, const char *name, size_t len, struct inode *i,
		   struct inode *over)
{
	int rc;

	if (inode_is(over, S_IFDIR) && !ext2_dir_is_empty(over))
		return -ENOTEMPTY;
	rc = ext2_dir_set(to, name, len, i);
	if (rc)
		return rc;
	if (inode_is(over, S_IFDIR))
		lose_directory(over, to);
	else
		lose_name(over, to, name, len);
	return 0;
}

static int rename(struct inode *from, const char *name, size_t len, struct inode *i,
		  struct inode *to, const char *new_name, size_t new_len, struct inode *over)
{
	int rc;

	if (ext2_fs(from)->read_only)
		return -EROFS;
	/* First the new name, then the old one goes: never none. */
	rc = over ? replace(to, new_name, new_len, i, over)
		  : ext2_dir_add(to, new_name, new_len, i);
	if (!rc)
		rc = ext2_dir_remove(from, name, len);
	if (!rc && inode_is(i, S_IFDIR) && from != to)
		rc = move_directory(i, from, to);
	if (rc)
		return rc;
	ext2_remember(i, to, new_name, new_len);
	i->ctime = inode_now();
	return ext2_store(i);
}

/* ---- looking ---- */

static long readlink(struct inode *i, char *buf, size_t size)
{
	struct ext2_inode *e = ext2_of(i);
	size_t n = min(size, (size_t)i->size);
	char *page;

	if (!e->sectors) {
		n = min(n, (size_t)SHORT_LINK);
		memcpy(buf, e->block, n);
		return (long)n;
	}
	page = cache_page(&e->cache, 0, 0);
	if (is_err(page))
		return ptr_err(page);
	n = min(n, (size_t)PAGE_SIZE);
	memcpy(buf, page, n);
	page_put(machine_va_page(page));
	return (long)n;
}

static struct inode *whereis(struct inode *i, char *name)
{
	struct ext2_inode *e = ext2_of(i);

	if (!e->dir || (name && !e->name))
		return NULL;
	if (name)
		strlcpy(name, e->name, NAME_LONGEST + 1);
	return inode_get(e->dir);
}

static uint64_t blocks(struct inode *i)
{
	return ext2_of(i)->sectors;
}

const struct inode_ops ext2_iops = {
	.lookup = lookup,
	.make = make,
	.link = link,
	.unlink = unlink,
	.rmdir = rmdir,
	.rename = rename,
	.readlink = readlink,
	.whereis = whereis,
	.truncate = ext2_truncate,
	.blocks = blocks,
	.store = ext2_store,
	.evict = ext2_evict,
};
