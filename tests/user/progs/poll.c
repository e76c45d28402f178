/* SPDX-License-Identifier: MIT */
/* poll and select: what is ready, what hung up, what is no descriptor, and waiting with a limit. */
#include <poll.h>
#include <sys/select.h>
#include <sys/time.h>
#include "observe.h"

static long elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

static void poll_one(const char *what, int fd, short events, int ms)
{
	struct pollfd p = { fd, events, 0x7fff };
	int n = poll(&p, 1, ms);

	printf("%s: %d, revents %#x\n", what, n, p.revents);
}

static void on_alarm(int sig)
{
	(void)sig;
}

int main(void)
{
	int p[2], file;
	struct timespec start;
	struct timeval tv;
	struct pollfd two[3];
	fd_set in, out;
	char c;

	pipe(p);
	file = open("f", O_CREAT | O_RDWR, 0600);
	poll_one("empty pipe", p[0], POLLIN, 0);
	poll_one("pipe to write", p[1], POLLOUT, 0);
	write(p[1], "x", 1);
	poll_one("full pipe", p[0], POLLIN, 0);
	poll_one("full pipe, no interest", p[0], 0, 0);
	poll_one("file", file, POLLIN | POLLOUT, 0);
	poll_one("closed", 99, POLLIN, 0);
	poll_one("negative", -1, POLLIN, 0);
	read(p[0], &c, 1);

	clock_gettime(CLOCK_MONOTONIC, &start);
	poll_one("timeout", p[0], POLLIN, 50);
	HOLDS(elapsed_ms(&start) >= 49);
	if (fork() == 0) {
		sleep_ms(30);
		write(p[1], "y", 1);
		_exit(0);
	}
	poll_one("woken", p[0], POLLIN, 5000);
	HOLDS(elapsed_ms(&start) < 4000);
	wait(NULL);

	two[0] = (struct pollfd){ p[0], POLLIN, 0 };
	two[1] = (struct pollfd){ 99, POLLIN, 0 };
	two[2] = (struct pollfd){ p[1], POLLOUT, 0 };
	TRY(poll(two, 3, -1));
	printf("revents %#x %#x %#x\n", two[0].revents, two[1].revents, two[2].revents);

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(p[0], &in);
	FD_SET(p[1], &out);
	FD_SET(file, &in);
	TRY(select(file + 1, &in, &out, NULL, NULL));
	printf("set: %d %d %d\n", !!FD_ISSET(p[0], &in), !!FD_ISSET(p[1], &out),
	       !!FD_ISSET(file, &in));
	read(p[0], &c, 1);
	FD_ZERO(&in);
	FD_SET(p[0], &in);
	tv = (struct timeval){ 0, 20000 };
	TRY(select(p[0] + 1, &in, NULL, NULL, &tv));
	SHOW(!!FD_ISSET(p[0], &in));
	FD_SET(20, &in);
	TRY(select(21, &in, NULL, NULL, NULL));

	signal(SIGALRM, on_alarm);
	struct itimerval timer = { { 0, 30000 }, { 0, 30000 } }, off = { 0 };
	setitimer(ITIMER_REAL, &timer, NULL);
	TRY(poll(two, 1, -1));
	setitimer(ITIMER_REAL, &off, NULL);

	close(p[1]);
	poll_one("writer gone", p[0], POLLIN, -1);
	pipe(p);
	close(p[0]);
	poll_one("reader gone", p[1], POLLOUT, -1);
	unlink("f");
	return 0;
}
