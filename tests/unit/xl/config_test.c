/* SPDX-License-Identifier: MIT */
/*
 * The language of domains' configuration files: what is read, and how mistakes are told.
 *
 * Every text is also cut off at every length: the sanitizers watch that nobody reads behind its end, for
 * each cut text lies in memory of exactly its own size.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "user/xl/config.h"

static const char example[] = "# a guest\n"
			      "name = \"demo\"   # its name\n"
			      "memory=64; vcpus = 0x2\r\n"
			      "kernel = '/boot/ringlet'\n"
			      "extra = 'root=/dev/xvda say=\"it\\'s here\" C:\\\\x \\n'\n"
			      "disk = [ 'phy:/dev/vda2,xvda,w',\n"
			      "\t# and another\n"
			      "\t\"format=raw,vdev=xvdb,access=rw,target=/x\", ]\n"
			      "vif = []\n"
			      "on_crash = 'destroy'";

static void reads_the_example(void **state)
{
	struct config c;
	unsigned int count;
	char *const *list;

	(void)state;
	assert_true(config_parse(&c, example, sizeof(example) - 1));
	assert_string_equal(config_string(&c, "name", ""), "demo");
	assert_int_equal(config_number(&c, "memory", 0), 64);
	assert_int_equal(config_number(&c, "vcpus", 0), 2);
	assert_string_equal(config_string(&c, "kernel", ""), "/boot/ringlet");
	assert_string_equal(config_string(&c, "extra", ""),
			    "root=/dev/xvda say=\"it's here\" C:\\x \\n");
	list = config_list(&c, "disk", &count);
	assert_int_equal(count, 2);
	assert_string_equal(list[0], "phy:/dev/vda2,xvda,w");
	assert_string_equal(list[1], "format=raw,vdev=xvdb,access=rw,target=/x");
	config_list(&c, "vif", &count);
	assert_int_equal(count, 0);
	/* What is absent is the default. */
	assert_int_equal(config_number(&c, "maxmem", 7), 7);
	assert_string_equal(config_string(&c, "on_reboot", "restart"), "restart");
	assert_string_equal(config_unused(&c, NULL)->name, "on_crash");
	assert_null(config_unused(&c, config_unused(&c, NULL)));
	assert_string_equal(c.error, "");
	config_free(&c);
}

static void any_prefix_is_survived(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(example); n++) {
		char *text = malloc(n ? n : 1);
		struct config c;

		memcpy(text, example, n);
		if (!config_parse(&c, text, n))
			assert_string_not_equal(c.error, "");
		config_free(&c);
		free(text);
	}
}

static void later_assignments_win(void **state)
{
	static const char text[] = "a = 1\nb = 2\nb = 'two'\na = 3\nc = 4\n";
	struct config c;

	(void)state;
	assert_true(config_parse(&c, text, sizeof(text) - 1));
	assert_int_equal(config_number(&c, "a", 0), 3);
	assert_string_equal(config_string(&c, "b", ""), "two");
	assert_int_equal(config_number(&c, "c", 0), 4);
	assert_null(config_unused(&c, NULL));
	config_free(&c);
}

static void mistakes_are_told(void **state)
{
	static const struct {
		const char *text, *sentence;
	} bad[] = {
		{ "memory 64", "line 1: after `memory` an = is missing" },
		{ "\n\nmemory = 64M", "line 3: `M` is no digit" },
		{ "memory = 18446744073709551616", "line 1: the number of memory is too big" },
		{ "memory = 0x", "line 1: `x` is no digit" },
		{ "memory = 0xg", "line 1: a number of memory ends after 0x" },
		{ "name = demo", "line 1: name is given no value" },
		{ "name = ", "line 1: name is given no value" },
		{ "name = 'demo\nmemory = 64", "line 1: the string that begins with '" },
		{ "name = 'demo\\", "line 1: the string that begins with '" },
		{ "a = 1\ndisk = [ 'a',\n'b'\n", "line 2: the list of disk is not closed" },
		{ "disk = [ 'a'\n'b' ]", "line 2: a list holds strings" },
		{ "disk = [ 1 ]", "line 1: a list holds strings" },
		{ "a = 1 b = 2", "line 1: something follows a value" },
		{ "= 4", "line 1: a line is NAME = value" },
		{ "4 = 4", "line 1: a line is NAME = value" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct config c;

		assert_false(config_parse(&c, bad[i].text, strlen(bad[i].text)));
		if (strncmp(c.error, bad[i].sentence, strlen(bad[i].sentence)))
			fail_msg("%s: told \"%s\"", bad[i].text, c.error);
		config_free(&c);
	}
}

static void largest_number(void **state)
{
	static const char text[] = "a = 18446744073709551615\nb = 0xFFFFffffFFFFffff";
	struct config c;

	(void)state;
	assert_true(config_parse(&c, text, sizeof(text) - 1));
	assert_true(config_number(&c, "a", 0) == UINT64_MAX);
	assert_true(config_number(&c, "b", 0) == UINT64_MAX);
	config_free(&c);
}

static void wrong_kinds_are_told(void **state)
{
	static const char text[] = "a = 'x'\nb = 1\ndisk = 'one'\n";
	struct config c;
	unsigned int count;

	(void)state;
	assert_true(config_parse(&c, text, sizeof(text) - 1));
	/* A string stands for a list of one. */
	assert_string_equal(config_list(&c, "disk", &count)[0], "one");
	assert_int_equal(count, 1);
	assert_int_equal(config_number(&c, "a", 9), 9);
	assert_string_equal(c.error, "line 1: a wants a number, without quotes");
	assert_string_equal(config_string(&c, "b", "z"), "z");
	assert_null(config_list(&c, "b", &count));
	assert_string_equal(c.error, "line 1: a wants a number, without quotes");
	config_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_example),	 cmocka_unit_test(any_prefix_is_survived),
		cmocka_unit_test(later_assignments_win), cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(largest_number),	 cmocka_unit_test(wrong_kinds_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
