/* SPDX-License-Identifier: MIT */
/*
 * The bytes in a pipe: a ring of 16 pages, each of which exists only while bytes are in it.
 *
 * Pure data: the pipe's lock guards it, pipe.c waits and wakes.
 */
#ifndef KERNEL_FS_PIPEBUF_H
#define KERNEL_FS_PIPEBUF_H

#include "fs/iter.h"
#include <stdint.h>

#define PIPE_PAGES 16u
#define PIPE_SIZE  (PIPE_PAGES * 4096u) /* what F_GETPIPE_SZ reports */
#define PIPE_BUF   4096u		/* writes up to this size are never mixed with others */

struct pipebuf {
	uint32_t head, tail; /* free-running; head - tail bytes wait */
	void *page[PIPE_PAGES];
};

static inline size_t pipebuf_used(const struct pipebuf *b)
{
	return b->head - b->tail;
}

static inline size_t pipebuf_room(const struct pipebuf *b)
{
	return PIPE_SIZE - pipebuf_used(b);
}

/* They move at most n bytes, fewer if the ring or the iterator ends: bytes, -EFAULT, -ENOMEM. */
long pipebuf_write(struct pipebuf *b, struct iter *from, size_t n);
long pipebuf_read(struct pipebuf *b, struct iter *to, size_t n);
void pipebuf_free(struct pipebuf *b);

#endif
