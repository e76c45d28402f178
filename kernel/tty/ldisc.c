/* SPDX-License-Identifier: MIT */
/*
 * Line discipline, input side: editing, signals and lines, as Linux's n_tty does them.
 *
 * A terminal in canonical mode lets its user edit a line until NL, EOF or EOL ends it; only then may
 * a program read. The ring holds raw characters; two bit maps remember where lines end. Nothing here
 * waits or locks: the owner (tty.c) holds its lock around every call.
 */
#include "ldisc.h"
#include "lib/string.h"

#define INDEX(i) ((i) % LDISC_BUF)

static bool bit_test(const uint32_t *map, uint32_t i)
{
	return map[INDEX(i) / 32] >> (i % 32) & 1;
}

static void bit_set(uint32_t *map, uint32_t i)
{
	map[INDEX(i) / 32] |= 1u << (i % 32);
}

static void bit_clear(uint32_t *map, uint32_t i)
{
	map[INDEX(i) / 32] &= ~(1u << (i % 32));
}

static bool canonical(const struct ldisc *l)
{
	return l->t.c_lflag & ICANON;
}

void ldisc_init(struct ldisc *l, const struct ldisc_ops *ops)
{
	static const struct termios fresh = {
		.c_iflag = ICRNL | IXON,
		.c_oflag = OPOST | ONLCR,
		.c_cflag = B38400 | CS8 | CREAD | HUPCL,
		.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
		.c_cc = { [VINTR] = 'C' & 31,
			  [VQUIT] = '\\' & 31,
			  [VERASE] = 127,
			  [VKILL] = 'U' & 31,
			  [VEOF] = 'D' & 31,
			  [VMIN] = 1,
			  [VSTART] = 'Q' & 31,
			  [VSTOP] = 'S' & 31,
			  [VSUSP] = 'Z' & 31,
			  [VREPRINT] = 'R' & 31,
			  [VDISCARD] = 'O' & 31,
			  [VWERASE] = 'W' & 31,
			  [VLNEXT] = 'V' & 31 },
	};

	memset(l, 0, sizeof(*l));
	l->t = fresh;
	l->ops = ops;
}

void ldisc_set(struct ldisc *l, const struct termios *t)
{
	bool was = canonical(l);

	l->t = *t;
	if (was != canonical(l)) {
		memset(l->line_end, 0, sizeof(l->line_end));
		memset(l->eof, 0, sizeof(l->eof));
		l->literal = false;
		/* What was typed in raw mode becomes one line without an end of its own. */
		l->canon = canonical(l) ? l->head : l->tail;
		if (canonical(l) && l->head != l->tail)
			bit_set(l->line_end, l->head - 1);
	}
	if (!(t->c_iflag & IXON))
		l->stopped = false;
}

void ldisc_flush_input(struct ldisc *l)
{
	l->tail = l->canon = l->head;
	l->literal = false;
	memset(l->line_end, 0, sizeof(l->line_end));
	memset(l->eof, 0, sizeof(l->eof));
}

size_t ldisc_room(const struct ldisc *l)
{
	size_t used = l->head - l->tail, free = used < LDISC_BUF ? LDISC_BUF - 1 - used : 0;

	/* With no line to read, a full buffer must still take the NL that would end its line. */
	if (!free && canonical(l) && l->canon == l->tail)
		return 1;
	return free;
}

/* ---- taking characters in ---- */

static void bell(struct ldisc *l)
{
	if (l->t.c_iflag & IMAXBEL)
		ldisc_echo_raw(l, '\a');
}

static void put(struct ldisc *l, uint8_t c)
{
	l->buf[INDEX(l->head)] = c;
	l->head++;
}

/* One place stays free in canonical mode: an endless line can still be ended. */
static bool full(const struct ldisc *l, bool ends_line)
{
	uint32_t used = l->head - l->tail;

	return used >= LDISC_BUF - (canonical(l) && !ends_line ? 1u : 0u);
}

static void end_line(struct ldisc *l, uint8_t c, bool eof)
{
	if (full(l, true)) {
		bell(l);
		return;
	}
	bit_set(l->line_end, l->head);
	if (eof)
		bit_set(l->eof, l->head);
	put(l, c);
	l->canon = l->head;
}

static void echo_typed(struct ldisc *l, uint8_t c)
{
	if (!(l->t.c_lflag & ECHO))
		return;
	if (c == '\n') {
		ldisc_echo_raw(l, c);
		return;
	}
	if (l->canon == l->head)
		l->line_column = l->column;
	ldisc_echo(l, c);
}

static void store(struct ldisc *l, uint8_t c)
{
	if (full(l, false)) {
		bell(l);
		return;
	}
	echo_typed(l, c);
	/* PARMRK doubles 0xff so that readers can tell it from a mark. */
	if (c == 0xff && (l->t.c_iflag & PARMRK) && !(l->t.c_iflag & ISTRIP))
		put(l, c);
	if (!full(l, false))
		put(l, c);
}

/* A control character counts only when it is not _POSIX_VDISABLE. */
static bool is_key(const struct ldisc *l, int which, uint8_t c)
{
	return c && l->t.c_cc[which] == c;
}

