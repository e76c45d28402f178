/* SPDX-License-Identifier: MIT */
/*
 * In the place of arch/xen-x86/usercopy.c: the program's memory is the kernel's. A bad pointer is a fault in ring 1,
 * as in any kernel.
 */
#include "kernel.h"

size_t machine_copy_in(void *dst, const void *user_src, size_t n)
{
	memcpy(dst, user_src, n);
	return 0;
}

size_t machine_copy_out(void *user_dst, const void *src, size_t n)
{
	memcpy(user_dst, src, n);
	return 0;
}

size_t machine_clear_out(void *user_dst, size_t n)
{
	memset(user_dst, 0, n);
	return 0;
}

long machine_copy_string(char *dst, const char *user_src, size_t max)
{
	size_t n = strnlen(user_src, max);

	memcpy(dst, user_src, n < max ? n + 1 : max);
	return (long)n;
}

int machine_user_load(const uint32_t *user, uint32_t *value)
{
	*value = *user;
	return 0;
}
