/* SPDX-License-Identifier: MIT */
/*
 * Values as text: see text.h.
 */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char names[] = "tnr\\", meant[] = "\t\n\r\\";

char *text_escape(const char *value, size_t len)
{
	char *text = malloc(4 * len + 1), *out = text; /* no byte takes more than four */

	for (size_t i = 0; text && i < len; i++) {
		unsigned char c = (unsigned char)value[i];
		const char *at = c ? strchr(meant, c) : NULL;

		if (c >= ' ' && c <= '~' && c != '\\')
			*out++ = (char)c;
		else if (at)
			out += sprintf(out, "\\%c", names[at - meant]);
		else
			out += sprintf(out, c < 8 ? "\\%03o" : "\\x%02x", c);
	}
	if (text)
		*out = '\0';
	return text;
}

/* At most `most` digits of a base; NULL: there is none. */
static const char *number(const char *in, int most, int base, char *value)
{
	char digits[4] = "", *end;

	strncat(digits, in, (size_t)most);
	*value = (char)strtoul(digits, &end, base);
	return end == digits || *digits == '-' || *digits == '+' || *digits == ' '
		       ? NULL
		       : in + (end - digits);
}

size_t text_unescape(char *text)
{
	const char *in = text, *behind, *at;
	char *out = text;

	while (*in) {
		if (*in != '\\' || !in[1]) {
			*out++ = *in++;
			continue;
		}
		at = strchr(names, in[1]);
		behind = in[1] == 'x'			? number(in + 2, 2, 16, out)
			 : in[1] >= '0' && in[1] <= '7' ? number(in + 1, 3, 8, out)
							: NULL;
		if (!behind)
			*out = at ? meant[at - names] : in[1];
		in = behind ? behind : in + 2;
		out++;
	}
	*out = '\0';
	return (size_t)(out - text);
}
