/* SPDX-License-Identifier: MIT */
/*
 * System calls on names: opening, making, removing, linking, moving about.
 */
#include "linux/linux.h"

/* ---- opening ---- */

static long open_name(int dirfd, const char *name, unsigned flags, unsigned mode)
{
	struct file *f = vfs_openat(dirfd, name, flags, mode);
	int fd;

	if (is_err(f))
		return ptr_err(f);
	fd = fd_install(f, 0, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

long sys_open(const struct args *a)
{
	return WITH_NAME(a, 0, open_name(AT_FDCWD, name, a->v[1], a->v[2]));
}

long sys_openat(const struct args *a)
{
	return WITH_NAME(a, 1, open_name(arg_int(a, 0), name, a->v[2], a->v[3]));
}

long sys_creat(const struct args *a)
{
	return WITH_NAME(a, 0, open_name(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, a->v[1]));
}

/* ---- making and removing ---- */

long sys_mkdir(const struct args *a)
{
	return WITH_NAME(a, 0, vfs_mknod(AT_FDCWD, name, S_IFDIR | (a->v[1] & S_ALL), 0));
}

long sys_mkdirat(const struct args *a)
{
	return WITH_NAME(a, 1, vfs_mknod(arg_int(a, 0), name, S_IFDIR | (a->v[2] & S_ALL), 0));
}

static long make_node(int dirfd, const char *name, uint32_t mode, uint32_t rdev)
{
	switch (mode & S_IFMT) {
	case 0:
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return vfs_mknod(dirfd, name, mode, rdev);
	case S_IFDIR:
		return -EPERM;
	}
	return -EINVAL;
}

long sys_mknod(const struct args *a)
{
	return WITH_NAME(a, 0, make_node(AT_FDCWD, name, a->v[1], a->v[2]));
}

long sys_mknodat(const struct args *a)
{
	return WITH_NAME(a, 1, make_node(arg_int(a, 0), name, a->v[2], a->v[3]));
}

long sys_unlink(const struct args *a)
{
	return WITH_NAME(a, 0, vfs_unlink(AT_FDCWD, name, false));
}

long sys_rmdir(const struct args *a)
{
	return WITH_NAME(a, 0, vfs_unlink(AT_FDCWD, name, true));
}

long sys_unlinkat(const struct args *a)
{
	if (a->v[2] & ~AT_REMOVEDIR)
		return -EINVAL;
	return WITH_NAME(a, 1, vfs_unlink(arg_int(a, 0), name, a->v[2] & AT_REMOVEDIR));
}

/* ---- two names ---- */

typedef int two_names_fn(int old_fd, const char *old_name, int fd, const char *name,
			 unsigned flags);

static long two_names(const struct args *a, int old_fd, int old_n, int fd, int n, unsigned flags,
		      two_names_fn *fn)
{
	char *old_name = name_get(a, old_n);
	long r = is_err(old_name) ? ptr_err(old_name)
				  : WITH_NAME(a, n, fn(old_fd, old_name, fd, name, flags));

	name_put(old_name);
	return r;
}

long sys_link(const struct args *a)
{
	return two_names(a, AT_FDCWD, 0, AT_FDCWD, 1, 0, vfs_link);
}

long sys_linkat(const struct args *a)
{
	return two_names(a, arg_int(a, 0), 1, arg_int(a, 2), 3, a->v[4], vfs_link);
}

long sys_rename(const struct args *a)
{
	return two_names(a, AT_FDCWD, 0, AT_FDCWD, 1, 0, vfs_rename);
}

long sys_renameat(const struct args *a)
{
	return two_names(a, arg_int(a, 0), 1, arg_int(a, 2), 3, 0, vfs_rename);
}

long sys_renameat2(const struct args *a)
{
	return two_names(a, arg_int(a, 0), 1, arg_int(a, 2), 3, a->v[4], vfs_rename);
}

static int make_symlink(int unused, const char *target, int fd, const char *name, unsigned flags)
{
	(void)unused, (void)flags;
	return vfs_symlink(target, fd, name);
}

long sys_symlink(const struct args *a)
{
	return two_names(a, 0, 0, AT_FDCWD, 1, 0, make_symlink);
}

long sys_symlinkat(const struct args *a)
{
	return two_names(a, 0, 0, arg_int(a, 1), 2, 0, make_symlink);
}

/* ---- links ---- */

static long read_link(const struct path *p, void *user, int size)
{
	char *buf;
	long n;

	if (size <= 0)
		return -EINVAL;
	if (!inode_is(p->inode, S_IFLNK))
		return -EINVAL;
	buf = kmalloc(PATH_LONGEST);
	if (!buf)
		return -ENOMEM;
	mutex_lock(&vfs_lock);
	n = p->inode->ops->readlink(p->inode, buf, min((size_t)size, (size_t)PATH_LONGEST));
	mutex_unlock(&vfs_lock);
	if (n > 0 && copy_to_user(user, buf, (size_t)n))
		n = -EFAULT;
	kfree(buf);
	return n;
}

long sys_readlink(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, AT_SYMLINK_NOFOLLOW,
			  read_link(&p, arg_ptr(a, 1), arg_int(a, 2)));
}

long sys_readlinkat(const struct args *a)
{
	return WITH_PLACE(a, arg_int(a, 0), 1, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH,
			  read_link(&p, arg_ptr(a, 2), arg_int(a, 3)));
}

/* ---- where names start ---- */

/* The old place is put when nobody can be walking from it. */
static void set_start(struct path *start, const struct path *p)
{
	struct path old;

	path_get(p);
	mutex_lock(&vfs_lock);
	old = *start;
	*start = *p;
	path_put(&old);
	mutex_unlock(&vfs_lock);
}

static long enter(struct path *start, const struct path *p)
{
	int r;

	if (!inode_is(p->inode, S_IFDIR))
		return -ENOTDIR;
	r = inode_permission(p->inode, MAY_EXEC, false);
	if (!r)
		set_start(start, p);
	return r;
}

long sys_chdir(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, 0, enter(&current->fs->cwd, &p));
}

