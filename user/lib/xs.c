/* SPDX-License-Identifier: MIT */
/*
 * The client of the store for programs: xs.h.
 *
 * The device file takes whole messages and gives whole messages, answers and events mixed; events that come
 * while an answer is waited for are kept for xs_next_event().
 */
#include "xs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#define PARTS_MOST 8

struct event {
	struct event *next;
	size_t len;
	char body[];
};

struct xs {
	int fd;
	/* What one read brought: a message, and perhaps more, or the beginning of one. */
	char in[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
	size_t in_have;
	uint32_t next_id;
	struct event *first, **last;
};

struct part {
	const void *data;
	size_t len;
};

struct xs *xs_open(void)
{
	struct xs *xs = calloc(1, sizeof(*xs));

	if (!xs)
		return NULL;
	xs->last = &xs->first;
	xs->fd = open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC);
	if (xs->fd < 0) {
		free(xs);
		return NULL;
	}
	return xs;
}

void xs_close(struct xs *xs)
{
	struct event *e, *next;

	if (!xs)
		return;
	close(xs->fd);
	for (e = xs->first; e; e = next) {
		next = e->next;
		free(e);
	}
	free(xs);
}

int xs_fd(const struct xs *xs)
{
	return xs->fd;
}

/* ---- messages ---- */

static int write_all(int fd, const void *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		data = (const char *)data + n;
		len -= (size_t)n;
	}
	return 0;
}

/* At least so many bytes in xs->in. */
static int fill(struct xs *xs, size_t len)
{
	while (xs->in_have < len) {
		ssize_t n = read(xs->fd, xs->in + xs->in_have, sizeof(xs->in) - xs->in_have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : EIO;
			return -1;
		}
		xs->in_have += (size_t)n;
	}
	return 0;
}

/* One message; its body is malloc'd and terminated. */
static char *read_message(struct xs *xs, struct xsd_sockmsg *header)
{
	size_t all;
	char *body;

	if (fill(xs, sizeof(*header)))
		return NULL;
	memcpy(header, xs->in, sizeof(*header));
	all = sizeof(*header) + header->len;
	if (header->len > XENSTORE_PAYLOAD_MAX) {
		errno = EIO;
		return NULL;
	}
	if (fill(xs, all))
		return NULL;
	body = malloc(header->len + 1);
	if (!body)
		return NULL;
	memcpy(body, xs->in + sizeof(*header), header->len);
	body[header->len] = '\0';
	xs->in_have -= all;
	memmove(xs->in, xs->in + all, xs->in_have);
	return body;
}

static void keep_event(struct xs *xs, const char *body, size_t len)
{
	struct event *e = malloc(sizeof(*e) + len + 1);

	if (!e)
		return;
	e->next = NULL;
	e->len = len;
	memcpy(e->body, body, len + 1);
	*xs->last = e;
	xs->last = &e->next;
}

static int error_number(const char *name)
{
	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
		if (!strcmp(xsd_errors[i].errstring, name))
			return xsd_errors[i].errnum;
	return EINVAL;
}

/* The answer's body, or NULL with errno. */
static char *talk(struct xs *xs, uint32_t type, xs_t t, const struct part *parts, unsigned count,
		  size_t *len)
{
	struct xsd_sockmsg header = { .type = type, .tx_id = t, .req_id = ++xs->next_id };
	char message[sizeof(header) + XENSTORE_PAYLOAD_MAX], *body;
	size_t have = sizeof(header);

	for (unsigned i = 0; i < count; i++) {
		if (parts[i].len > sizeof(message) - have) {
			errno = E2BIG;
			return NULL;
		}
		memcpy(message + have, parts[i].data, parts[i].len);
		have += parts[i].len;
	}
	header.len = (uint32_t)(have - sizeof(header));
	memcpy(message, &header, sizeof(header));
	if (write_all(xs->fd, message, have))
		return NULL;
	for (;;) {
		body = read_message(xs, &header);
		if (!body)
			return NULL;
		if (header.type != XS_WATCH_EVENT)
			break;
		keep_event(xs, body, header.len);
		free(body);
	}
	if (header.type == XS_ERROR) {
		errno = error_number(body);
		free(body);
		return NULL;
	}
	if (len)
		*len = header.len;
	return body;
}

