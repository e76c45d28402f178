/* SPDX-License-Identifier: MIT */
/*
 * sockets: five hundred connections at once, thousands one after the other, and processes that are killed while they
 * wait in accept() and recv(). Prints how much less memory is free than before, in KB.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#define CROWD  500
#define CHURN  2000
#define KILLED 100

static struct sockaddr_in name;

static void need(int claim, const char *what)
{
	if (claim)
		return;
	printf("sockets: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long free_kb(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return info.freeram / 1024 * info.mem_unit;
}

static int listener(int backlog)
{
	socklen_t len = sizeof(name);
	int s = socket(AF_INET, SOCK_STREAM, 0);

	name = (struct sockaddr_in){ AF_INET, 0, { htonl(INADDR_LOOPBACK) }, "" };
	need(!bind(s, (struct sockaddr *)&name, len) && !listen(s, backlog), "listen");
	getsockname(s, (struct sockaddr *)&name, &len);
	return s;
}

static int connected(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);

	need(s >= 0 && !connect(s, (struct sockaddr *)&name, sizeof(name)), "connect");
	return s;
}

/* The child has one end of each, the parent the other: a descriptor table holds 1024. */
static void crowd(void)
{
	static int fds[CROWD];
	int l = listener(CROWD), status;
	unsigned char c;
	pid_t child = fork();

	if (!child) {
		for (int i = 0; i < CROWD; i++)
			need((fds[i] = accept(l, NULL, NULL)) >= 0, "accept");
		for (int i = 0; i < CROWD; i++)
			need(read(fds[i], &c, 1) == 1 && write(fds[i], &c, 1) == 1, "echo");
		exit(0);
	}
	for (int i = 0; i < CROWD; i++)
		fds[i] = connected();
	for (int i = 0; i < CROWD; i++)
		need(write(fds[i], &(unsigned char){ i }, 1) == 1, "write");
	for (int i = 0; i < CROWD; i++)
		need(read(fds[i], &c, 1) == 1 && c == (unsigned char)i, "read");
	need(wait(&status) == child && !status, "the other end");
	for (int i = 0; i < CROWD; i++)
		close(fds[i]);
	close(l);
}

static void churn(int n)
{
	int l = listener(5);
	char c;

	for (int i = 0; i < n; i++) {
		int s = connected(), a = accept(l, NULL, NULL);

		need(a >= 0 && write(s, "x", 1) == 1 && read(a, &c, 1) == 1, "a short connection");
		close(s);
		close(a);
	}
	close(l);
}

static void wait_and_die(int l, int how)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	char c;
	int s = how == 1 ? socket(AF_INET, SOCK_DGRAM, 0) : connected();

	if (how == 0)
		for (;;)
			accept(l, NULL, NULL);
	if (how == 1)
		bind(s, (struct sockaddr *)&own, sizeof(own));
	if (how == 2)
		poll(&(struct pollfd){ .fd = s, .events = POLLIN }, 1, -1);
	recv(s, &c, 1, 0);
	exit(0);
}

static void killed(void)
{
	int l = listener(KILLED), status;

	for (int i = 0; i < KILLED; i++) {
		pid_t child = fork();

		if (!child)
			wait_and_die(l, i % 4);
		usleep(i % 7 * 500);
		kill(child, SIGKILL);
		need(waitpid(child, &status, 0) == child, "wait for the killed");
	}
	close(l);
}

int main(void)
{
	long before;

	crowd();
	churn(CHURN / 2); /* as many in TIME_WAIT as there may be */
	killed();
	before = free_kb();
	crowd();
	churn(CHURN);
	killed();
	printf("sockets: lost %ld KB\n", before - free_kb());
	return 0;
}
