/* SPDX-License-Identifier: MIT */
/*
 * The content of files: page trees and ramfs against plain arrays, holes, positions, and locks.
 */
#include "fake.h"
#include "fs/filelock.h"
#include "fs/pagetree.h"
#include "signal.h"
#include <stdlib.h>

/* ---- page trees ---- */

static void trees_grow_to_any_index(void **state)
{
	static const uint32_t at[] = { 0, 1, 511, 512, 1u << 18, 0x7fffffff, 0xffffffff };
	struct pagetree t = { 0 };
	uint32_t index;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		assert_null(pagetree_find(&t, at[i]));
		assert_non_null(pagetree_fill(&t, at[i]));
	}
	assert_int_equal(t.count, ARRAY_SIZE(at));
	for (size_t i = 0; i < ARRAY_SIZE(at); i++)
		assert_ptr_equal(pagetree_find(&t, at[i]), pagetree_fill(&t, at[i]));
	assert_true(pagetree_next(&t, 513, &index));
	assert_int_equal(index, 1u << 18);
	assert_true(pagetree_next(&t, 0x80000000, &index));
	assert_int_equal(index, 0xffffffff);
	pagetree_drop(&t, 2, 0xfffffffe);
	assert_int_equal(t.count, 3);
	pagetree_drop(&t, 0, ~0u);
	assert_int_equal(t.count, 0);
	assert_int_equal(fake_pages, 0);
	assert_false(pagetree_next(&t, 0, &index));
}

static void trees_without_memory_stay_whole(void **state)
{
	struct pagetree t = { 0 };

	(void)state;
	for (long left = 0; left < 6; left++) {
		fake_pages_left = left;
		if (pagetree_fill(&t, 0x12345678))
			break;
		assert_int_equal(t.count, 0);
		assert_null(pagetree_find(&t, 0x12345678));
	}
	fake_pages_left = -1;
	pagetree_drop(&t, 0, ~0u);
	assert_int_equal(fake_pages, 0);
}

static void trees_agree_with_a_set(void **state)
{
	static bool set[5000];
	struct pagetree t = { 0 };
	uint32_t count = 0;

	(void)state;
	srand(5);
	for (int i = 0; i < 20000; i++) {
		uint32_t at = (uint32_t)rand() % 5000, last = at + (uint32_t)rand() % 100, next;

		if (rand() % 3) {
			count += !set[at];
			set[at] = true;
			assert_non_null(pagetree_fill(&t, at));
		} else {
			pagetree_drop(&t, at, last);
			for (uint32_t k = at; k <= last && k < 5000; k++) {
				count -= set[k];
				set[k] = false;
			}
		}
		assert_int_equal(t.count, count);
		at = (uint32_t)rand() % 5000;
		assert_int_equal(pagetree_find(&t, at) != NULL, set[at]);
		for (next = at; next < 5000 && !set[next]; next++)
			;
		assert_int_equal(pagetree_next(&t, at, &last), next < 5000);
		if (next < 5000)
			assert_int_equal(last, next);
	}
	pagetree_drop(&t, 0, ~0u);
	assert_int_equal(fake_pages, 0);
}

/* ---- files ---- */

static struct file *open_new(unsigned flags)
{
	struct file *f = vfs_open("/f", O_RDWR | O_CREAT | flags, 0666);

	assert_false(is_err(f));
	return f;
}

static long write_at(struct file *f, const void *bytes, size_t n, uint64_t pos)
{
	struct iter from;

	iter_kernel(&from, (void *)bytes, n);
	return file_write_at(f, &from, pos);
}

static long write_on(struct file *f, const void *bytes, size_t n)
{
	struct iter from;

	iter_kernel(&from, (void *)bytes, n);
	return file_write(f, &from);
}

#define MODEL_SIZE 100000