static struct part string(const char *s)
{
	return (struct part){ s, strlen(s) + 1 };
}

/* A request whose answer is only that it went well. */
static int order(struct xs *xs, uint32_t type, xs_t t, const struct part *parts, unsigned count)
{
	char *body = talk(xs, type, t, parts, count, NULL);

	free(body);
	return body ? 0 : -1;
}

static char *ask(struct xs *xs, uint32_t type, xs_t t, const char *s, size_t *len)
{
	struct part p = string(s);

	return talk(xs, type, t, &p, 1, len);
}

static struct part number(char *buf, size_t size, unsigned long n)
{
	return (struct part){ buf, (size_t)snprintf(buf, size, "%lu", n) + 1 };
}

/* Terminated strings, one after another, as a list in one piece of memory. */
static char **list_of(char *body, size_t len, unsigned *count)
{
	unsigned n = 0, i = 0;
	char **list, *text;

	for (size_t at = 0; at < len; at++)
		n += !body[at];
	list = malloc((n + 1) * sizeof(*list) + len + 1);
	if (list) {
		text = (char *)(list + n + 1);
		memcpy(text, body, len);
		for (; i < n; i++, text += strlen(text) + 1)
			list[i] = text;
		list[n] = NULL;
		if (count)
			*count = n;
	}
	free(body);
	return list;
}

/* ---- nodes ---- */

char *xs_read(struct xs *xs, xs_t t, const char *path, size_t *len)
{
	return ask(xs, XS_READ, t, path, len);
}

int xs_write(struct xs *xs, xs_t t, const char *path, const void *value, size_t len)
{
	struct part p[] = { string(path), { value, len } };

	return order(xs, XS_WRITE, t, p, 2);
}

int xs_mkdir(struct xs *xs, xs_t t, const char *path)
{
	struct part p = string(path);

	return order(xs, XS_MKDIR, t, &p, 1);
}

int xs_rm(struct xs *xs, xs_t t, const char *path)
{
	struct part p = string(path);

	return order(xs, XS_RM, t, &p, 1);
}

/* A directory that is too long for one message comes in pieces, all of the same generation. */
static char *directory_in_parts(struct xs *xs, xs_t t, const char *path, size_t *len)
{
	char *all = NULL, generation[32] = "", offset[16];
	size_t have = 0;

	for (;;) {
		struct part p[] = { string(path), number(offset, sizeof(offset), have) };
		size_t n, skip;
		char *piece = talk(xs, XS_DIRECTORY_PART, t, p, 2, &n), *more;

		if (!piece)
			break;
		skip = strlen(piece) + 1;
		if (strcmp(piece, generation) != 0) { /* it changed: from the beginning */
			snprintf(generation, sizeof(generation), "%s", piece);
			if (have) {
				have = 0;
				free(piece);
				continue;
			}
		}
		more = realloc(all, have + n - skip + 1);
		if (!more) {
			free(piece);
			break;
		}
		all = more;
		memcpy(all + have, piece + skip, n - skip);
		have += n - skip;
		free(piece);
		if (have && !all[have - 1] && (have == 1 || !all[have - 2])) {
			*len = have - 1; /* the empty name at the end */
			return all;
		}
	}
	free(all);
	return NULL;
}

char **xs_directory(struct xs *xs, xs_t t, const char *path, unsigned *count)
{
	size_t len;
	char *body = ask(xs, XS_DIRECTORY, t, path, &len);

	if (!body && errno == E2BIG)
		body = directory_in_parts(xs, t, path, &len);
	return body ? list_of(body, len, count) : NULL;
}

bool xs_exists(struct xs *xs, xs_t t, const char *path)
{
	char *value = xs_read(xs, t, path, NULL);

	free(value);
	return value != NULL;
}

char *xs_readf(struct xs *xs, xs_t t, const char *path, ...)
{
	char full[XENSTORE_ABS_PATH_MAX];
	va_list args;

	va_start(args, path);
	vsnprintf(full, sizeof(full), path, args);
	va_end(args);
	return xs_read(xs, t, full, NULL);
}

int xs_writef(struct xs *xs, xs_t t, const char *path, const char *value, ...)
{
	char text[XENSTORE_PAYLOAD_MAX];
	va_list args;

	va_start(args, value);
	vsnprintf(text, sizeof(text), value, args);
	va_end(args);
	return xs_write(xs, t, path, text, strlen(text));
}

