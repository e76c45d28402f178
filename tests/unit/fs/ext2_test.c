/* SPDX-License-Identifier: MIT */
/*
 * ext2 against e2fsprogs: mke2fs makes the file systems, a plain model says what is in them, e2fsck judges
 * what we left on the disk.
 *
 * The disk is a file on the host; requests are done at once. Random programs are deterministic by seed.
 */
#include "fake.h"
#include "block.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define IMAGE_BYTES (4u << 20)
#define DISK	    "/disk"
#define MOUNTED	    "/m"

static uint8_t *disk; /* the image, in memory while it is mounted */
static char image_path[64];
static struct blockdev dev;

static void submit(struct blockdev *d, struct block_request *r)
{
	uint64_t at = r->sector << SECTOR_SHIFT;

	(void)d;
	for (unsigned i = 0; i < r->segments; i++) {
		if (r->op == BLOCK_WRITE)
			memcpy(disk + at, r->segment[i].va, r->segment[i].len);
		else if (r->op == BLOCK_READ)
			memcpy(r->segment[i].va, disk + at, r->segment[i].len);
		at += r->segment[i].len;
	}
	block_done(r, 0);
}

static const struct blockdev_ops ops = { .submit = submit };

static void run(const char *fmt, const char *arg)
{
	char command[256];

	snprintf(command, sizeof(command), fmt, arg, image_path);
	if (system(command))
		fail_msg("%s", command);
}

static void load(void)
{
	FILE *f = fopen(image_path, "rb");

	assert_non_null(f);
	assert_int_equal(fread(disk, 1, IMAGE_BYTES, f), IMAGE_BYTES);
	fclose(f);
}

static void save(void)
{
	FILE *f = fopen(image_path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(disk, 1, IMAGE_BYTES, f), IMAGE_BYTES);
	fclose(f);
}

static void check(void)
{
	save();
	run("e2fsck -fn%s %s >/dev/null 2>&1", "");
}

static void make(const char *options)
{
	char command[256];

	snprintf(command, sizeof(command), "truncate -s %u %s && mke2fs -q -F -t ext2 %s %s",
		 IMAGE_BYTES, image_path, options, image_path);
	assert_int_equal(system(command), 0);
	load();
}

static int mount_disk(unsigned flags)
{
	return vfs_mount(DISK, MOUNTED, "ext2", flags, "");
}

static void plug_in(void)
{
	dev = (struct blockdev){ .name = "disk",
				 .rdev = DEV(254, 0),
				 .sectors = IMAGE_BYTES >> SECTOR_SHIFT,
				 .ops = &ops };
	assert_int_equal(blockdev_register(&dev), 0);
	assert_int_equal(vfs_mknod(AT_FDCWD, DISK, S_IFBLK | 0600, DEV(254, 0)), 0);
	assert_int_equal(make_dir(MOUNTED), 0);
}

static int setup(void **state)
{
	int fd, rc = fs_setup(state);

	disk = malloc(IMAGE_BYTES);
	snprintf(image_path, sizeof(image_path), "/tmp/ext2-test-XXXXXX");
	fd = mkstemp(image_path);
	close(fd);
	return rc || fd < 0;
}

static int teardown(void **state)
{
	blockdev_remove(&dev);
	unlink(image_path);
	free(disk);
	return fs_teardown(state);
}

/* ---- a model: names and their bytes ---- */

#define DIRS	  4
#define NAMES	  6
#define BYTES	  70000
#define FILE_ROOM (DIRS * NAMES)

static struct model {
	bool there;
	uint32_t size;
	uint8_t *bytes; /* shared by names that are links of each other */
	int *links;
} model[FILE_ROOM];

static uint32_t seed;

