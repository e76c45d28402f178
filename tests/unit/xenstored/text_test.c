/* SPDX-License-Identifier: MIT */
/*
 * Values as text and back: every byte survives, and what people type means what it means to Xen's tools.
 */
#include "fake.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

static void there_and_back(void **state)
{
	char all[512];
	char *text;

	(void)state;
	for (unsigned i = 0; i < sizeof(all); i++)
		all[i] = (char)(i < 256 ? i : 255 - i);
	text = text_escape(all, sizeof(all));
	for (size_t i = 0; text[i]; i++)
		assert_in_range(text[i], ' ', '~');
	assert_int_equal(text_unescape(text), sizeof(all));
	assert_memory_equal(text, all, sizeof(all));
	free(text);
}

static void spelling(void **state)
{
	static const struct {
		const char *bytes, *text;
		size_t len;
	} pairs[] = {
		{ "plain text", "plain text", 10 },
		{ "a\tb\nc\r\\", "a\\tb\\nc\\r\\\\", 7 },
		{ "\0\7\10\x7f\xff", "\\000\\007\\x08\\x7f\\xff", 5 },
		{ "", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char *text = text_escape(pairs[i].bytes, pairs[i].len);

		assert_string_equal(text, pairs[i].text);
		free(text);
	}
}

static void typed(void **state)
{
	static const struct {
		const char *text, *bytes;
		size_t len;
	} pairs[] = {
		{ "\\x41\\x4", "A\4", 2 }, { "\\1018", "A8", 2 }, { "\\q\\'", "q'", 2 },
		{ "end\\", "end\\", 4 },   { "\\xg", "xg", 2 },	  { "\\x-1", "x-1", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char *text = strdup(pairs[i].text);

		assert_int_equal(text_unescape(text), pairs[i].len);
		assert_memory_equal(text, pairs[i].bytes, pairs[i].len);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(spelling),
		cmocka_unit_test(typed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
