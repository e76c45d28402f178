/* SPDX-License-Identifier: MIT */
/*
 * The first file system: what the ramdisk holds, with /dev, /proc and /tmp.
 *
 * The ramdisk is an initramfs as Linux takes it. A broken one is used as far as it goes: a system with
 * half its files can at least say so on its console.
 */
#include "fs/cpio.h"
#include "fs/vfs.h"
#include "proc.h"

/* Files with several names come as several members; only the last may carry the data. */
struct seen {
	struct list link;
	uint32_t ino, major, minor;
	char name[];
};

static struct seen *seen_find(struct list *all, const struct cpio_entry *e)
{
	struct seen *s;

	list_for_each (s, all, link)
		if (s->ino == e->ino && s->major == e->major && s->minor == e->minor)
			return s;
	return NULL;
}

static void seen_add(struct list *all, const struct cpio_entry *e)
{
	size_t n = strlen(e->name) + 1;
	struct seen *s = kmalloc(sizeof(*s) + n);

	if (!s)
		return;
	s->ino = e->ino;
	s->major = e->major;
	s->minor = e->minor;
	memcpy(s->name, e->name, n);
	list_add(all, &s->link);
}

static int write_data(const struct cpio_entry *e)
{
	struct file *f = vfs_open(e->name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct iter from;
	long r;

	if (is_err(f))
		return (int)ptr_err(f);
	iter_kernel(&from, (void *)e->data, e->size);
	r = e->size ? file_write(f, &from) : 0;
	file_put(f);
	if (r < 0)
		return (int)r;
	return (uint32_t)r == e->size ? 0 : -ENOSPC;
}

static int write_file(const struct cpio_entry *e, struct list *all)
{
	struct seen *first = e->nlink > 1 ? seen_find(all, e) : NULL;
	int r;

	vfs_unlink(AT_FDCWD, e->name, false);
	if (!first) {
		if (e->nlink > 1)
			seen_add(all, e);
		return write_data(e);
	}
	r = vfs_link(AT_FDCWD, first->name, AT_FDCWD, e->name, 0);
	return r || !e->size ? r : write_data(e);
}

static int write_symlink(const struct cpio_entry *e)
{
	char *target = kmalloc((size_t)e->size + 1);
	int r;

	if (!target)
		return -ENOMEM;
	memcpy(target, e->data, e->size);
	target[e->size] = '\0';
	vfs_unlink(AT_FDCWD, e->name, false);
	r = vfs_symlink(target, AT_FDCWD, e->name);
	kfree(target);
	return r;
}

static void set_attributes(const struct cpio_entry *e)
{
	struct path p;

	if (vfs_lookup(AT_FDCWD, e->name, AT_SYMLINK_NOFOLLOW, &p))
		return;
	p.inode->uid = e->uid;
	p.inode->gid = e->gid;
	if (!inode_is(p.inode, S_IFLNK))
		p.inode->mode = (p.inode->mode & S_IFMT) | (e->mode & S_ALL);
	p.inode->mtime = p.inode->atime = e->mtime * NSEC_PER_SEC;
	path_put(&p);
}

static int unpack_one(const struct cpio_entry *e, struct list *all)
{
	int r;

	switch (e->mode & S_IFMT) {
	case S_IFREG:
		r = write_file(e, all);
		break;
	case S_IFDIR:
		r = vfs_mknod(AT_FDCWD, e->name, S_IFDIR | 0755, 0);
		if (r == -EEXIST)
			r = 0;
		break;
	case S_IFLNK:
		r = e->size < PATH_LONGEST ? write_symlink(e) : -ENAMETOOLONG;
		break;
	default:
		vfs_unlink(AT_FDCWD, e->name, false);
		r = vfs_mknod(AT_FDCWD, e->name, e->mode & (S_IFMT | S_ALL),
			      DEV(e->rmajor, e->rminor));
	}
	if (!r)
		set_attributes(e);
	return r;
}

int initramfs_unpack(const void *archive, size_t size)
{
	struct list all = LIST_INIT(all);
	struct cpio_entry e;
	struct seen *s, *next;
	struct cpio c;
	int r;

	cpio_open(&c, archive, size);
	while ((r = cpio_next(&c, &e)) > 0) {
		int err = *e.name && strcmp(e.name, ".") ? unpack_one(&e, &all) : 0;

		if (err == -ENOMEM || err == -ENOSPC) {
			r = err;
			break;
		}
		if (err)
			printk("ramdisk: %s: error %d\n", e.name, -err);
	}
	list_for_each_safe (s, next, &all, link)
		kfree(s);
	return r;
}

void fs_mount_at(const char *where, const char *type, unsigned mode)
{
	int r;

	vfs_mknod(AT_FDCWD, where, S_IFDIR | mode, 0);
	r = vfs_mount(type, where, type, MS_RELATIME, "");
	if (r)
		printk("cannot mount %s: error %d\n", where, -r);
}

int fs_init(const void *ramdisk, size_t size)
{
	struct fs_context *c = current->fs;
	int r;

	if (!c)
		c = current->fs = fs_context_create();
	if (!c)
		return -ENOMEM;
	r = mount_root(&ramfs_type, &c->root);
	if (r)
		return r;
	c->cwd = c->root;
	path_get(&c->cwd);
	c->umask = 0;
	r = ramdisk ? initramfs_unpack(ramdisk, size) : 0;
	if (r)
		printk("ramdisk: %s\n", r == -EINVAL ? "not a cpio archive, or cut short"
						     : "does not fit into memory");
	fs_mount_at("/dev", "devtmpfs", 0755);
	fs_mount_at("/dev/pts", "devpts", 0755);
	fs_mount_at("/proc", "proc", 0555);
	/* The root is memory already: a tmpfs here would only hide what the ramdisk brought. */
	vfs_mknod(AT_FDCWD, "/tmp", S_IFDIR | 01777, 0);
	c->umask = 022;
	return 0;
}

int fs_open_console(void)
{
	struct file *f;
	int r;

	if (!current->files)
		current->files = fdtable_create();
	if (!current->files)
		return -ENOMEM;
	f = vfs_open("/dev/console", O_RDWR, 0);
	if (is_err(f))
		return (int)ptr_err(f);
	for (int fd = 0; fd < 3; fd++) {
		r = fd_replace(fd, f, false);
		if (r < 0)
			break;
	}
	file_put(f);
	return r < 0 ? r : 0;
}
