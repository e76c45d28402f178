/* SPDX-License-Identifier: MIT */
/*
 * The line discipline: what happens to characters between a terminal and the programs that use it.
 *
 * Pure state: no waiting, no locks, no processes, so that it is tested on the host character by
 * character. tty.c holds its lock around every call, waits, and delivers the signals.
 */
#ifndef KERNEL_TTY_LDISC_H
#define KERNEL_TTY_LDISC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "termios.h"

#define LDISC_BUF 4096 /* as Linux's N_TTY_BUF_SIZE: a power of two, and the longest line */

struct ldisc;

/* What the discipline asks of its owner; called from inside ldisc_* with the owner's lock held. */
struct ldisc_ops {
	void (*out)(struct ldisc *l, const uint8_t *text, size_t n); /* processed output */
	void (*signal)(struct ldisc *l, int sig);		     /* to the foreground group */
	void (*flush)(struct ldisc *l); /* forget output that was not yet sent */
};

enum { LDISC_SIGINT = 2, LDISC_SIGQUIT = 3, LDISC_SIGTSTP = 20 };

/*
 * The input ring is indexed by free-running counters: tail <= canon <= head. What lies between tail
 * and canon is whole lines; what lies between canon and head can still be edited. In raw mode canon
 * has no meaning and everything up to head can be read.
 */
struct ldisc {
	struct termios t;
	const struct ldisc_ops *ops;
	uint32_t head, canon, tail;
	uint32_t column;      /* of the output cursor */
	uint32_t line_column; /* where the line being typed began, for erasing tabs */
	bool literal;	      /* the next character is taken as it is (VLNEXT) */
	bool stopped;	      /* by VSTOP: the owner holds output back */
	uint8_t buf[LDISC_BUF];
	uint32_t line_end[LDISC_BUF / 32]; /* bit: a line ends with this character */
	uint32_t eof[LDISC_BUF / 32];	   /* bit: the end is VEOF, which no reader gets to see */
};

/* Settings of a fresh terminal, as Linux's tty_std_termios. */
void ldisc_init(struct ldisc *l, const struct ldisc_ops *ops);

/* New settings; what was typed stays, and changes its meaning where ICANON does. */
void ldisc_set(struct ldisc *l, const struct termios *t);

/* Characters that arrived from the terminal. */
void ldisc_input(struct ldisc *l, const uint8_t *text, size_t n);

/* How many more characters raw input can hold: what a pty's master may still write. */
size_t ldisc_room(const struct ldisc *l);

/* Characters that a program writes, or an echo: column keeping and OPOST, then ops->out. */
void ldisc_output(struct ldisc *l, const uint8_t *text, size_t n);

/* Is there a line (ICANON), or are there at least `min` characters? */
bool ldisc_ready(const struct ldisc *l, size_t min);

/* What FIONREAD counts. */
size_t ldisc_pending(const struct ldisc *l);

/*
 * Take at most n characters: all there are, or in canonical mode at most one line. Returns how many;
 * 0 is an end of file when ldisc_ready was true. An end-of-file mark behind a line that just fits goes
 * with it, so that the next read does not return 0.
 */
size_t ldisc_read(struct ldisc *l, uint8_t *to, size_t n);

/* Throw away what was typed (TCIFLUSH, signals). */
void ldisc_flush_input(struct ldisc *l);

/* ldisc_echo.c: the parts that ldisc.c asks for. */
void ldisc_echo_raw(struct ldisc *l, uint8_t c);
void ldisc_echo(struct ldisc *l, uint8_t c);
void ldisc_erase(struct ldisc *l, uint8_t key);
void ldisc_reprint(struct ldisc *l);

static inline uint8_t ldisc_at(const struct ldisc *l, uint32_t i)
{
	return l->buf[i % LDISC_BUF];
}

#endif
