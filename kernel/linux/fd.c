/* SPDX-License-Identifier: MIT */
/*
 * System calls on descriptors: closing, duplicating, flags, locks, ioctl, pipes.
 */
#include "linux/linux.h"
#include "linux/lock.h"

/* clang-format off */
enum {
	F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_SETOWN,
	F_GETOWN, F_SETSIG, F_GETSIG, F_GETLK64, F_SETLK64, F_SETLKW64,
	F_OFD_GETLK = 36, F_OFD_SETLK, F_OFD_SETLKW,
	F_DUPFD_CLOEXEC = 1030, F_SETPIPE_SZ = 1031, F_GETPIPE_SZ = 1032,
};

enum {
	FIONREAD = 0x541b, FIONBIO = 0x5421, FIONCLEX = 0x5450, FIOCLEX = 0x5451, FIOASYNC = 0x5452,
	FIOQSIZE = 0x5460,
};
/* clang-format on */

#define FD_CLOEXEC     1
#define SETFL_MASK     ((unsigned)(O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | FASYNC))
#define PIPE_SIZE_HERE 65536

long sys_close(const struct args *a)
{
	return fd_close(arg_int(a, 0));
}

long sys_close_range(const struct args *a)
{
	enum { UNSHARE = 2, CLOEXEC = 4 };
	int r = 0;

	if (a->v[2] & ~(unsigned)(UNSHARE | CLOEXEC) || a->v[0] > a->v[1])
		return -EINVAL;
	if (a->v[2] & UNSHARE)
		r = fdtable_unshare(current);
	if (r)
		return r;
	if (!(a->v[2] & CLOEXEC))
		return fd_close_range(a->v[0], a->v[1], false);
	for (uint32_t fd = a->v[0]; fd <= a->v[1] && fd < 65536; fd++)
		fd_cloexec_set((int)fd, true);
	return 0;
}

static long dup_from(int fd, int from, bool cloexec)
{
	struct file *f = fd_get_path(fd);
	int r;

	if (!f)
		return -EBADF;
	r = fd_install(f, from, cloexec);
	if (r < 0)
		file_put(f);
	return r;
}

long sys_dup(const struct args *a)
{
	return dup_from(arg_int(a, 0), 0, false);
}

static long dup_to(int fd, int to, bool cloexec)
{
	struct file *f = fd_get_path(fd);
	int r;

	if (!f)
		return -EBADF;
	r = fd_replace(to, f, cloexec);
	file_put(f);
	return r;
}

long sys_dup2(const struct args *a)
{
	int fd = arg_int(a, 0), to = arg_int(a, 1);

	if (fd == to)
		return fd_cloexec_get(fd) < 0 ? -EBADF : to;
	return dup_to(fd, to, false);
}

long sys_dup3(const struct args *a)
{
	if ((a->v[2] & ~(unsigned)O_CLOEXEC) || a->v[0] == a->v[1])
		return -EINVAL;
	return dup_to(arg_int(a, 0), arg_int(a, 1), a->v[2] & O_CLOEXEC);
}

/* ---- fcntl ---- */

static long set_flags(struct file *f, uint32_t flags)
{
	f->flags = (f->flags & ~SETFL_MASK) | (flags & SETFL_MASK);
	return 0;
}

static long dup_limited(int fd, uint32_t from, bool cloexec)
{
	if (from >= current->proc->rlimit[RLIMIT_NOFILE].cur || from >> 31)
		return -EINVAL;
	return dup_from(fd, (int)from, cloexec);
}

static long control_file(struct file *f, int cmd, void *arg)
{
	uint32_t n = (uint32_t)(uintptr_t)arg;

	switch (cmd) {
	case F_GETFL:
		return (long)f->flags;
	case F_SETFL:
		return set_flags(f, n);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return lock_control(f, arg, false, cmd - F_GETLK);
	case F_GETLK64:
	case F_SETLK64:
	case F_SETLKW64:
		return lock_control(f, arg, true, cmd - F_GETLK64);
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return -EINVAL;
	case F_SETOWN:
	case F_SETSIG:
	case F_GETOWN:
	case F_GETSIG:
		return 0; /* nothing here raises SIGIO */
	case F_GETPIPE_SZ:
	case F_SETPIPE_SZ:
		if (!inode_is(f->path.inode, S_IFIFO))
			return -EBADF;
		return cmd == F_SETPIPE_SZ && n > PIPE_SIZE_HERE ? -EPERM : PIPE_SIZE_HERE;
	}
	return -EINVAL;
}

static long control(const struct args *a)
{
	int fd = arg_int(a, 0), cmd = arg_int(a, 1);

	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if (fd_cloexec_get(fd) < 0)
			return -EBADF;
		return dup_limited(fd, a->v[2], cmd == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return fd_cloexec_get(fd);
	case F_SETFD:
		return fd_cloexec_set(fd, a->v[2] & FD_CLOEXEC);
	case F_GETFL: {
		struct file *f = fd_get_path(fd); /* the one thing that an O_PATH file tells */
		long flags = f ? (long)f->flags : -EBADF;

		if (f)
			file_put(f);
		return flags;
	}
	}
	return WITH_FILE(fd, control_file(f, cmd, arg_ptr(a, 2)));
}

long sys_fcntl(const struct args *a)
{
	return control(a);
}

long sys_fcntl64(const struct args *a)
{
	return control(a);
}

/* ---- ioctl: what every file knows, then the file's own ---- */

static long set_flag_from(struct file *f, unsigned flag, const int *user)
{
	int on;

	if (get_user(on, user))
		return -EFAULT;
	if (on)
		f->flags |= flag;
	else
		f->flags &= ~flag;
	return 0;
}

static long io_control(struct file *f, int fd, unsigned cmd, unsigned long arg)
{
	struct inode *i = f->path.inode;

	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		return fd_cloexec_set(fd, cmd == FIOCLEX);
	case FIONBIO:
		return set_flag_from(f, O_NONBLOCK, (const int *)arg);
	case FIOASYNC:
		return 0;
	case FIONREAD:
		if (inode_is(i, S_IFREG))
			return put_user((int)(i->size - f->pos), (int *)arg);
		break;
	case FIOQSIZE:
		if (inode_is(i, S_IFREG) || inode_is(i, S_IFDIR))
			return put_user(i->size, (uint64_t *)arg);
		break;
	}
	return f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
}

long sys_ioctl(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), io_control(f, arg_int(a, 0), a->v[1], a->v[2]));
}

/* ---- pipes ---- */

static long make_pipe(int *user, unsigned flags)
{
	struct file *ends[2];
	int fd[2], r;

	if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	r = pipe_create(ends, flags & O_NONBLOCK);
	if (r)
		return r;
	fd[0] = fd_install(ends[0], 0, flags & O_CLOEXEC);
	if (fd[0] < 0) {
		file_put(ends[0]);
		file_put(ends[1]);
		return fd[0];
	}
	fd[1] = fd_install(ends[1], 0, flags & O_CLOEXEC);
	if (fd[1] < 0) {
		file_put(ends[1]);
		fd_close(fd[0]);
		return fd[1];
	}
	if (!copy_to_user(user, fd, sizeof(fd)))
		return 0;
	fd_close(fd[0]);
	fd_close(fd[1]);
	return -EFAULT;
}

long sys_pipe(const struct args *a)
{
	return make_pipe(arg_ptr(a, 0), 0);
}

long sys_pipe2(const struct args *a)
{
	return make_pipe(arg_ptr(a, 0), a->v[1]);
}
