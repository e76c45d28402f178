/* SPDX-License-Identifier: MIT */
/*
 * The virtual file system: inodes, mounts, names, and the operations that system calls are made of.
 *
 * There is no cache of directory entries. File systems here live in memory, their own directories
 * are the cache; an inode can say which directory it is in and under which name, and that is all
 * that getcwd and /proc need.
 *
 * Locks: vfs_lock (a mutex) guards all names: directory contents, link counts, mounts. It is held
 * over one whole operation on names, never while user memory is touched or a device is opened; so it
 * may be taken under mm->lock. A file's release function must not take it.
 * inode->lock (a mutex, inside vfs_lock) guards the size and content against other writers. Reference
 * counts are atomic.
 */
#ifndef KERNEL_FS_VFS_H
#define KERNEL_FS_VFS_H

#include "fs.h"

/* ---- Numbers of the Linux ABI ---- */

/* clang-format off */
enum {
	S_IFMT = 0170000, S_IFSOCK = 0140000, S_IFLNK = 0120000, S_IFREG = 0100000,
	S_IFBLK = 0060000, S_IFDIR = 0040000, S_IFCHR = 0020000, S_IFIFO = 0010000,
	S_ISUID = 04000, S_ISGID = 02000, S_ISVTX = 01000, S_ALL = 07777,
};

enum {
	O_ACCMODE = 03, O_RDONLY = 0, O_WRONLY = 01, O_RDWR = 02, O_CREAT = 0100, O_EXCL = 0200,
	O_NOCTTY = 0400, O_TRUNC = 01000, O_APPEND = 02000, O_NONBLOCK = 04000, O_DSYNC = 010000,
	FASYNC = 020000, O_DIRECT = 040000, O_LARGEFILE = 0100000, O_DIRECTORY = 0200000,
	O_NOFOLLOW = 0400000, O_NOATIME = 01000000, O_CLOEXEC = 02000000, O_SYNC = 04010000,
	O_PATH = 010000000, O_TMPFILE = 020200000,
};

enum { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE };

enum {
	POLLIN = 0x001, POLLPRI = 0x002, POLLOUT = 0x004, POLLERR = 0x008, POLLHUP = 0x010,
	POLLNVAL = 0x020, POLLRDNORM = 0x040, POLLRDBAND = 0x080, POLLWRNORM = 0x100,
	POLLWRBAND = 0x200, POLLRDHUP = 0x2000,
};

enum { DT_UNKNOWN = 0, DT_FIFO = 1, DT_CHR = 2, DT_DIR = 4, DT_BLK = 6, DT_REG = 8, DT_LNK = 10 };

enum {
	MS_RDONLY = 1, MS_NOSUID = 2, MS_NODEV = 4, MS_NOEXEC = 8, MS_REMOUNT = 32,
	MS_NOATIME = 1024, MS_BIND = 4096, MS_MOVE = 8192, MS_REC = 16384, MS_SILENT = 32768,
	MS_RELATIME = 1 << 21,
};

enum { RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2 };

enum { MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4 };
/* clang-format on */

#define NAME_LONGEST  255
#define PATH_LONGEST  4096 /* with its NUL */
#define SYMLINKS_MOST 40
#define FILE_SIZE_MAX 0xfffffffffffull /* 16 TiB less a byte: a page index has 32 bits */
#define LINKS_MOST    65000

#define DEV(major, minor) \
	(((minor)&0xffu) | (uint32_t)(major) << 8 | ((uint32_t)(minor) & ~0xffu) << 12)
#define DEV_MAJOR(dev) (((dev) >> 8) & 0xfffu)
#define DEV_MINOR(dev) (((dev)&0xffu) | (((dev) >> 12) & ~0xffu))

/* ---- Inodes ---- */

struct super;
struct pipe;
struct blockdev;

