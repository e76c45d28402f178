/* SPDX-License-Identifier: MIT */
/*
 * Where the bytes of a read go to and those of a write come from: one buffer or many, of a program
 * or of the kernel. File systems and drivers only say "the next n bytes".
 */
#ifndef KERNEL_FS_ITER_H
#define KERNEL_FS_ITER_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	void *base;
	size_t len;
};

struct iter {
	const struct span *vec;
	size_t count; /* spans from vec on */
	size_t skip;  /* bytes of vec[0] that are used up */
	size_t left;  /* bytes in all spans that are not */
	bool user;
	struct span one; /* vec points here when there is only one */
};

void iter_user(struct iter *it, void *buf, size_t n);
void iter_kernel(struct iter *it, void *buf, size_t n);
void iter_user_vec(struct iter *it, const struct span *vec, size_t count); /* lengths add up */

/*
 * Move at most n bytes and step on. They return how many: fewer than n only when the iterator is at
 * its end or user memory could not be reached. User memory may sleep: no spinlock, and no lock that a
 * page fault takes.
 */
size_t iter_write(struct iter *it, const void *src, size_t n); /* to where it points */
size_t iter_zero(struct iter *it, size_t n);
size_t iter_read(struct iter *it, void *dst, size_t n); /* from where it points */

#endif
