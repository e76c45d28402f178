/* SPDX-License-Identifier: MIT */
/*
 * For programs that observe TCP: both ends of a connection over the loopback interface.
 */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in name;
#define NAME (struct sockaddr *)&name, sizeof(name)

/* Listens on a free port of 127.0.0.1, whose name is `name` from then on. */
static int listener(int backlog)
{
	socklen_t len = sizeof(name);
	int s = socket(AF_INET, SOCK_STREAM, 0);

	name = (struct sockaddr_in){ AF_INET, 0, { htonl(INADDR_LOOPBACK) }, "" };
	bind(s, NAME);
	listen(s, backlog);
	getsockname(s, (struct sockaddr *)&name, &len);
	return s;
}

static void pair(int fds[2])
{
	int l = listener(1);

	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	connect(fds[0], NAME);
	fds[1] = accept(l, NULL, NULL);
	close(l);
}

#endif
