/* SPDX-License-Identifier: MIT */
/*
 * TCP in figures, between any two places that run it.
 *
 *	network serve PORT			for ever, one connection after another
 *	network trips ADDRESS PORT COUNT	one byte there and back: microseconds each
 *	network bulk ADDRESS PORT MEGABYTES	one way: MB/s, until the other side has all of it
 *
 * The first byte of a connection says which: 't' is answered byte by byte, 'b' at its end.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static char buffer[65536];

static int fail(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timeval t;

	gettimeofday(&t, NULL);
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void serve_one(int c)
{
	char kind;
	long n;

	if (read(c, &kind, 1) == 1) {
		while ((n = read(c, buffer, kind == 't' ? 1 : sizeof(buffer))) > 0)
			if (kind == 't' && write(c, buffer, 1) != 1)
				break;
		if (kind == 'b' && write(c, "b", 1) != 1)
			perror("network: the answer");
	}
	close(c);
}

static int serve(const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((unsigned short)atoi(port)) };
	int s = socket(AF_INET, SOCK_STREAM, 0), on = 1, c;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 4))
		fail("listen");
	while ((c = accept(s, NULL, NULL)) >= 0) {
		setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		serve_one(c);
	}
	return fail("accept");
}

static int reach(char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((unsigned short)atoi(argv[3])) };
	int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (inet_pton(AF_INET, argv[2], &a.sin_addr) != 1 ||
	    connect(s, (struct sockaddr *)&a, sizeof(a)))
		fail(argv[2]);
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (write(s, argv[1], 1) != 1)
		fail("write");
	return s;
}

static int trips(int s, int count)
{
	double began = now();

	for (int i = 0; i < count; i++)
		if (write(s, "x", 1) != 1 || read(s, buffer, 1) != 1)
			fail("a round trip");
	printf("trip %.1f us\n", (now() - began) * 1e6 / count);
	return 0;
}

static int bulk(int s, int megabytes)
{
	double began = now();

	for (int i = 0; i < megabytes * 16; i++)
		for (long n, done = 0; done < (long)sizeof(buffer); done += n)
			if ((n = write(s, buffer + done, sizeof(buffer) - (size_t)done)) <= 0)
				fail("write");
	shutdown(s, SHUT_WR);
	if (read(s, buffer, 1) != 1)
		fail("the answer");
	printf("bulk %.1f MB/s\n", megabytes * 1.048576 / (now() - began));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(argv[2]);
	if (argc == 5 && !strcmp(argv[1], "trips"))
		return trips(reach(argv), atoi(argv[4]));
	if (argc == 5 && !strcmp(argv[1], "bulk"))
		return bulk(reach(argv), atoi(argv[4]));
	fprintf(stderr,
		"usage: network serve PORT | trips ADDRESS PORT COUNT | bulk ADDRESS PORT MEGABYTES\n");
	return 2;
}
