/* SPDX-License-Identifier: MIT */
/*
 * The store for programs, by /dev/xen/xenbus.
 *
 * One connection serves one thread. Paths are absolute, or relative to the caller's own domain. Functions
 * that return int give 0 or -1 with errno (the server's own answer: ENOENT, EACCES, EAGAIN, ...); those that
 * return memory give NULL, and what they return is the caller's to free(). A transaction is 0 for none.
 */
#ifndef USER_LIB_XS_H
#define USER_LIB_XS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xs;
typedef uint32_t xs_t; /* a transaction */

struct xs *xs_open(void);
void xs_close(struct xs *xs);
/* For poll(): readable when an event may be there. */
int xs_fd(const struct xs *xs);

/* Terminated; *len without the terminator, may be NULL. */
char *xs_read(struct xs *xs, xs_t t, const char *path, size_t *len);
int xs_write(struct xs *xs, xs_t t, const char *path, const void *value, size_t len);
int xs_mkdir(struct xs *xs, xs_t t, const char *path);
int xs_rm(struct xs *xs, xs_t t, const char *path);
/* Names, terminated by NULL; one free() for all of it. An empty directory is no error. */
char **xs_directory(struct xs *xs, xs_t t, const char *path, unsigned *count);
bool xs_exists(struct xs *xs, xs_t t, const char *path);

/* Formatted paths and values, for the many calls that put numbers into them. */
char *xs_readf(struct xs *xs, xs_t t, const char *path, ...) __attribute__((format(printf, 3, 4)));
int xs_writef(struct xs *xs, xs_t t, const char *path, const char *value, ...)
	__attribute__((format(printf, 4, 5))); /* the path as it is, the value formatted */

/* "n0", "r3", "b5": the first names the owner and what all others may. */
int xs_set_perms(struct xs *xs, xs_t t, const char *path, const char *const *perms, unsigned count);
char **xs_get_perms(struct xs *xs, xs_t t, const char *path, unsigned *count);

int xs_begin(struct xs *xs, xs_t *t);
/* EAGAIN: somebody else came between, do all of it again. */
int xs_end(struct xs *xs, xs_t t, bool commit);

int xs_watch(struct xs *xs, const char *path, const char *token);
int xs_unwatch(struct xs *xs, const char *path, const char *token);
/*
 * The next event: {path, token}, one free() for both. Waits for at most `ms` milliseconds (-1: for ever); NULL
 * with errno EAGAIN when there is none.
 */
char **xs_next_event(struct xs *xs, int ms);

/* For toolstacks. */
int xs_introduce(struct xs *xs, unsigned domid, unsigned long mfn, unsigned port);
int xs_release(struct xs *xs, unsigned domid);
bool xs_is_introduced(struct xs *xs, unsigned domid);
char *xs_domain_path(struct xs *xs, unsigned domid);
/* XS_CONTROL: words of a command; the server's answer. */
char *xs_control(struct xs *xs, const char *const *words, unsigned count);

#endif
