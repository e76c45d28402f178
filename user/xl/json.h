/* SPDX-License-Identifier: MIT */
/*
 * JSON, written as the tool named xl writes it: four blanks a level, a line each.
 *
 * Pure: values in, text out. Strings may hold anything; bytes that are no ASCII go out as they are.
 */
#ifndef USER_XL_JSON_H
#define USER_XL_JSON_H

#include <stdbool.h>
#include <stdio.h>

struct json {
	FILE *out;
	unsigned depth;
	bool more; /* something is before the next item on its level */
};

/* key: NULL in a list and outermost. */
void json_begin(struct json *j, const char *key, char bracket);
void json_end(struct json *j, char bracket);
void json_string(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, unsigned long long value);

#endif