static uint32_t dice(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static const char *name_of(unsigned n)
{
	static char names[2][64];
	static unsigned turn;
	char *s = names[turn++ & 1];

	snprintf(s, 64, MOUNTED "/d%u/a-rather-long-name-number-%u", n / NAMES, n % NAMES);
	return s;
}

static void model_write(unsigned n, uint32_t pos, const uint8_t *from, uint32_t len)
{
	struct model *m = &model[n];

	memcpy(m->bytes + pos, from, len);
	for (unsigned i = 0; i < FILE_ROOM; i++)
		if (model[i].there && model[i].bytes == m->bytes)
			model[i].size = max(model[i].size, pos + len);
}

static void model_truncate(unsigned n, uint32_t size)
{
	uint8_t *bytes = model[n].bytes;

	if (size < model[n].size)
		memset(bytes + size, 0, model[n].size - size);
	for (unsigned i = 0; i < FILE_ROOM; i++)
		if (model[i].there && model[i].bytes == bytes)
			model[i].size = size;
}

static void model_remove(unsigned n)
{
	if (!--*model[n].links) {
		free(model[n].bytes);
		free(model[n].links);
	}
	memset(&model[n], 0, sizeof(model[n]));
}

static void model_make(unsigned n)
{
	model[n] = (struct model){ .there = true,
				   .bytes = calloc(1, BYTES),
				   .links = malloc(sizeof(int)) };
	*model[n].links = 1;
}

/* ---- a random program ---- */

static void write_somewhere(unsigned n)
{
	static uint8_t data[BYTES];
	uint32_t pos = dice(BYTES - 1), len = 1 + dice(min(9000u, BYTES - pos));
	struct file *f = vfs_open(name_of(n), O_RDWR | O_CREAT, 0644);
	struct iter from;

	assert_false(is_err(f));
	if (!model[n].there)
		model_make(n);
	for (uint32_t i = 0; i < len; i++)
		data[i] = (uint8_t)dice(256);
	iter_kernel(&from, data, len);
	assert_int_equal(file_write_at(f, &from, pos), len);
	model_write(n, pos, data, len);
	if (!dice(8))
		assert_int_equal(f->ops->sync(f), 0);
	file_put(f);
}

static void compare(unsigned n)
{
	static uint8_t data[BYTES + 1];
	struct file *f = vfs_open(name_of(n), O_RDONLY, 0);

	if (!model[n].there) {
		assert_int_equal(ptr_err(f), -ENOENT);
		return;
	}
	assert_false(is_err(f));
	assert_int_equal(file_pread(f, data, sizeof(data), 0), model[n].size);
	assert_memory_equal(data, model[n].bytes, model[n].size);
	file_put(f);
}

static void truncate_somewhere(unsigned n)
{
	struct file *f;
	uint32_t size = dice(BYTES);

	if (!model[n].there)
		return;
	f = vfs_open(name_of(n), O_RDWR, 0);
	assert_false(is_err(f));
	assert_int_equal(vfs_truncate(f->path.inode, size), 0);
	model_truncate(n, size);
	file_put(f);
}

static void remove_one(unsigned n)
{
	/* Sometimes while it is open: its blocks go later. */
	struct file *f = model[n].there && !dice(2) ? vfs_open(name_of(n), O_RDONLY, 0) : NULL;

	assert_int_equal(vfs_unlink(AT_FDCWD, name_of(n), false), model[n].there ? 0 : -ENOENT);
	if (model[n].there)
		model_remove(n);
	if (f)
		file_put(f);
}

static void rename_one(unsigned n, unsigned to)
{
	int rc = vfs_rename(AT_FDCWD, name_of(n), AT_FDCWD, name_of(to), 0);

	if (!model[n].there) {
		assert_int_equal(rc, -ENOENT);
		return;
	}
	assert_int_equal(rc, 0);
	if (n == to || (model[to].there && model[to].bytes == model[n].bytes))
		return; /* two names of one file: nothing happens */
	if (model[to].there)
		model_remove(to);
	model[to] = model[n];
	memset(&model[n], 0, sizeof(model[n]));
}

static void link_one(unsigned n, unsigned to)
{
	int rc = vfs_link(AT_FDCWD, name_of(n), AT_FDCWD, name_of(to), 0);

	if (!model[n].there) {
		assert_int_equal(rc, -ENOENT);
	} else if (model[to].there) {
		assert_int_equal(rc, -EEXIST);
	} else {
		assert_int_equal(rc, 0);
		model[to] = model[n];
		++*model[n].links;
	}
}

static void step(void)
{
	unsigned n = dice(FILE_ROOM), other = dice(FILE_ROOM);

	switch (dice(8)) {
	case 0:
	case 1:
	case 2:
		write_somewhere(n);
		break;
	case 3:
		truncate_somewhere(n);
		break;
	case 4:
		remove_one(n);
		break;
	case 5:
		rename_one(n, other);
		break;
	case 6:
		link_one(n, other);
		break;
	default:
		compare(n);
	}
}

static void run_program(uint32_t with_seed, unsigned steps)
{
	seed = with_seed;
	assert_int_equal(mount_disk(0), 0);
	for (unsigned i = 0; i < DIRS; i++) {
		char dir[16];

		snprintf(dir, sizeof(dir), MOUNTED "/d%u", i);
		assert_int_equal(make_dir(dir), 0);
	}
	for (unsigned i = 0; i < steps; i++)
		step();
	assert_int_equal(vfs_umount(MOUNTED, 0), 0);
	check();
	assert_int_equal(mount_disk(MS_RDONLY), 0);
	for (unsigned n = 0; n < FILE_ROOM; n++) {
		compare(n);
		if (model[n].there)
			model_remove(n);
	}
	assert_int_equal(vfs_umount(MOUNTED, 0), 0);
}

static void agrees_with_a_model_1k(void **state)
{
	(void)state;
	make("-b 1024");
	plug_in();
	run_program(1, 1500);
}

static void agrees_with_a_model_4k(void **state)
{
	(void)state;
	make("-b 4096");
	plug_in();
	run_program(2, 1500);
}

static void agrees_with_a_model_old_inodes(void **state)
{
	(void)state;
	make("-b 2048 -I 128 -O ^filetype,^sparse_super,^resize_inode");
	plug_in();
	run_program(3, 1000);
}

/* ---- edges ---- */

static void names_and_kinds(void **state)
{
	char long_target[200], text[201] = { 0 };
	struct path p;

	(void)state;
	make("-b 1024");
	plug_in();
	assert_int_equal(mount_disk(0), 0);
	memset(long_target, 'x', sizeof(long_target) - 1);
	long_target[199] = '\0';
	assert_int_equal(vfs_symlink("short", AT_FDCWD, MOUNTED "/s"), 0);
	assert_int_equal(vfs_symlink(long_target, AT_FDCWD, MOUNTED "/l"), 0);
	assert_int_equal(vfs_mknod(AT_FDCWD, MOUNTED "/c", S_IFCHR | 0600, DEV(4, 300)), 0);
	assert_int_equal(make_dir(MOUNTED "/a"), 0);
	assert_int_equal(make_dir(MOUNTED "/a/b"), 0);
	assert_int_equal(make_dir(MOUNTED "/c2"), 0);
	assert_int_equal(vfs_unlink(AT_FDCWD, MOUNTED "/a", true), -ENOTEMPTY);
	assert_int_equal(vfs_rename(AT_FDCWD, MOUNTED "/a/b", AT_FDCWD, MOUNTED "/c2/b", 0), 0);
	assert_int_equal(vfs_rename(AT_FDCWD, MOUNTED "/c2", AT_FDCWD, MOUNTED "/c2/b/x", 0),
			 -EINVAL);
	assert_int_equal(vfs_unlink(AT_FDCWD, MOUNTED "/a", true), 0);
	assert_int_equal(vfs_umount(MOUNTED, 0), 0);
	check();
	assert_int_equal(mount_disk(MS_RDONLY), 0);
	assert_int_equal(vfs_lookup(AT_FDCWD, MOUNTED "/l", AT_SYMLINK_NOFOLLOW, &p), 0);
	assert_int_equal(p.inode->ops->readlink(p.inode, text, 200), 199);
	assert_string_equal(text, long_target);
	path_put(&p);
	assert_int_equal(vfs_lookup(AT_FDCWD, MOUNTED "/c", 0, &p), 0);
	assert_int_equal(p.inode->rdev, DEV(4, 300));
	path_put(&p);
	assert_int_equal(make_dir(MOUNTED "/no"), -EROFS);
	assert_int_equal(vfs_umount(MOUNTED, 0), 0);
}

/* A block far out: single, double and triple indirect; and all of it given back. */
static void sparse_files_reach_far(void **state)
{
	static const uint64_t at[] = { 5000, 200 << 10, 40 << 20, 3ull << 30 };
	struct iter from;
	struct file *f;
	uint8_t byte = 7;

	(void)state;
	make("-b 1024");
	plug_in();
	assert_int_equal(mount_disk(0), 0);
	f = vfs_open(MOUNTED "/sparse", O_RDWR | O_CREAT, 0644);
	for (unsigned i = 0; i < ARRAY_SIZE(at); i++) {
		iter_kernel(&from, &byte, 1);
		assert_int_equal(file_write_at(f, &from, at[i]), 1);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(at); i++) {
		byte = 0;
		assert_int_equal(file_pread(f, &byte, 1, at[i]), 1);
		assert_int_equal(byte, 7);
		assert_int_equal(file_pread(f, &byte, 1, at[i] - 1), 1);
		assert_int_equal(byte, 0);
	}
	assert_int_equal(vfs_truncate(f->path.inode, 6000), 0);
	file_put(f);
	assert_int_equal(vfs_umount(MOUNTED, 0), 0);
	check();
}

static void a_full_disk_says_so(void **state)
{
	static uint8_t data[65536];
	struct iter from;
	struct file *f;
	long n, total = 0;

	(void)state;
	make("-b 1024");
	plug_in();
	assert_int_equal(mount_disk(0), 0);
	f = vfs_open(MOUNTED "/all", O_RDWR | O_CREAT, 0644);
	do {
		iter_kernel(&from, data, sizeof(data));
		n = file_write(f, &from);
		total += max(n, 0l);
	} while (n == (long)sizeof(data));
	iter_kernel(&from, data, sizeof(data));
	assert_int_equal(file_write(f, &from), -ENOSPC);
	assert_true(total > (long)IMAGE_BYTES / 2);
	file_put(f);
	assert_int_equal(make_dir(MOUNTED "/no-room"), -ENOSPC);
	assert_int_equal(vfs_unlink(AT_FDCWD, MOUNTED "/all", false), 0);
	assert_int_equal(make_dir(MOUNTED "/room"), 0);
	assert_int_equal(vfs_umount(MOUNTED, 0), 0);
	check();
}

static void what_is_no_ext2_is_refused(void **state)
{
	(void)state;
	make("-b 1024");
	plug_in();
	disk[1024 + 56] ^= 0xff; /* the magic number */
	assert_int_equal(mount_disk(0), -EINVAL);
	disk[1024 + 56] ^= 0xff;
	cache_drop(&dev.cache, 0, ~0u);
	disk[1024 + 96] |= 0x40; /* extents */
	assert_int_equal(mount_disk(0), -EINVAL);
	disk[1024 + 96] &= (uint8_t)~0x40;
	cache_drop(&dev.cache, 0, ~0u);
	disk[1024 + 101] |= 0x80; /* a read-only feature of later times */
	assert_int_equal(mount_disk(0), -EROFS);
	cache_drop(&dev.cache, 0, ~0u);
	assert_int_equal(mount_disk(MS_RDONLY), 0);
	assert_int_equal(mount_disk(MS_RDONLY), -EBUSY);
	assert_int_equal(vfs_umount(MOUNTED, 0), 0);
}

/* Any bytes may be on a disk: errors, yes; nothing else. */
static void broken_disks_do_no_harm(void **state)
{
	static uint8_t good[IMAGE_BYTES];

	(void)state;
	make("-b 1024");
	plug_in();
	assert_int_equal(mount_disk(0), 0);
	assert_int_equal(make_dir(MOUNTED "/d0"), 0);
	write_text(MOUNTED "/d0/f", "some words");
	assert_int_equal(vfs_umount(MOUNTED, 0), 0);
	memcpy(good, disk, sizeof(good));
	for (unsigned round = 1; round <= 100; round++) {
		seed = round;
		memcpy(disk, good, sizeof(good));
		cache_drop(&dev.cache, 0, ~0u);
		for (unsigned i = 0; i < 12; i++)
			disk[1024 + dice(60 << 10)] = (uint8_t)dice(256);
		if (!mount_disk(0)) {
			(void)read_text(MOUNTED "/d0/f");
			(void)make_dir(MOUNTED "/d1");
			(void)write_text(MOUNTED "/d1/g", "more words");
			(void)vfs_unlink(AT_FDCWD, MOUNTED "/d0/f", false);
			assert_int_equal(vfs_umount(MOUNTED, 0), 0);
		}
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(agrees_with_a_model_1k),	   T(agrees_with_a_model_4k),
		T(agrees_with_a_model_old_inodes), T(names_and_kinds),
		T(sparse_files_reach_far),	   T(a_full_disk_says_so),
		T(what_is_no_ext2_is_refused),	   T(broken_disks_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
