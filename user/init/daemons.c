/* SPDX-License-Identifier: MIT */
/*
 * Daemons of domain 0 that must not be missing: the store's server and the consoles'.
 *
 * Each writes its number to /run/NAME.pid when it serves. Process 1 becomes the parent of every daemon, so it
 * reaps them; one that was killed, or that gave up, is started again with the words that it was started with,
 * which it leaves below its number. One that ends with status 0 was asked to and stays away.
 *
 * One that dies soon after it began is given time, twice as long at each try: whatever kills it may pass,
 * and the console stays readable meanwhile. The waiting is done by the child that becomes the daemon: process 1 has
 * shells to look after.
 */
#include "daemons.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SOON	   10 /* s: that was no success */
#define LONGEST	   60
#define WORDS_MOST 16

static struct daemon {
	const char *name, *path;
	pid_t starter; /* becomes the daemon's parent for a moment, and ends when it serves */
	time_t started;
	unsigned pause;	 /* s, before the next start */
	char words[256]; /* it was started with, a line each */
} daemons[] = {
	{ .name = "xenstored", .path = "/sbin/xenstored" },
	{ .name = "xenconsoled", .path = "/sbin/xenconsoled" },
};

static bool let_go;

/* What the daemon left: its number, or 0; words may be NULL. */
static pid_t read_note(const struct daemon *d, char *words, size_t size)
{
	char path[64];
	long pid = 0;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/run/%s.pid", d->name);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%ld", &pid) != 1)
		pid = 0;
	if (words) {
		n = fread(words, 1, size - 1, f);
		words[n] = '\0';
	}
	fclose(f);
	return (pid_t)pid;
}

/* It is the daemon that ended: its number may be another's soon. */
static bool take_note(struct daemon *d, pid_t pid)
{
	char path[64];

	if (pid != read_note(d, NULL, 0))
		return false;
	read_note(d, d->words, sizeof(d->words));
	snprintf(path, sizeof(path), "/run/%s.pid", d->name);
	unlink(path);
	return true;
}

static void start(struct daemon *d)
{
	char *argv[WORDS_MOST] = { 0 };
	int words = 0;

	for (char *w = strtok(d->words, "\n"); w && words < WORDS_MOST - 1; w = strtok(NULL, "\n"))
		argv[words++] = w;
	if (d->pause)
		sleep(d->pause);
	execv(d->path, argv);
	printf("init: cannot run %s\n", d->path);
	_exit(127);
}

static void start_again(struct daemon *d, int status)
{
	time_t now = time(NULL);

	if (d->started && now - d->started < SOON + (time_t)d->pause)
		d->pause = d->pause ? d->pause * 2 : 1;
	else
		d->pause = 0;
	if (d->pause > LONGEST)
		d->pause = LONGEST;
	printf("init: %s ended with %s %d; it is started anew", d->name,
	       WIFSIGNALED(status) ? "signal" : "status",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	if (d->pause)
		printf(" in %u s", d->pause);
	puts("");
	fflush(stdout);
	d->started = now;
	d->starter = fork();
	if (!d->starter)
		start(d);
}

/* Somebody else may have been quicker. */
static bool serves(const struct daemon *d)
{
	pid_t pid = read_note(d, NULL, 0);

	return pid > 0 && kill(pid, 0) == 0;
}

void daemon_ended(pid_t pid, int status)
{
	for (size_t i = 0; i < sizeof(daemons) / sizeof(daemons[0]) && !let_go; i++) {
		struct daemon *d = &daemons[i];
		bool starter = pid == d->starter;

		if (starter)
			d->starter = 0;
		else if (!take_note(d, pid))
			continue;
		if ((!WIFEXITED(status) || WEXITSTATUS(status) != 0) && !serves(d))
			start_again(d, status);
	}
}

void daemons_let_go(void)
{
	let_go = true;
}
