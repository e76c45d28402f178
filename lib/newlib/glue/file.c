/* SPDX-License-Identifier: MIT */
/*
 * Files and directories: POSIX functions over the Linux calls. Offsets are 64 bits everywhere, so
 * each function uses the call's 64-bit form; a 64-bit argument takes two stack words, low first,
 * which is just how syscall() hands on two registers.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include "glue.h"

int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_list ap;

		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return syscall(SYS_openat, dir, path, flags | O_LARGEFILE, mode);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return openat(AT_FDCWD, path, flags, mode);
}

int close(int fd)
{
	return syscall(SYS_close, fd);
}

int read(int fd, void *buffer, size_t size)
{
	return syscall(SYS_read, fd, buffer, size);
}

int write(int fd, const void *buffer, size_t size)
{
	return syscall(SYS_write, fd, buffer, size);
}

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
	return syscall(SYS_pread64, fd, buffer, size, offset);
}

ssize_t pwrite(int fd, const void *buffer, size_t size, off_t offset)
{
	return syscall(SYS_pwrite64, fd, buffer, size, offset);
}

ssize_t readv(int fd, const struct iovec *vector, int count)
{
	return syscall(SYS_readv, fd, vector, count);
}

ssize_t writev(int fd, const struct iovec *vector, int count)
{
	return syscall(SYS_writev, fd, vector, count);
}

off_t lseek(int fd, off_t offset, int whence)
{
	off_t result;

	if (syscall(SYS__llseek, fd, (long)(offset >> 32), (long)offset, &result, whence) < 0)
		return -1;
	return result;
}

int ftruncate(int fd, off_t size)
{
	return syscall(SYS_ftruncate64, fd, size);
}

int truncate(const char *path, off_t size)
{
	return syscall(SYS_truncate64, path, size);
}

int fsync(int fd)
{
	return syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return syscall(SYS_fdatasync, fd);
}

void sync(void)
{
	syscall(SYS_sync);
}

int dup(int fd)
{
	return syscall(SYS_dup, fd);
}

int dup2(int fd, int target)
{
	return syscall(SYS_dup2, fd, target);
}

int dup3(int fd, int target, int flags)
{
	return syscall(SYS_dup3, fd, target, flags);
}

int pipe2(int fds[2], int flags)
{
	return syscall(SYS_pipe2, fds, flags);
}

int pipe(int fds[2])
{
	return pipe2(fds, 0);
}

/* Every command's argument is one word: a number or a pointer. */
int fcntl(int fd, int command, ...)
{
	va_list ap;
	long argument;

	va_start(ap, command);
	argument = va_arg(ap, long);
	va_end(ap);
	return syscall(SYS_fcntl64, fd, command, argument);
}

int flock(int fd, int operation)
{
	return syscall(SYS_flock, fd, operation);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *argument;

	va_start(ap, request);
	argument = va_arg(ap, void *);
	va_end(ap);
	return syscall(SYS_ioctl, fd, request, argument);
}

/* struct stat64 of Linux on i386; asm/stat.h documents it as the kernel's answer to fstatat64. */
struct kernel_stat64 {
	unsigned long long dev;
	unsigned char pad0[4];
	unsigned long ino_low;
	unsigned int mode;
	unsigned int nlink;
	unsigned long uid;
	unsigned long gid;
	unsigned long long rdev;
	unsigned char pad1[4];
	long long size;
	unsigned long blksize;
	unsigned long long blocks;
	unsigned long atime, atime_nsec;
	unsigned long mtime, mtime_nsec;
	unsigned long ctime, ctime_nsec;
	unsigned long long ino;
};
_Static_assert(sizeof(struct kernel_stat64) == 96, "stat64 of Linux i386 is 96 bytes");

static int copy_stat(int result, const struct kernel_stat64 *from, struct stat *to)
{
	if (result < 0)
		return -1;
	memset(to, 0, sizeof(*to));
	to->st_dev = from->dev;
	to->st_ino = from->ino;
	to->st_mode = from->mode;
	to->st_nlink = from->nlink;
	to->st_uid = from->uid;
	to->st_gid = from->gid;
	to->st_rdev = from->rdev;
	to->st_size = from->size;
	to->st_blksize = from->blksize;
	to->st_blocks = from->blocks;
	to->st_atim.tv_sec = from->atime;
	to->st_atim.tv_nsec = from->atime_nsec;
	to->st_mtim.tv_sec = from->mtime;
	to->st_mtim.tv_nsec = from->mtime_nsec;
	to->st_ctim.tv_sec = from->ctime;
	to->st_ctim.tv_nsec = from->ctime_nsec;
	return 0;
}

int fstat(int fd, struct stat *st)
{
	struct kernel_stat64 k;

	return copy_stat(syscall(SYS_fstat64, fd, &k), &k, st);
}

int fstatat(int dir, const char *__restrict path, struct stat *__restrict st, int flags)
{
	struct kernel_stat64 k;

	return copy_stat(syscall(SYS_fstatat64, dir, path, &k, flags), &k, st);
}

