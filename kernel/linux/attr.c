/* SPDX-License-Identifier: MIT */
/*
 * System calls on attributes: modes, owners, times, sizes, access.
 */
#include "linux/linux.h"

/* ---- mode ---- */

long sys_chmod(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, 0, vfs_chmod(&p, a->v[1]));
}

long sys_fchmodat(const struct args *a)
{
	return WITH_PLACE(a, arg_int(a, 0), 1, 0, vfs_chmod(&p, a->v[2]));
}

long sys_fchmod(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), vfs_chmod(&f->path, a->v[1]));
}

/* ---- owner: the old calls have 16-bit ids, where 0xffff means "leave it" ---- */

static uint32_t id16(uint32_t id)
{
	return (id & 0xffff) == 0xffff ? ~0u : id & 0xffff;
}

long sys_chown(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, 0, vfs_chown(&p, id16(a->v[1]), id16(a->v[2])));
}

long sys_lchown(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, AT_SYMLINK_NOFOLLOW,
			  vfs_chown(&p, id16(a->v[1]), id16(a->v[2])));
}

long sys_fchown(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), vfs_chown(&f->path, id16(a->v[1]), id16(a->v[2])));
}

long sys_chown32(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, 0, vfs_chown(&p, a->v[1], a->v[2]));
}

long sys_lchown32(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, AT_SYMLINK_NOFOLLOW, vfs_chown(&p, a->v[1], a->v[2]));
}

long sys_fchown32(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), vfs_chown(&f->path, a->v[1], a->v[2]));
}

