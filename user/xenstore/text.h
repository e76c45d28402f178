/* SPDX-License-Identifier: MIT */
/*
 * Values as text: the store's may hold any bytes, a terminal and a command line may not.
 */
#ifndef XENSTORE_TEXT_H
#define XENSTORE_TEXT_H

#include <stddef.h>

/* Printable characters as they are, others as \t \n \r \\ \007 \x80. The caller's to free; NULL: no memory. */
char *text_escape(const char *value, size_t len);
/* The opposite, in place; the length. What is behind a '\' and means nothing stands for itself. */
size_t text_unescape(char *text);

#endif
