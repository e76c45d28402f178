/* SPDX-License-Identifier: MIT */
/*
 * Prints each structure of shapes.def as a 32-bit compiler lays it out, the n-th field filled with
 * bytes of value n; what lies between fields is 0. Compiled with -m32 and run on the host. A field that
 * the list forgets is found here: its bytes are not padding, and nobody fills them.
 */
#include "abi/shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(const char *name, const unsigned char *bytes, unsigned int size)
{
	printf("static const uint8_t truth_%s[%u] = {", name, size);
	for (unsigned int i = 0; i < size; i++)
		printf("%u,", bytes[i]);
	printf("};\n");
}

/* Their handle shares a union with a 64-bit number, of which a 32-bit guest fills the low half. */
static int is_handle_in_union(const char *name)
{
	return !strcmp(name, "vcpu_register_runstate_memory_area") ||
	       !strcmp(name, "vcpu_register_time_memory_area");
}

static void complete(const char *name, const unsigned char *left, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		if (left[i] && !is_handle_in_union(name)) {
			fprintf(stderr, "shapes.def: struct %s has a field at %u\n", name, i);
			exit(1);
		}
}

#define F(field)                                \
	memset(&s.field, ++n, sizeof(s.field)); \
	memset(&left.field, 0, sizeof(left.field));
#define SHAPE(name, fields)                                                   \
	{                                                                     \
		struct name s, left;                                          \
		int n = 0;                                                    \
		memset(&s, 0, sizeof(s));                                     \
		memset(&left, 0xff, sizeof(left));                            \
		__builtin_clear_padding(&left);                               \
		fields complete(#name, (unsigned char *)&left, sizeof(left)); \
		print(#name, (unsigned char *)&s, sizeof(s));                 \
		(void)n;                                                      \
	}
#define SAME(name)                                            \
	{                                                     \
		struct name s;                                \
		memset(&s, 0x55, sizeof(s));                  \
		print(#name, (unsigned char *)&s, sizeof(s)); \
	}

int main(void)
{
#include "abi/shapes.def"
	return 0;
}
