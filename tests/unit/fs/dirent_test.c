/* SPDX-License-Identifier: MIT */
/*
 * Directory entries as records: layout of both kinds, and reading on when a buffer was too small.
 */
#include "fake.h"
#include "linux/dirent.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint16_t half_at(const char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void records_of_getdents64(void **state)
{
	struct dirent_pack p;
	char buf[64];
	uint64_t word;

	(void)state;
	dirent_pack_init(&p, buf, sizeof(buf), true);
	assert_true(p.sink.put(&p.sink, "abcd", 4, 7, DT_REG, 99));
	assert_int_equal(p.used, 24);
	memcpy(&word, buf, 8);
	assert_int_equal(word, 7);
	memcpy(&word, buf + 8, 8);
	assert_int_equal(word, 99);
	assert_int_equal(half_at(buf + 16), 24);
	assert_int_equal(buf[18], DT_REG);
	assert_string_equal(buf + 19, "abcd");
	assert_true(
		p.sink.put(&p.sink, "abcde", 5, 8, DT_DIR, 100)); /* 19 + 5 + 1: one more word */
	assert_int_equal(p.used, 24 + 32);
	assert_false(p.sink.put(&p.sink, "a", 1, 9, DT_LNK, 101));
	assert_true(p.refused);
	assert_int_equal(p.used, 24 + 32);
}

static void records_of_getdents(void **state)
{
	struct dirent_pack p;
	char buf[32];
	uint32_t word;

	(void)state;
	dirent_pack_init(&p, buf, sizeof(buf), false);
	assert_true(p.sink.put(&p.sink, "abcd", 4, 7, DT_CHR, 99));
	assert_int_equal(p.used, 16);
	memcpy(&word, buf + 4, 4);
	assert_int_equal(word, 99);
	assert_int_equal(half_at(buf + 8), 16);
	assert_string_equal(buf + 10, "abcd");
	assert_int_equal(buf[15], DT_CHR);
}

static void a_buffer_may_end_anywhere(void **state)
{
	(void)state;
	for (size_t size = 0; size < 40; size++) {
		char *buf = malloc(size + 1); /* the sanitizer watches its end */
		struct dirent_pack p;
		bool ok;

		dirent_pack_init(&p, buf, size, true);
		ok = p.sink.put(&p.sink, "name", 4, 1, DT_REG, 1);
		assert_int_equal(ok, size >= 24);
		free(buf);
	}
}

/* All entries come once, whatever the size of the buffer, also while they are being removed. */
static void list_all(size_t size, bool removing)
{
	struct file *f = vfs_open("/d", O_RDONLY | O_DIRECTORY, 0);
	char *buf = malloc(size), seen[100] = { 0 }, name[NAME_LONGEST + 8];
	struct dirent_pack p;
	unsigned dots = 0;

	do {
		dirent_pack_init(&p, buf, size, true);
		assert_int_equal(f->ops->readdir(f, &p.sink), 0);
		for (size_t at = 0; at < p.used; at += half_at(buf + at + 16)) {
			const char *s = buf + at + 19;

			if (*s == '.') {
				dots++;
				continue;
			}
			assert_int_equal(seen[atoi(s)]++, 0);
			snprintf(name, sizeof(name), "/d/%s", s);
			if (removing)
				assert_int_equal(vfs_unlink(AT_FDCWD, name, false), 0);
		}
	} while (p.used);
	for (int i = 0; i < 100; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(dots, 2);
	free(buf);
	file_put(f);
}

static void directories_are_read_in_pieces(void **state)
{
	char name[16];

	(void)state;
	make_dir("/d");
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/d/%d", i);
		write_text(name, "");
	}
	list_all(4096, false);
	list_all(32, false);
	list_all(100, false);
	list_all(100, true);
	assert_int_equal(vfs_unlink(AT_FDCWD, "/d", true), 0);
}

static void rewinding_starts_again(void **state)
{
	struct file *f;
	struct dirent_pack p;
	char buf[256];
	size_t first;

	(void)state;
	make_dir("/d");
	f = vfs_open("/d", O_RDONLY, 0);
	dirent_pack_init(&p, buf, sizeof(buf), true);
	f->ops->readdir(f, &p.sink);
	first = p.used;
	assert_true(first > 0);
	assert_int_equal(file_seek(f, 0, SEEK_SET), 0);
	dirent_pack_init(&p, buf, sizeof(buf), true);
	f->ops->readdir(f, &p.sink);
	assert_int_equal(p.used, first);
	file_put(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_getdents64),
		cmocka_unit_test(records_of_getdents),
		cmocka_unit_test(a_buffer_may_end_anywhere),
		cmocka_unit_test_setup_teardown(directories_are_read_in_pieces, fs_setup,
						fs_teardown),
		cmocka_unit_test_setup_teardown(rewinding_starts_again, fs_setup, fs_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
