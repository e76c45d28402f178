/* SPDX-License-Identifier: MIT */
/*
 * Guests' logs: see log.h. A disk that is full costs the log, never the console.
 */
#include "log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

size_t log_limit = 64 * 1024;
bool log_timestamps;
const char *log_folder = "/var/log/xen/console";

/* All folders on the way. */
static void make_folder(void)
{
	char path[128];

	for (const char *slash = log_folder; slash; slash = strchr(slash + 1, '/')) {
		snprintf(path, sizeof(path), "%.*s", (int)(slash - log_folder), log_folder);
		if (*path)
			mkdir(path, 0755);
	}
	mkdir(log_folder, 0755);
}

static void begin(struct log *l, int flags)
{
	struct stat st;

	l->fd = open(l->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0600);
	l->size = l->fd >= 0 && fstat(l->fd, &st) == 0 ? (size_t)st.st_size : 0;
	l->in_line = false;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-' || c == '_';
}

void log_open(struct log *l, const char *guest)
{
	size_t n;

	make_folder();
	n = (size_t)snprintf(l->path, sizeof(l->path), "%s/guest-", log_folder);
	while (*guest && n < sizeof(l->path) - sizeof(".log.1")) {
		l->path[n++] = is_plain(*guest) ? *guest : '_';
		guest++;
	}
	strcpy(l->path + n, ".log");
	begin(l, 0);
}

static void rotate(struct log *l)
{
	char old[sizeof(l->path) + 2];

	close(l->fd);
	snprintf(old, sizeof(old), "%s.1", l->path);
	rename(l->path, old);
	begin(l, O_TRUNC);
}

static void put(struct log *l, const char *text, size_t n)
{
	ssize_t r = write(l->fd, text, n);

	if (r > 0)
		l->size += (size_t)r;
}

static void put_time(struct log *l)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	put(l, stamp, strftime(stamp, sizeof(stamp), "[%Y-%m-%d %H:%M:%S] ", &tm));
}

/* At most one line and its end. */
static size_t line_length(const char *text, size_t n)
{
	const char *end = memchr(text, '\n', n);

	return end ? (size_t)(end - text) + 1 : n;
}

void log_write(struct log *l, const char *text, size_t n)
{
	while (n && l->fd >= 0) {
		size_t now = line_length(text, n);

		/* A line without end must not make a file without end. */
		if (l->size >= log_limit && (!l->in_line || l->size >= 2 * log_limit))
			rotate(l);
		if (log_timestamps && !l->in_line)
			put_time(l);
		put(l, text, now);
		l->in_line = text[now - 1] != '\n';
		text += now;
		n -= now;
	}
}

void log_note(struct log *l, const char *text)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "%s[%s]\n", l->in_line ? "\n" : "", text);

	log_write(l, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

void log_close(struct log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
