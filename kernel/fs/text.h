/* SPDX-License-Identifier: MIT */
/*
 * Text that grows as it is written: how the files of /proc are made.
 */
#ifndef KERNEL_FS_TEXT_H
#define KERNEL_FS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *buf;
	size_t len, size;
	bool failed; /* memory ran short: what is there is cut */
};

void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_bytes(struct text *t, const void *bytes, size_t n);
void text_clear(struct text *t);

#endif
