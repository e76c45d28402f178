/* SPDX-License-Identifier: MIT */
/*
 * Names: walking them, and making, linking, renaming and removing, with the errors of Linux.
 */
#include "fake.h"
#include <stdio.h>
#include <stdlib.h>

static int open_error(const char *name, unsigned flags)
{
	struct file *f = vfs_open(name, flags, 0666);

	if (is_err(f))
		return (int)ptr_err(f);
	file_put(f);
	return 0;
}

static int symlink_to(const char *target, const char *name)
{
	return vfs_symlink(target, AT_FDCWD, name);
}

static int rename_to(const char *from, const char *to)
{
	return vfs_rename(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static int link_to(const char *from, const char *to)
{
	return vfs_link(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static int unlink_name(const char *name)
{
	return vfs_unlink(AT_FDCWD, name, false);
}

static int rmdir_name(const char *name)
{
	return vfs_unlink(AT_FDCWD, name, true);
}

static int enter(const char *name)
{
	struct path p;
	int r = vfs_lookup(AT_FDCWD, name, 0, &p);

	if (r)
		return r;
	path_put(&fake_task.fs->cwd);
	fake_task.fs->cwd = p;
	return 0;
}

static const char *where(void)
{
	static char buf[PATH_LONGEST];
	char *s = path_name(&fake_task.fs->cwd, buf, sizeof(buf));

	return is_err(s) ? "error" : s;
}

static int setup(void **state)
{
	if (fs_setup(state))
		return -1;
	return make_dir("/a") || make_dir("/a/b") || make_dir("/a/b/c") ||
	       write_text("/a/file", "text") != 4;
}

/* ---- walking ---- */

static void dots_and_slashes(void **state)
{
	(void)state;
	assert_int_equal(exists("/a/./b//c/../../file"), 0);
	assert_int_equal(exists("///a///file"), 0);
	assert_int_equal(exists("/../../a/file"), 0);
	assert_int_equal(exists("/a/b/"), 0);
	assert_int_equal(exists("/"), 0);
	assert_int_equal(exists("."), 0);
	assert_int_equal(exists(""), -ENOENT);
}

static void missing_and_wrong_kinds(void **state)
{
	(void)state;
	assert_int_equal(exists("/a/none"), -ENOENT);
	assert_int_equal(exists("/none/file"), -ENOENT);
	assert_int_equal(exists("/a/file/x"), -ENOTDIR);
	assert_int_equal(exists("/a/file/"), -ENOTDIR);
	assert_int_equal(exists("/a/file/."), -ENOTDIR);
	assert_int_equal(exists("/a/file/.."), -ENOTDIR);
}

static void names_have_a_longest(void **state)
{
	char name[NAME_LONGEST + 3] = "/";

	(void)state;
	memset(name + 1, 'n', NAME_LONGEST);
	assert_int_equal(write_text(name, "x"), 1);
	name[NAME_LONGEST + 1] = 'n';
	assert_int_equal(exists(name), -ENAMETOOLONG);
	assert_int_equal(make_dir(name), -ENAMETOOLONG);
}

static void links_are_followed(void **state)
{
	(void)state;
	assert_int_equal(symlink_to("b", "/a/rel"), 0);
	assert_int_equal(symlink_to("/a/b", "/abs"), 0);
	assert_int_equal(symlink_to("../file", "/a/b/up"), 0);
	assert_int_equal(exists("/a/rel/c"), 0);
	assert_int_equal(exists("/abs/../file"), 0); /* ".." of the target */
	assert_string_equal(read_text("/abs/up"), "text");
	assert_int_equal(symlink_to("none", "/dangling"), 0);
	assert_int_equal(exists("/dangling"), 0);
	assert_int_equal(exists("/dangling/"), -ENOENT);
	assert_int_equal(open_error("/dangling", O_RDONLY), -ENOENT);
	assert_int_equal(open_error("/abs", O_RDONLY | O_NOFOLLOW), -ELOOP);
	assert_int_equal(open_error("/abs/", O_RDONLY | O_NOFOLLOW), 0);
	assert_int_equal(symlink_to("", "/empty"), -ENOENT);
}

static void forty_links_and_no_more(void **state)
{
	char name[32], target[32] = "/a/file";

	(void)state;
	for (int i = 0; i <= SYMLINKS_MOST; i++) {
		snprintf(name, sizeof(name), "/link%d", i);
		assert_int_equal(symlink_to(target, name), 0);
		memcpy(target, name, sizeof(target));
	}
	assert_int_equal(open_error("/link39", O_RDONLY), 0);
	assert_int_equal(open_error("/link40", O_RDONLY), -ELOOP);
	assert_int_equal(symlink_to("/loop", "/loop"), 0);
	assert_int_equal(open_error("/loop", O_RDONLY), -ELOOP);
	assert_int_equal(open_error("/loop", O_RDWR | O_CREAT), -ELOOP);
	assert_int_equal(exists("/loop/x"), -ELOOP);
}

static void names_of_places(void **state)
{
	(void)state;
	assert_string_equal(where(), "/");
	assert_int_equal(enter("/a/b/c"), 0);
	assert_string_equal(where(), "/a/b/c");
	assert_int_equal(rename_to("/a/b", "/moved"), 0);
	assert_string_equal(where(), "/moved/c");
	assert_int_equal(exists("../../a/file"), 0);
}

static void removed_place_has_no_name_but_a_way_up(void **state)
{
	(void)state;
	assert_int_equal(enter("/a/b/c"), 0);
	assert_int_equal(rmdir_name("/a/b/c"), 0);
	assert_string_equal(where(), "error");
	assert_int_equal(make_dir("x"), -ENOENT);
	assert_int_equal(write_text("x", "x"), -ENOENT);
	assert_int_equal(exists("."), 0);
	assert_int_equal(enter(".."), 0);
	assert_string_equal(where(), "/a/b");
}

static void chroot_is_a_wall(void **state)
{
	struct fs_context *fs = fake_task.fs;
	struct path root = fs->root;

	(void)state;
	assert_int_equal(vfs_lookup(AT_FDCWD, "/a", 0, &fs->root), 0);
	assert_int_equal(exists("/file"), 0);
	assert_int_equal(exists("/../../file"), 0);
	assert_int_equal(exists("/a"), -ENOENT);
	path_put(&fs->root);
	fs->root = root;
}

static void walks_start_at_descriptors(void **state)
{
	int dir = open_fd("/a", O_RDONLY | O_DIRECTORY), file = open_fd("/a/file", O_RDONLY);
	struct path p;

	(void)state;
	assert_true(dir >= 0 && file >= 0);
	assert_int_equal(vfs_lookup(dir, "b/c", 0, &p), 0);
	path_put(&p);
	assert_int_equal(vfs_lookup(file, "b", 0, &p), -ENOTDIR);
	assert_int_equal(vfs_lookup(55, "b", 0, &p), -EBADF);
	assert_int_equal(vfs_lookup(55, "/a", 0, &p), 0);
	path_put(&p);
	assert_int_equal(vfs_lookup(dir, "", 0, &p), -ENOENT);
	assert_int_equal(vfs_lookup(file, "", AT_EMPTY_PATH, &p), 0);
	assert_int_equal(p.inode->size, 4);
	path_put(&p);
}

/* ---- mounts ---- */

static void mounts_cover_and_uncover(void **state)
{
	(void)state;
	assert_int_equal(write_text("/a/b/below", "x"), 1);
	assert_int_equal(vfs_mount("none", "/a/b", "tmpfs", 0, ""), 0);
	assert_int_equal(exists("/a/b/below"), -ENOENT);
	assert_int_equal(write_text("/a/b/above", "x"), 1);
	assert_int_equal(exists("/a/b/../file"), 0);
	assert_int_equal(enter("/a/b"), 0);
	assert_string_equal(where(), "/a/b");
	assert_int_equal(vfs_umount("/a/b", 0), -EBUSY);
	assert_int_equal(enter("/"), 0);
	assert_int_equal(rename_to("/a/b/above", "/a/above"), -EXDEV);
	assert_int_equal(link_to("/a/b/above", "/a/above"), -EXDEV);
	assert_int_equal(rmdir_name("/a/b"), -EBUSY);
	assert_int_equal(rename_to("/a/b", "/elsewhere"), -EBUSY);
	assert_int_equal(vfs_umount("/a/b", 0), 0);
	assert_int_equal(exists("/a/b/below"), 0);
	assert_int_equal(vfs_umount("/a/b", 0), -EINVAL);
	assert_int_equal(vfs_umount("/", 0), -EBUSY);
}

static void mount_refuses(void **state)
{
	(void)state;
	assert_int_equal(vfs_mount("none", "/a/file", "tmpfs", 0, ""), -ENOTDIR);
	assert_int_equal(vfs_mount("none", "/none", "tmpfs", 0, ""), -ENOENT);
	assert_int_equal(vfs_mount("none", "/a", "nosuchfs", 0, ""), -ENODEV);
	become(1000);
	assert_int_equal(vfs_mount("none", "/a", "tmpfs", 0, ""), -EPERM);
}

static void read_only_mounts_refuse_changes(void **state)
{
	(void)state;
	assert_int_equal(vfs_mount("none", "/a/b", "tmpfs", 0, ""), 0);
	assert_int_equal(write_text("/a/b/f", "x"), 1);
	assert_int_equal(vfs_mount("none", "/a/b", "", MS_REMOUNT | MS_RDONLY, ""), 0);
	assert_int_equal(write_text("/a/b/f", "y"), -EROFS);
	assert_int_equal(write_text("/a/b/g", "y"), -EROFS);
	assert_int_equal(make_dir("/a/b/d"), -EROFS);
	assert_int_equal(unlink_name("/a/b/f"), -EROFS);
	assert_string_equal(read_text("/a/b/f"), "x");
}

static void a_busy_tree_can_be_detached(void **state)
{
	(void)state;
	assert_int_equal(vfs_mount("none", "/a/b", "tmpfs", 0, ""), 0);
	assert_int_equal(write_text("/a/b/f", "x"), 1);
	assert_int_equal(enter("/a/b"), 0);
	assert_int_equal(vfs_umount("/a/b", 2), 0);
	assert_int_equal(exists("f"), 0);
	assert_int_equal(exists("/a/b/c"), 0);
}

static void bind_mounts_show_a_tree_twice(void **state)
{
	(void)state;
	assert_int_equal(vfs_mount("/a", "/a/b/c", "", MS_BIND, ""), 0);
	assert_string_equal(read_text("/a/b/c/file"), "text");
	assert_int_equal(vfs_umount("/a/b/c", 0), 0);
}

/* ---- open ---- */

static void open_makes_and_refuses(void **state)
{
	(void)state;
	assert_int_equal(open_error("/new", O_RDWR), -ENOENT);
	assert_int_equal(open_error("/new", O_RDWR | O_CREAT | O_EXCL), 0);
	assert_int_equal(open_error("/new", O_RDWR | O_CREAT | O_EXCL), -EEXIST);
	assert_int_equal(open_error("/new/", O_RDWR | O_CREAT), -EISDIR);
	assert_int_equal(open_error("/newer/", O_RDWR | O_CREAT), -EISDIR);
	assert_int_equal(open_error("/a", O_RDWR), -EISDIR);
	assert_int_equal(open_error("/a", O_WRONLY), -EISDIR);
	assert_int_equal(open_error("/a", O_RDONLY | O_CREAT), -EISDIR);
	assert_int_equal(open_error("/a", O_RDONLY), 0);
	assert_int_equal(open_error("/a/file", O_RDONLY | O_DIRECTORY), -ENOTDIR);
	assert_int_equal(open_error(".", O_RDWR | O_CREAT), -EISDIR);
}

static void open_makes_what_a_link_points_to(void **state)
{
	(void)state;
	assert_int_equal(symlink_to("a/made", "/link"), 0);
	assert_int_equal(open_error("/link", O_WRONLY | O_CREAT | O_EXCL), -EEXIST);
	assert_int_equal(write_text("/link", "x"), 1);
	assert_string_equal(read_text("/a/made"), "x");
	assert_int_equal(symlink_to("none/made", "/bad"), 0);
	assert_int_equal(write_text("/bad", "x"), -ENOENT);
}

static void descriptors_are_the_lowest_and_limited(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(open_fd("/a/file", O_RDONLY), 0);
	assert_int_equal(open_fd("/a/file", O_RDONLY), 1);
	assert_int_equal(fd_close(0), 0);
	assert_int_equal(fd_close(0), -EBADF);
	assert_int_equal(open_fd("/a/file", O_RDONLY), 0);
	do
		fd = open_fd("/a/file", O_RDONLY);
	while (fd >= 0 && fd < 63);
	assert_int_equal(fd, 63);
	assert_int_equal(fd_install(NULL, 0, false), -EMFILE);
}

/* ---- permissions ---- */

static void others_need_the_bits(void **state)
{
	struct path p;

	(void)state;
	assert_int_equal(vfs_lookup(AT_FDCWD, "/a", 0, &p), 0);
	assert_int_equal(vfs_chmod(&p, 0700), 0);
	become(1000);
	assert_int_equal(exists("/a"), 0);
	assert_int_equal(exists("/a/file"), -EACCES);
	assert_int_equal(open_error("/a", O_RDONLY), -EACCES);
	assert_int_equal(make_dir("/mine"), -EACCES);
	assert_int_equal(unlink_name("/a/file"), -EACCES);
	assert_int_equal(vfs_chmod(&p, 0777), -EPERM);
	assert_int_equal(vfs_chown(&p, 1000, ~0u), -EPERM);
	become(0);
	assert_int_equal(vfs_chmod(&p, 0777), 0);
	become(1000);
	assert_int_equal(make_dir("/a/mine"), 0);
	assert_int_equal(open_error("/a/file", O_WRONLY), -EACCES);
	assert_int_equal(open_error("/a/file", O_RDONLY | O_TRUNC), -EACCES);
	path_put(&p);
}

static void sticky_directories_protect_owners(void **state)
{
	(void)state;
	assert_int_equal(write_text("/tmp/roots", "x"), 1);
	become(1000);
	assert_int_equal(unlink_name("/tmp/roots"), -EPERM);
	assert_int_equal(rename_to("/tmp/roots", "/tmp/mine"), -EPERM);
	assert_int_equal(write_text("/tmp/mine", "x"), 1);
	assert_int_equal(rename_to("/tmp/mine", "/tmp/roots"), -EPERM);
	become(1001);
	assert_int_equal(unlink_name("/tmp/mine"), -EPERM);
	become(1000);
	assert_int_equal(unlink_name("/tmp/mine"), 0);
}

static void permission_comes_before_kinds(void **state)
{
	(void)state;
	become(1000);
	assert_int_equal(rename_to("/a/b", "/a/file"), -EACCES);
	assert_int_equal(rename_to("/a/b", "/a/b"), 0);
	assert_int_equal(unlink_name("/a/b"), -EACCES);
	assert_int_equal(rmdir_name("/a/file"), -EACCES);
	assert_int_equal(make_dir("/a/b"), -EEXIST);
}

static void programs_need_an_execute_bit(void **state)
{
	struct file *f;
	struct path p;

	(void)state;
	assert_int_equal(ptr_err(vfs_open_exec("/a/file")), -EACCES);
	assert_int_equal(ptr_err(vfs_open_exec("/a")), -EACCES);
	assert_int_equal(vfs_lookup(AT_FDCWD, "/a/file", 0, &p), 0);
	assert_int_equal(vfs_chmod(&p, 0100), 0);
	f = vfs_open_exec("/a/file");
	assert_false(is_err(f));
	file_put(f);
	become(1000);
	assert_int_equal(ptr_err(vfs_open_exec("/a/file")), -EACCES);
	path_put(&p);
}

static void umask_takes_bits_away(void **state)
{
	struct path p;

	(void)state;
	fake_task.fs->umask = 027;
	assert_int_equal(make_dir("/d"), 0);
	assert_int_equal(vfs_lookup(AT_FDCWD, "/d", 0, &p), 0);
	assert_int_equal(p.inode->mode & S_ALL, 0750);
	path_put(&p);
}

/* ---- links and removal ---- */

static void link_counts(void **state)
{
	(void)state;
	assert_int_equal(links_of("/a"), 3);
	assert_int_equal(make_dir("/a/d"), 0);
	assert_int_equal(links_of("/a"), 4);
	assert_int_equal(links_of("/a/d"), 2);
	assert_int_equal(rmdir_name("/a/d"), 0);
	assert_int_equal(links_of("/a"), 3);
	assert_int_equal(link_to("/a/file", "/a/hard"), 0);
	assert_int_equal(links_of("/a/file"), 2);
	assert_int_equal(unlink_name("/a/file"), 0);
	assert_int_equal(links_of("/a/hard"), 1);
	assert_string_equal(read_text("/a/hard"), "text");
	assert_int_equal(rename_to("/a/b", "/b"), 0);
	assert_int_equal(links_of("/a"), 2);
}

static void link_refuses(void **state)
{
	(void)state;
	assert_int_equal(link_to("/a", "/dir"), -EPERM);
	assert_int_equal(link_to("/a/file", "/a/b"), -EEXIST);
	assert_int_equal(link_to("/none", "/x"), -ENOENT);
	assert_int_equal(link_to("/a/file", "/none/x"), -ENOENT);
	assert_int_equal(vfs_link(AT_FDCWD, "/a/file", AT_FDCWD, "/x", 1), -EINVAL);
	assert_int_equal(symlink_to("file", "/a/s"), 0);
	assert_int_equal(link_to("/a/s", "/a/s2"), 0); /* the link itself */
	assert_int_equal(links_of("/a/file"), 1);
	assert_int_equal(vfs_link(AT_FDCWD, "/a/s", AT_FDCWD, "/a/f2", AT_SYMLINK_FOLLOW), 0);
	assert_int_equal(links_of("/a/file"), 2);
}

static void removal_refuses(void **state)
{
	(void)state;
	assert_int_equal(unlink_name("/a"), -EISDIR);
	assert_int_equal(unlink_name("/a/"), -EISDIR);
	assert_int_equal(unlink_name("/a/file/"), -ENOTDIR);
	assert_int_equal(unlink_name("/none"), -ENOENT);
	assert_int_equal(unlink_name("/a/."), -EISDIR);
	assert_int_equal(rmdir_name("/a"), -ENOTEMPTY);
	assert_int_equal(rmdir_name("/a/file"), -ENOTDIR);
	assert_int_equal(rmdir_name("/a/b/."), -EINVAL);
	assert_int_equal(rmdir_name("/a/b/.."), -ENOTEMPTY);
	assert_int_equal(rmdir_name("/"), -EBUSY);
	assert_int_equal(rmdir_name("/none"), -ENOENT);
}

static void making_refuses(void **state)
{
	(void)state;
	assert_int_equal(make_dir("/a"), -EEXIST);
	assert_int_equal(make_dir("/a/file"), -EEXIST);
	assert_int_equal(make_dir("/a/file/x"), -ENOTDIR);
	assert_int_equal(make_dir("/"), -EEXIST);
	assert_int_equal(make_dir("."), -EEXIST);
	assert_int_equal(make_dir("/a/.."), -EEXIST);
	assert_int_equal(make_dir("/none/x"), -ENOENT);
	assert_int_equal(make_dir("/slash/"), 0);
	assert_int_equal(symlink_to("x", "/sym/"), -ENOENT);
	become(1000);
	assert_int_equal(vfs_mknod(AT_FDCWD, "/tmp/dev", S_IFCHR | 0666, DEV(1, 3)), -EPERM);
}

static void unlinked_files_live_while_open(void **state)
{
	int fd = open_fd("/a/file", O_RDWR);
	struct file *f = fd_get(fd);
	char text[5] = "";

	(void)state;
	assert_int_equal(unlink_name("/a/file"), 0);
	assert_int_equal(exists("/a/file"), -ENOENT);
	assert_int_equal(file_pread(f, text, 4, 0), 4);
	assert_string_equal(text, "text");
	assert_int_equal(f->path.inode->nlink, 0);
	assert_true(fake_pages > 0);
	file_put(f);
	fd_close(fd);
	assert_int_equal(fake_pages, 0);
}

/* ---- rename ---- */

static void rename_moves_and_replaces(void **state)
{
	(void)state;
	assert_int_equal(write_text("/other", "other"), 5);
	assert_int_equal(rename_to("/a/file", "/other"), 0);
	assert_string_equal(read_text("/other"), "text");
	assert_int_equal(exists("/a/file"), -ENOENT);
	assert_int_equal(make_dir("/empty"), 0);
	assert_int_equal(rename_to("/a/b", "/empty"), 0);
	assert_int_equal(exists("/empty/c"), 0);
	assert_int_equal(rename_to("/other", "/other"), 0);
	assert_int_equal(link_to("/other", "/same"), 0);
	assert_int_equal(rename_to("/other", "/same"), 0); /* one file: nothing happens */
	assert_int_equal(links_of("/other"), 2);
}

static void rename_refuses(void **state)
{
	(void)state;
	assert_int_equal(rename_to("/a", "/a/b/c/d"), -EINVAL);
	assert_int_equal(rename_to("/a/b/c", "/a"), -ENOTEMPTY);
	assert_int_equal(rename_to("/a/file", "/a/b"), -EISDIR);
	assert_int_equal(rename_to("/a/b", "/a/file"), -ENOTDIR);
	assert_int_equal(rename_to("/none", "/x"), -ENOENT);
	assert_int_equal(rename_to("/a/file", "/none/x"), -ENOENT);
	assert_int_equal(rename_to("/a/file", "/x/"), -ENOTDIR);
	assert_int_equal(rename_to("/a/.", "/x"), -EBUSY);
	assert_int_equal(rename_to("/a/file", "/a/.."), -EBUSY);
	assert_int_equal(make_dir("/full"), 0);
	assert_int_equal(make_dir("/full/x"), 0);
	assert_int_equal(rename_to("/a/b", "/full"), -ENOTEMPTY);
	assert_int_equal(vfs_rename(AT_FDCWD, "/a/file", AT_FDCWD, "/full", RENAME_NOREPLACE),
			 -EEXIST);
	assert_int_equal(vfs_rename(AT_FDCWD, "/a/file", AT_FDCWD, "/y", 8), -EINVAL);
}

/* ---- no operation, in whatever order, leaves anything behind or breaks a count ---- */

static void random_name(char *name)
{
	static const char *const parts[] = { "a", "b", "c", "..", ".", "file", "l" };
	size_t at = 0;

	for (int depth = rand() % 4; depth >= 0; depth--)
		at += (size_t)sprintf(name + at, "/%s", parts[(size_t)rand() % ARRAY_SIZE(parts)]);
	if (rand() % 16 == 0)
		memcpy(name + at, "/", 2);
}

static void random_operations(void **state)
{
	char one[64], two[64];

	(void)state;
	srand(11);
	for (int i = 0; i < 30000; i++) {
		random_name(one);
		random_name(two);
		switch (rand() % 9) {
		case 0:
			write_text(one, two);
			break;
		case 1:
		case 2:
			make_dir(one);
			break;
		case 3:
			unlink_name(one);
			break;
		case 4:
			rmdir_name(one);
			break;
		case 5:
			rename_to(one, two);
			break;
		case 6:
			link_to(one, two);
			break;
		case 7:
			symlink_to(one, two);
			break;
		case 8:
			enter(one);
			break;
		}
		if (i % 1000 == 0)
			enter("/");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fs_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dots_and_slashes),
		TEST(missing_and_wrong_kinds),
		TEST(names_have_a_longest),
		TEST(links_are_followed),
		TEST(forty_links_and_no_more),
		TEST(names_of_places),
		TEST(removed_place_has_no_name_but_a_way_up),
		TEST(chroot_is_a_wall),
		TEST(walks_start_at_descriptors),
		TEST(mounts_cover_and_uncover),
		TEST(mount_refuses),
		TEST(read_only_mounts_refuse_changes),
		TEST(a_busy_tree_can_be_detached),
		TEST(bind_mounts_show_a_tree_twice),
		TEST(open_makes_and_refuses),
		TEST(open_makes_what_a_link_points_to),
		TEST(descriptors_are_the_lowest_and_limited),
		TEST(others_need_the_bits),
		TEST(sticky_directories_protect_owners),
		TEST(permission_comes_before_kinds),
		TEST(programs_need_an_execute_bit),
		TEST(umask_takes_bits_away),
		TEST(link_counts),
		TEST(link_refuses),
		TEST(removal_refuses),
		TEST(making_refuses),
		TEST(unlinked_files_live_while_open),
		TEST(rename_moves_and_replaces),
		TEST(rename_refuses),
		TEST(random_operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
