/* SPDX-License-Identifier: MIT */
/*
 * ext2: inodes in memory.
 *
 * The table has a reference on every inode that has a name on the disk, so that its cached bytes outlive its
 * last user; too many unused ones are given back, the least recently used first. An inode that loses its
 * last name leaves the table, and its blocks go when its last user has gone (evict).
 *
 * The copy on the disk (in the device's cache) is written whenever an attribute changes, so that giving one
 * back needs nothing but its bytes. Only the time of last access waits until then.
 */
#include "fs/ext2/ext2.h"
#include "proc.h"
#include "timer.h"

#define UNUSED_MOST 512

/* ---- the disk's form ---- */

static uint64_t time_from_disk(uint32_t seconds)
{
	return (uint64_t)seconds * NSEC_PER_SEC;
}

static uint32_t time_to_disk(uint64_t ns)
{
	return (uint32_t)(ns / NSEC_PER_SEC);
}

/* The inode's place in its group's table. */
static int get_on_disk(struct ext2 *fs, uint32_t ino, struct ext2_ref *r)
{
	uint32_t group = (ino - 1) / fs->inodes_per_group, n = (ino - 1) % fs->inodes_per_group;
	uint32_t table;
	int rc;

	if (!ino || ino > fs->inodes)
		return -EIO;
	rc = ext2_get_group(fs, group, r);
	if (rc)
		return rc;
	table = ((struct ext2_disk_group *)r->at)->inode_table;
	ext2_put(r);
	rc = ext2_get(fs, table + (n * fs->inode_size >> fs->block_shift), r);
	if (!rc)
		r->at = (char *)r->at + (n * fs->inode_size & (fs->block_size - 1));
	return rc;
}

static uint32_t rdev_from_disk(const struct ext2_disk_inode *d)
{
	/* The old form has 8 and 8 bits, the new one is what DEV() makes. */
	return d->block[0] ? DEV(d->block[0] >> 8 & 0xff, d->block[0] & 0xff) : d->block[1];
}

static void from_disk(struct ext2_inode *e, const struct ext2_disk_inode *d)
{
	struct inode *i = &e->i;

	i->mode = d->mode;
	i->nlink = d->links;
	i->uid = d->uid | (uint32_t)d->uid_high << 16;
	i->gid = d->gid | (uint32_t)d->gid_high << 16;
	i->size = d->size;
	if (inode_is(i, S_IFREG))
		i->size |= (uint64_t)d->size_high << 32;
	i->atime = time_from_disk(d->atime);
	i->mtime = time_from_disk(d->mtime);
	i->ctime = i->btime = time_from_disk(d->ctime);
	if (inode_is(i, S_IFCHR) || inode_is(i, S_IFBLK))
		i->rdev = rdev_from_disk(d);
	memcpy(e->block, d->block, sizeof(e->block));
	e->sectors = d->sectors;
	e->flags = d->flags;
	e->generation = d->generation;
	e->dtime = d->dtime;
}

static void to_disk(const struct ext2_inode *e, struct ext2_disk_inode *d)
{
	const struct inode *i = &e->i;

	d->mode = (uint16_t)i->mode;
	d->links = (uint16_t)i->nlink;
	d->uid = (uint16_t)i->uid;
	d->uid_high = (uint16_t)(i->uid >> 16);
	d->gid = (uint16_t)i->gid;
	d->gid_high = (uint16_t)(i->gid >> 16);
	d->size = (uint32_t)i->size;
	if (inode_is(i, S_IFREG))
		d->size_high = (uint32_t)(i->size >> 32);
	d->atime = time_to_disk(i->atime);
	d->mtime = time_to_disk(i->mtime);
	d->ctime = time_to_disk(i->ctime);
	d->dtime = e->dtime;
	d->sectors = e->sectors;
	d->flags = e->flags;
	d->generation = e->generation;
	memcpy(d->block, e->block, sizeof(d->block));
}