long sys_fchdir(const struct args *a)
{
	struct file *f = fd_get_path(arg_int(a, 0));
	long r;

	if (!f)
		return -EBADF;
	r = f->path.inode ? enter(&current->fs->cwd, &f->path) : -ENOTDIR;
	file_put(f);
	return r;
}

static long change_root(const struct path *p)
{
	if (!inode_is(p->inode, S_IFDIR))
		return -ENOTDIR;
	return current->proc->cred.euid ? -EPERM : enter(&current->fs->root, p);
}

long sys_chroot(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, 0, change_root(&p));
}

long sys_getcwd(const struct args *a)
{
	char *buf = kmalloc(PATH_LONGEST), *s;
	long r;

	if (!buf)
		return -ENOMEM;
	mutex_lock(&vfs_lock);
	s = path_name(&current->fs->cwd, buf, PATH_LONGEST);
	mutex_unlock(&vfs_lock);
	if (is_err(s)) {
		r = ptr_err(s);
	} else {
		r = (long)strlen(s) + 1;
		if ((uint32_t)r > a->v[1])
			r = -ERANGE;
		else if (copy_to_user(arg_ptr(a, 0), s, (size_t)r))
			r = -EFAULT;
	}
	kfree(buf);
	return r;
}

long sys_umask(const struct args *a)
{
	unsigned old = current->fs->umask;

	current->fs->umask = a->v[0] & 0777;
	return (long)old;
}

/* ---- mounts ---- */

/* An optional string: NULL reads as "". */
static char *option_get(const struct args *a, int n)
{
	return a->v[n] ? name_get(a, n) : kstrdup("");
}

/* Options are a page of text for every file system here; what lies behind it is not read. */
static char *data_get(const struct args *a, int n)
{
	char *s = option_get(a, n);

	return is_err(s) && ptr_err(s) != -ENOMEM ? kstrdup("") : s;
}

long sys_mount(const struct args *a)
{
	char *source = option_get(a, 0), *type = option_get(a, 2), *data = data_get(a, 4);
	long r = -ENOMEM;

	if (is_err(source))
		r = ptr_err(source);
	else if (is_err(type))
		r = ptr_err(type);
	else if (source && type && data && !is_err(data))
		r = WITH_NAME(a, 1, vfs_mount(source, name, type, a->v[3], data));
	name_put(data);
	name_put(type);
	name_put(source);
	return r;
}

long sys_umount2(const struct args *a)
{
	return WITH_NAME(a, 0, vfs_umount(name, a->v[1]));
}

long sys_umount(const struct args *a)
{
	return WITH_NAME(a, 0, vfs_umount(name, 0));
}
