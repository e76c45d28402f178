/* SPDX-License-Identifier: MIT */
/*
 * storetx WORKERS TIMES: programs that meet in the store.
 *
 * Each worker adds one to the same counter, TIMES times, in transactions that it does again when somebody came
 * between; in the end the counter is exactly WORKERS * TIMES, whoever ended the server meanwhile. Another process
 * watches: events lead it to the last value.
 */
#include "xs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNTER "/test/counter"

static struct xs *need_store(void)
{
	struct xs *xs = xs_open();

	if (!xs) {
		perror("xs_open");
		exit(1);
	}
	return xs;
}

static long value_of(struct xs *xs, xs_t t)
{
	char *s = xs_read(xs, t, COUNTER, NULL);
	long n = s ? atol(s) : -1;

	free(s);
	return n;
}

/* EAGAIN at any step: all of it once more. */
static int add_one(struct xs *xs)
{
	xs_t t;
	long n;

	if (xs_begin(xs, &t))
		return -1;
	n = value_of(xs, t);
	if (n < 0 || xs_writef(xs, t, COUNTER, "%ld", n + 1)) {
		int error = errno;

		xs_end(xs, t, false);
		errno = error;
		return -1;
	}
	return xs_end(xs, t, true);
}

static int work(int times)
{
	struct xs *xs = need_store();
	int again = 0;

	while (times) {
		if (!add_one(xs)) {
			times--;
		} else if (errno == EAGAIN) {
			again++;
		} else {
			perror("storetx: " COUNTER);
			return 255;
		}
	}
	return again > 0;
}

static int watch_until(long last)
{
	struct xs *xs = need_store();

	if (xs_watch(xs, COUNTER, "t")) {
		perror("storetx: watch");
		return 255;
	}
	while (value_of(xs, 0) != last) {
		char **event = xs_next_event(xs, 60000);

		if (!event) {
			printf("no event, and the counter is %ld\n", value_of(xs, 0));
			return 255;
		}
		free(event);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int workers = argc > 2 ? atoi(argv[1]) : 2, times = argc > 2 ? atoi(argv[2]) : 100;
	int status, failed = 0, met = 0;
	struct xs *xs = need_store();

	if (xs_write(xs, 0, COUNTER, "0", 1)) {
		perror("storetx: " COUNTER);
		return 1;
	}
	if (!fork())
		_exit(watch_until((long)workers * times));
	for (int i = 0; i < workers; i++)
		if (!fork())
			_exit(work(times));
	while (wait(&status) > 0) {
		failed |= !WIFEXITED(status) || WEXITSTATUS(status) == 255;
		met += WIFEXITED(status) && WEXITSTATUS(status) == 1;
	}
	printf("counter %ld, %d met somebody\n", value_of(xs, 0), met);
	return failed || value_of(xs, 0) != (long)workers * times;
}
