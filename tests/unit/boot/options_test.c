/* SPDX-License-Identifier: MIT */
/*
 * The command line: what counts as yes, which of several settings wins, and numbers.
 */
#include "boot/options.h"

#include <cmocka.h>

static void flags(void **state)
{
	(void)state;
	options_init("noreboot smap=no  watchdog=1 no-vga apic=false debugger");
	assert_true(option_flag("noreboot"));
	assert_false(option_flag("smap"));
	assert_true(option_flag("watchdog"));
	assert_false(option_flag("vga"));
	assert_false(option_flag("apic"));
	assert_false(option_flag("debug"));
	assert_false(option_flag("reboot"));
	assert_false(option_flag("absent"));
}

static void the_last_setting_wins(void **state)
{
	char value[8];

	(void)state;
	options_init("x=1 x=2 y no-y z=off z");
	assert_int_equal(option_number("x", 0), 2);
	assert_true(option_string("x", value, sizeof(value)));
	assert_string_equal(value, "2");
	assert_false(option_flag("y"));
	assert_true(option_flag("z"));
}

static void values_are_cut_not_overrun(void **state)
{
	char value[4] = "abc";

	(void)state;
	options_init("console=com1,vga empty= last=v");
	assert_true(option_string("console", value, sizeof(value)));
	assert_string_equal(value, "com");
	assert_true(option_string("empty", value, sizeof(value)));
	assert_string_equal(value, "");
	assert_true(option_string("last", value, sizeof(value)));
	assert_string_equal(value, "v");
	assert_false(option_string("consol", value, sizeof(value)));
	assert_false(option_string("console", value, 0));
}

static void numbers_and_sizes(void **state)
{
	(void)state;
	options_init("a=0x10 b=012 c=zebra d=64M");
	assert_int_equal(option_number("a", 1), 16);
	assert_int_equal(option_number("b", 1), 10);
	assert_int_equal(option_number("c", 7), 7);
	assert_int_equal(option_number("none", 9), 9);
	assert_int_equal(option_size_or("d", 1), 64UL << 20);
	assert_int_equal(option_size_or("none", 5), 5);
	assert_int_equal(option_size("2G"), 2UL << 30);
	assert_int_equal(option_size("3g"), 3UL << 30);
	assert_int_equal(option_size("512k"), 512UL << 10);
	assert_int_equal(option_size("100"), 100UL << 10);
	assert_int_equal(option_size("4096B"), 4096);
}

static void a_long_line_is_cut(void **state)
{
	static char text[5000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	options_init(text);
	assert_true(strlen(options_text()) < sizeof(text) - 1);
	assert_false(option_flag("x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags),
		cmocka_unit_test(the_last_setting_wins),
		cmocka_unit_test(values_are_cut_not_overrun),
		cmocka_unit_test(numbers_and_sizes),
		cmocka_unit_test(a_long_line_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
