/* SPDX-License-Identifier: MIT */
/*
 * Files as the rest of the kernel sees them: what exec, fork, exit and mmap call, and what a driver
 * implements to be a file.
 */
#ifndef KERNEL_FS_H
#define KERNEL_FS_H

#include "kernel.h"
#include "lock.h"
#include "fs/iter.h"

struct file;
struct inode;
struct mount;
struct fdtable;
struct fs_context;
struct task;
struct poll_table;
struct dir_sink;
struct space;
struct vma;

/* A place in the tree: an inode as seen through a mount. Holds a reference on both. */
struct path {
	struct mount *mnt;
	struct inode *inode;
};

/*
 * What a file can do; a missing function means the error of Linux: EINVAL to read or write, ENOTTY
 * to ioctl, ESPIPE to seek, ENODEV to map, always ready to poll. All may sleep. read and write
 * return bytes or -errno; *pos is the file's own position or a copy (pread).
 */
struct file_ops {
	int (*open)(struct file *f, struct inode *i);
	long (*read)(struct file *f, struct iter *to, uint64_t *pos);
	long (*write)(struct file *f, struct iter *from, uint64_t *pos);
	long (*ioctl)(struct file *f, unsigned cmd, unsigned long arg);
	unsigned (*poll)(struct file *f, struct poll_table *pt); /* POLL bits that hold now */
	long long (*seek)(struct file *f, long long off, int whence);
	int (*readdir)(struct file *f, struct dir_sink *sink); /* from f->pos on */
	/* The page of a mapping, with a reference taken, or PFN_NONE (a hole, or beyond the end). */
	pfn_t (*map_page)(struct file *f, uint64_t offset);
	/*
	 * A shared mapping is about to write to the page at `offset`, which map_page gave. Without `make` (mm->lock is
	 * held): from now on it is dirty, until vm_protect_shared() has been called and it has been written; or
	 * -EAGAIN: it has no place on the medium. With `make` (no lock is held): it gets one. Missing: whatever is
	 * written to it stays. 0 or -errno: SIGBUS.
	 */
	int (*page_write)(struct file *f, uint64_t offset, bool make);
	/*
	 * Instead of map_page, for pages that are not the kernel's (of another domain): fills the region
	 * when it is made (all of it, or nothing and -errno), and takes out what it put in at [start, end),
	 * whose first page is at `offset`, before anything else happens to the region. The pages are never
	 * counted, faulted in, copied by fork or moved. mm->lock is held, or nobody else knows the space
	 * any more. See vm.h.
	 */
	int (*map_foreign)(struct file *f, struct space *s, const struct vma *v);
	void (*unmap_foreign)(struct file *f, struct space *s, unsigned long start,
			      unsigned long end, uint64_t offset);
	int (*sync)(
		struct file *f); /* fsync: on the medium when it returns; missing: nothing to do */
	void (*release)(struct file *f); /* with the last reference */
	bool stream;			 /* no position: pread fails with ESPIPE */
};

struct file {
	int refs;
	unsigned flags; /* O_; the access mode never changes */
	uint64_t pos;
	struct mutex pos_lock; /* read and write move pos as one step */
	const struct file_ops *ops;
	struct path path;
	void *priv;
};

/*
 * A character device that is there for good: its number (DEV() of fs/vfs.h), and its node below /dev, whose
 * name may have one directory in it. mode: permissions only. 0 or -errno.
 */
int chrdev_register(const char *name, uint32_t mode, uint32_t rdev, const struct file_ops *ops);

/* ---- What proc/ and mm/ call; all may sleep ---- */

/* Opens a regular file that current may execute; err_ptr otherwise. path is kernel memory. */
struct file *vfs_open_exec(const char *path);
/* err_ptr on error. */
struct file *vfs_open(const char *path, unsigned flags, unsigned mode);
long file_pread(struct file *f, void *kernel_buf, size_t n, uint64_t pos);
uint64_t file_size(struct file *f);
pfn_t file_map_page(struct file *f, uint64_t offset);
/* May a mapping be made? 0, -EACCES, -ENODEV. prot PROT_, shared = MAP_SHARED. */
int file_may_map(struct file *f, unsigned prot, bool shared);
void file_get(struct file *f);
void file_put(struct file *f);
/* The absolute name, kmalloc, or NULL. */
char *file_name(struct file *f);

/* The process's own set of descriptors and its cwd/root/umask. copy: err_ptr or NULL-free. */
struct fdtable *fdtable_create(void);
struct fdtable *fdtable_copy(struct fdtable *from); /* fork; NULL: no memory */
struct fdtable *fdtable_get(struct fdtable *t);	    /* CLONE_FILES */
void fdtable_put(struct fdtable *t);
int fdtable_unshare(struct task *t); /* exec: a private copy if shared; 0 or -ENOMEM */
void fdtable_close_on_exec(struct fdtable *t);

struct fs_context *fs_context_create(void);
struct fs_context *fs_context_copy(struct fs_context *from);
struct fs_context *fs_context_get(struct fs_context *c);
void fs_context_put(struct fs_context *c);

/* Mounts the root from the ramdisk; 0 or -errno. Called once by the first kernel thread. */
int fs_init(const void *ramdisk, size_t size);
/* If the command line has root=DEVICE: that is the root from now on. 0 or -errno. After the drivers. */
int fs_mount_root_device(void);
/* Opens /dev/console as 0, 1, 2 of current. */
int fs_open_console(void);

/* ---- kernel/tty ---- */
struct process;
void tty_init(void);
void tty_input(const char *s, size_t n);  /* typed at the console */
void tty_console_room(void);		  /* the console may take output again */
void tty_session_exit(struct process *p); /* a session leader ends: hang up */

#endif
