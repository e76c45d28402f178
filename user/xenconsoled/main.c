/* SPDX-License-Identifier: MIT */
/*
 * xenconsoled: the terminals and logs of all guests, a program of domain 0.
 *
 *	xenconsoled [-i] [-t] [--log-dir FOLDER] [--log-size KB]
 *
 * -i stays in the foreground, -t puts the time before each line of a log.
 *
 * The store says which guests there are and where their rings are; this program keeps nothing that it could
 * not find again there, so it may be ended and started at any time. A guest's terminal is then another one,
 * and console/tty in the store says which.
 *
 * One thread, and every guest gets one turn in each round of the loop, so none waits for another's flood; a
 * guest that used up its turns of a period keeps its port masked until the next, and then costs nothing.
 */
#include "background.h"
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 250 /* how often to look for readers of terminals that have none */

struct xs *store;
int events;

static volatile bool ended;

/* ---- which guests there are ---- */

/* The hypervisor knows a domain longer than it lives. The list, since asking by number would be refused. */
static bool is_alive(unsigned domid)
{
	static xen_domctl_getdomaininfo_t info;
	struct xen_sysctl op;

	memset(&op, 0, sizeof(op));
	op.u.getdomaininfolist.first_domain = (domid_t)domid;
	op.u.getdomaininfolist.max_domains = 1;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, &info);
	xc_touch(&info, sizeof(info));
	if (xc_sysctl(XEN_SYSCTL_getdomaininfolist, &op) < 0 || !op.u.getdomaininfolist.num_domains)
		return false;
	return info.domain == domid && !(info.flags & XEN_DOMINF_dying);
}

static void watch_guest(unsigned domid)
{
	char path[64], token[16];

	snprintf(path, sizeof(path), "/local/domain/%u/console", domid);
	snprintf(token, sizeof(token), "%u", domid);
	xs_watch(store, path, token); /* fires once at once, and so connects */
}

static void unwatch_guest(unsigned domid)
{
	char path[64], token[16];

	snprintf(path, sizeof(path), "/local/domain/%u/console", domid);
	snprintf(token, sizeof(token), "%u", domid);
	xs_unwatch(store, path, token);
}

static void look_for_guests(void)
{
	unsigned count = 0;
	char **names = xs_directory(store, 0, "/local/domain", &count);

	for (unsigned i = 0; names && i < count; i++) {
		unsigned domid = (unsigned)strtoul(names[i], NULL, 10);

		if (domid && !console_find(domid) && is_alive(domid) && console_new(domid))
			watch_guest(domid);
	}
	free(names);
	for (struct console *c = consoles; c; c = c->next)
		if (!c->ending && !is_alive(c->domid)) {
			unwatch_guest(c->domid);
			console_end(c);
		}
}

static void store_event(char **event)
{
	struct console *c;

	if (event[0][0] == '@') {
		look_for_guests();
		return;
	}
	c = console_find((unsigned)strtoul(event[1], NULL, 10));
	if (c)
		console_update(c);
}

/* ---- one round ---- */

static void take_events(void)
{
	int port;

	while ((port = xc_evtchn_pending(events)) >= 0)
		for (struct console *c = consoles; c; c = c->next)
			if (c->port == port)
				c->ready = true;
}

static void look_for_readers(void)
{
	for (struct console *c = consoles; c; c = c->next) {
		struct pollfd p = { .fd = c->master };

		if (c->attached || c->master < 0)
			continue;
		c->attached = poll(&p, 1, 0) == 0;
		if (c->attached)
			console_show(c);
	}
}

static void begin_period(uint64_t *period)
{
	if (now_ms() - *period < PERIOD_MS)
		return;
	*period = now_ms();
	for (struct console *c = consoles; c; c = c->next) {
		c->turns = 0;
		c->at_limit = false;
	}
}

static void drop_ended(void)
{
	struct console *c, *next;

	for (c = consoles; c; c = next) {
		next = c->next;
		if (console_ended(c))
			console_free(c);
	}
}

/* True when somebody could use another round at once. */
static bool all_turns(void)
{
	bool more = false;

	for (struct console *c = consoles; c; c = c->next)
		more |= console_turn(c);
	return more;
}

