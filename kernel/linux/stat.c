/* SPDX-License-Identifier: MIT */
/*
 * The stat family: one set of numbers in five layouts.
 *
 * glibc calls statx for everything; the others are for other libraries.
 */
#include "linux/linux.h"

struct stat_old { /* stat, lstat, fstat */
	uint32_t dev, ino;
	uint16_t mode, nlink, uid, gid;
	uint32_t rdev, size, block_size, blocks;
	uint32_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
	uint32_t unused[2];
};

struct stat64 {
	uint64_t dev;
	uint32_t pad0, ino32;
	uint32_t mode, nlink, uid, gid;
	uint64_t rdev;
	uint32_t pad3;
	uint64_t size;
	uint32_t block_size;
	uint64_t blocks;
	uint32_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
	uint64_t ino;
} __attribute__((packed));

struct statx_time {
	int64_t sec;
	uint32_t nsec;
	int32_t pad;
} __attribute__((packed));

struct statx {
	uint32_t mask, block_size;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, pad0;
	uint64_t ino, size, blocks, attributes_mask;
	struct statx_time atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mount_id;
	uint64_t spare[13];
} __attribute__((packed));

struct statfs32 {
	uint32_t type, block_size, blocks, blocks_free, blocks_avail, files, files_free, id[2],
		name_max, fragment, flags, spare[4];
};

struct statfs64 {
	uint32_t type, block_size;
	uint64_t blocks, blocks_free, blocks_avail, files, files_free;
	uint32_t id[2], name_max, fragment, flags, spare[4];
} __attribute__((packed));

_Static_assert(sizeof(struct stat_old) == 64, "struct stat of i386");
_Static_assert(sizeof(struct stat64) == 96, "struct stat64 of i386");
_Static_assert(sizeof(struct statx) == 256, "struct statx");
_Static_assert(sizeof(struct statfs32) == 64, "struct statfs of i386");
_Static_assert(sizeof(struct statfs64) == 84, "struct statfs64 of i386");

#define ST_VALID	   0x20u /* of statfs: the flags mean something */
#define STATX_BASIC	   0x7ffu
#define STATX_BTIME	   0x800u
#define STATX_MNT_ID	   0x1000u
#define STATX_RESERVED	   0x80000000u
#define STATX_SYNC	   0x6000u
#define STATX_MOUNT_ROOT   0x2000u
#define STAT_FLAGS_ALLOWED (AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)

static uint32_t sec(uint64_t ns)
{
	return (uint32_t)(ns / NSEC_PER_SEC);
}

static uint32_t nsec(uint64_t ns)
{
	return (uint32_t)(ns % NSEC_PER_SEC);
}

static long put_old(const struct path *p, void *user)
{
	struct stat_old o;
	struct stat_k s;

	vfs_stat(p, &s);
	if (s.size > 0x7fffffff)
		return -EOVERFLOW;
	o = (struct stat_old){
		.dev = s.dev,
		.ino = s.ino,
		.mode = (uint16_t)s.mode,
		.nlink = (uint16_t)s.nlink,
		.uid = (uint16_t)s.uid,
		.gid = (uint16_t)s.gid,
		.rdev = s.rdev,
		.size = (uint32_t)s.size,
		.block_size = s.block_size,
		.blocks = (uint32_t)s.blocks,
		.atime = sec(s.atime),
		.atime_ns = nsec(s.atime),
		.mtime = sec(s.mtime),
		.mtime_ns = nsec(s.mtime),
		.ctime = sec(s.ctime),
		.ctime_ns = nsec(s.ctime),
	};
	return copy_to_user(user, &o, sizeof(o));
}

static long put_stat64(const struct path *p, void *user)
{
	struct stat64 o;
	struct stat_k s;

	vfs_stat(p, &s);
	o = (struct stat64){
		.dev = s.dev,
		.ino32 = s.ino,
		.mode = s.mode,
		.nlink = s.nlink,
		.uid = s.uid,
		.gid = s.gid,
		.rdev = s.rdev,
		.size = s.size,
		.block_size = s.block_size,
		.blocks = s.blocks,
		.atime = sec(s.atime),
		.atime_ns = nsec(s.atime),
		.mtime = sec(s.mtime),
		.mtime_ns = nsec(s.mtime),
		.ctime = sec(s.ctime),
		.ctime_ns = nsec(s.ctime),
		.ino = s.ino,
	};
	return copy_to_user(user, &o, sizeof(o));
}

static struct statx_time statx_time(uint64_t ns)
{
	return (struct statx_time){ (int64_t)(ns / NSEC_PER_SEC), nsec(ns), 0 };
}