static bool flow_key(struct ldisc *l, uint8_t c)
{
	if (!(l->t.c_iflag & IXON))
		return false;
	if (is_key(l, VSTART, c))
		l->stopped = false;
	else if (is_key(l, VSTOP, c))
		l->stopped = true;
	else
		return false;
	return true;
}

static bool signal_key(struct ldisc *l, uint8_t c)
{
	int sig;

	if (!(l->t.c_lflag & ISIG))
		return false;
	if (is_key(l, VINTR, c))
		sig = LDISC_SIGINT;
	else if (is_key(l, VQUIT, c))
		sig = LDISC_SIGQUIT;
	else if (is_key(l, VSUSP, c))
		sig = LDISC_SIGTSTP;
	else
		return false;
	if (!(l->t.c_lflag & NOFLSH)) {
		ldisc_flush_input(l);
		l->ops->flush(l);
	}
	l->stopped = false;
	if (l->t.c_lflag & ECHO)
		ldisc_echo(l, c);
	l->ops->signal(l, sig);
	return true;
}

/* Keys that edit or end a line; false when `c` is an ordinary character. */
static bool editing_key(struct ldisc *l, uint8_t c)
{
	uint32_t f = l->t.c_lflag;

	if (is_key(l, VERASE, c) || is_key(l, VKILL, c) ||
	    (is_key(l, VWERASE, c) && (f & IEXTEN))) {
		ldisc_erase(l, c);
		return true;
	}
	if (is_key(l, VREPRINT, c) && (f & ECHO) && (f & IEXTEN)) {
		ldisc_echo(l, c);
		ldisc_reprint(l);
		return true;
	}
	if (c == '\n') {
		if (f & (ECHO | ECHONL))
			ldisc_echo_raw(l, c);
		end_line(l, c, false);
		return true;
	}
	if (is_key(l, VEOF, c)) {
		end_line(l, 0, true);
		return true;
	}
	if (is_key(l, VEOL, c) || (is_key(l, VEOL2, c) && (f & IEXTEN))) {
		echo_typed(l, c);
		end_line(l, c, false);
		return true;
	}
	return false;
}

static void input_one(struct ldisc *l, uint8_t c)
{
	uint32_t i = l->t.c_iflag;

	if (i & ISTRIP)
		c &= 0x7f;
	if ((i & IUCLC) && (l->t.c_lflag & IEXTEN) && c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (l->literal) {
		l->literal = false;
		store(l, c);
		return;
	}
	if (l->stopped && (i & IXON) && (i & IXANY) && !is_key(l, VSTOP, c))
		l->stopped = false;
	if (flow_key(l, c) || signal_key(l, c))
		return;
	if (c == '\r') {
		if (i & IGNCR)
			return;
		if (i & ICRNL)
			c = '\n';
	} else if (c == '\n' && (i & INLCR)) {
		c = '\r';
	}
	if (canonical(l) && is_key(l, VLNEXT, c) && (l->t.c_lflag & IEXTEN)) {
		l->literal = true;
		if ((l->t.c_lflag & ECHO) && (l->t.c_lflag & ECHOCTL)) {
			ldisc_echo_raw(l, '^');
			ldisc_echo_raw(l, '\b');
		}
		return;
	}
	if (canonical(l) && editing_key(l, c))
		return;
	store(l, c);
}

void ldisc_input(struct ldisc *l, const uint8_t *text, size_t n)
{
	while (n--)
		input_one(l, *text++);
}

/* ---- giving characters out ---- */

bool ldisc_ready(const struct ldisc *l, size_t min)
{
	if (canonical(l))
		return l->canon != l->tail;
	return l->head - l->tail >= (min ? min : 1);
}

size_t ldisc_pending(const struct ldisc *l)
{
	uint32_t last = canonical(l) ? l->canon : l->head;
	size_t n = last - l->tail;

	/* An end-of-file mark takes a place, but is no character. */
	for (uint32_t i = l->tail; i != last; i++)
		n -= canonical(l) && bit_test(l->eof, i);
	return n;
}

static void take_eof(struct ldisc *l)
{
	bit_clear(l->line_end, l->tail);
	bit_clear(l->eof, l->tail);
	l->tail++;
}

static size_t read_line(struct ldisc *l, uint8_t *to, size_t n)
{
	size_t done = 0;

	while (done < n && l->tail != l->canon) {
		bool end = bit_test(l->line_end, l->tail);

		if (bit_test(l->eof, l->tail)) {
			take_eof(l);
			return done;
		}
		to[done++] = ldisc_at(l, l->tail);
		bit_clear(l->line_end, l->tail);
		l->tail++;
		if (end)
			return done;
	}
	if (done && l->tail != l->canon && bit_test(l->eof, l->tail))
		take_eof(l);
	return done;
}

size_t ldisc_read(struct ldisc *l, uint8_t *to, size_t n)
{
	size_t done = 0;

	if (canonical(l))
		return read_line(l, to, n);
	while (done < n && l->tail != l->head)
		to[done++] = ldisc_at(l, l->tail++);
	l->canon = l->tail;
	return done;
}
