/* SPDX-License-Identifier: MIT */
/*
 * JSON as xl writes it: the layout to the blank, and names that would end a string.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "user/xl/json.h"

static char *text;
static size_t size;

static struct json begin(void)
{
	return (struct json){ .out = open_memstream(&text, &size) };
}

static void expect(const struct json *j, const char *wanted)
{
	fclose(j->out);
	assert_string_equal(text, wanted);
	free(text);
}

static void layout(void **state)
{
	struct json j = begin();

	(void)state;
	json_begin(&j, NULL, '[');
	json_begin(&j, NULL, '{');
	json_number(&j, "domid", 1);
	json_begin(&j, "empty", '{');
	json_end(&j, '}');
	json_begin(&j, "list", '[');
	json_number(&j, NULL, 0);
	json_number(&j, NULL, 18446744073709551615ULL);
	json_end(&j, ']');
	json_string(&j, "name", "a");
	json_end(&j, '}');
	json_end(&j, ']');
	expect(&j, "[\n"
		   "    {\n"
		   "        \"domid\": 1,\n"
		   "        \"empty\": {\n"
		   "\n"
		   "        },\n"
		   "        \"list\": [\n"
		   "            0,\n"
		   "            18446744073709551615\n"
		   "        ],\n"
		   "        \"name\": \"a\"\n"
		   "    }\n"
		   "]");
}

static void strings_that_end_strings(void **state)
{
	struct json j = begin();

	(void)state;
	json_string(&j, NULL, "\"},\\ \n\x01\x7f \xc3\xa4");
	expect(&j, "\"\\\"},\\\\ \\u000A\\u0001\\u007F \xc3\xa4\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout),
		cmocka_unit_test(strings_that_end_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
