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
	{ "tty",     DEV(5, 0),  0666, &tty_current_fops },
	{ "console", DEV(5, 1),  0600, &tty_console_fops },
	{ "hvc0",    TTY_CONSOLE_DEV, 0660, &tty_console_fops },
};

static const struct { const char *name, *target; } links[] = {
	{ "fd",     "/proc/self/fd" },
	{ "stdin",  "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" },
};
/* clang-format on */

const struct file_ops *chrdev_find(uint32_t rdev)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i].rdev == rdev)
			return devices[i].ops;
	return NULL;
}

static void add(struct super *sb, const char *name, uint32_t mode, uint32_t rdev,
		const char *target)
{
	struct inode *i = ramfs_make(sb->root, name, strlen(name), mode, rdev, target);

	if (!is_err(i))
		inode_put(i);
}

static struct super *devfs_mount(const char *data)
{
	static struct super *sb;

	(void)data;
	if (sb) {
		sb->refs++;
		return sb;
	}
	sb = ramfs_super(&devfs_type, 0755);
	if (is_err(sb)) {
		struct super *err = sb;

		sb = NULL;
		return err;
	}
	sb->refs++; /* it stays when nobody has it mounted */
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		add(sb, devices[i].name, S_IFCHR | devices[i].mode, devices[i].rdev, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		add(sb, links[i].name, S_IFLNK | 0777, 0, links[i].target);
	add(sb, "shm", S_IFDIR | S_ISVTX | 0777, 0, NULL);
	return sb;
}

static void devfs_statfs(struct super *sb, struct statfs_k *st)
{
	tmpfs_type.statfs(sb, st);
}

const struct fs_type devfs_type = { "devtmpfs", true, devfs_mount, devfs_statfs, NULL };