/* Random writes, truncations, holes and reads, against an array. */
static void content_agrees_with_an_array(void **state)
{
	static uint8_t model[MODEL_SIZE], bytes[20000], got[20000];
	struct file *f = open_new(0);
	struct inode *inode = f->path.inode;
	size_t size = 0;

	(void)state;
	srand(9);
	for (int i = 0; i < 5000; i++) {
		size_t at = (size_t)rand() % 70000, n = (size_t)rand() % sizeof(bytes);

		switch (rand() % 5) {
		case 0:
		case 1:
			memset(bytes, rand(), n);
			assert_int_equal(write_at(f, bytes, n, at), n);
			memcpy(model + at, bytes, n);
			if (n && at + n > size)
				size = at + n;
			break;
		case 2:
			assert_int_equal(vfs_truncate(inode, at), 0);
			if (at < size)
				memset(model + at, 0, size - at);
			size = at;
			break;
		case 3: /* punch a hole */
			assert_int_equal(inode->ops->allocate(inode, 3, at, n + 1), 0);
			memset(model + at, 0, n + 1);
			break;
		default:
			n = at < size ? min(n, size - at) : 0;
			assert_int_equal(file_pread(f, got, n, at), n);
			assert_memory_equal(got, model + at, n);
		}
		assert_int_equal(inode->size, size);
		assert_true(fake_pages <= (long)(MODEL_SIZE / PAGE_SIZE + 3));
	}
	file_put(f);
}

static void far_bytes_cost_no_memory(void **state)
{
	struct file *f = open_new(0);
	struct stat_k st;
	char buf[4] = "xxx";

	(void)state;
	assert_int_equal(write_at(f, "end", 3, 1ull << 40), 3);
	assert_true(fake_pages < 6);
	assert_int_equal(file_size(f), (1ull << 40) + 3);
	assert_int_equal(file_pread(f, buf, 3, 1ull << 39), 3);
	assert_memory_equal(buf, "\0\0\0", 3);
	vfs_stat(&f->path, &st);
	assert_int_equal(st.blocks, 8);
	assert_int_equal(write_at(f, "x", 1, FILE_SIZE_MAX), -EFBIG);
	assert_int_equal(vfs_truncate(f->path.inode, FILE_SIZE_MAX + 1), -EFBIG);
	file_put(f);
}

static void positions_move(void **state)
{
	struct file *f = open_new(0);
	struct iter to;
	char c;

	(void)state;
	assert_int_equal(write_on(f, "hello", 5), 5);
	assert_int_equal(file_seek(f, 0, SEEK_CUR), 5);
	assert_int_equal(file_seek(f, -2, SEEK_END), 3);
	iter_kernel(&to, &c, 1);
	assert_int_equal(file_read(f, &to), 1);
	assert_int_equal(c, 'l');
	assert_int_equal(file_seek(f, -5, SEEK_CUR), -EINVAL);
	assert_int_equal(file_seek(f, 0, 9), -EINVAL);
	assert_int_equal(f->pos, 4);
	assert_int_equal(file_seek(f, 100, SEEK_SET), 100);
	iter_kernel(&to, &c, 1);
	assert_int_equal(file_read(f, &to), 0);
	file_put(f);
}

static void appending_finds_the_end(void **state)
{
	struct file *f = open_new(O_APPEND);

	(void)state;
	assert_int_equal(write_on(f, "one", 3), 3);
	f->pos = 0;
	assert_int_equal(write_on(f, "two", 3), 3);
	assert_int_equal(f->pos, 6);
	assert_int_equal(write_at(f, "x", 1, 0), 1); /* as on Linux: pwrite appends, too */
	assert_string_equal(read_text("/f"), "onetwox");
	file_put(f);
}

static void access_modes_are_kept(void **state)
{
	struct file *r, *w;
	struct iter it;
	char c = 'x';

	(void)state;
	file_put(open_new(0));
	r = vfs_open("/f", O_RDONLY, 0);
	w = vfs_open("/f", O_WRONLY, 0);
	iter_kernel(&it, &c, 1);
	assert_int_equal(file_write(r, &it), -EBADF);
	assert_int_equal(file_read(w, &it), -EBADF);
	assert_int_equal(file_may_map(w, 1, false), -EACCES);
	assert_int_equal(file_may_map(r, 3, true), -EACCES);
	assert_int_equal(file_may_map(r, 3, false), 0);
	file_put(r);
	file_put(w);
	r = vfs_open("/", O_RDONLY, 0);
	assert_int_equal(file_read(r, &it), -EISDIR);
	assert_int_equal(file_may_map(r, 1, false), -ENODEV);
	file_put(r);
}

