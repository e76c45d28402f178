/* SPDX-License-Identifier: MIT */
/*
 * ramfs: a file system whose directories and files are just kernel memory.
 *
 * It is the root (unpacked from the ramdisk), /tmp, and what /dev is made of. An entry holds a
 * reference on its inode, so an inode goes when its last name and its last user are gone, in either
 * order. vfs_lock guards every directory.
 */
#include "fs/ramfs.h"
#include "proc.h"

#define RAMFS_MAGIC 0x858458f6u /* Linux's, for statfs */
#define TMPFS_MAGIC 0x01021994u

/* ---- entries ---- */

static struct ramfs_entry *find(const struct inode *dir, const char *name, size_t len)
{
	struct ramfs_entry *e;

	list_for_each (e, &ramfs_of(dir)->entries, link)
		if (e->len == len && !memcmp(e->name, name, len))
			return e;
	return NULL;
}

static void dir_changed(struct inode *dir, long size_change)
{
	/* Linux's tmpfs counts 20 bytes an entry; programs only look whether it is 0. */
	dir->size += (uint64_t)(size_change * 20);
	inode_changed(dir);
}

static struct ramfs_entry *new_entry(const char *name, size_t len)
{
	struct ramfs_entry *e = kmalloc(sizeof(*e) + len + 1);

	if (e) {
		memcpy(e->name, name, len);
		e->name[len] = '\0';
		e->len = len;
	}
	return e;
}

/* Takes over the caller's reference on i. */
static void insert(struct inode *dir, struct ramfs_entry *e, struct inode *i)
{
	struct ramfs_inode *d = ramfs_of(dir);

	e->dir = d;
	e->inode = ramfs_of(i);
	e->cookie = d->next_cookie++;
	list_add_tail(&d->entries, &e->link);
	list_add_tail(&e->inode->names, &e->alias);
	if (inode_is(i, S_IFDIR))
		dir->nlink++;
	dir_changed(dir, 1);
}

static void remove(struct ramfs_entry *e)
{
	struct inode *dir = &e->dir->i, *i = &e->inode->i;

	list_del(&e->link);
	list_del(&e->alias);
	if (inode_is(i, S_IFDIR))
		dir->nlink--;
	dir_changed(dir, -1);
	kfree(e);
}

/* ---- inodes ---- */

struct inode *ramfs_new(struct super *sb, uint32_t mode)
{
	struct ramfs_inode *r = kzalloc(sizeof(*r));

	if (!r)
		return NULL;
	inode_init(&r->i, sb, mode);
	r->i.ops = &ramfs_iops;
	list_init(&r->names);
	if (inode_is(&r->i, S_IFDIR)) {
		r->i.fops = &ramfs_dir_fops;
		r->i.nlink = 2;
		r->next_cookie = 2; /* 0 and 1 are "." and ".." */
		list_init(&r->entries);
	} else if (inode_is(&r->i, S_IFREG)) {
		r->i.fops = &ramfs_file_fops;
	}
	return &r->i;
}

static void free_inode(struct ramfs_inode *r)
{
	if (inode_is(&r->i, S_IFREG))
		pagetree_drop(&r->pages, 0, ~0u);
	else if (inode_is(&r->i, S_IFLNK))
		kfree(r->target);
	kfree(r);
}

/* A removed directory holds the one above, which may be removed too: a loop, for trees are deep. */
static void evict(struct inode *i)
{
	struct ramfs_inode *r = ramfs_of(i), *up;

	do {
		up = r->up;
		free_inode(r);
		r = up;
	} while (r && !__atomic_sub_fetch(&r->i.refs, 1, __ATOMIC_ACQ_REL));
}

static struct inode *lookup(struct inode *dir, const char *name, size_t len)
{
	struct ramfs_entry *e = find(dir, name, len);

	return e ? inode_get(&e->inode->i) : err_ptr(-ENOENT);
}

static int set_kind(struct inode *i, const struct inode *dir, uint32_t rdev, const char *target)
{
	if (dir->mode & S_ISGID) {
		i->gid = dir->gid;
		if (inode_is(i, S_IFDIR))
			i->mode |= S_ISGID;
	}
	if (inode_is(i, S_IFCHR) || inode_is(i, S_IFBLK))
		i->rdev = rdev;
	if (!inode_is(i, S_IFLNK))
		return 0;
	i->size = strlen(target);
	ramfs_of(i)->target = kstrdup(target);
	return ramfs_of(i)->target ? 0 : -ENOMEM;
}