/* How long nothing can be due that no descriptor tells of. */
static int patience(bool more)
{
	int ms = -1;

	if (more)
		return 0;
	for (struct console *c = consoles; c; c = c->next) {
		int own = c->ready || c->ending		 ? PERIOD_MS / 2
			  : c->attached || c->master < 0 ? -1
							 : LOOK_MS;

		if (own >= 0 && (ms < 0 || own < ms))
			ms = own;
	}
	return ms;
}

static short wanted(const struct console *c)
{
	return (short)((console_has_room(c) ? POLLIN : 0) |
		       (history_unread(&c->history) ? POLLOUT : 0));
}

static void terminal_event(struct console *c, short what)
{
	if (what & POLLIN)
		console_typed(c);
	if (what & POLLOUT)
		console_show(c);
	if (what & POLLHUP)
		c->attached = false;
}

/* Sleeps until something is to be done, and does what the terminals ask for. */
static void wait_for_work(bool more)
{
	static struct pollfd *fds;
	static struct console **whose;
	static unsigned room;
	unsigned n = 2;

	for (struct console *c = consoles; c; c = c->next)
		n++;
	if (n > room) {
		fds = realloc(fds, n * sizeof(*fds));
		whose = realloc(whose, n * sizeof(*whose));
		room = n;
		if (!fds || !whose) {
			fprintf(stderr, "xenconsoled: no memory\n");
			exit(1);
		}
	}
	fds[0] = (struct pollfd){ .fd = xs_fd(store), .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = events, .events = POLLIN };
	n = 2;
	for (struct console *c = consoles; c; c = c->next) {
		if (!c->attached)
			continue;
		whose[n] = c;
		fds[n++] = (struct pollfd){ .fd = c->master, .events = wanted(c) };
	}
	if (poll(fds, n, patience(more)) < 0)
		return;
	for (unsigned i = 2; i < n; i++)
		if (fds[i].revents)
			terminal_event(whose[i], fds[i].revents);
}

static void serve(void)
{
	uint64_t period = now_ms(), looked = 0;
	bool more = true; /* the answers to our first requests may have brought events along */

	while (!ended) {
		char **event;

		wait_for_work(more);
		while ((event = xs_next_event(store, 0))) {
			store_event(event);
			free(event);
		}
		take_events();
		if (now_ms() - looked >= LOOK_MS) {
			looked = now_ms();
			look_for_readers();
		}
		begin_period(&period);
		more = all_turns();
		drop_ended();
	}
}

/* ---- starting ---- */

static void on_term(int sig)
{
	(void)sig;
	ended = true;
}

static int usage(void)
{
	fprintf(stderr, "usage: xenconsoled [-i] [-t] [--log-dir FOLDER] [--log-size KB]\n");
	return 2;
}

/* 0, or what to exit with. */
static int options(int argc, char **argv, bool *foreground)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-i"))
			*foreground = true;
		else if (!strcmp(argv[i], "-t"))
			log_timestamps = true;
		else if (!strcmp(argv[i], "--log-dir") && i + 1 < argc && strlen(argv[i + 1]) < 64)
			log_folder = argv[++i];
		else if (!strcmp(argv[i], "--log-size") && i + 1 < argc && atoi(argv[i + 1]) > 0)
			log_limit = (size_t)atoi(argv[++i]) * 1024;
		else
			return usage();
	}
	return 0;
}

int main(int argc, char **argv)
{
	bool foreground = false;
	int rc = options(argc, argv, &foreground);

	if (rc)
		return rc;
	if (!foreground)
		background_begin();
	signal(SIGTERM, on_term);
	signal(SIGINT, on_term);
	signal(SIGPIPE, SIG_IGN);
	store = xs_open();
	events = xc_evtchn_open();
	if (!store || events < 0 || xc_open() < 0) {
		fprintf(stderr, "xenconsoled: this is for domain 0, with xenstored running: %s\n",
			strerror(errno));
		return 1;
	}
	fcntl(events, F_SETFL, O_RDWR | O_NONBLOCK);
	if (xs_watch(store, "@introduceDomain", "all") < 0 ||
	    xs_watch(store, "@releaseDomain", "all") < 0) {
		fprintf(stderr, "xenconsoled: no watches in the store: %s\n", strerror(errno));
		return 1;
	}
	look_for_guests();
	if (!foreground)
		background_ready(argc, argv);
	serve();
	return 0;
}