struct inode {
	int refs;
	uint32_t ino, mode, nlink, uid, gid;
	uint32_t rdev; /* DEV() of a device node */
	uint64_t size;
	uint64_t atime, mtime, ctime, btime; /* ns since 1970 */
	struct super *sb;
	const struct inode_ops *ops;
	const struct file_ops *fops; /* NULL for devices: by rdev, and for FIFOs */
	struct mutex lock;
	struct pipe *fifo; /* of an open FIFO: pipe.c */
};

/*
 * What a file system does with names; vfs_lock is held. Names are not terminated. Missing functions
 * mean EPERM (no such operation), for lookup ENOTDIR. The caller has checked permissions, that names
 * exist or do not, and kinds; the file system checks what only it can.
 */
struct inode_ops {
	/* The inode under this name with a reference, or err_ptr. */
	struct inode *(*lookup)(struct inode *dir, const char *name, size_t len);
	/* A new inode of mode's kind. target is a symlink's text. */
	struct inode *(*make)(struct inode *dir, const char *name, size_t len, uint32_t mode,
			      uint32_t rdev, const char *target);
	int (*link)(struct inode *dir, const char *name, size_t len, struct inode *i);
	int (*unlink)(struct inode *dir, const char *name, size_t len, struct inode *i);
	int (*rmdir)(struct inode *dir, const char *name, size_t len,
		     struct inode *i); /* ENOTEMPTY */
	/* `over` is what the new name is now, or NULL. */
	int (*rename)(struct inode *from, const char *name, size_t len, struct inode *i,
		      struct inode *to, const char *new_name, size_t new_len, struct inode *over);
	/* The text of a symlink, at most size bytes, not terminated; its length. */
	long (*readlink)(struct inode *i, char *buf, size_t size);
	/* For links that lead to an open object and not to a name (/proc/PID/exe, fd). */
	int (*follow)(struct inode *i, struct path *to);
	/*
	 * Where it is: the directory, with a reference, and a name of at most NAME_LONGEST + NUL. NULL
	 * when it has no name any more; but a removed directory still knows its ".." (name NULL).
	 */
	struct inode *(*whereis)(struct inode *i, char *name);
	/* inode->lock is held too. */
	int (*truncate)(struct inode *i, uint64_t size);
	int (*allocate)(struct inode *i, int mode, uint64_t from, uint64_t len);
	uint64_t (*blocks)(struct inode *i); /* of 512 bytes */
	void (*refresh)(struct inode *i);    /* before a stat */
	int (*store)(struct inode *i); /* attributes changed; NULL: memory is where they are kept */
	void (*evict)(struct inode *i); /* no reference is left: frees it */
	bool synthetic;			/* stored nowhere: no fsync, no chmod */
};

void inode_init(struct inode *i, struct super *sb,
		uint32_t mode); /* owner: current; one reference */
struct inode *inode_get(struct inode *i);
void inode_put(struct inode *i);		     /* NULL is fine */
bool inode_is(const struct inode *i, uint32_t kind); /* S_IFDIR ... */
int inode_permission(const struct inode *i, unsigned may, bool real_ids);
bool inode_owned(const struct inode *i); /* by current, or current is root */
uint64_t inode_now(void);
void inode_changed(struct inode *i); /* mtime and ctime */
/* Its bytes were changed: whoever changes a program's bytes does not get its rights. */
void inode_written(struct inode *i);
void inode_store(struct inode *i); /* any other attribute */

/* ---- File systems and mounts ---- */

struct statfs_k {
	uint32_t type, block_size, name_max, flags;
	uint64_t blocks, blocks_free, files, files_free;
};

struct fs_type {
	const char *name;
	bool nodev;
	/* A super block with one reference, or err_ptr; data are the mount options, never NULL. */
	struct super *(*mount)(const char *data);
	/* Instead: of a block device, claimed and with a user, both of which become the file system's. */
	struct super *(*mount_device)(struct blockdev *dev, bool read_only, const char *data);
	/* Becomes read-only, or writable; NULL: nothing to do. 0 or -errno. */
	int (*remount)(struct super *sb, bool read_only);
	void (*statfs)(struct super *sb, struct statfs_k *st);
	void (*kill)(struct super *sb); /* NULL: it lives for ever */
};

