/* SPDX-License-Identifier: MIT */
/*
 * One guest's console: connecting it, moving bytes, and parting from it.
 *
 * A guest never waits for a person. While nobody has its terminal open, output goes to the log and to the
 * history, whose end the next reader gets to see. While somebody reads, the ring is emptied no faster than
 * they read, so that nothing is lost, but a reader that stands still counts as none after PATIENCE_MS.
 */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xen/grant_table.h>

#define TURN 2048u /* sizeof(ring->out) */

struct console *consoles;

uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct console *console_find(unsigned domid)
{
	struct console *c = consoles;

	while (c && c->domid != domid)
		c = c->next;
	return c;
}

/* ---- the terminal ---- */

static int set_raw(int tty)
{
	struct termios t;

	if (tcgetattr(tty, &t) < 0)
		return -1;
	t.c_iflag = 0;
	t.c_oflag = 0;
	t.c_lflag = 0;
	t.c_cflag = CS8 | CREAD;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	return tcsetattr(tty, TCSANOW, &t);
}

/*
 * The guest edits and echoes: the pty only passes bytes on. Its slave is opened once and closed, for from
 * then on a hung-up master means that nobody has it open.
 */
static void open_terminal(struct console *c)
{
	int slave;

	if (openpty(&c->master, &slave, NULL, NULL, NULL) < 0) {
		fprintf(stderr, "xenconsoled: no terminal for domain %u: %s\n", c->domid,
			strerror(errno));
		c->master = -1;
		return;
	}
	set_raw(slave);
	close(slave);
	fcntl(c->master, F_SETFL, O_RDWR | O_NONBLOCK);
	fcntl(c->master, F_SETFD, FD_CLOEXEC);
}

/*
 * The toolstack has made the node. A write would make it again, and all above it, in a domain that has just been
 * removed: so both happen in one transaction.
 */
static void announce_terminal(struct console *c)
{
	char path[64], tty[32];
	bool there = false, failed;
	xs_t t;

	if (c->master < 0 || ptsname_r(c->master, tty, sizeof(tty)))
		return;
	snprintf(path, sizeof(path), "/local/domain/%u/console/tty", c->domid);
	do {
		failed = xs_begin(store, &t) != 0;
		if (failed)
			break;
		there = xs_exists(store, t, path);
		failed = there && xs_writef(store, t, path, "%s", tty) < 0;
	} while (xs_end(store, t, there && !failed) && !failed && errno == EAGAIN);
	if (failed)
		fprintf(stderr, "xenconsoled: cannot write %s: %s\n", path, strerror(errno));
}

/* ---- connecting ---- */

struct console *console_new(unsigned domid)
{
	struct console *c = calloc(1, sizeof(*c));
	char *name;

	if (!c)
		return NULL;
	c->domid = domid;
	c->port = c->master = c->log.fd = -1;
	name = xs_readf(store, 0, "/local/domain/%u/name", domid);
	if (name && *name)
		snprintf(c->name, sizeof(c->name), "%s", name);
	else
		snprintf(c->name, sizeof(c->name), "%u", domid);
	free(name);
	c->next = consoles;
	consoles = c;
	return c;
}

static void disconnect(struct console *c)
{
	if (c->port >= 0)
		xc_evtchn_unbind(events, (unsigned)c->port);
	if (c->ring)
		xc_unmap(c->ring, 1);
	c->port = -1;
	c->ring = NULL;
	c->ready = false;
}

static void refuse(struct console *c, const char *why)
{
	char text[160];

	snprintf(text, sizeof(text), "console of domain %u (%s) closed: %s", c->domid, c->name,
		 why);
	fprintf(stderr, "xenconsoled: %s\n", text);
	log_note(&c->log, text);
	disconnect(c);
	c->refused = true;
}

/* A number below /local/domain/N/console. */
static bool number_of(struct console *c, const char *key, unsigned long *n)
{
	char *text = xs_readf(store, 0, "/local/domain/%u/console/%s", c->domid, key), *end;
	bool good;

	if (!text)
		return false;
	*n = strtoul(text, &end, 10);
	good = end != text && !*end;
	free(text);
	return good;
}

/* Another program serves consoles of other types. */
static bool is_ours(struct console *c)
{
	char *type = xs_readf(store, 0, "/local/domain/%u/console/type", c->domid);
	bool ours = !type || !strcmp(type, "xenconsoled");

	free(type);
	return ours;
}

