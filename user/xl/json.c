/* SPDX-License-Identifier: MIT */
/*
 * JSON: see json.h.
 */
#include "user/xl/json.h"

static void put_string(struct json *j, const char *s)
{
	putc('"', j->out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(j->out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(j->out, "\\u%04X", c);
		else
			putc(c, j->out);
	}
	putc('"', j->out);
}

static void begin_item(struct json *j, const char *key)
{
	if (j->more)
		fputs(",\n", j->out);
	j->more = true;
	fprintf(j->out, "%*s", (int)j->depth * 4, "");
	if (!key)
		return;
	put_string(j, key);
	fputs(": ", j->out);
}

void json_begin(struct json *j, const char *key, char bracket)
{
	begin_item(j, key);
	fprintf(j->out, "%c\n", bracket);
	j->depth++;
	j->more = false;
}

void json_end(struct json *j, char bracket)
{
	j->depth--;
	fprintf(j->out, "\n%*s%c", (int)j->depth * 4, "", bracket);
	j->more = true;
}

void json_string(struct json *j, const char *key, const char *value)
{
	begin_item(j, key);
	put_string(j, value);
}

void json_number(struct json *j, const char *key, unsigned long long value)
{
	begin_item(j, key);
	fprintf(j->out, "%llu", value);
}