struct super {
	int refs;
	uint32_t dev;
	uint32_t next_ino;
	const struct fs_type *type;
	struct inode *root;
	void *priv;
};

struct mount {
	int refs; /* the tree has one */
	struct list link;
	struct super *sb;
	struct inode *root;
	struct path on; /* what it covers; the root mount: nothing */
	char *where;	/* name of that place when it was mounted */
	char *source;
	unsigned flags;
};

extern struct mutex vfs_lock;
extern struct list mount_all;

extern const struct fs_type *const fs_types[]; /* NULL at the end */
extern const struct fs_type ramfs_type, tmpfs_type, devfs_type, procfs_type, devpts_type, ext2_type;

uint32_t super_new_dev(void);
struct mount *mount_get(struct mount *m);
void mount_put(struct mount *m);
bool mount_writable(const struct mount *m);
void mount_down(struct path *p);	 /* to what is mounted here, if anything is */
bool mount_up(struct path *p);		 /* from a mount's root to the place that it covers */
bool mount_covers(const struct path *p); /* is something mounted on it? */
int mount_root(const struct fs_type *type, struct path *root);
/* Another root, of a device that is claimed and used, both of which become the file system's. */
int mount_root_from(const struct fs_type *type, struct blockdev *d, bool read_only,
		    const char *source, struct path *root);
int vfs_mount(const char *source, const char *target, const char *type, unsigned flags,
	      const char *data);
int vfs_umount(const char *target, unsigned flags);
/* A place and a file system that need no device; says what went wrong. init.c. */
void fs_mount_at(const char *where, const char *type, unsigned mode);

/* ---- Paths ---- */

void path_get(const struct path *p);
void path_put(struct path *p); /* and empties it */

/* fs_context: what current's names start from. */
struct fs_context {
	int refs;
	unsigned umask;
	struct path root, cwd;
};

/* Absolute name of p from current's root, into buf: its start or err_ptr. vfs_lock held. */
char *path_name(const struct path *p, char *buf, size_t size);

#define AT_FDCWD	    (-100)
#define AT_SYMLINK_NOFOLLOW 0x100u
#define AT_REMOVEDIR	    0x200u
#define AT_SYMLINK_FOLLOW   0x400u
#define AT_EACCESS	    0x200u
#define AT_NO_AUTOMOUNT	    0x800u
#define AT_EMPTY_PATH	    0x1000u

/*
 * A walk along a name. at is where it stands, last the component that comes next. Used in two ways:
 * walk_to finds what a name leads to; walk_parent stops in front of the last component.
 */
struct walk {
	struct path at;
	const char *last; /* not terminated */
	size_t last_len;  /* 0: the name was "/" or ended in nothing */
	bool dir_wanted;  /* the name ended in a slash */
	bool missing;	  /* walk_last failed since the last component does not exist */
	int depth, links; /* names in use; symlinks followed */
	const char *rest[SYMLINKS_MOST + 1];
	char *owned[SYMLINKS_MOST + 1]; /* kfree */
};

/* vfs_lock held for all of these. dirfd as for openat. */
int walk_start(struct walk *w, int dirfd, const char *name);
int walk_parent(struct walk *w);
/* After walk_parent: steps to the last component, or err. follow: through a symlink. */
int walk_last(struct walk *w, bool follow);
void walk_end(struct walk *w);
/* The entry of a directory, with a reference, or err_ptr. */
struct inode *dir_lookup(struct inode *dir, const char *name, size_t len);
bool walk_last_is_dots(const struct walk *w); /* "." or ".." or nothing */

/* The whole: *out has references. flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. Takes vfs_lock. */
int vfs_lookup(int dirfd, const char *name, unsigned flags, struct path *out);

/* ---- Operations on names: nameops.c, open.c; 0 or -errno ---- */

