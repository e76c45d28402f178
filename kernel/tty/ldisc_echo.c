/* SPDX-License-Identifier: MIT */
/*
 * Line discipline, output side: OPOST, the column, echo, and wiping out what an erase key took back.
 *
 * To erase a tab the discipline must know in which column it began; so every character that goes to
 * the terminal, echo or program output, passes through output_one(), which counts columns.
 */
#include "ldisc.h"

#define CHUNK 64

/* Collects processed characters so that the driver is not called for each. */
struct chunk {
	struct ldisc *l;
	size_t n;
	uint8_t text[CHUNK];
};

static void chunk_flush(struct chunk *k)
{
	if (k->n)
		k->l->ops->out(k->l, k->text, k->n);
	k->n = 0;
}

static void chunk_put(struct chunk *k, uint8_t c)
{
	if (k->n == CHUNK)
		chunk_flush(k);
	k->text[k->n++] = c;
}

static bool is_control(uint8_t c)
{
	return c < 32 || c == 127;
}

/* The second and later bytes of a UTF-8 character take no column. */
static bool is_continuation(const struct ldisc *l, uint8_t c)
{
	return (l->t.c_iflag & IUTF8) && (c & 0xc0) == 0x80;
}

static bool is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c >= 0xc0;
}

static void output_tab(struct chunk *k)
{
	unsigned spaces = 8 - k->l->column % 8;

	k->l->column += spaces;
	if ((k->l->t.c_oflag & TABDLY) != XTABS) {
		chunk_put(k, '\t');
		return;
	}
	while (spaces--)
		chunk_put(k, ' ');
}

static void output_newline(struct chunk *k)
{
	uint32_t o = k->l->t.c_oflag;

	if (o & (ONLRET | ONLCR))
		k->l->column = 0;
	if (o & ONLCR)
		chunk_put(k, '\r');
	chunk_put(k, '\n');
}

static void output_one(struct chunk *k, uint8_t c)
{
	struct ldisc *l = k->l;
	uint32_t o = l->t.c_oflag;

	if (!(o & OPOST)) {
		chunk_put(k, c);
		return;
	}
	if (c == '\r') {
		if ((o & ONOCR) && !l->column)
			return;
		if (!(o & OCRNL)) {
			l->column = 0;
			chunk_put(k, c);
			return;
		}
		c = '\n';
		if (o & ONLRET)
			l->column = 0;
		chunk_put(k, c);
	} else if (c == '\n') {
		output_newline(k);
	} else if (c == '\t') {
		output_tab(k);
	} else if (c == '\b') {
		if (l->column)
			l->column--;
		chunk_put(k, c);
	} else {
		if ((o & OLCUC) && c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		if (!is_control(c) && !is_continuation(l, c))
			l->column++;
		chunk_put(k, c);
	}
}

void ldisc_output(struct ldisc *l, const uint8_t *text, size_t n)
{
	struct chunk k = { .l = l };

	while (n--)
		output_one(&k, *text++);
	chunk_flush(&k);
}

void ldisc_echo_raw(struct ldisc *l, uint8_t c)
{
	ldisc_output(l, &c, 1);
}

static bool shown_as_caret(const struct ldisc *l, uint8_t c)
{
	return (l->t.c_lflag & ECHOCTL) && is_control(c) && c != '\t';
}

void ldisc_echo(struct ldisc *l, uint8_t c)
{
	uint8_t caret[2] = { '^', c ^ 0x40 };

	if (shown_as_caret(l, c))
		ldisc_output(l, caret, 2);
	else
		ldisc_output(l, &c, 1);
}

void ldisc_reprint(struct ldisc *l)
{
	ldisc_echo_raw(l, '\n');
	for (uint32_t i = l->canon; i != l->head; i++)
		ldisc_echo(l, ldisc_at(l, i));
}

/* ---- erasing ---- */

/* The tab that ended at the cursor began behind the characters since the tab or line start before. */
static void wipe_tab(struct ldisc *l)
{
	uint32_t i = l->head, width = 0;
	bool after_tab = false;

	while (i != l->canon && !after_tab) {
		uint8_t c = ldisc_at(l, --i);

		if (c == '\t')
			after_tab = true;
		else if (is_control(c))
			width += shown_as_caret(l, c) ? 2 : 0;
		else if (!is_continuation(l, c))
			width++;
	}
	if (!after_tab)
		width += l->line_column;
	for (unsigned n = 8 - width % 8; n; n--)
		ldisc_echo_raw(l, '\b');
}

static void wipe(struct ldisc *l, uint8_t c)
{
	static const uint8_t back[] = "\b \b";

	if (c == '\t') {
		wipe_tab(l);
		return;
	}
	if (shown_as_caret(l, c))
		ldisc_output(l, back, 3);
	if (!is_control(c) || shown_as_caret(l, c))
		ldisc_output(l, back, 3);
}

/* Take one character, all its bytes, off the line. Returns its first byte. */
static uint8_t take_back(struct ldisc *l)
{
	uint32_t i = l->head;

	do
		i--;
	while (i != l->canon && is_continuation(l, ldisc_at(l, i)));
	l->head = i;
	return ldisc_at(l, i);
}

static void kill_silently(struct ldisc *l, uint8_t key)
{
	l->head = l->canon;
	if (!(l->t.c_lflag & ECHO))
		return;
	ldisc_echo(l, key);
	if (l->t.c_lflag & ECHOK)
		ldisc_echo_raw(l, '\n');
}

/* VERASE takes a character, VWERASE a word and what follows it, VKILL the line. */
void ldisc_erase(struct ldisc *l, uint8_t key)
{
	uint32_t f = l->t.c_lflag, visible = ECHO | ECHOE | ECHOK | ECHOKE;
	bool one = key == l->t.c_cc[VERASE], word = !one && key == l->t.c_cc[VWERASE];
	bool in_word = false;

	if (l->head == l->canon)
		return;
	if (!one && !word && (f & visible) != visible) {
		kill_silently(l, key);
		return;
	}
	while (l->head != l->canon) {
		uint32_t before = l->head;
		uint8_t c = take_back(l);

		if (word && in_word && !is_word(c)) {
			l->head = before;
			return;
		}
		in_word |= is_word(c);
		if (f & ECHO) {
			if (one && !(f & ECHOE))
				ldisc_echo(l, key);
			else
				wipe(l, c);
		}
		if (one)
			return;
	}
}