struct inode *ramfs_make(struct inode *dir, const char *name, size_t len, uint32_t mode,
			 uint32_t rdev, const char *target)
{
	struct ramfs_entry *e = new_entry(name, len);
	struct inode *i = ramfs_memory_left() ? ramfs_new(dir->sb, mode) : NULL;

	if (!e || !i || set_kind(i, dir, rdev, target)) {
		kfree(e);
		inode_put(i);
		return err_ptr(-ENOSPC);
	}
	insert(dir, e, inode_get(i));
	return i;
}

static int link(struct inode *dir, const char *name, size_t len, struct inode *i)
{
	struct ramfs_entry *e = ramfs_memory_left() ? new_entry(name, len) : NULL;

	if (!e)
		return -ENOSPC;
	i->nlink++;
	i->ctime = inode_now();
	insert(dir, e, inode_get(i));
	return 0;
}

static int unlink(struct inode *dir, const char *name, size_t len, struct inode *i)
{
	remove(find(dir, name, len));
	i->nlink--;
	i->ctime = inode_now();
	inode_put(i);
	return 0;
}

static int rmdir(struct inode *dir, const char *name, size_t len, struct inode *i)
{
	if (!list_empty(&ramfs_of(i)->entries))
		return -ENOTEMPTY;
	remove(find(dir, name, len));
	ramfs_of(i)->up = ramfs_of(inode_get(dir));
	i->nlink = 0;
	i->ctime = inode_now();
	inode_put(i);
	return 0;
}

static int rename(struct inode *from, const char *name, size_t len, struct inode *i,
		  struct inode *to, const char *new_name, size_t new_len, struct inode *over)
{
	struct ramfs_entry *e = new_entry(new_name, new_len);
	int r = 0;

	if (!e)
		return -ENOSPC;
	if (over)
		r = inode_is(over, S_IFDIR) ? rmdir(to, new_name, new_len, over)
					    : unlink(to, new_name, new_len, over);
	if (r) {
		kfree(e);
		return r;
	}
	remove(find(from, name, len));
	insert(to, e, i);
	i->ctime = inode_now();
	return 0;
}

static long readlink(struct inode *i, char *buf, size_t size)
{
	size_t n = min(size, (size_t)i->size);

	memcpy(buf, ramfs_of(i)->target, n);
	return (long)n;
}

static struct inode *whereis(struct inode *i, char *name)
{
	struct ramfs_inode *r = ramfs_of(i);
	struct ramfs_entry *e;

	if (list_empty(&r->names))
		return r->up && !name ? inode_get(&r->up->i) : NULL;
	e = list_first(&r->names, struct ramfs_entry, alias);
	if (name)
		memcpy(name, e->name, e->len + 1);
	return inode_get(&e->dir->i);
}

static int truncate(struct inode *i, uint64_t size)
{
	return ramfs_truncate(i, size);
}

static uint64_t blocks(struct inode *i)
{
	if (!inode_is(i, S_IFREG))
		return 0;
	return (uint64_t)ramfs_of(i)->pages.count * (PAGE_SIZE / 512);
}

const struct inode_ops ramfs_iops = {
	.lookup = lookup,
	.make = ramfs_make,
	.link = link,
	.unlink = unlink,
	.rmdir = rmdir,
	.rename = rename,
	.readlink = readlink,
	.whereis = whereis,
	.truncate = truncate,
	.allocate = ramfs_allocate,
	.blocks = blocks,
	.evict = evict,
};

/* ---- directories as files ---- */

static bool put_dots(struct file *f, struct dir_sink *sink)
{
	struct inode *i = f->path.inode, *up;
	uint32_t ino;
	bool ok;

	if (f->pos == 0) {
		if (!sink->put(sink, ".", 1, i->ino, DT_DIR, 1))
			return false;
		f->pos = 1;
	}
	if (f->pos == 1) {
		up = whereis(i, NULL);
		ino = up ? up->ino : i->ino;
		inode_put(up);
		ok = sink->put(sink, "..", 2, ino, DT_DIR, 2);
		if (!ok)
			return false;
		f->pos = 2;
	}
	return true;
}