static void data_and_holes_are_found(void **state)
{
	struct file *f = open_new(0);

	(void)state;
	write_at(f, "x", 1, 3 * PAGE_SIZE);
	vfs_truncate(f->path.inode, 6 * PAGE_SIZE);
	assert_int_equal(file_seek(f, 0, SEEK_DATA), 3 * PAGE_SIZE);
	assert_int_equal(file_seek(f, 0, SEEK_HOLE), 0);
	assert_int_equal(file_seek(f, 3 * PAGE_SIZE + 5, SEEK_DATA), 3 * PAGE_SIZE + 5);
	assert_int_equal(file_seek(f, 3 * PAGE_SIZE + 5, SEEK_HOLE), 4 * PAGE_SIZE);
	assert_int_equal(file_seek(f, 4 * PAGE_SIZE, SEEK_DATA), -ENXIO);
	assert_int_equal(file_seek(f, 6 * PAGE_SIZE, SEEK_HOLE), -ENXIO);
	file_put(f);
}

static void full_memory_is_enospc(void **state)
{
	static char bytes[3 * PAGE_SIZE];
	struct file *f = open_new(0);

	(void)state;
	fake_pages_left = 0;
	assert_int_equal(write_on(f, bytes, 1), -ENOSPC);
	assert_int_equal(file_size(f), 0);
	fake_pages_left = 3; /* one of them becomes a node of the tree */
	assert_int_equal(write_on(f, bytes, sizeof(bytes)), 2 * PAGE_SIZE);
	fake_pages_left = -1;
	file_put(f);
}

static void the_last_memory_is_not_for_files(void **state)
{
	static char bytes[1 << 20];
	struct file *f = open_new(0);
	long r;

	(void)state;
	do
		r = write_on(f, bytes, sizeof(bytes));
	while (r == (long)sizeof(bytes));
	assert_true(r > 0);
	assert_int_equal(write_on(f, bytes, 1), -ENOSPC);
	assert_true(page_free_count() >= page_total_count() / 17);
	assert_int_equal(make_dir("/d"), -ENOSPC);
	assert_int_equal(write_at(f, "x", 1, 0), 1); /* what is there can be written */
	assert_int_equal(vfs_truncate(f->path.inode, 0), 0);
	assert_int_equal(make_dir("/d"), 0);
	file_put(f);
}

static void size_limits_are_kept(void **state)
{
	struct file *f = open_new(0);

	(void)state;
	fake_process.rlimit[1].cur = 5;
	assert_int_equal(write_on(f, "1234567", 7), 5);
	assert_int_equal(fake_signals, 0);
	assert_int_equal(write_on(f, "6", 1), -EFBIG);
	assert_int_equal(fake_signals, 1u << SIGXFSZ);
	file_put(f);
}

static void mapped_pages_outlive_their_file(void **state)
{
	struct file *f = open_new(0);
	pfn_t pfn;

	(void)state;
	write_on(f, "mapped", 6);
	pfn = file_map_page(f, 0);
	assert_true(pfn_is_none(file_map_page(f, PAGE_SIZE)));
	assert_int_equal(vfs_unlink(AT_FDCWD, "/f", false), 0);
	file_put(f);
	assert_memory_equal(machine_page_va(pfn), "mapped", 6);
	page_put(pfn);
	assert_int_equal(fake_pages, 0);
}

static void writing_takes_rights_away(void **state)
{
	struct file *f = open_new(0);

	(void)state;
	assert_int_equal(vfs_chmod(&f->path, 06755), 0);
	assert_int_equal(write_on(f, "x", 1), 1);
	assert_int_equal(f->path.inode->mode & S_ALL, 0755);
	file_put(f);
}

static void times_tell_what_happened(void **state)
{
	struct file *f = open_new(0);
	struct stat_k a, b;
	char c;

	(void)state;
	vfs_stat(&f->path, &a);
	write_on(f, "x", 1);
	vfs_stat(&f->path, &b);
	assert_true(b.mtime > a.mtime && b.ctime > a.ctime);
	assert_int_equal(b.atime, a.atime);
	file_pread(f, &c, 1, 0);
	vfs_stat(&f->path, &a);
	assert_true(a.atime > b.atime);
	assert_int_equal(a.mtime, b.mtime);
	assert_int_equal(vfs_utimes(&f->path, 5, TIME_OMIT), 0);
	vfs_stat(&f->path, &a);
	assert_int_equal(a.atime, 5);
	assert_int_equal(a.mtime, b.mtime);
	become(1000);
	assert_int_equal(vfs_utimes(&f->path, 5, 5), -EPERM);
	assert_int_equal(vfs_utimes(&f->path, TIME_NOW, TIME_NOW), -EACCES);
	file_put(f);
}