int ext2_store(struct inode *i)
{
	struct ext2_inode *e = ext2_of(i);
	struct ext2_ref r;
	int rc;

	if (e->fs->read_only)
		return 0;
	rc = get_on_disk(e->fs, i->ino, &r);
	if (rc)
		return rc;
	to_disk(e, r.at);
	ext2_changed(e->fs, &r);
	ext2_put(&r);
	return 0;
}

/* ---- the table ---- */

/* Locks: alloc. */
static struct ext2_inode *find(struct ext2 *fs, uint32_t ino)
{
	struct ext2_inode *e;

	list_for_each (e, &fs->table, in_table)
		if (e->i.ino == ino)
			return e;
	return NULL;
}

static bool has_bytes(const struct inode *i, const struct ext2_inode *e)
{
	return inode_is(i, S_IFREG) || inode_is(i, S_IFDIR) || (inode_is(i, S_IFLNK) && e->sectors);
}

static struct ext2_inode *make(struct ext2 *fs, uint32_t ino)
{
	struct ext2_inode *e = kzalloc(sizeof(*e));

	if (!e)
		return NULL;
	inode_init(&e->i, fs->sb, 0);
	e->i.ino = ino;
	e->i.ops = &ext2_iops;
	e->fs = fs;
	mutex_init(&e->map);
	cache_init(&e->cache, &ext2_cache_ops, e);
	list_init(&e->in_table);
	return e;
}

static void set_operations(struct ext2_inode *e)
{
	if (inode_is(&e->i, S_IFREG))
		e->i.fops = &ext2_file_fops;
	else if (inode_is(&e->i, S_IFDIR))
		e->i.fops = &ext2_dir_fops;
}

static void free_inode(struct ext2_inode *e)
{
	cache_destroy(&e->cache);
	kfree(e->name);
	kfree(e);
}

static struct ext2_inode *read_inode(struct ext2 *fs, uint32_t ino, int *rc)
{
	struct ext2_inode *e = make(fs, ino);
	struct ext2_ref r;

	*rc = -ENOMEM;
	if (!e)
		return NULL;
	*rc = get_on_disk(fs, ino, &r);
	if (!*rc) {
		from_disk(e, r.at);
		ext2_put(&r);
	}
	if (!*rc && (!e->i.nlink || !e->i.mode)) {
		ext2_error(fs, "a name leads to inode %u, which is free", ino);
		*rc = -EIO;
	}
	if (*rc) {
		free_inode(e);
		return NULL;
	}
	set_operations(e);
	return e;
}

/* Locks: vfs_lock, so nobody else reads the same one meanwhile. */
struct inode *ext2_iget(struct ext2 *fs, uint32_t ino)
{
	struct ext2_inode *e;
	int rc;

	mutex_lock(&fs->alloc);
	e = find(fs, ino);
	if (e) {
		list_del(&e->in_table);
		list_add_tail(&fs->table, &e->in_table);
		inode_get(&e->i);
	}
	mutex_unlock(&fs->alloc);
	if (e)
		return &e->i;
	if (fs->table_count > UNUSED_MOST)
		ext2_drop_unused(fs, UNUSED_MOST / 2);
	e = read_inode(fs, ino, &rc);
	if (!e)
		return err_ptr(rc);
	mutex_lock(&fs->alloc);
	list_add_tail(&fs->table, &e->in_table); /* its first reference is the table's */
	fs->table_count++;
	mutex_unlock(&fs->alloc);
	return inode_get(&e->i);
}

/* Locks: vfs_lock. With one reference for the caller; the table has another. */
struct ext2_inode *ext2_inode_new(struct inode *dir, uint32_t mode, int *rc)
{
	struct ext2 *fs = ext2_fs(dir);
	uint32_t ino = ext2_inode_alloc(fs, dir->ino, (mode & S_IFMT) == S_IFDIR, rc);
	struct ext2_inode *e;

