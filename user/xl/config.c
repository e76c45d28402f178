/* SPDX-License-Identifier: MIT */
/*
 * Reading a domain's configuration.
 *
 * One pass over the text with one character of foresight. The text is not trusted: no length but `end`
 * is believed, and a NUL is a character that belongs nowhere.
 */
#include "user/xl/config.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	struct config *config;
	const char *at, *end;
	unsigned int line;
};

/* The first sentence stays: what follows a mistake is often only its consequence. */
__attribute__((format(printf, 3, 4))) static bool fail(struct config *c, unsigned int line,
						       const char *fmt, ...)
{
	va_list args;
	int n;

	if (c->error[0])
		return false;
	n = snprintf(c->error, sizeof(c->error), "line %u: ", line);
	va_start(args, fmt);
	vsnprintf(c->error + n, sizeof(c->error) - (size_t)n, fmt, args);
	va_end(args);
	return false;
}

/* ---- characters ----------------------------------------------------------------------------------- */

static int peek(const struct reader *r)
{
	return r->at < r->end ? (unsigned char)*r->at : EOF;
}

static void skip_comment(struct reader *r)
{
	while (peek(r) != EOF && peek(r) != '\n')
		r->at++;
}

/* Blanks and comments; ends of lines too if `lines`. */
static void skip(struct reader *r, bool lines)
{
	for (;;) {
		int c = peek(r);

		if (c == '#') {
			skip_comment(r);
		} else if (c == ' ' || c == '\t' || c == '\r') {
			r->at++;
		} else if (lines && c == '\n') {
			r->at++;
			r->line++;
		} else {
			return;
		}
	}
}

static char *copy(const char *from, const char *end)
{
	size_t n = (size_t)(end - from);
	char *s = malloc(n + 1);

	if (!s)
		abort();
	memcpy(s, from, n);
	s[n] = 0;
	return s;
}

/* ---- values --------------------------------------------------------------------------------------- */

static void append(struct config_setting *s, char *string)
{
	s->strings = realloc(s->strings, (s->count + 1) * sizeof(*s->strings));
	if (!s->strings)
		abort();
	s->strings[s->count++] = string;
}

/* A backslash takes the quote that follows it, or another backslash, into the string. */
static bool read_string(struct reader *r, struct config_setting *s)
{
	int quote = peek(r);
	const char *from = ++r->at;
	char *string, *to;

	for (; peek(r) != quote; r->at++) {
		if (peek(r) == EOF || peek(r) == '\n')
			return fail(r->config, r->line,
				    "the string that begins with %c does not end on its line: "
				    "close it with %c",
				    quote, quote);
		if (!peek(r))
			return fail(r->config, r->line, "a NUL in a string: this is no text file");
		if (*r->at == '\\' && r->end - r->at > 1 && r->at[1] != '\n')
			r->at++;
	}
	string = to = copy(from, r->at++);
	for (const char *p = string; *p; p++) {
		if (*p == '\\' && (p[1] == quote || p[1] == '\\'))
			p++;
		*to++ = *p;
	}
	*to = 0;
	append(s, string);
	return true;
}

static unsigned int digit(int c)
{
	return isdigit(c) ? (unsigned int)(c - '0') : (unsigned int)(tolower(c) - 'a' + 10);
}

static bool read_number(struct reader *r, struct config_setting *s)
{
	unsigned int base = 10;

	if (r->end - r->at > 2 && r->at[0] == '0' && tolower((unsigned char)r->at[1]) == 'x') {
		base = 16;
		r->at += 2;
	}
	if (!isxdigit(peek(r)))
		return fail(r->config, r->line, "a number of %s ends after 0x", s->name);
	for (; isalnum(peek(r)); r->at++) {
		unsigned int d = digit(peek(r));

		if (d >= base)
			return fail(r->config, r->line,
				    "`%c` is no digit: a number takes no unit, a word wants quotes",
				    peek(r));
		if (s->number > (UINT64_MAX - d) / base)
			return fail(r->config, r->line, "the number of %s is too big", s->name);
		s->number = s->number * base + d;
	}
	return true;
}

static bool read_list(struct reader *r, struct config_setting *s)
{
	for (r->at++;; r->at++) {
		skip(r, true);
		if (peek(r) == '\'' || peek(r) == '"') {
			if (!read_string(r, s))
				return false;
			skip(r, true);
		}
		if (peek(r) == ']') {
			r->at++;
			return true;
		}
		if (peek(r) == EOF)
			return fail(r->config, s->line,
				    "the list of %s is not closed: it wants a ]", s->name);
		if (peek(r) != ',')
			return fail(r->config, r->line,
				    "a list holds strings in quotes with commas between them");
	}
}