int vfs_mknod(int dirfd, const char *name, uint32_t mode, uint32_t rdev);
int vfs_symlink(const char *target, int dirfd, const char *name);
int vfs_link(int old_fd, const char *old_name, int fd, const char *name, unsigned flags);
int vfs_unlink(int dirfd, const char *name, bool dir);
int vfs_rename(int old_fd, const char *old_name, int fd, const char *name, unsigned flags);
struct file *vfs_openat(int dirfd, const char *name, unsigned flags, unsigned mode);

/* ---- Operations on places: attr.c ---- */

int vfs_truncate(struct inode *i, uint64_t size);
int vfs_chmod(const struct path *p, uint32_t mode);
int vfs_chown(const struct path *p, uint32_t uid, uint32_t gid); /* ~0: leave it */
#define TIME_NOW  (~0ull)
#define TIME_OMIT (~0ull - 1)
int vfs_utimes(const struct path *p, uint64_t atime, uint64_t mtime);
int vfs_access(const struct path *p, unsigned may, bool real_ids);

struct stat_k {
	uint32_t dev, ino, mode, nlink, uid, gid, rdev, block_size;
	uint64_t size, blocks, atime, mtime, ctime, btime;
};

void vfs_stat(const struct path *p, struct stat_k *st);

/* ---- Open files: file.c ---- */

/* A new file on a place (which may be empty); it takes over the references of p. NULL: no memory. */
struct file *file_create(const struct file_ops *ops, unsigned flags, const struct path *p,
			 void *priv);
bool file_readable(const struct file *f);
bool file_writable(const struct file *f);
long file_read(struct file *f, struct iter *to);
long file_write(struct file *f, struct iter *from);
long file_read_at(struct file *f, struct iter *to, uint64_t pos);
long file_write_at(struct file *f, struct iter *from, uint64_t pos);
long long file_seek(struct file *f, long long off, int whence);
unsigned file_poll(struct file *f, struct poll_table *pt);
/* SEEK_ arithmetic for files with a size. */
long long file_seek_sized(struct file *f, long long off, int whence, uint64_t size);

/* What readdir hands its entries to; false: full, ask again from this position. */
struct dir_sink {
	bool (*put)(struct dir_sink *s, const char *name, size_t len, uint32_t ino, unsigned type,
		    uint64_t next_pos);
};

unsigned dirent_type(uint32_t mode);

/* ---- Descriptors: fdtable.c ---- */

#define FD_LIMIT 1024

/* A reference, or NULL. Not O_PATH ones unless asked. */
struct file *fd_get(int fd);
struct file *fd_get_path(int fd);
/* Lowest free >= from; takes over the reference on success. Returns it, -EMFILE, -ENOMEM. */
int fd_install(struct file *f, int from, bool cloexec);
int fd_close(int fd);
int fd_replace(int fd, struct file *f, bool cloexec); /* dup2; takes its own reference */
int fd_cloexec_get(int fd);			      /* 0, 1, -EBADF */
int fd_cloexec_set(int fd, bool on);
int fd_close_range(unsigned first, unsigned last, bool only_cloexec);
/* For /proc/PID/fd: the file at fd or above, with a reference; *fd is where. NULL: no more. */
struct file *fdtable_next(struct fdtable *t, int *fd);

/* ---- Pipes: pipe.c ---- */

int pipe_create(struct file *ends[2], unsigned flags);
extern const struct file_ops fifo_fops; /* open, for a FIFO's inode */

/* ---- Character devices: chrdev.c ---- */

const struct file_ops *chrdev_find(uint32_t rdev); /* NULL: ENXIO */

/* ---- Block devices: kernel/block/node.c ---- */

extern const struct file_ops block_fops;

/* ---- Waiting for several files: poll.c ---- */

void poll_wait(struct poll_table *pt, struct waitq *q); /* for file_ops.poll; pt may be NULL */

struct poll_one {
	int fd;
	short events, revents;
};

/* Number of entries with revents, 0 at the deadline, -ERESTARTNOHAND when a signal comes. */
long poll_files(struct poll_one *list, unsigned n, uint64_t deadline);

/* ---- RAM file system, where others put their files into it: ramfs.c ---- */

int initramfs_unpack(const void *archive, size_t size);

#endif
