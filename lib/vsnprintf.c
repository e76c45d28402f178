/* SPDX-License-Identifier: MIT */
/*
 * Formatted output into a buffer.
 *
 * One pass over the format: a conversion is parsed into a `struct spec`, then written by the function
 * for its kind. `struct out` counts what did not fit, so the caller learns the length it needed.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/string.h"
#include "lib/vsnprintf.h"

struct out {
	char *buf;
	size_t size, len;
};

struct spec {
	bool left, zero, plus, space, alt;
	int width, precision; /* precision -1: none given */
	int length;	      /* 0 int, 1 long, 2 long long, -1 short, -2 char */
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void pad(struct out *o, int n, char c)
{
	while (n-- > 0)
		put(o, c);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	size_t max = s->precision < 0 ? ~(size_t)0 : (size_t)s->precision;
	int n = (int)strnlen(text ? text : "(null)", max);

	if (!text)
		text = "(null)";
	if (!s->left)
		pad(o, s->width - n, ' ');
	for (int i = 0; i < n; i++)
		put(o, text[i]);
	if (s->left)
		pad(o, s->width - n, ' ');
}

static void put_number(struct out *o, const struct spec *s, unsigned long long v, unsigned int base,
		       bool upper, const char *prefix)
{
	char digits[24];
	int n = 0, zeros, total;

	/* A 64-bit division by a constant needs no helper of the compiler's even in 32-bit code. */
	for (; v; n++) {
		unsigned int d;

		if (base == 16) {
			d = v & 15;
			v >>= 4;
		} else if (base == 8) {
			d = v & 7;
			v >>= 3;
		} else {
			uint32_t hi = (uint32_t)(v >> 32), lo = (uint32_t)v, rem = hi % 10;

			hi /= 10;
			asm("divl %2" : "+a"(lo), "+d"(rem) : "r"(10u));
			v = (unsigned long long)hi << 32 | lo;
			d = rem;
		}
		digits[n] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[d];
	}
	if (n == 0 && s->precision != 0)
		digits[n++] = '0';
	zeros = s->precision > n ? s->precision - n : 0;
	total = n + zeros + (int)strlen(prefix);
	if (s->zero && !s->left && s->precision < 0 && s->width > total) {
		zeros += s->width - total;
		total = s->width;
	}
	if (!s->left)
		pad(o, s->width - total, ' ');
	for (; *prefix; prefix++)
		put(o, *prefix);
	pad(o, zeros, '0');
	while (n)
		put(o, digits[--n]);
	if (s->left)
		pad(o, s->width - total, ' ');
}

static const char *parse_flags(const char *f, struct spec *s)
{
	for (;; f++) {
		if (*f == '-')
			s->left = true;
		else if (*f == '0')
			s->zero = true;
		else if (*f == '+')
			s->plus = true;
		else if (*f == ' ')
			s->space = true;
		else if (*f == '#')
			s->alt = true;
		else
			return f;
	}
}

static const char *parse_length(const char *f, struct spec *s)
{
	for (;; f++) {
		if (*f == 'l')
			s->length++;
		else if (*f == 'h')
			s->length--;
		else if (*f == 'j')
			s->length = 2;
		else if (*f == 'z' || *f == 't')
			s->length = 1;
		else
			return f;
	}
}

static const char *parse_count(const char *f, int *v)
{
	for (*v = 0; *f >= '0' && *f <= '9'; f++)
		*v = *v * 10 + *f - '0';
	return f;
}

/* A va_list changes when it is read, and only through a pointer does the caller see that. */
struct args {
	va_list ap;
};

static unsigned long long next_unsigned(struct args *a, const struct spec *s)
{
	if (s->length >= 2)
		return va_arg(a->ap, unsigned long long);
	if (s->length == 1)
		return va_arg(a->ap, unsigned long);
	if (s->length == -1)
		return (unsigned short)va_arg(a->ap, unsigned int);
	if (s->length <= -2)
		return (unsigned char)va_arg(a->ap, unsigned int);
	return va_arg(a->ap, unsigned int);
}

static void put_signed(struct out *o, const struct spec *s, struct args *a)
{
	long long v;

	if (s->length >= 2)
		v = va_arg(a->ap, long long);
	else if (s->length == 1)
		v = va_arg(a->ap, long);
	else
		v = va_arg(a->ap, int);
	if (s->length == -1)
		v = (short)v;
	else if (s->length <= -2)
		v = (signed char)v;
	put_number(o, s, v < 0 ? -(unsigned long long)v : (unsigned long long)v, 10, false,
		   v < 0      ? "-"
		   : s->plus  ? "+"
		   : s->space ? " "
			      : "");
}

static void convert(struct out *o, struct spec *s, char kind, struct args *a)
{
	unsigned long long v;

	switch (kind) {
	case 'd':
	case 'i':
		put_signed(o, s, a);
		break;
	case 'u':
		put_number(o, s, next_unsigned(a, s), 10, false, "");
		break;
	case 'o':
		put_number(o, s, next_unsigned(a, s), 8, false, s->alt ? "0" : "");
		break;
	case 'x':
	case 'X':
		v = next_unsigned(a, s);
		put_number(o, s, v, 16, kind == 'X',
			   !s->alt || !v ? ""
			   : kind == 'X' ? "0X"
					 : "0x");
		break;
	case 'p':
		s->precision = 2 * (int)sizeof(void *);
		put_number(o, s, (uintptr_t)va_arg(a->ap, void *), 16, false, "");
		break;
	case 'c':
		put_string(o, &(struct spec){ .width = s->width, .left = s->left, .precision = 1 },
			   (char[]){ (char)va_arg(a->ap, int), '\0' });
		break;
	case 's':
		put_string(o, s, va_arg(a->ap, const char *));
		break;
	default:
		put(o, kind);
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };
	struct args a;

	va_copy(a.ap, ap);
	for (; *fmt; fmt++) {
		struct spec s = { .precision = -1 };

		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		fmt = parse_flags(fmt + 1, &s);
		if (*fmt == '*') {
			s.width = va_arg(a.ap, int);
			fmt++;
		} else {
			fmt = parse_count(fmt, &s.width);
		}
		if (*fmt == '.' && fmt[1] == '*') {
			s.precision = va_arg(a.ap, int);
			fmt += 2;
		} else if (*fmt == '.') {
			fmt = parse_count(fmt + 1, &s.precision);
		}
		fmt = parse_length(fmt, &s);
		if (!*fmt)
			break;
		convert(&o, &s, *fmt, &a);
	}
	va_end(a.ap);
	if (size)
		buf[o.len < size ? o.len : size - 1] = '\0';
	return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
