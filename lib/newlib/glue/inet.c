/* SPDX-License-Identifier: MIT */
/*
 * Addresses of IPv4 as text, for <arpa/inet.h>: both the old notation (inet_aton: one to four numbers, decimal, octal
 * or hexadecimal, the last fills what is left) and the strict one (inet_pton: four decimal numbers).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The numbers between dots, at most four; 0: something else is there. What follows them may only be a blank. */
static int read_parts(const char *text, unsigned long long parts[4])
{
	for (int n = 0; n < 4; n++) {
		char *end;

		if (*text < '0' || *text > '9')
			return 0;
		errno = 0;
		parts[n] = strtoull(text, &end, 0);
		if (errno)
			return 0;
		if (!*end || strchr(" \t\r\n\v\f", *end))
			return n + 1;
		if (*end != '.')
			return 0;
		text = end + 1;
	}
	return 0;
}

int inet_aton(const char *text, struct in_addr *to)
{
	unsigned long long parts[4], value = 0;
	int error = errno, n = read_parts(text, parts);

	errno = error;
	if (!n)
		return 0;
	for (int i = 0; i < n - 1; i++) {
		if (parts[i] > 255)
			return 0;
		value |= (unsigned long)parts[i] << (24 - 8 * i);
	}
	if (parts[n - 1] >> (8 * (5 - n)))
		return 0;
	to->s_addr = htonl((uint32_t)(value | parts[n - 1]));
	return 1;
}

in_addr_t inet_addr(const char *text)
{
	struct in_addr a;

	return inet_aton(text, &a) ? a.s_addr : INADDR_NONE;
}

char *inet_ntoa(struct in_addr a)
{
	static char text[INET_ADDRSTRLEN];

	return (char *)inet_ntop(AF_INET, &a, text, sizeof(text));
}

int inet_pton(int family, const char *text, void *to)
{
	unsigned char bytes[4];

	if (family != AF_INET) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	for (int i = 0; i < 4; i++) {
		unsigned value = 0, digits = 0;

		for (; *text >= '0' && *text <= '9'; text++, digits++) {
			if (digits && !value)
				return 0;
			value = value * 10 + (unsigned)(*text - '0');
			if (value > 255)
				return 0;
		}
		if (!digits || *text != ".\0"[i == 3])
			return 0;
		bytes[i] = (unsigned char)value;
		text++;
	}
	memcpy(to, bytes, sizeof(bytes));
	return 1;
}

const char *inet_ntop(int family, const void *from, char *to, socklen_t size)
{
	const unsigned char *b = from;
	char text[INET_ADDRSTRLEN];

	if (family != AF_INET) {
		errno = EAFNOSUPPORT;
		return NULL;
	}
	if (snprintf(text, sizeof(text), "%u.%u.%u.%u", b[0], b[1], b[2], b[3]) >= (int)size) {
		errno = ENOSPC;
		return NULL;
	}
	return strcpy(to, text);
}
