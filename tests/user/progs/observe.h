/* SPDX-License-Identifier: MIT */
/*
 * What the programs of this folder share. Each prints what it observes of the kernel, a line each,
 * and nothing that may differ between two correct kernels (no pid, address, time or inode number).
 * The same binary runs on the Linux host and on Ringlet; the two outputs and exit statuses must be
 * equal, so no program knows which answer is right.
 */
#ifndef OBSERVE_H
#define OBSERVE_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A call and its result, the error in words when it failed: `rmdir("d") = -1 (Directory not empty)` */
#define TRY(call) observe_call(#call, (long)(call))
/* A fact: `WEXITSTATUS(status) = 3` */
#define SHOW(value) printf("%s = %ld\n", #value, (long)(value))
/* Something that holds, or not: `a == b: yes` */
#define HOLDS(claim) printf("%s: %s\n", #claim, (claim) ? "yes" : "NO")

static inline long observe_call(const char *call, long result)
{
	if (result < 0)
		printf("%s = %ld (%s)\n", call, result, strerror(errno));
	else
		printf("%s = %ld\n", call, result);
	return result;
}

/* Lines leave the process at once: a forked child must not print its parent's a second time. */
static inline void __attribute__((constructor)) observe_by_line(void)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

/* How a child ended, in words. */
static inline void show_status(const char *who, int status)
{
	if (WIFEXITED(status))
		printf("%s: exit %d\n", who, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		printf("%s: signal %d\n", who, WTERMSIG(status));
	else if (WIFSTOPPED(status))
		printf("%s: stopped by %d\n", who, WSTOPSIG(status));
	else
		printf("%s: continued\n", who);
}

/* Run a function in a child and say how it ended. */
static inline void in_child(const char *who, void (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		body();
		exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		printf("%s: waitpid failed\n", who);
	else
		show_status(who, status);
}

static inline void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

#endif
