/* SPDX-License-Identifier: MIT */
/*
 * What a guest has printed and nobody may have read yet: the last bytes of an endless stream.
 *
 * head and sent count bytes since the beginning. What is older than HISTORY_SIZE is forgotten, read or not.
 */
#ifndef XENCONSOLED_HISTORY_H
#define XENCONSOLED_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#define HISTORY_SIZE 16384u

struct history {
	uint64_t head, sent;
	char bytes[HISTORY_SIZE];
};

void history_add(struct history *h, const char *text, size_t n);
/* The unread bytes that lie together, for write(); 0 when there are none. Then h->sent moves on. */
size_t history_next(const struct history *h, const char **text);

static inline size_t history_unread(const struct history *h)
{
	return (size_t)(h->head - h->sent);
}

#endif