static void connect(struct console *c, unsigned long ring_ref, unsigned port)
{
	/* The builder grants the page; one that did not has only said its number. */
	c->ring = xc_map_grant((domid_t)c->domid, GNTTAB_RESERVED_CONSOLE, true);
	if (!c->ring)
		c->ring = xc_map_one((domid_t)c->domid, ring_ref, true);
	if (!c->ring) {
		refuse(c, "its ring cannot be mapped");
		return;
	}
	c->port = xc_evtchn_bind_interdomain(events, (domid_t)c->domid, port);
	if (c->port < 0) {
		refuse(c, "its event channel cannot be bound");
		return;
	}
	if (c->log.fd < 0)
		log_open(&c->log, c->name);
	if (c->master < 0)
		open_terminal(c);
	announce_terminal(c);
	/* It may have printed, and sent its event, before we listened. */
	xc_evtchn_notify(events, (unsigned)c->port);
	c->ready = true;
}

void console_update(struct console *c)
{
	unsigned long ring_ref, port;

	if (c->ending || !is_ours(c) || !number_of(c, "ring-ref", &ring_ref) ||
	    !number_of(c, "port", &port))
		return;
	if ((c->ring || c->refused) && c->ring_ref == ring_ref && c->remote_port == port)
		return;
	disconnect(c);
	c->refused = false;
	c->ring_ref = ring_ref;
	c->remote_port = (unsigned)port;
	connect(c, ring_ref, (unsigned)port);
}

/* ---- moving bytes ---- */

static bool reader_is_behind(struct console *c)
{
	if (!c->attached || history_unread(&c->history) + TURN <= HISTORY_SIZE) {
		c->stuck_since = 0;
		return false;
	}
	if (!c->stuck_since)
		c->stuck_since = now_ms();
	return now_ms() - c->stuck_since < PATIENCE_MS;
}

/* From the ring to where output goes: bytes, 0 for none, -1 after a refusal. */
static long take(struct console *c)
{
	char buf[TURN];
	long n = ring_take(c->ring, buf, sizeof(buf));

	if (n < 0) {
		refuse(c, "the indices of its output are further apart than the ring is long");
		return -1;
	}
	if (n) {
		xc_evtchn_notify(events, (unsigned)c->port);
		log_write(&c->log, buf, (size_t)n);
		history_add(&c->history, buf, (size_t)n);
	}
	return n;
}

bool console_turn(struct console *c)
{
	if (!c->ring || !c->ready)
		return false;
	if (c->turns >= PERIOD_TURNS) {
		c->at_limit = true;
		return false;
	}
	if (reader_is_behind(c))
		return false;
	c->turns++;
	switch (take(c)) {
	case -1:
		return false;
	case 0:
		/* An event that came meanwhile is pending, and comes through when the port opens. */
		c->ready = false;
		xc_evtchn_unmask(events, (unsigned)c->port);
		break;
	}
	if (c->ring && ring_room(c->ring) < 0)
		refuse(c, "the indices of its input are further apart than the ring is long");
	if (c->attached)
		console_show(c);
	return c->ready;
}

bool console_has_room(const struct console *c)
{
	return c->ring && ring_room(c->ring) > 0;
}

void console_typed(struct console *c)
{
	char buf[256];
	long room = c->ring ? ring_room(c->ring) : 0;
	ssize_t n;

	if (room <= 0)
		return;
	n = read(c->master, buf, (size_t)room < sizeof(buf) ? (size_t)room : sizeof(buf));
	if (n <= 0)
		return;
	if (ring_give(c->ring, buf, (size_t)n) < 0)
		refuse(c, "the indices of its input are further apart than the ring is long");
	else
		xc_evtchn_notify(events, (unsigned)c->port);
}

void console_show(struct console *c)
{
	const char *text;
	size_t n;

	while ((n = history_next(&c->history, &text))) {
		ssize_t done = write(c->master, text, n);

		if (done <= 0)
			return;
		c->history.sent += (size_t)done;
		c->stuck_since = 0;
	}
}

/* ---- the end ---- */

void console_end(struct console *c)
{
	if (c->ending)
		return;
	while (c->ring && take(c) > 0)
		;
	disconnect(c);
	log_note(&c->log, "the guest is gone");
	log_close(&c->log);
	c->ending = now_ms() + PATIENCE_MS;
	if (c->attached)
		console_show(c);
}

/* Closing a terminal throws away what its reader has not taken, so a reader gets some time. */
bool console_ended(const struct console *c)
{
	return c->ending && (!c->attached || now_ms() >= c->ending);
}

void console_free(struct console *c)
{
	struct console **at = &consoles;

	if (c->master >= 0)
		close(c->master);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	free(c);
}
