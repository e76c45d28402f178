/* SPDX-License-Identifier: MIT */
/*
 * Opening: from a name and flags to a struct file.
 *
 * The walk and the permission checks happen under vfs_lock; the open function of what was found is
 * called without it, since a FIFO or a terminal may wait there.
 */
#include "fs/vfs.h"
#include "proc.h"

/* What a descriptor keeps; the others say only how to open. */
#define FLAGS_KEPT (~(unsigned)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC))
#define PATH_FLAGS ((unsigned)(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))

static unsigned wanted_rights(unsigned flags)
{
	static const unsigned char rights[4] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
						 MAY_READ | MAY_WRITE };
	unsigned may = rights[flags & O_ACCMODE];

	return flags & O_TRUNC ? may | MAY_WRITE : may;
}

static int may_open(const struct path *p, unsigned flags)
{
	const struct inode *i = p->inode;
	unsigned may = wanted_rights(flags);
	bool device = inode_is(i, S_IFCHR) || inode_is(i, S_IFBLK);
	int r;

	if ((flags & O_DIRECTORY) && !inode_is(i, S_IFDIR))
		return -ENOTDIR;
	if (flags & O_PATH)
		return 0;
	if (inode_is(i, S_IFLNK))
		return -ELOOP;
	if (inode_is(i, S_IFDIR) && ((may & MAY_WRITE) || (flags & O_CREAT)))
		return -EISDIR;
	if (device && (p->mnt->flags & MS_NODEV))
		return -EACCES;
	if (inode_is(i, S_IFSOCK))
		return -ENXIO;
	r = inode_permission(i, may, false);
	if (r)
		return r;
	if ((may & MAY_WRITE) && inode_is(i, S_IFREG) && !mount_writable(p->mnt))
		return -EROFS;
	return (flags & O_NOATIME) && !inode_owned(i) ? -EPERM : 0;
}

/* O_CREAT and the name is free: w->at moves to the new file. */
static int create_last(struct walk *w, unsigned mode)
{
	struct inode *dir = w->at.inode, *i;
	int r;

	if (w->dir_wanted) /* a link's text may end in a slash, too */
		return -EISDIR;
	if (!dir->nlink)
		return -ENOENT;
	if (!mount_writable(w->at.mnt))
		return -EROFS;
	r = inode_permission(dir, MAY_WRITE | MAY_EXEC, false);
	if (r)
		return r;
	if (!dir->ops->make)
		return -EACCES;
	mode = S_IFREG | (mode & S_ALL & ~current->fs->umask);
	i = dir->ops->make(dir, w->last, w->last_len, mode, 0, NULL);
	if (is_err(i))
		return ptr_err(i);
	w->at.inode = i;
	inode_put(dir);
	return 0;
}

static int find(struct walk *w, int dirfd, const char *name, unsigned *flags, unsigned mode)
{
	bool follow = !(*flags & O_NOFOLLOW) &&
		      (*flags & (O_CREAT | O_EXCL)) != (unsigned)(O_CREAT | O_EXCL);
	int r = walk_start(w, dirfd, name);

	if (!r)
		r = walk_parent(w);
	if (r)
		return r;
	if ((*flags & O_CREAT) && walk_last_is_dots(w))
		return *flags & O_EXCL ? -EEXIST : -EISDIR;
	if ((*flags & O_CREAT) && w->dir_wanted)
		return -EISDIR;
	r = walk_last(w, follow);
	if (r == -ENOENT && w->missing && (*flags & O_CREAT)) {
		r = create_last(w, mode);
		if (!r)
			*flags &= ~(unsigned)O_TRUNC;
		return r;
	}
	if (!r && (*flags & O_CREAT) && (*flags & O_EXCL))
		return -EEXIST;
	return r ? r : may_open(&w->at, *flags);
}

static const struct file_ops path_ops; /* O_PATH: a place, and nothing can be done with it */

static const struct file_ops *ops_of(const struct inode *i, unsigned flags)
{
	if (flags & O_PATH)
		return &path_ops;
	if (inode_is(i, S_IFCHR))
		return chrdev_find(i->rdev);
	if (inode_is(i, S_IFBLK))
		return &block_fops;
	if (inode_is(i, S_IFIFO))
		return &fifo_fops;
	return i->fops;
}

static struct file *open_place(const struct path *p, unsigned flags)
{
	const struct file_ops *ops = ops_of(p->inode, flags);
	struct file *f;
	int r = 0;

	if (!ops)
		return err_ptr(-ENXIO);
	path_get(p);
	f = file_create(ops, flags, p, NULL);
	if (!f)
		return err_ptr(-ENOMEM);
	if (ops->open)
		r = ops->open(f, p->inode);
	if (!r && (flags & O_TRUNC) && inode_is(p->inode, S_IFREG) && p->inode->ops->truncate)
		r = vfs_truncate(p->inode, 0);
	if (r) {
		f->ops = ops->open ? &path_ops : f->ops; /* what was never opened is not released */
		file_put(f);
		return err_ptr(r);
	}
	f->flags &= FLAGS_KEPT;
	return f;
}

struct file *vfs_openat(int dirfd, const char *name, unsigned flags, unsigned mode)
{
	struct path p = { NULL, NULL };
	struct file *f;
	struct walk w;
	int r;

	if (flags & O_PATH)
		flags &= PATH_FLAGS;
	if ((flags & O_TMPFILE) == O_TMPFILE)
		return err_ptr(-EOPNOTSUPP);
	if ((flags & O_CREAT) && (flags & O_DIRECTORY))
		return err_ptr(-EINVAL);
	mutex_lock(&vfs_lock);
	r = find(&w, dirfd, name, &flags, mode);
	if (!r) {
		p = w.at;
		path_get(&p);
	}
	walk_end(&w);
	mutex_unlock(&vfs_lock);
	if (r)
		return err_ptr(r);
	f = open_place(&p, flags);
	path_put(&p);
	return f;
}

struct file *vfs_open(const char *path, unsigned flags, unsigned mode)
{
	return vfs_openat(AT_FDCWD, path, flags, mode);
}

struct file *vfs_open_exec(const char *path)
{
	struct file *f;
	struct path p;
	int r = vfs_lookup(AT_FDCWD, path, 0, &p);

	if (r)
		return err_ptr(r);
	if (!inode_is(p.inode, S_IFREG) || (p.mnt->flags & MS_NOEXEC))
		r = -EACCES;
	if (!r)
		r = inode_permission(p.inode, MAY_EXEC, false);
	f = r ? err_ptr(r) : open_place(&p, O_RDONLY);
	path_put(&p);
	return f;
}