static bool read_value(struct reader *r, struct config_setting *s)
{
	int c = peek(r);

	if (c == '\'' || c == '"') {
		s->kind = CONFIG_STRING;
		return read_string(r, s);
	}
	if (c == '[') {
		s->kind = CONFIG_LIST;
		return read_list(r, s);
	}
	if (isdigit(c)) {
		s->kind = CONFIG_NUMBER;
		return read_number(r, s);
	}
	return fail(r->config, r->line,
		    "%s is given no value: a number, a string in quotes or a [list] belongs here",
		    s->name);
}

/* ---- assignments ---------------------------------------------------------------------------------- */

static void setting_free(struct config_setting *s)
{
	for (unsigned int i = 0; i < s->count; i++)
		free(s->strings[i]);
	free(s->strings);
	free(s->name);
	free(s);
}

static void forget(struct config *c, const char *name)
{
	for (struct config_setting **p = &c->first, *s; (s = *p); p = &s->next) {
		if (strcmp(s->name, name))
			continue;
		*p = s->next;
		if (c->last == &s->next)
			c->last = p;
		setting_free(s);
		return;
	}
}

static bool read_assignment(struct reader *r)
{
	struct config_setting *s;
	const char *from = r->at;

	while (isalnum(peek(r)) || peek(r) == '_')
		r->at++;
	if (r->at == from || isdigit((unsigned char)*from))
		return fail(r->config, r->line, "a line is NAME = value; this one has no name");
	s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->name = copy(from, r->at);
	s->line = r->line;
	skip(r, false);
	if (peek(r) != '=') {
		fail(r->config, r->line, "after `%s` an = is missing", s->name);
		setting_free(s);
		return false;
	}
	r->at++;
	skip(r, false);
	if (!read_value(r, s)) {
		setting_free(s);
		return false;
	}
	forget(r->config, s->name);
	*r->config->last = s;
	r->config->last = &s->next;
	return true;
}

bool config_parse(struct config *c, const char *text, size_t size)
{
	struct reader r = { c, text, text + size, 1 };

	memset(c, 0, sizeof(*c));
	c->last = &c->first;
	for (;;) {
		skip(&r, true);
		if (peek(&r) == EOF)
			return true;
		if (peek(&r) == ';') {
			r.at++;
			continue;
		}
		if (!read_assignment(&r))
			return false;
		skip(&r, false);
		if (peek(&r) != EOF && peek(&r) != '\n' && peek(&r) != ';')
			return fail(c, r.line, "something follows a value: one assignment a line");
	}
}

void config_free(struct config *c)
{
	while (c->first) {
		struct config_setting *s = c->first;

		c->first = s->next;
		setting_free(s);
	}
	c->last = &c->first;
}

/* ---- asking --------------------------------------------------------------------------------------- */

static struct config_setting *find(struct config *c, const char *name)
{
	for (struct config_setting *s = c->first; s; s = s->next)
		if (!strcmp(s->name, name)) {
			s->used = true;
			return s;
		}
	return NULL;
}

uint64_t config_number(struct config *c, const char *name, uint64_t otherwise)
{
	const struct config_setting *s = find(c, name);

	if (!s)
		return otherwise;
	if (s->kind == CONFIG_NUMBER)
		return s->number;
	fail(c, s->line, "%s wants a number, without quotes", name);
	return otherwise;
}

const char *config_string(struct config *c, const char *name, const char *otherwise)
{
	const struct config_setting *s = find(c, name);

	if (!s)
		return otherwise;
	if (s->kind == CONFIG_STRING)
		return s->strings[0];
	fail(c, s->line, "%s wants a string, in quotes", name);
	return otherwise;
}

char *const *config_list(struct config *c, const char *name, unsigned int *count)
{
	const struct config_setting *s = find(c, name);

	*count = 0;
	if (!s)
		return NULL;
	if (s->kind == CONFIG_NUMBER) {
		fail(c, s->line, "%s wants a list: [ 'one', 'another' ]", name);
		return NULL;
	}
	*count = s->count;
	return s->strings;
}

const struct config_setting *config_unused(const struct config *c,
					   const struct config_setting *after)
{
	const struct config_setting *s = after ? after->next : c->first;

	while (s && s->used)
		s = s->next;
	return s;
}
