/* SPDX-License-Identifier: MIT */
/*
 * Character devices by number, and /dev, where they have their usual names.
 *
 * The numbers are Linux's, since programs compare them. /dev is one ramfs that every devtmpfs mount
 * shows; nodes may be added and removed there as anywhere.
 */
#include "fs/dev.h"
#include "fs/ramfs.h"
#include "tty/tty.h"

struct device {
	const char *name;
	uint32_t rdev, mode;
	const struct file_ops *ops;
};

/* clang-format off */
static const struct device devices[] = {
	{ "null",    DEV(1, 3),  0666, &null_fops },
	{ "zero",    DEV(1, 5),  0666, &zero_fops },
	{ "full",    DEV(1, 7),  0666, &full_fops },
	{ "random",  DEV(1, 8),  0666, &random_fops },
	{ "urandom", DEV(1, 9),  0666, &random_fops },
	{ "kmsg",    DEV(1, 11), 0644, &kmsg_fops },
	{ "loop-control", DEV(10, 237), 0600, &loop_control_fops },
	{ "tty",     DEV(5, 0),  0666, &tty_current_fops },
	{ "console", DEV(5, 1),  0600, &tty_console_fops },
	{ "ptmx",    TTY_PTMX_DEV, 0666, &pty_master_fops },
	{ "hvc0",    TTY_CONSOLE_DEV, 0660, &tty_console_fops },
};

static const struct { const char *name, *target; } links[] = {
	{ "fd",     "/proc/self/fd" },
	{ "stdin",  "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" },
};
/* clang-format on */

#define REGISTERED_MOST 32

/* Of drivers, written while they start. */
static struct device registered[REGISTERED_MOST];
static unsigned registered_count;

const struct file_ops *chrdev_find(uint32_t rdev)
{
	for (unsigned i = 0; i < registered_count; i++)
		if (registered[i].rdev == rdev)
			return registered[i].ops;
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i].rdev == rdev)
			return devices[i].ops;
	return DEV_MAJOR(rdev) == TTY_PTS_MAJOR ? &pty_slave_fops : NULL;
}

static void add(struct super *sb, const char *name, uint32_t mode, uint32_t rdev,
		const char *target)
{
	struct inode *i = ramfs_make(sb->root, name, strlen(name), mode, rdev, target);

	if (!is_err(i))
		inode_put(i);
}

/* The one /dev there is, made when it is first needed; vfs_lock held. */
static struct super *devfs(void)
{
	static struct super *only;
	struct super *sb = only;

	if (sb)
		return sb;
	sb = ramfs_super(&devfs_type, 0755);
	if (is_err(sb))
		return sb;
	only = sb; /* and stays when nobody has it mounted */
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		add(sb, devices[i].name, S_IFCHR | devices[i].mode, devices[i].rdev, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		add(sb, links[i].name, S_IFLNK | 0777, 0, links[i].target);
	add(sb, "shm", S_IFDIR | S_ISVTX | 0777, 0, NULL);
	add(sb, "pts", S_IFDIR | 0755, 0, NULL);
	return sb;
}

static struct super *devfs_mount(const char *data)
{
	struct super *sb = devfs();

	(void)data;
	if (!is_err(sb))
		sb->refs++;
	return sb;
}

/* The entry of a directory, made if it is not there; a reference, or err_ptr. vfs_lock held. */
static struct inode *find_or_make(struct inode *dir, const char *name, size_t len, uint32_t mode,
				  uint32_t rdev)
{
	struct inode *i = dir->ops->lookup(dir, name, len);

	if (is_err(i) && ptr_err(i) == -ENOENT)
		i = ramfs_make(dir, name, len, mode, rdev, NULL);
	else if (!is_err(i) && rdev)
		i->rdev = rdev;
	return i;
}

int devfs_add(const char *name, uint32_t mode, uint32_t rdev)
{
	const char *slash = strchr(name, '/');
	struct inode *dir, *i;
	struct super *sb;

	mutex_lock(&vfs_lock);
	sb = devfs();
	dir = is_err(sb) ? (void *)sb : inode_get(sb->root);
	if (slash && !is_err(dir)) {
		i = find_or_make(dir, name, (size_t)(slash - name), S_IFDIR | 0755, 0);
		inode_put(dir);
		dir = i;
		name = slash + 1;
	}
	i = dir;
	if (!is_err(dir)) {
		i = find_or_make(dir, name, strlen(name), mode, rdev);
		inode_put(dir);
	}
	mutex_unlock(&vfs_lock);
	if (is_err(i))
		return ptr_err(i);
	inode_put(i);
	return 0;
}

int chrdev_register(const char *name, uint32_t mode, uint32_t rdev, const struct file_ops *ops)
{
	bug_on(registered_count == REGISTERED_MOST);
	registered[registered_count++] = (struct device){ name, rdev, mode, ops };
	return devfs_add(name, S_IFCHR | mode, rdev);
}

void devfs_remove(const char *name)
{
	struct super *sb;
	struct inode *i;

	mutex_lock(&vfs_lock);
	sb = devfs();
	i = is_err(sb) ? (void *)sb : sb->root->ops->lookup(sb->root, name, strlen(name));
	if (!is_err(i)) {
		sb->root->ops->unlink(sb->root, name, strlen(name), i);
		inode_put(i);
	}
	mutex_unlock(&vfs_lock);
}

static void devfs_statfs(struct super *sb, struct statfs_k *st)
{
	tmpfs_type.statfs(sb, st);
}

const struct fs_type devfs_type = {
	.name = "devtmpfs", .nodev = true, .mount = devfs_mount, .statfs = devfs_statfs
};