int stat(const char *__restrict path, struct stat *__restrict st)
{
	struct kernel_stat64 k;

	return copy_stat(syscall(SYS_stat64, path, &k), &k, st);
}

int lstat(const char *__restrict path, struct stat *__restrict st)
{
	struct kernel_stat64 k;

	return copy_stat(syscall(SYS_lstat64, path, &k), &k, st);
}

int access(const char *path, int mode)
{
	return syscall(SYS_access, path, mode);
}

int chmod(const char *path, mode_t mode)
{
	return syscall(SYS_chmod, path, mode);
}

int fchmod(int fd, mode_t mode)
{
	return syscall(SYS_fchmod, fd, mode);
}

int chown(const char *path, uid_t uid, gid_t gid)
{
	return syscall(SYS_chown32, path, uid, gid);
}

int fchown(int fd, uid_t uid, gid_t gid)
{
	return syscall(SYS_fchown32, fd, uid, gid);
}

int lchown(const char *path, uid_t uid, gid_t gid)
{
	return syscall(SYS_lchown32, path, uid, gid);
}

mode_t umask(mode_t mask)
{
	return syscall(SYS_umask, mask);
}

int utimensat(int dir, const char *path, const struct timespec *times, int flags)
{
	struct kernel_timespec k[2];

	if (times)
		for (int i = 0; i < 2; i++)
			k[i] = (struct kernel_timespec){ times[i].tv_sec, times[i].tv_nsec };
	return syscall(SYS_utimensat, dir, path, times ? k : NULL, flags);
}

int mkdir(const char *path, mode_t mode)
{
	return syscall(SYS_mkdir, path, mode);
}

int rmdir(const char *path)
{
	return syscall(SYS_rmdir, path);
}

int mknod(const char *path, mode_t mode, dev_t device)
{
	return syscall(SYS_mknod, path, mode, (unsigned long)device);
}

int mkfifo(const char *path, mode_t mode)
{
	return mknod(path, mode | S_IFIFO, 0);
}

int link(const char *from, const char *to)
{
	return syscall(SYS_link, from, to);
}

int symlink(const char *target, const char *path)
{
	return syscall(SYS_symlink, target, path);
}

ssize_t readlink(const char *__restrict path, char *__restrict buffer, size_t size)
{
	return syscall(SYS_readlink, path, buffer, size);
}

int unlink(const char *path)
{
	return syscall(SYS_unlink, path);
}

int unlinkat(int dir, const char *path, int flags)
{
	return syscall(SYS_unlinkat, dir, path, flags);
}

int rename(const char *from, const char *to)
{
	return syscall(SYS_rename, from, to);
}

/* newlib's rename() is link and unlink; its reentrant name is what other library code calls. */
int _rename_r(struct _reent *reent, const char *from, const char *to)
{
	(void)reent;
	return rename(from, to);
}

int chdir(const char *path)
{
	return syscall(SYS_chdir, path);
}

int fchdir(int fd)
{
	return syscall(SYS_fchdir, fd);
}

int chroot(const char *path)
{
	return syscall(SYS_chroot, path);
}

/* The kernel's call returns the length, POSIX's the buffer; a null buffer is to be allocated. */
char *getcwd(char *buffer, size_t size)
{
	char path[4096];

	if (syscall(SYS_getcwd, buffer ? buffer : path, buffer ? size : sizeof(path)) < 0)
		return NULL;
	return buffer ? buffer : strdup(path);
}

int getdents(int fd, void *buffer, int size)
{
	return syscall(SYS_getdents64, fd, buffer, size);
}

int poll(struct pollfd *fds, nfds_t count, int milliseconds)
{
	return syscall(SYS_poll, fds, count, milliseconds);
}

/* Linux writes the time that is left into its timeout; the caller of select() does not expect it. */
int pselect(int count, fd_set *in, fd_set *out, fd_set *err, const struct timespec *timeout,
	    const sigset_t *mask)
{
	struct kernel_timespec k;
	struct {
		const sigset_t *set;
		size_t size;
	} masks = { mask, sizeof(sigset_t) };

	if (timeout)
		k = (struct kernel_timespec){ timeout->tv_sec, timeout->tv_nsec };
	return syscall(SYS_pselect6, count, in, out, err, timeout ? &k : NULL, &masks);
}

int select(int count, fd_set *in, fd_set *out, fd_set *err, struct timeval *timeout)
{
	struct timespec t;

	if (timeout)
		t = (struct timespec){ timeout->tv_sec, timeout->tv_usec * 1000 };
	return pselect(count, in, out, err, timeout ? &t : NULL, NULL);
}

int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data)
{
	return syscall(SYS_mount, source, target, type, flags, data);
}

int umount2(const char *target, int flags)
{
	return syscall(SYS_umount2, target, flags);
}

int umount(const char *target)
{
	return umount2(target, 0);
}
