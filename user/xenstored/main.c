/* SPDX-License-Identifier: MIT */
/*
 * xenstored: the store's server, a program of domain 0.
 *
 *	xenstored [--foreground]
 *
 * It returns when it serves. What it keeps is in memory, and written to STATE soon after each change and when it is
 * asked to end (SIGTERM, SIGINT): the next server goes on from there. STATE is in memory too: it ends with the
 * machine, as the domains do.
 */
#include "background.h"
#include "domain.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STATE "/run/xenstored"

/* XS_CONTROL's commands. */
const char *control_command(const char *command)
{
	static char text[256];
	unsigned clients = 0, watches = 0;

	if (!strcmp(command, "help"))
		return "help, check, info";
	list_for_each (l, &connections) {
		clients++;
		watches += LIST_OF(l, struct connection, link)->watch_count;
	}
	if (!strcmp(command, "info")) {
		snprintf(text, sizeof(text), "%u clients, %u watches", clients, watches);
		return text;
	}
	return strcmp(command, "check") ? NULL : "OK";
}

/* ---- the file ---- */

static bool unsaved;

void store_changed(void)
{
	unsaved = true;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

/* All or nothing: whoever reads STATE finds one of the two. */
static void save(bool complete)
{
	static bool complained;
	int fd = open(STATE ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool done = f && store_save(f, complete);

	if (f)
		done = !fclose(f) && done && !rename(STATE ".new", STATE);
	if (!done && !complained)
		perror("xenstored: " STATE ": a server that follows this one would begin anew");
	complained = !done;
	unsaved = false;
}

static void load(void)
{
	FILE *f = fopen(STATE, "r");

	if (!f)
		return;
	if (!store_load(f))
		fprintf(stderr, "xenstored: " STATE " is damaged; beginning with an empty store\n");
	fclose(f);
}

/*
 * Writes what has changed, but not all the time: a second apart, and not more than a twentieth of it all. Returns
 * for how long one may wait before it has to be called again, in ms.
 */
static int save_in_time(void)
{
	static long next;
	long began = now_ms(), took;

	if (!unsaved)
		return -1;
	if (began < next)
		return (int)(next - began);
	save(false);
	took = now_ms() - began;
	next = began + took + (took * 20 > 1000 ? took * 20 : 1000);
	return -1;
}

/* ---- the beginning ---- */

/* What is there before any domain. */
static void plant(void)
{
	static const char *const nodes[][2] = {
		{ "/tool/xenstored", "" },
		{ "/local/domain/0/domid", "0" },
		{ "/local/domain/0/name", "Domain-0" },
		{ "/local/domain/0/control", "" },
		{ "/local/domain/0/backend", "" },
		{ "/local/pool/0/name", "Pool-0" },
		{ "/vm", "" },
	};
	struct connection *c = connection_new(0, true);

	for (size_t i = 0; c && i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (!tree_find(store_root, nodes[i][0]) &&
		    op_write(c, NULL, nodes[i][0], nodes[i][1], strlen(nodes[i][1])))
			fprintf(stderr, "xenstored: cannot make %s\n", nodes[i][0]);
	if (c)
		connection_free(c);
}

static int wakeup[2]; /* a signal is a byte here, so that poll() cannot miss it */

static void on_end(int sig)
{
	(void)sig;
	(void)!write(wakeup[1], "", 1);
}

static int serve(int events)
{
	struct pollfd fds[] = { { .fd = events, .events = POLLIN },
				{ .fd = wakeup[0], .events = POLLIN } };

	for (;;) {
		bool more = domains_serve();
		int wait = save_in_time();

		if (poll(fds, 2, more ? 0 : wait) <= 0)
			continue;
		if (fds[1].revents) {
			save(true);
			return 0;
		}
		domains_event();
	}
}

int main(int argc, char **argv)
{
	bool foreground = argc == 2 && !strcmp(argv[1], "--foreground");
	int events;

	if (argc > 1 && !foreground) {
		fprintf(stderr, "usage: xenstored [--foreground]\n");
		return 2;
	}
	if (!foreground)
		background_begin();
	store_root = tree_new();
	if (!store_root) {
		fprintf(stderr, "xenstored: no memory\n");
		return 1;
	}
	load();
	plant();
	events = domains_init();
	if (events < 0 || pipe2(wakeup, O_CLOEXEC | O_NONBLOCK) < 0)
		return 1;
	signal(SIGTERM, on_end);
	signal(SIGINT, on_end);
	save(false); /* what was on its way is no more */
	if (!foreground)
		background_ready(argc, argv);
	return serve(events);
}