static void vectors_are_one_stream(void **state)
{
	char a[3], b[1], c[10] = "";
	const struct span vec[] = { { a, 3 }, { NULL, 0 }, { b, 1 }, { c, 9 } };
	struct file *f = open_new(0);
	struct iter it;

	(void)state;
	write_on(f, "0123456789", 10);
	iter_user_vec(&it, vec, 4);
	assert_int_equal(file_read_at(f, &it, 0), 10);
	assert_memory_equal(a, "012", 3);
	assert_int_equal(b[0], '3');
	assert_string_equal(c, "456789");
	assert_int_equal(it.left, 3);
	file_put(f);
}

/* ---- locks ---- */

static int lock(struct inode *i, const void *owner, enum lock_type type, uint64_t start,
		uint64_t end)
{
	const struct lock_range r = { type, start, end, 1 };

	return filelock_set(i, owner, false, &r, false);
}

static void locks_conflict_by_range_and_owner(void **state)
{
	struct file *f = open_new(0);
	struct inode *i = f->path.inode;
	struct lock_range r = { LOCK_WRITE, 15, 15, 0 };
	int one, two;

	(void)state;
	assert_int_equal(lock(i, &one, LOCK_WRITE, 10, 19), 0);
	assert_int_equal(lock(i, &two, LOCK_READ, 19, 30), -EAGAIN);
	assert_int_equal(lock(i, &two, LOCK_READ, 20, 30), 0);
	assert_int_equal(lock(i, &one, LOCK_READ, 0, 100), 0); /* its own is downgraded */
	assert_int_equal(lock(i, &two, LOCK_WRITE, 0, 5), -EAGAIN);
	assert_int_equal(lock(i, &one, LOCK_NONE, 3, 5), 0); /* falls in two */
	assert_int_equal(lock(i, &two, LOCK_WRITE, 3, 5), 0);
	assert_int_equal(lock(i, &two, LOCK_WRITE, 2, 2), -EAGAIN);
	filelock_test(i, &two, false, &r);
	assert_int_equal(r.type, LOCK_READ);
	assert_int_equal(r.start, 6);
	assert_int_equal(r.end, 100);
	filelock_drop(i, &one);
	assert_int_equal(lock(i, &two, LOCK_WRITE, 0, 1000), 0);
	filelock_drop(i, &two);
	file_put(f);
}

static void a_closed_descriptor_drops_locks(void **state)
{
	int a = open_fd("/f", O_RDWR | O_CREAT), b = open_fd("/f", O_RDWR), other;
	struct file *f = fd_get(a);
	struct inode *i = f->path.inode;

	(void)state;
	assert_int_equal(lock(i, current->files, LOCK_WRITE, 0, 10), 0);
	assert_int_equal(lock(i, &other, LOCK_READ, 0, 10), -EAGAIN);
	fd_close(b); /* any of them: that is POSIX */
	assert_int_equal(lock(i, &other, LOCK_READ, 0, 10), 0);
	filelock_drop(i, &other);
	file_put(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fs_setup, fs_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(trees_grow_to_any_index),
		TEST(trees_without_memory_stay_whole),
		TEST(trees_agree_with_a_set),
		TEST(content_agrees_with_an_array),
		TEST(far_bytes_cost_no_memory),
		TEST(positions_move),
		TEST(appending_finds_the_end),
		TEST(access_modes_are_kept),
		TEST(data_and_holes_are_found),
		TEST(full_memory_is_enospc),
		TEST(the_last_memory_is_not_for_files),
		TEST(size_limits_are_kept),
		TEST(mapped_pages_outlive_their_file),
		TEST(writing_takes_rights_away),
		TEST(times_tell_what_happened),
		TEST(vectors_are_one_stream),
		TEST(locks_conflict_by_range_and_owner),
		TEST(a_closed_descriptor_drops_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
