/* SPDX-License-Identifier: MIT */
/*
 * A guest's log: a file that keeps what it printed, of bounded size.
 *
 * When it has reached its size it becomes NAME.1 (the one before is dropped) and a new one begins, at a line.
 * So at least log_limit bytes of the newest output are kept and never more than twice as much.
 */
#ifndef XENCONSOLED_LOG_H
#define XENCONSOLED_LOG_H

#include <stdbool.h>
#include <stddef.h>

extern size_t log_limit;    /* bytes */
extern bool log_timestamps; /* each line begins with when it did */
extern const char *log_folder;

struct log {
	int fd; /* -1: none */
	size_t size;
	bool in_line;
	char path[128];
};

/* Goes on with the file of this guest. A guest's name is what its owner likes: only letters, digits, . - _ stay. */
void log_open(struct log *l, const char *guest);
void log_write(struct log *l, const char *text, size_t n);
/* A line of the daemon's own, in brackets. */
void log_note(struct log *l, const char *text);
void log_close(struct log *l);

#endif