long sys_fchownat(const struct args *a)
{
	if (a->v[4] & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return WITH_PLACE(a, arg_int(a, 0), 1, a->v[4], vfs_chown(&p, a->v[2], a->v[3]));
}

/* ---- access ---- */

static long check_access(const struct args *a, int dirfd, int n, uint32_t may, uint32_t flags)
{
	if (may & ~7u)
		return -EINVAL;
	if (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return WITH_PLACE(a, dirfd, n, flags, vfs_access(&p, may, !(flags & AT_EACCESS)));
}

long sys_access(const struct args *a)
{
	return check_access(a, AT_FDCWD, 0, a->v[1], 0);
}

long sys_faccessat(const struct args *a)
{
	return check_access(a, arg_int(a, 0), 1, a->v[2], 0);
}

long sys_faccessat2(const struct args *a)
{
	return check_access(a, arg_int(a, 0), 1, a->v[2], a->v[3]);
}

/* ---- times ---- */

#define UTIME_NOW  0x3fffffff
#define UTIME_OMIT 0x3ffffffe

static int one_time(const struct timespec64 *t, uint64_t *ns)
{
	if (t->nsec == UTIME_NOW)
		*ns = TIME_NOW;
	else if (t->nsec == UTIME_OMIT)
		*ns = TIME_OMIT;
	else if (t->nsec < 0 || t->nsec >= (int64_t)NSEC_PER_SEC)
		return -EINVAL;
	else
		*ns = t->sec < 0 ? 0 : (uint64_t)t->sec * NSEC_PER_SEC + (uint64_t)t->nsec;
	return 0;
}

/* Two times from the program; NULL means now. The upper half of a 64-bit tv_nsec is padding. */
static int times_get(const void *user, bool wide, uint64_t ns[2])
{
	struct timespec64 t[2];
	struct timespec32 narrow[2];
	int r;

	ns[0] = ns[1] = TIME_NOW;
	if (!user)
		return 0;
	if (wide) {
		if (copy_from_user(t, user, sizeof(t)))
			return -EFAULT;
		t[0].nsec = (int32_t)t[0].nsec;
		t[1].nsec = (int32_t)t[1].nsec;
	} else {
		if (copy_from_user(narrow, user, sizeof(narrow)))
			return -EFAULT;
		t[0] = (struct timespec64){ narrow[0].sec, narrow[0].nsec };
		t[1] = (struct timespec64){ narrow[1].sec, narrow[1].nsec };
	}
	r = one_time(&t[0], &ns[0]);
	return r ? r : one_time(&t[1], &ns[1]);
}

static long set_times(const struct args *a, bool wide)
{
	uint32_t flags = a->v[3];
	uint64_t ns[2];
	int r = times_get(arg_ptr(a, 2), wide, ns);

	if (r)
		return r;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!a->v[1])
		return arg_int(a, 0) == AT_FDCWD
			       ? -EFAULT
			       : WITH_FILE(arg_int(a, 0), vfs_utimes(&f->path, ns[0], ns[1]));
	return WITH_PLACE(a, arg_int(a, 0), 1, flags, vfs_utimes(&p, ns[0], ns[1]));
}

long sys_utimensat(const struct args *a)
{
	return set_times(a, false);
}

long sys_utimensat_time64(const struct args *a)
{
	return set_times(a, true);
}

static int timevals_get(const void *user, uint64_t ns[2])
{
	int r;

	ns[0] = ns[1] = TIME_NOW;
	if (!user)
		return 0;
	r = timeval_get(user, &ns[0]);
	return r ? r : timeval_get((const struct timeval32 *)user + 1, &ns[1]);
}

long sys_utimes(const struct args *a)
{
	uint64_t ns[2];
	int r = timevals_get(arg_ptr(a, 1), ns);

	return r ? r : WITH_PLACE(a, AT_FDCWD, 0, 0, vfs_utimes(&p, ns[0], ns[1]));
}

long sys_futimesat(const struct args *a)
{
	uint64_t ns[2];
	int r = timevals_get(arg_ptr(a, 2), ns);

	return r ? r : WITH_PLACE(a, arg_int(a, 0), 1, 0, vfs_utimes(&p, ns[0], ns[1]));
}

long sys_utime(const struct args *a)
{
	uint64_t ns[2] = { TIME_NOW, TIME_NOW };
	uint32_t sec[2];

	if (a->v[1]) {
		if (copy_from_user(sec, arg_ptr(a, 1), sizeof(sec)))
			return -EFAULT;
		ns[0] = sec[0] * NSEC_PER_SEC;
		ns[1] = sec[1] * NSEC_PER_SEC;
	}
	return WITH_PLACE(a, AT_FDCWD, 0, 0, vfs_utimes(&p, ns[0], ns[1]));
}

/* ---- size ---- */

static long truncate_place(const struct path *p, uint64_t size)
{
	int r;

	if (inode_is(p->inode, S_IFDIR))
		return -EISDIR;
	if (!inode_is(p->inode, S_IFREG) || size >> 63)
		return -EINVAL;
	r = inode_permission(p->inode, MAY_WRITE, false);
	if (r)
		return r;
	return mount_writable(p->mnt) ? vfs_truncate(p->inode, size) : -EROFS;
}

static long truncate_file(struct file *f, uint64_t size)
{
	if (!inode_is(f->path.inode, S_IFREG) || !file_writable(f))
		return -EINVAL;
	return vfs_truncate(f->path.inode, size);
}

/* In the old calls the size is a signed word. */
static uint64_t arg_size(const struct args *a, int n)
{
	return (uint64_t)(int64_t)arg_int(a, n);
}

long sys_truncate(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, 0, truncate_place(&p, arg_size(a, 1)));
}

long sys_truncate64(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, 0, truncate_place(&p, arg_u64(a, 1)));
}

long sys_ftruncate(const struct args *a)
{
	if (arg_int(a, 1) < 0)
		return -EINVAL;
	return WITH_FILE(arg_int(a, 0), truncate_file(f, arg_size(a, 1)));
}

long sys_ftruncate64(const struct args *a)
{
	if (arg_u64(a, 1) >> 63)
		return -EINVAL;
	return WITH_FILE(arg_int(a, 0), truncate_file(f, arg_u64(a, 1)));
}

static long allocate_file(struct file *f, int mode, uint64_t from, uint64_t len)
{
	struct inode *i = f->path.inode;
	int r;

	if (from >> 63 || len >> 63 || !len)
		return -EINVAL;
	if (!file_writable(f))
		return -EBADF;
	if (inode_is(i, S_IFIFO))
		return -ESPIPE;
	if (inode_is(i, S_IFDIR))
		return -EISDIR;
	if (!inode_is(i, S_IFREG))
		return -ENODEV;
	if (!i->ops->allocate)
		return -EOPNOTSUPP;
	mutex_lock(&i->lock);
	r = i->ops->allocate(i, mode, from, len);
	mutex_unlock(&i->lock);
	return r;
}

long sys_fallocate(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0),
			 allocate_file(f, arg_int(a, 1), arg_u64(a, 2), arg_u64(a, 4)));
}
