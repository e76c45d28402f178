/* SPDX-License-Identifier: MIT */
/*
 * xl console: a domain's console on this terminal. ^] leaves.
 *
 * The console daemon gives every domain a terminal and writes its name into the store (console/tty); it may
 * come a moment after the domain. Between that one and ours everything goes through as it is.
 */
#include "user/xl/xl.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE	  0x1d /* ^] */
#define WAIT_MS	  100
#define WAIT_MOST 100 /* times */

/* An open terminal, or -1. */
static int open_tty(unsigned domid)
{
	for (unsigned n = 0; n < WAIT_MOST; n++) {
		char *name = xs_readf(xs_get(), 0, "/local/domain/%u/console/tty", domid);
		struct xen_domctl_getdomaininfo info;
		int fd = name && *name ? open(name, O_RDWR | O_NOCTTY) : -1;

		free(name);
		if (fd >= 0)
			return fd;
		if (domain_info(domid, &info))
			break;
		usleep(WAIT_MS * 1000);
	}
	complain("domain %u has no console; does xenconsoled run?", domid);
	return -1;
}

static bool copy(int from, int to, bool escape)
{
	char buf[512], *end;
	ssize_t n = read(from, buf, sizeof(buf)), at = 0;

	if (n <= 0)
		return false;
	end = escape ? memchr(buf, ESCAPE, (size_t)n) : NULL;
	if (end)
		n = end - buf;
	while (at < n) {
		ssize_t done = write(to, buf + at, (size_t)(n - at));

		if (done <= 0)
			return false;
		at += done;
	}
	return !end;
}

static void make_raw(int fd, struct termios *old)
{
	struct termios raw;

	if (tcgetattr(fd, old))
		return;
	raw = *old;
	raw.c_iflag &= ~(unsigned)(BRKINT | ICRNL | IXON);
	raw.c_oflag &= ~(unsigned)OPOST;
	raw.c_lflag &= ~(unsigned)(ECHO | ICANON | IEXTEN | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(fd, TCSANOW, &raw);
}

int console_main(int argc, char **argv)
{
	struct pollfd fds[2] = { { .fd = 0, .events = POLLIN }, { .events = POLLIN } };
	unsigned domid = argc > 1 ? domain_find(argv[1]) : DOMAIN_NONE;
	struct termios old, guest;
	bool more = true;

	if (argc < 2)
		return complain("whose console? xl console DOMAIN");
	if (domid == DOMAIN_NONE)
		return 1;
	fds[1].fd = open_tty(domid);
	if (fds[1].fd < 0)
		return 1;
	make_raw(fds[1].fd, &guest);
	make_raw(0, &old);
	while (more && poll(fds, 2, -1) > 0) {
		if (fds[1].revents)
			more = copy(fds[1].fd, 1, false);
		if (more && fds[0].revents)
			more = copy(0, fds[1].fd, true);
	}
	if (isatty(0))
		tcsetattr(0, TCSANOW, &old);
	putchar('\n');
	return 0;
}