int xs_set_perms(struct xs *xs, xs_t t, const char *path, const char *const *perms, unsigned count)
{
	struct part p[PARTS_MOST] = { string(path) };

	if (count >= PARTS_MOST) {
		errno = ENOSPC;
		return -1;
	}
	for (unsigned i = 0; i < count; i++)
		p[1 + i] = string(perms[i]);
	return order(xs, XS_SET_PERMS, t, p, 1 + count);
}

char **xs_get_perms(struct xs *xs, xs_t t, const char *path, unsigned *count)
{
	size_t len;
	char *body = ask(xs, XS_GET_PERMS, t, path, &len);

	return body ? list_of(body, len, count) : NULL;
}

/* ---- transactions ---- */

int xs_begin(struct xs *xs, xs_t *t)
{
	struct part nothing = { "", 1 };
	char *body = talk(xs, XS_TRANSACTION_START, 0, &nothing, 1, NULL);

	if (!body)
		return -1;
	*t = (xs_t)strtoul(body, NULL, 10);
	free(body);
	return 0;
}

int xs_end(struct xs *xs, xs_t t, bool commit)
{
	struct part p = string(commit ? "T" : "F");

	return order(xs, XS_TRANSACTION_END, t, &p, 1);
}

/* ---- watches ---- */

int xs_watch(struct xs *xs, const char *path, const char *token)
{
	struct part p[] = { string(path), string(token) };

	return order(xs, XS_WATCH, 0, p, 2);
}

int xs_unwatch(struct xs *xs, const char *path, const char *token)
{
	struct part p[] = { string(path), string(token) };

	return order(xs, XS_UNWATCH, 0, p, 2);
}

static char **first_event(struct xs *xs)
{
	struct event *e = xs->first;
	char *body = malloc(e->len + 1), **list;

	if (!body)
		return NULL;
	memcpy(body, e->body, e->len + 1);
	list = list_of(body, e->len, NULL);
	if (list) {
		xs->first = e->next;
		if (!xs->first)
			xs->last = &xs->first;
		free(e);
	}
	return list;
}

char **xs_next_event(struct xs *xs, int ms)
{
	struct pollfd p = { .fd = xs->fd, .events = POLLIN };

	while (!xs->first) {
		struct xsd_sockmsg header;
		char *body;
		int rc = xs->in_have ? 1 : poll(&p, 1, ms);

		if (rc <= 0) {
			errno = rc ? errno : EAGAIN;
			return NULL;
		}
		body = read_message(xs, &header);
		if (!body)
			return NULL;
		if (header.type == XS_WATCH_EVENT)
			keep_event(xs, body, header.len);
		free(body);
	}
	return first_event(xs);
}

/* ---- domains ---- */

int xs_introduce(struct xs *xs, unsigned domid, unsigned long mfn, unsigned port)
{
	char a[16], b[16], c[16];
	struct part p[] = { number(a, sizeof(a), domid), number(b, sizeof(b), mfn),
			    number(c, sizeof(c), port) };

	return order(xs, XS_INTRODUCE, 0, p, 3);
}

int xs_release(struct xs *xs, unsigned domid)
{
	char a[16];
	struct part p = number(a, sizeof(a), domid);

	return order(xs, XS_RELEASE, 0, &p, 1);
}

bool xs_is_introduced(struct xs *xs, unsigned domid)
{
	char a[16], *body;
	struct part p = number(a, sizeof(a), domid);
	bool is;

	body = talk(xs, XS_IS_DOMAIN_INTRODUCED, 0, &p, 1, NULL);
	is = body && *body == 'T';
	free(body);
	return is;
}

char *xs_domain_path(struct xs *xs, unsigned domid)
{
	char a[16];
	struct part p = number(a, sizeof(a), domid);

	return talk(xs, XS_GET_DOMAIN_PATH, 0, &p, 1, NULL);
}

char *xs_control(struct xs *xs, const char *const *words, unsigned count)
{
	struct part p[PARTS_MOST];

	if (count > PARTS_MOST) {
		errno = E2BIG;
		return NULL;
	}
	for (unsigned i = 0; i < count; i++)
		p[i] = string(words[i]);
	return talk(xs, XS_CONTROL, 0, p, count, NULL);
}
