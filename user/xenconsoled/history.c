/* SPDX-License-Identifier: MIT */
/*
 * The last bytes of a guest's output: see history.h.
 */
#include "history.h"

void history_add(struct history *h, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h->bytes[h->head++ % HISTORY_SIZE] = text[i];
	if (h->head - h->sent > HISTORY_SIZE)
		h->sent = h->head - HISTORY_SIZE;
}

size_t history_next(const struct history *h, const char **text)
{
	size_t at = (size_t)(h->sent % HISTORY_SIZE), n = history_unread(h);

	*text = h->bytes + at;
	return n < HISTORY_SIZE - at ? n : HISTORY_SIZE - at;
}
