/* SPDX-License-Identifier: MIT */
/*
 * Formatted output into a buffer, for freestanding code.
 *
 * Knows %d %i %u %x %X %o %c %s %p %% with flags 0 - + space #, width, precision, * and the lengths
 * hh h l ll z j t. No floating point. Returns what the whole text would take, as C11 does.
 */
#ifndef LIB_VSNPRINTF_H
#define LIB_VSNPRINTF_H

#include <stdarg.h>
#include <stddef.h>

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
