/* SPDX-License-Identifier: MIT */
/*
 * Making, linking, removing and renaming: operations on directory entries.
 *
 * Everything a file system need not know is decided here: permissions, what exists, which kinds go
 * together, and in which order the errors come. The order is Linux's, since programs see it. vfs_lock
 * is held from the walk to the change, so nothing moves in between.
 */
#include "fs/vfs.h"
#include "proc.h"

static int to_parent(struct walk *w, int dirfd, const char *name)
{
	int r = walk_start(w, dirfd, name);

	return r ? r : walk_parent(w);
}

static struct inode *find_last(const struct walk *w)
{
	return dir_lookup(w->at.inode, w->last, w->last_len);
}

static int may_change_dir(const struct walk *w)
{
	if (!mount_writable(w->at.mnt))
		return -EROFS;
	return inode_permission(w->at.inode, MAY_WRITE | MAY_EXEC, false);
}

/* In a sticky directory (/tmp) only owners remove. */
static int may_remove(const struct walk *w, const struct inode *i)
{
	int r = may_change_dir(w);

	if (!r && (w->at.inode->mode & S_ISVTX) && !inode_owned(i) && !inode_owned(w->at.inode))
		r = -EPERM;
	return r;
}

/* Is there room for a new entry at the end of the walk? */
static int may_create(const struct walk *w, bool dir)
{
	struct inode *i;

	if (walk_last_is_dots(w))
		return -EEXIST;
	i = find_last(w);
	if (!is_err(i)) {
		inode_put(i);
		return -EEXIST;
	}
	if (ptr_err(i) != -ENOENT)
		return ptr_err(i);
	if (w->dir_wanted && !dir)
		return -ENOENT;
	if (!w->at.inode->nlink)
		return -ENOENT;
	return may_change_dir(w);
}

static int make(const struct walk *w, uint32_t mode, uint32_t rdev, const char *target)
{
	struct inode *i;

	if (!w->at.inode->ops->make)
		return -EPERM;
	i = w->at.inode->ops->make(w->at.inode, w->last, w->last_len, mode, rdev, target);
	if (is_err(i))
		return ptr_err(i);
	inode_put(i);
	return 0;
}

static int make_at(int dirfd, const char *name, uint32_t mode, uint32_t rdev, const char *target)
{
	struct walk w;
	int r;

	mutex_lock(&vfs_lock);
	r = to_parent(&w, dirfd, name);
	if (!r)
		r = may_create(&w, (mode & S_IFMT) == S_IFDIR);
	if (!r)
		r = make(&w, mode, rdev, target);
	walk_end(&w);
	mutex_unlock(&vfs_lock);
	return r;
}

int vfs_mknod(int dirfd, const char *name, uint32_t mode, uint32_t rdev)
{
	uint32_t kind = mode & S_IFMT;

	if (!kind)
		kind = S_IFREG;
	if ((kind == S_IFCHR || kind == S_IFBLK) && current->proc->cred.euid)
		return -EPERM;
	mode = kind | (mode & S_ALL & ~current->fs->umask);
	return make_at(dirfd, name, mode, rdev, NULL);
}

int vfs_symlink(const char *target, int dirfd, const char *name)
{
	if (!*target)
		return -ENOENT;
	return make_at(dirfd, name, S_IFLNK | 0777, 0, target);
}

static int link_last(const struct walk *w, const struct path *old)
{
	int r = may_create(w, false);

	if (r)
		return r;
	if (old->mnt != w->at.mnt)
		return -EXDEV;
	if (inode_is(old->inode, S_IFDIR) || !w->at.inode->ops->link)
		return -EPERM;
	if (!old->inode->nlink)
		return -ENOENT;
	if (old->inode->nlink >= LINKS_MOST)
		return -EMLINK;
	return w->at.inode->ops->link(w->at.inode, w->last, w->last_len, old->inode);
}

int vfs_link(int old_fd, const char *old_name, int fd, const char *name, unsigned flags)
{
	unsigned how = flags & AT_EMPTY_PATH;
	struct path old;
	struct walk w;
	int r;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!(flags & AT_SYMLINK_FOLLOW))
		how |= AT_SYMLINK_NOFOLLOW;
	r = vfs_lookup(old_fd, old_name, how, &old);
	if (r)
		return r;
	mutex_lock(&vfs_lock);
	r = to_parent(&w, fd, name);
	if (!r)
		r = link_last(&w, &old);
	walk_end(&w);
	mutex_unlock(&vfs_lock);
	path_put(&old);
	return r;
}

/* ---- removal ---- */

static int check_dots(const struct walk *w, bool dir)
{
	if (!walk_last_is_dots(w))
		return 0;
	if (!dir)
		return -EISDIR;
	if (!w->last_len)
		return -EBUSY;
	return w->last_len == 1 ? -EINVAL : -ENOTEMPTY;
}

static bool is_mount_point(const struct walk *w, struct inode *i)
{
	struct path p = { w->at.mnt, i };

	return mount_covers(&p);
}