static int readdir(struct file *f, struct dir_sink *sink)
{
	struct inode *dir = f->path.inode;
	struct ramfs_entry *e;

	if (!put_dots(f, sink))
		return 0;
	list_for_each (e, &ramfs_of(dir)->entries, link) {
		if (e->cookie < f->pos)
			continue;
		if (!sink->put(sink, e->name, e->len, e->inode->i.ino,
			       dirent_type(e->inode->i.mode), e->cookie + 1))
			return 0;
		f->pos = e->cookie + 1;
	}
	dir->atime = inode_now();
	return 0;
}

static long read_dir(struct file *f, struct iter *to, uint64_t *pos)
{
	(void)f, (void)to, (void)pos;
	return -EISDIR;
}

static long long seek_dir(struct file *f, long long off, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	return file_seek_sized(f, off, whence, 0);
}

const struct file_ops ramfs_dir_fops = {
	.read = read_dir,
	.seek = seek_dir,
	.readdir = readdir,
};

/* ---- the file systems ---- */

struct super *ramfs_super(const struct fs_type *type, uint32_t root_mode)
{
	struct super *sb = kzalloc(sizeof(*sb));

	if (!sb)
		return err_ptr(-ENOMEM);
	sb->refs = 1;
	sb->dev = super_new_dev();
	sb->type = type;
	sb->root = ramfs_new(sb, S_IFDIR | root_mode);
	if (!sb->root) {
		kfree(sb);
		return err_ptr(-ENOMEM);
	}
	return sb;
}

/* Everything below a directory loses its names; what is still open goes with its last user. */
static void clear(struct ramfs_inode *d)
{
	while (!list_empty(&d->entries)) {
		struct ramfs_entry *e = list_first(&d->entries, struct ramfs_entry, link);
		struct inode *i = &e->inode->i;

		if (inode_is(i, S_IFDIR) && !list_empty(&ramfs_of(i)->entries)) {
			/* Lift its entries to here: no recursion, however deep the tree. */
			struct ramfs_entry *c =
				list_first(&ramfs_of(i)->entries, struct ramfs_entry, link);

			list_del(&c->link);
			c->dir = d;
			list_add(&d->entries, &c->link);
			continue;
		}
		remove(e);
		inode_put(i);
	}
}

static void ramfs_kill(struct super *sb)
{
	clear(ramfs_of(sb->root));
	inode_put(sb->root);
	kfree(sb);
}

static void ramfs_statfs(struct super *sb, struct statfs_k *st)
{
	st->type = sb->type == &ramfs_type ? RAMFS_MAGIC : TMPFS_MAGIC;
	st->block_size = PAGE_SIZE;
	st->name_max = NAME_LONGEST;
	if (sb->type == &ramfs_type)
		return;
	st->blocks = page_total_count() / 2;
	st->blocks_free = min(st->blocks, (uint64_t)page_free_count());
	st->files = page_total_count() / 2;
	st->files_free = st->files - min(st->files, (uint64_t)sb->next_ino);
}

/* Of the mount options only the root's mode matters here: mode=1777. */
static uint32_t mode_option(const char *data, uint32_t otherwise)
{
	const char *s = strstr(data, "mode=");

	return s ? (uint32_t)strtoul(s + 5, NULL, 8) & S_ALL : otherwise;
}

static struct super *mount_ramfs(const char *data)
{
	return ramfs_super(&ramfs_type, mode_option(data, 0755));
}

static struct super *mount_tmpfs(const char *data)
{
	return ramfs_super(&tmpfs_type, mode_option(data, 01777));
}

const struct fs_type ramfs_type = { .name = "rootfs",
				    .nodev = true,
				    .mount = mount_ramfs,
				    .statfs = ramfs_statfs,
				    .kill = ramfs_kill };
const struct fs_type tmpfs_type = { .name = "tmpfs",
				    .nodev = true,
				    .mount = mount_tmpfs,
				    .statfs = ramfs_statfs,
				    .kill = ramfs_kill };
