/* SPDX-License-Identifier: MIT */
/*
 * The memory and string functions that freestanding code may call, and that GCC may call by itself.
 *
 * The semantics are those of C11; only these exist. Host tests use the host's <string.h> instead.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);

/* Copy at most size - 1 bytes and always terminate; returns strlen(src), so >= size means cut. */
size_t strlcpy(char *restrict dst, const char *restrict src, size_t size);

/* Base 0 accepts 0x and 0 prefixes; stops at the first character that is no digit. */
unsigned long strtoul(const char *restrict s, char **restrict end, int base);
unsigned long long strtoull(const char *restrict s, char **restrict end, int base);

#endif