	if (!ino)
		return NULL;
	e = make(fs, ino);
	if (!e) {
		ext2_inode_free(fs, ino, (mode & S_IFMT) == S_IFDIR);
		*rc = -ENOMEM;
		return NULL;
	}
	e->i.mode = mode;
	e->generation = (uint32_t)inode_now();
	if (dir->mode & S_ISGID) {
		e->i.gid = dir->gid;
		if ((mode & S_IFMT) == S_IFDIR)
			e->i.mode |= S_ISGID;
	}
	set_operations(e);
	inode_get(&e->i);
	mutex_lock(&fs->alloc);
	list_add_tail(&fs->table, &e->in_table);
	fs->table_count++;
	mutex_unlock(&fs->alloc);
	return e;
}

static void leave_table(struct ext2_inode *e)
{
	mutex_lock(&e->fs->alloc);
	list_del(&e->in_table);
	e->fs->table_count--;
	mutex_unlock(&e->fs->alloc);
}

void ext2_orphan(struct inode *i)
{
	ext2_of(i)->dtime = time_to_disk(inode_now());
	(void)ext2_store(i);
	leave_table(ext2_of(i));
	inode_put(i); /* the table's; the caller has one of its own */
}

/* ---- names: for getcwd and /proc; Locks: vfs_lock ---- */

void ext2_remember(struct inode *i, struct inode *dir, const char *name, size_t len)
{
	struct ext2_inode *e = ext2_of(i);
	char *copy;

	if (e->dir == dir && e->name && strlen(e->name) == len && !memcmp(e->name, name, len))
		return;
	copy = kmalloc(len + 1);
	if (!copy)
		return;
	memcpy(copy, name, len);
	copy[len] = '\0';
	ext2_forget_name(i);
	e->name = copy;
	e->dir = inode_get(dir);
}

void ext2_forget_name(struct inode *i)
{
	struct ext2_inode *e = ext2_of(i);
	struct inode *dir = e->dir;

	kfree(e->name);
	e->name = NULL;
	e->dir = NULL;
	inode_put(dir);
}

/* ---- the end ---- */

int ext2_sync_inode(struct inode *i)
{
	struct ext2_inode *e = ext2_of(i);
	int rc = has_bytes(i, e) ? cache_sync(&e->cache) : 0;
	int stored = ext2_store(i);

	return rc ? rc : stored;
}

static void evict_one(struct ext2_inode *e)
{
	struct ext2 *fs = e->fs;
	struct inode *i = &e->i;

	if (!i->nlink && !fs->read_only) {
		cache_drop(&e->cache, 0, ~0u);
		if (has_bytes(i, e))
			ext2_unmap_from(e, 0);
		i->size = 0;
		(void)ext2_store(i);
		ext2_inode_free(fs, i->ino, inode_is(i, S_IFDIR));
	}
	free_inode(e);
}

/*
 * Nobody has a reference any more, and the table neither. A removed directory holds the one above, which
 * may be removed too: a loop, for trees are deep and stacks are not.
 */
void ext2_evict(struct inode *i)
{
	struct inode *up;

	do {
		up = ext2_of(i)->dir;
		evict_one(ext2_of(i));
		i = up;
	} while (i && !__atomic_sub_fetch(&i->refs, 1, __ATOMIC_ACQ_REL));
}

/* The oldest that only the table holds, taken out of it; NULL: none. */
static struct ext2_inode *take_unused(struct ext2 *fs)
{
	struct ext2_inode *e, *found = NULL;

	mutex_lock(&fs->alloc);
	list_for_each (e, &fs->table, in_table)
		if (e->i.refs == 1) {
			found = e;
			break;
		}
	if (found) {
		list_del(&found->in_table);
		fs->table_count--;
	}
	mutex_unlock(&fs->alloc);
	return found;
}

/* Locks: vfs_lock, so nobody looks one up while it leaves. */
void ext2_drop_unused(struct ext2 *fs, unsigned keep)
{
	struct ext2_inode *e;

	while (fs->table_count > keep && (e = take_unused(fs))) {
		(void)ext2_sync_inode(&e->i);
		inode_put(&e->i); /* evicts it, and perhaps makes its directory unused */
	}
}