static int remove_inode(const struct walk *w, struct inode *i, bool dir)
{
	const struct inode_ops *ops = w->at.inode->ops;
	int r = may_remove(w, i);

	if (r)
		return r;
	if (dir && !inode_is(i, S_IFDIR))
		return -ENOTDIR;
	if (!dir && inode_is(i, S_IFDIR))
		return -EISDIR;
	if (is_mount_point(w, i))
		return -EBUSY;
	if (dir)
		return ops->rmdir ? ops->rmdir(w->at.inode, w->last, w->last_len, i) : -EPERM;
	return ops->unlink ? ops->unlink(w->at.inode, w->last, w->last_len, i) : -EPERM;
}

static int remove_last(const struct walk *w, bool dir)
{
	struct inode *i;
	int r = check_dots(w, dir);

	if (r)
		return r;
	i = find_last(w);
	if (is_err(i))
		return ptr_err(i);
	if (!dir && w->dir_wanted)
		r = inode_is(i, S_IFDIR) ? -EISDIR : -ENOTDIR;
	else
		r = remove_inode(w, i, dir);
	inode_put(i);
	return r;
}

int vfs_unlink(int dirfd, const char *name, bool dir)
{
	struct walk w;
	int r;

	mutex_lock(&vfs_lock);
	r = to_parent(&w, dirfd, name);
	if (!r)
		r = remove_last(&w, dir);
	walk_end(&w);
	mutex_unlock(&vfs_lock);
	return r;
}

/* ---- rename ---- */

/* Is `i` the directory `dir` or one above it? */
static bool is_above(const struct inode *i, struct inode *dir)
{
	struct inode *at = inode_get(dir), *up;
	bool found = at == i;

	while (!found && at != at->sb->root) {
		up = at->ops->whereis ? at->ops->whereis(at, NULL) : NULL;
		if (!up)
			break;
		inode_put(at);
		at = up;
		found = at == i;
	}
	inode_put(at);
	return found;
}

/* What is wrong with the names, whoever asks. */
static int check_places(const struct walk *from, struct inode *i, const struct walk *to,
			struct inode *over)
{
	bool dir = inode_is(i, S_IFDIR);

	if (!dir && (from->dir_wanted || to->dir_wanted))
		return -ENOTDIR;
	if (dir && is_above(i, to->at.inode))
		return -EINVAL;
	return over && is_above(over, from->at.inode) ? -ENOTEMPTY : 0;
}

static int may_replace(const struct walk *to, const struct inode *i, const struct inode *over)
{
	bool dir = inode_is(i, S_IFDIR), over_dir = inode_is(over, S_IFDIR);
	int r = may_remove(to, over);

	if (r || dir == over_dir)
		return r;
	return dir ? -ENOTDIR : -EISDIR;
}

static int check_rename(const struct walk *from, struct inode *i, const struct walk *to,
			struct inode *over)
{
	int r = may_remove(from, i);

	if (!r)
		r = over ? may_replace(to, i, over) : may_change_dir(to);
	/* A directory that moves gets a new "..", which is a change to itself. */
	if (!r && inode_is(i, S_IFDIR) && from->at.inode != to->at.inode)
		r = inode_permission(i, MAY_WRITE, false);
	if (!r && !to->at.inode->nlink)
		r = -ENOENT;
	if (!r && (is_mount_point(from, i) || (over && is_mount_point(to, over))))
		r = -EBUSY;
	return r;
}

static int rename_inode(const struct walk *from, struct inode *i, const struct walk *to,
			unsigned flags)
{
	const struct inode_ops *ops = from->at.inode->ops;
	struct inode *over = find_last(to);
	int r;

	if (is_err(over)) {
		if (ptr_err(over) != -ENOENT)
			return ptr_err(over);
		over = NULL;
	}
	if (over && (flags & RENAME_NOREPLACE))
		r = -EEXIST;
	else
		r = check_places(from, i, to, over);
	if (!r && over != i) /* two names of one file: nothing to do */
		r = check_rename(from, i, to, over);
	if (!r && over != i)
		r = ops->rename ? ops->rename(from->at.inode, from->last, from->last_len, i,
					      to->at.inode, to->last, to->last_len, over)
				: -EPERM;
	inode_put(over);
	return r;
}

static int rename_last(const struct walk *from, const struct walk *to, unsigned flags)
{
	struct inode *i;
	int r;

	if (from->at.mnt != to->at.mnt)
		return -EXDEV;
	if (walk_last_is_dots(from))
		return -EBUSY;
	if (walk_last_is_dots(to))
		return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	i = find_last(from);
	if (is_err(i))
		return ptr_err(i);
	r = rename_inode(from, i, to, flags);
	inode_put(i);
	return r;
}

int vfs_rename(int old_fd, const char *old_name, int fd, const char *name, unsigned flags)
{
	struct walk from, to;
	int r;

	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	mutex_lock(&vfs_lock);
	r = to_parent(&from, old_fd, old_name);
	if (!r) {
		r = to_parent(&to, fd, name);
		if (!r)
			r = rename_last(&from, &to, flags);
		walk_end(&to);
	}
	walk_end(&from);
	mutex_unlock(&vfs_lock);
	return r;
}
