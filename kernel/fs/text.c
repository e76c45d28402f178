/* SPDX-License-Identifier: MIT */
/*
 * Growing text: see text.h. Does not sleep.
 */
#include "kernel.h"
#include "fs/text.h"

#define FIRST_SIZE 256

static bool reserve(struct text *t, size_t more)
{
	size_t size = t->size ? t->size : FIRST_SIZE;
	char *buf;

	while (size - t->len < more)
		size *= 2;
	if (size == t->size)
		return true;
	buf = krealloc(t->buf, size);
	if (!buf) {
		t->failed = true;
		return false;
	}
	t->buf = buf;
	t->size = size;
	return true;
}

void text_bytes(struct text *t, const void *bytes, size_t n)
{
	if (!reserve(t, n))
		return;
	memcpy(t->buf + t->len, bytes, n);
	t->len += n;
}

void text_printf(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !reserve(t, (size_t)n + 1))
		return;
	va_start(ap, fmt);
	vsnprintf(t->buf + t->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}

void text_clear(struct text *t)
{
	kfree(t->buf);
	*t = (struct text){ NULL, 0, 0, false };
}