static long put_statx(const struct path *p, void *user)
{
	struct statx o;
	struct stat_k s;

	vfs_stat(p, &s);
	memset(&o, 0, sizeof(o));
	o.mask = STATX_BASIC | STATX_BTIME | STATX_MNT_ID;
	o.block_size = s.block_size;
	o.attributes_mask = STATX_MOUNT_ROOT;
	o.attributes = p->mnt && p->inode == p->mnt->root ? STATX_MOUNT_ROOT : 0;
	o.nlink = s.nlink;
	o.uid = s.uid;
	o.gid = s.gid;
	o.mode = (uint16_t)s.mode;
	o.ino = s.ino;
	o.size = s.size;
	o.blocks = s.blocks;
	o.atime = statx_time(s.atime);
	o.btime = statx_time(s.btime);
	o.ctime = statx_time(s.ctime);
	o.mtime = statx_time(s.mtime);
	o.rdev_major = DEV_MAJOR(s.rdev);
	o.rdev_minor = DEV_MINOR(s.rdev);
	o.dev_major = DEV_MAJOR(s.dev);
	o.dev_minor = DEV_MINOR(s.dev);
	o.mount_id = DEV_MINOR(s.dev);
	return copy_to_user(user, &o, sizeof(o));
}

long sys_stat(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, 0, put_old(&p, arg_ptr(a, 1)));
}

long sys_lstat(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, AT_SYMLINK_NOFOLLOW, put_old(&p, arg_ptr(a, 1)));
}

/* A descriptor of any kind, O_PATH too. */
static long stat_fd(int fd, void *user, long (*put)(const struct path *p, void *user))
{
	struct file *f = fd_get_path(fd);
	long r;

	if (!f)
		return -EBADF;
	r = put(&f->path, user);
	file_put(f);
	return r;
}

long sys_fstat(const struct args *a)
{
	return stat_fd(arg_int(a, 0), arg_ptr(a, 1), put_old);
}

long sys_stat64(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, 0, put_stat64(&p, arg_ptr(a, 1)));
}

long sys_lstat64(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, AT_SYMLINK_NOFOLLOW, put_stat64(&p, arg_ptr(a, 1)));
}

long sys_fstat64(const struct args *a)
{
	return stat_fd(arg_int(a, 0), arg_ptr(a, 1), put_stat64);
}

long sys_fstatat64(const struct args *a)
{
	if (a->v[3] & ~STAT_FLAGS_ALLOWED)
		return -EINVAL;
	return WITH_PLACE(a, arg_int(a, 0), 1, a->v[3], put_stat64(&p, arg_ptr(a, 2)));
}

long sys_statx(const struct args *a)
{
	uint32_t flags = a->v[2];

	if ((a->v[3] & STATX_RESERVED) || (flags & STATX_SYNC) == STATX_SYNC ||
	    (flags & ~(STAT_FLAGS_ALLOWED | STATX_SYNC)))
		return -EINVAL;
	return WITH_PLACE(a, arg_int(a, 0), 1, flags, put_statx(&p, arg_ptr(a, 4)));
}

/* ---- file systems ---- */

static void fill_statfs(const struct path *p, struct statfs_k *s)
{
	memset(s, 0, sizeof(*s));
	s->block_size = PAGE_SIZE;
	s->name_max = NAME_LONGEST;
	s->flags = p->mnt->flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME);
	s->flags |= ST_VALID;
	if (p->mnt->sb->type->statfs)
		p->mnt->sb->type->statfs(p->mnt->sb, s);
}

static long put_statfs32(const struct path *p, void *user)
{
	struct statfs32 o;
	struct statfs_k s;

	fill_statfs(p, &s);
	o = (struct statfs32){
		.type = s.type,
		.block_size = s.block_size,
		.blocks = (uint32_t)s.blocks,
		.blocks_free = (uint32_t)s.blocks_free,
		.blocks_avail = (uint32_t)s.blocks_free,
		.files = (uint32_t)s.files,
		.files_free = (uint32_t)s.files_free,
		.name_max = s.name_max,
		.fragment = s.block_size,
		.flags = s.flags,
	};
	return copy_to_user(user, &o, sizeof(o));
}

static long put_statfs64(const struct path *p, void *user)
{
	struct statfs64 o;
	struct statfs_k s;

	fill_statfs(p, &s);
	o = (struct statfs64){
		.type = s.type,
		.block_size = s.block_size,
		.blocks = s.blocks,
		.blocks_free = s.blocks_free,
		.blocks_avail = s.blocks_free,
		.files = s.files,
		.files_free = s.files_free,
		.name_max = s.name_max,
		.fragment = s.block_size,
		.flags = s.flags,
	};
	return copy_to_user(user, &o, sizeof(o));
}

/* Callers say how large their structure is; some compilers pad it to 88. */
static bool statfs64_size(uint32_t size)
{
	return size == sizeof(struct statfs64) || size == sizeof(struct statfs64) + 4;
}

long sys_statfs(const struct args *a)
{
	return WITH_PLACE(a, AT_FDCWD, 0, 0, put_statfs32(&p, arg_ptr(a, 1)));
}

long sys_fstatfs(const struct args *a)
{
	return stat_fd(arg_int(a, 0), arg_ptr(a, 1), put_statfs32);
}

long sys_statfs64(const struct args *a)
{
	if (!statfs64_size(a->v[1]))
		return -EINVAL;
	return WITH_PLACE(a, AT_FDCWD, 0, 0, put_statfs64(&p, arg_ptr(a, 2)));
}

long sys_fstatfs64(const struct args *a)
{
	if (!statfs64_size(a->v[1]))
		return -EINVAL;
	return stat_fd(arg_int(a, 0), arg_ptr(a, 2), put_statfs64);
}
