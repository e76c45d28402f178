/* SPDX-License-Identifier: MIT */
/*
 * Our command line, searched anew for each question: a few dozen questions are asked in all.
 */
#include "boot/options.h"
#include "lib/string.h"

#define CMDLINE_MAX 2048

static char line[CMDLINE_MAX];

void options_init(const char *cmdline)
{
	strlcpy(line, cmdline, sizeof(line));
}

const char *options_text(void)
{
	return line;
}

/* The next word at or after p, and its length; NULL at the end. */
static const char *next_word(const char *p, size_t *length)
{
	while (*p == ' ' || *p == '\t')
		p++;
	*length = 0;
	while (p[*length] && p[*length] != ' ' && p[*length] != '\t')
		(*length)++;
	return *length ? p : NULL;
}

/* Value of the last NAME=value, with its length; NULL if there is none. */
static const char *find_value(const char *name, size_t *length)
{
	const char *found = NULL, *w = line;
	size_t n = strlen(name), len;

	for (; (w = next_word(w, &len)); w += len) {
		if (len > n && !strncmp(w, name, n) && w[n] == '=') {
			found = w + n + 1;
			*length = len - n - 1;
		}
	}
	return found;
}

static bool is_one_of(const char *text, size_t length, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == length && !strncmp(*words, text, length))
			return true;
	return false;
}

bool option_flag(const char *name)
{
	static const char *const yes[] = { "yes", "on", "true", "enable", "1", NULL };
	static const char *const no[] = { "no", "off", "false", "disable", "0", NULL };
	size_t n = strlen(name), len;
	bool set = false;

	for (const char *w = line; (w = next_word(w, &len)); w += len) {
		if (len == n && !strncmp(w, name, n))
			set = true;
		else if (len == n + 3 && !strncmp(w, "no-", 3) && !strncmp(w + 3, name, n))
			set = false;
		else if (len > n && w[n] == '=' && !strncmp(w, name, n)) {
			if (is_one_of(w + n + 1, len - n - 1, yes))
				set = true;
			else if (is_one_of(w + n + 1, len - n - 1, no))
				set = false;
		}
	}
	return set;
}

bool option_string(const char *name, char *value, size_t size)
{
	size_t length;
	const char *v = find_value(name, &length);

	if (!v || !size)
		return false;
	strlcpy(value, v, min(size, length + 1));
	return true;
}

uint64_t option_number(const char *name, uint64_t otherwise)
{
	size_t length;
	const char *v = find_value(name, &length);
	char *end;
	uint64_t n;

	if (!v)
		return otherwise;
	n = strtoul(v, &end, 0);
	return end == v ? otherwise : n;
}

uint64_t option_size(const char *text)
{
	char *end;
	uint64_t n = strtoul(text, &end, 0);

	switch (*end) {
	case 'T':
	case 't':
		return n << 40;
	case 'G':
	case 'g':
		return n << 30;
	case 'M':
	case 'm':
		return n << 20;
	case 'B':
	case 'b':
		return n;
	default:
		return n << 10;
	}
}

uint64_t option_size_or(const char *name, uint64_t otherwise)
{
	size_t length;
	const char *v = find_value(name, &length);

	return v ? option_size(v) : otherwise;
}
