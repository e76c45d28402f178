/* SPDX-License-Identifier: MIT */
/*
 * xl console: a domain's console on this terminal. ^] leaves.
 *
 * The console daemon gives every domain a terminal and writes its name into the store (console/tty). That may
 * come a moment after the domain, and it is another one after the daemon was started anew: so a terminal
 * that ends is no end as long as the domain is there. The domain edits and echoes; this terminal is raw
 * meanwhile, and as it was afterwards, however this ends.
 */
#include "xl.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/termios.h>
#include <unistd.h>

#define ESCAPE	  0x1d /* ^] */
#define LOOK_MS	  500  /* how often the store is asked whether the domain is there */
#define NOTICE_MS 3000 /* a terminal that takes longer than that is worth a word */

enum outcome { LEFT, TERMINAL_ENDED, DOMAIN_ENDED };

struct session {
	unsigned domid;
	bool input_left; /* our own input has not ended */
};

static struct termios before;
static bool is_raw;

static void restore(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	is_raw = false;
}

static void on_signal(int sig)
{
	restore();
	_exit(128 + sig);
}

static void make_raw(void)
{
	static const int ends[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };
	struct termios raw;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		signal(ends[i], on_signal);
	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return; /* no terminal: the bytes are passed on all the same */
	raw = before;
	raw.c_iflag &= ~(BRKINT | ICRNL | INLCR | IGNCR | ISTRIP | IXON);
	raw.c_oflag &= ~OPOST;
	raw.c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static bool domain_is_there(unsigned domid)
{
	struct xen_domctl_getdomaininfo info;

	return domain_info(domid, &info) == 0 && !(info.flags & XEN_DOMINF_dying);
}

/* ---- a terminal to talk to ---- */

/* Opens what the store names now; -1 when that is nothing, or gone with a daemon that ended. */
static int open_tty(struct session *s)
{
	char *name = xs_readf(xs_get(), 0, "/local/domain/%u/console/tty", s->domid);
	int fd = -1;

	if (name && *name)
		fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	free(name);
	return fd;
}

/* ^] must also help while there is nothing to see. */
static bool asked_to_leave(struct session *s, int ms)
{
	struct pollfd p = { .fd = s->input_left ? STDIN_FILENO : -1, .events = POLLIN };
	char c;

	if (poll(&p, 1, ms) <= 0)
		return false;
	if (read(STDIN_FILENO, &c, 1) == 1)
		return c == ESCAPE;
	s->input_left = false;
	return false;
}

/* The terminal, or -1: *how says why not. */
static int wait_for_tty(struct session *s, enum outcome *how)
{
	int waited = 0, fd;

	while ((fd = open_tty(s)) < 0) {
		*how = DOMAIN_ENDED;
		if (!domain_is_there(s->domid))
			return -1;
		*how = LEFT;
		if (asked_to_leave(s, LOOK_MS / 5))
			return -1;
		waited += LOOK_MS / 5;
		if (waited == NOTICE_MS)
			dprintf(STDERR_FILENO,
				"xl: domain %u has no terminal yet; does xenconsoled run?"
				" ^] leaves\r\n",
				s->domid);
	}
	return fd;
}

/* ---- talking ---- */

static bool write_all(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t done = write(fd, text, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		text += done;
		n -= (size_t)done;
	}
	return true;
}

/* True when it is time to leave. */
static bool pass_typed(struct session *s, int tty)
{
	char buf[128], *escape;
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n <= 0) {
		s->input_left = false;
		return false;
	}
	escape = memchr(buf, ESCAPE, (size_t)n);
	if (escape)
		n = escape - buf;
	write_all(tty, buf, (size_t)n); /* a terminal that is gone is noticed when it is read */
	return escape != NULL;
}

static enum outcome talk(struct session *s, int tty)
{
	char buf[1024];

	for (;;) {
		struct pollfd p[2] = {
			{ .fd = tty, .events = POLLIN },
			{ .fd = s->input_left ? STDIN_FILENO : -1, .events = POLLIN },
		};
		int ready = poll(p, 2, LOOK_MS);

		if (ready < 0 && errno != EINTR)
			return TERMINAL_ENDED;
		if (ready == 0 && !domain_is_there(s->domid))
			return DOMAIN_ENDED;
		if (ready > 0 && p[1].revents && pass_typed(s, tty))
			return LEFT;
		if (ready > 0 && p[0].revents) {
			ssize_t n = read(tty, buf, sizeof(buf));

			if (n <= 0)
				return TERMINAL_ENDED;
			write_all(STDOUT_FILENO, buf, (size_t)n);
		}
	}
}

static int use_console(unsigned domid)
{
	struct session s = { .domid = domid, .input_left = true };
	enum outcome how = TERMINAL_ENDED;

	make_raw();
	while (how == TERMINAL_ENDED) {
		int tty = wait_for_tty(&s, &how);

		if (tty < 0)
			break;
		how = talk(&s, tty);
		close(tty);
	}
	restore();
	if (how == DOMAIN_ENDED)
		fprintf(stderr, "\nxl: domain %u has ended\n", domid);
	else
		fprintf(stderr, "\n");
	return 0;
}

/* The real tool's options choose between consoles of several kinds; there is one here. */
int console_main(int argc, char **argv)
{
	const char *whose = NULL;
	unsigned domid;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-t") || !strcmp(argv[i], "-n")) {
			if (++i < argc && strcmp(argv[i], "pv") && strcmp(argv[i], "0"))
				return complain("a domain has one console here: pv, number 0");
		} else if (argv[i][0] == '-' || whose) {
			return complain("xl console [-t pv] [-n 0] DOMAIN");
		} else {
			whose = argv[i];
		}
	}
	if (!whose)
		return complain("whose console? xl console DOMAIN");
	domid = domain_find(whose);
	if (domid == DOMAIN_NONE)
		return 1;
	if (!domid)
		return complain("domain 0's console is the one you are using");
	return use_console(domid);
}
