/* SPDX-License-Identifier: MIT */
/*
 * The cpio parser: good archives, each way in which one can be bad, and random damage.
 */
#include "fake.h"
#include "fs/cpio.h"
#include <stdio.h>
#include <stdlib.h>

struct archive {
	char *bytes;
	size_t size;
};

static void append(struct archive *a, const void *bytes, size_t n)
{
	a->bytes = realloc(a->bytes, a->size + n + 3);
	memcpy(a->bytes + a->size, bytes, n);
	a->size += n;
	while (a->size % 4)
		a->bytes[a->size++] = '\0';
}

static void member(struct archive *a, const char *name, unsigned ino, unsigned mode, unsigned nlink,
		   const char *data)
{
	char head[111 + 256];
	int n = snprintf(head, sizeof(head),
			 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s", ino, mode,
			 1u, 2u, nlink, 3u, (unsigned)strlen(data), 4u, 5u, 6u, 7u,
			 (unsigned)strlen(name) + 1, 0u, name);

	append(a, head, (size_t)n + 1);
	append(a, data, strlen(data));
}

static struct archive good(void)
{
	struct archive a = { NULL, 0 };

	member(&a, "./dir", 1, S_IFDIR | 0755, 2, "");
	member(&a, "dir/one", 2, S_IFREG | 0644, 2, "");
	member(&a, "/dir/two", 2, S_IFREG | 0644, 2, "hello");
	member(&a, "dir/link", 3, S_IFLNK | 0777, 1, "one");
	member(&a, "TRAILER!!!", 0, 0, 1, "");
	return a;
}

static int count(const void *bytes, size_t size, int *result)
{
	struct cpio_entry e;
	struct cpio c;
	int n = 0, r;

	cpio_open(&c, bytes, size);
	while ((r = cpio_next(&c, &e)) > 0)
		n++;
	*result = r;
	return n;
}

static void members_are_read(void **state)
{
	struct archive a = good();
	struct cpio_entry e;
	struct cpio c;

	(void)state;
	cpio_open(&c, a.bytes, a.size);
	assert_int_equal(cpio_next(&c, &e), 1);
	assert_string_equal(e.name, "dir");
	assert_int_equal(e.mode, S_IFDIR | 0755);
	assert_int_equal(cpio_next(&c, &e), 1);
	assert_int_equal(cpio_next(&c, &e), 1);
	assert_string_equal(e.name, "dir/two");
	assert_int_equal(e.size, 5);
	assert_memory_equal(e.data, "hello", 5);
	assert_int_equal(e.ino, 2);
	assert_int_equal(e.uid, 1);
	assert_int_equal(e.gid, 2);
	assert_int_equal(e.mtime, 3);
	assert_int_equal(e.rminor, 7);
	assert_int_equal(cpio_next(&c, &e), 1);
	assert_int_equal(cpio_next(&c, &e), 0);
	assert_int_equal(cpio_next(&c, &e), 0);
	free(a.bytes);
}

static void archives_follow_one_another(void **state)
{
	struct archive a = good(), b = good();
	char zeros[512] = { 0 };
	int r;

	(void)state;
	append(&a, zeros, sizeof(zeros));
	append(&a, b.bytes, b.size);
	assert_int_equal(count(a.bytes, a.size, &r), 8);
	assert_int_equal(r, 0);
	free(a.bytes);
	free(b.bytes);
}

static void nothing_is_an_empty_archive(void **state)
{
	char zeros[64] = { 0 };
	int r;

	(void)state;
	assert_int_equal(count(zeros, 0, &r), 0);
	assert_int_equal(r, 0);
	assert_int_equal(count(zeros, sizeof(zeros), &r), 0);
	assert_int_equal(r, 0);
}

/* Cut anywhere: never more members than there were, and no byte behind the cut is touched. */
static void cuts_are_noticed(void **state)
{
	struct archive a = good();
	int whole, r;

	(void)state;
	whole = count(a.bytes, a.size, &r);
	for (size_t n = 1; n < a.size; n++) {
		char *cut = malloc(n);

		memcpy(cut, a.bytes, n);
		assert_true(count(cut, n, &r) <= whole);
		assert_true(r == 0 || r == -EINVAL);
		free(cut);
	}
	free(a.bytes);
}

static void expect_refused(size_t at, const char *digits)
{
	struct archive a = good();
	int r;

	memcpy(a.bytes + at, digits, strlen(digits));
	assert_int_equal(count(a.bytes, a.size, &r), 0);
	assert_int_equal(r, -EINVAL);
	free(a.bytes);
}

static void bad_fields_are_refused(void **state)
{
	const size_t filesize = 6 + 6 * 8, namesize = 6 + 11 * 8;

	(void)state;
	expect_refused(0, "070702x"); /* a digit that is none */
	expect_refused(0, "070707");  /* another kind of cpio */
	expect_refused(namesize, "00000000");
	expect_refused(namesize, "00000003"); /* no NUL at its end */
	expect_refused(namesize, "FFFFFFFF");
	expect_refused(namesize, "7FFFFFFF");
	expect_refused(filesize, "FFFFFFFF");
	expect_refused(filesize, "00010000");
	expect_refused(filesize, "0000000G");
	expect_refused(filesize, "       1");
}

static void random_damage_is_survived(void **state)
{
	struct archive a = good();
	char *damaged = malloc(a.size);
	int r;

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		memcpy(damaged, a.bytes, a.size);
		for (int k = rand() % 4; k >= 0; k--)
			damaged[(size_t)rand() % a.size] = (char)rand();
		count(damaged, a.size, &r);
		assert_true(r == 0 || r == -EINVAL);
	}
	free(damaged);
	free(a.bytes);
}

static void the_ramdisk_becomes_the_root(void **state)
{
	struct archive a = good();

	(void)state;
	assert_int_equal(initramfs_unpack(a.bytes, a.size), 0);
	assert_string_equal(read_text("/dir/one"), "hello");
	assert_string_equal(read_text("/dir/link"), "hello");
	assert_int_equal(links_of("/dir/one"), 2);
	assert_int_equal(write_text("/dir/two", "bye"), 3);
	assert_string_equal(read_text("/dir/one"), "bye");
	free(a.bytes);
}

static void a_cut_ramdisk_is_used_as_far_as_it_goes(void **state)
{
	struct archive a = good();

	(void)state;
	assert_int_equal(initramfs_unpack(a.bytes, 300), -EINVAL);
	assert_int_equal(exists("/dir"), 0);
	assert_int_equal(exists("/dir/two"), -ENOENT);
	free(a.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_read),
		cmocka_unit_test(archives_follow_one_another),
		cmocka_unit_test(nothing_is_an_empty_archive),
		cmocka_unit_test(cuts_are_noticed),
		cmocka_unit_test(bad_fields_are_refused),
		cmocka_unit_test(random_damage_is_survived),
		cmocka_unit_test_setup_teardown(the_ramdisk_becomes_the_root, fs_setup,
						fs_teardown),
		cmocka_unit_test_setup_teardown(a_cut_ramdisk_is_used_as_far_as_it_goes, fs_setup,
						fs_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
