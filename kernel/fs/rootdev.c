/* SPDX-License-Identifier: MIT */
/*
 * A root on a device: root=/dev/xvda [rootfstype=ext2] [ro] [rootwait=SECONDS].
 *
 * The ramdisk's root, if there was one, stays below it, without a name. The disk of a frontend comes when the
 * other domain is ready, so it is waited for.
 */
#include "block.h"
#include "fs/vfs.h"
#include "proc.h"
#include "timer.h"

#define WAIT_STEP    (20 * NSEC_PER_MS)
#define WAIT_DEFAULT 20 /* seconds: a frontend's disk comes when the other domain is ready */

static struct blockdev *wait_for_disk(const char *name)
{
	char option[16];
	uint64_t seconds = WAIT_DEFAULT, end;
	struct blockdev *d;

	if (cmdline_option("rootwait", option, sizeof(option)) && *option)
		seconds = strtoul(option, NULL, 10);
	end = time_now() + seconds * NSEC_PER_SEC;
	if (!strncmp(name, "/dev/", 5))
		name += 5;
	while (!(d = blockdev_get_by_name(name)) && time_now() < end)
		(void)proc_sleep_until(time_now() + WAIT_STEP);
	return d;
}

static const struct fs_type *root_type(void)
{
	char name[16];

	if (!cmdline_option("rootfstype", name, sizeof(name)))
		return &ext2_type;
	for (unsigned i = 0; fs_types[i]; i++)
		if (!strcmp(fs_types[i]->name, name) && fs_types[i]->mount_device)
			return fs_types[i];
	printk("root: no file system \"%s\" for a device, ext2 is tried\n", name);
	return &ext2_type;
}

int fs_mount_root_device(void)
{
	struct fs_context *c = current->fs;
	char name[32], option[8];
	bool read_only = cmdline_option("ro", option, sizeof(option));
	struct blockdev *d;
	struct path root;
	int r;

	if (!cmdline_option("root", name, sizeof(name)))
		return 0;
	d = wait_for_disk(name);
	if (!d)
		return -ENXIO;
	r = blockdev_claim(d);
	if (r) {
		blockdev_put(d);
		return r;
	}
	r = mount_root_from(root_type(), d, read_only, name, &root);
	if (r)
		return r;
	path_put(&c->root);
	path_put(&c->cwd);
	c->root = root;
	c->cwd = root;
	path_get(&c->cwd);
	fs_mount_at("/dev", "devtmpfs", 0755);
	fs_mount_at("/dev/pts", "devpts", 0755);
	fs_mount_at("/proc", "proc", 0555);
	return 0;
}
