/* SPDX-License-Identifier: MIT */
/*
 * The way to user memory, as the rest of the kernel calls it.
 */
#include "vm.h"

bool access_ok(const void *user, size_t n)
{
	unsigned long a = (unsigned long)user;

	return n <= machine_user_end && a <= machine_user_end - n;
}

int copy_from_user(void *dst, const void *user, size_t n)
{
	return machine_copy_in(dst, user, n) ? -EFAULT : 0;
}

int copy_to_user(void *user, const void *src, size_t n)
{
	return machine_copy_out(user, src, n) ? -EFAULT : 0;
}

int clear_user(void *user, size_t n)
{
	return machine_clear_out(user, n) ? -EFAULT : 0;
}

long strncpy_from_user(char *dst, const char *user, size_t size)
{
	long n = machine_copy_string(dst, user, size);

	if (n == (long)size)
		return -ENAMETOOLONG;
	return n;
}
