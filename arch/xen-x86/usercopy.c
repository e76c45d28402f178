/* SPDX-License-Identifier: MIT */
/*
 * Copies between kernel and program: the range is checked here, faults are met in the assembler.
 */
#include "xen-x86.h"

size_t user_copy(void *to, const void *from, size_t n);
size_t user_clear(void *to, size_t n);
int user_load(const uint32_t *from, uint32_t *value);

static bool range_ok(const void *user, size_t n)
{
	unsigned long a = (unsigned long)user;

	return n <= machine_user_end && a <= machine_user_end - n;
}

size_t machine_copy_in(void *dst, const void *user_src, size_t n)
{
	return range_ok(user_src, n) ? user_copy(dst, user_src, n) : n;
}

size_t machine_copy_out(void *user_dst, const void *src, size_t n)
{
	return range_ok(user_dst, n) ? user_copy(user_dst, src, n) : n;
}

size_t machine_clear_out(void *user_dst, size_t n)
{
	return range_ok(user_dst, n) ? user_clear(user_dst, n) : n;
}

/* In pieces that end at a page, so that nothing behind the string's own page is touched. */
long machine_copy_string(char *dst, const char *user_src, size_t max)
{
	size_t done = 0;

	while (done < max) {
		size_t room = PAGE_SIZE - ((unsigned long)(user_src + done) & (PAGE_SIZE - 1));
		size_t n = max - done < room ? max - done : room, i;

		if (machine_copy_in(dst + done, user_src + done, n))
			return -EFAULT;
		for (i = 0; i < n; i++)
			if (!dst[done + i])
				return done + i;
		done += n;
	}
	return max;
}

int machine_user_load(const uint32_t *user, uint32_t *value)
{
	return !range_ok(user, sizeof(*user)) || user_load(user, value) ? -EFAULT : 0;
}
