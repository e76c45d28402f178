/* SPDX-License-Identifier: MIT */
/*
 * xenstored: the store's server, a program of domain 0.
 *
 *	xenstored [--foreground]
 *
 * It returns when it serves. What it keeps is in memory: a store that ends takes everything along, and
 * the machine's domains with it in all but name; the next one begins with an empty tree.
 */
#include "domain.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* What is there before any domain. */
static void plant(void)
{
	static const char *const nodes[][2] = {
		{ "/tool/xenstored", "" },
		{ "/local/domain/0/domid", "0" },
		{ "/local/domain/0/name", "Domain-0" },
		{ "/local/domain/0/control", "" },
		{ "/local/domain/0/backend", "" },
		{ "/vm", "" },
	};
	struct connection *c = connection_new(0, true);

	for (size_t i = 0; c && i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (op_write(c, NULL, nodes[i][0], nodes[i][1], strlen(nodes[i][1])))
			fprintf(stderr, "xenstored: cannot make %s\n", nodes[i][0]);
	if (c)
		connection_free(c);
}

/* The parent ends when the child serves, so that whoever started us can go on at once. */
static void into_background(void)
{
	int ready[2], null;
	char byte;

	if (pipe(ready) < 0)
		return;
	switch (fork()) {
	case -1:
		perror("xenstored: fork");
		exit(1);
	case 0:
		close(ready[0]);
		setsid();
		break;
	default:
		close(ready[1]);
		_exit(read(ready[0], &byte, 1) == 1 ? 0 : 1);
	}
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, 0);
		if (null > 2)
			close(null);
	}
	dup2(ready[1], 3);
	if (ready[1] != 3)
		close(ready[1]);
}

static void say_ready(void)
{
	if (write(3, "", 1) < 0)
		return;
	close(3);
}

int main(int argc, char **argv)
{
	bool foreground = argc == 2 && !strcmp(argv[1], "--foreground");
	struct pollfd fd = { .events = POLLIN };

	if (argc > 1 && !foreground) {
		fprintf(stderr, "usage: xenstored [--foreground]\n");
		return 2;
	}
	if (!foreground)
		into_background();
	store_root = tree_new();
	if (!store_root) {
		fprintf(stderr, "xenstored: no memory\n");
		return 1;
	}
	plant();
	fd.fd = domains_init();
	if (fd.fd < 0)
		return 1;
	if (!foreground)
		say_ready();
	for (;;) {
		domains_serve();
		if (poll(&fd, 1, -1) > 0)
			domains_event();
	}
}
