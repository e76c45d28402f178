/* SPDX-License-Identifier: MIT */
/*
 * Sockets: there are none yet, and every family says so as Linux does for one that is not built in.
 */
#include "linux/linux.h"

enum { SYS_SOCKET = 1, SYS_SOCKETPAIR = 8, SYS_LAST = 20 };

/* How many argument words each subcall reads. */
static const unsigned char words[SYS_LAST + 1] = { 0, 3, 3, 3, 2, 3, 3, 3, 4, 4, 4,
						   6, 6, 2, 5, 5, 3, 3, 4, 5, 4 };

long sys_socketcall(const struct args *a)
{
	uint32_t v[6];
	struct file *f;

	if (a->v[0] < SYS_SOCKET || a->v[0] > SYS_LAST)
		return -EINVAL;
	if (copy_from_user(v, arg_ptr(a, 1), words[a->v[0]] * sizeof(v[0])))
		return -EFAULT;
	if (a->v[0] == SYS_SOCKET || a->v[0] == SYS_SOCKETPAIR)
		return -EAFNOSUPPORT;
	f = fd_get((int)v[0]);
	if (!f)
		return -EBADF;
	file_put(f);
	return -ENOTSOCK;
}

long sys_socket(const struct args *a)
{
	(void)a;
	return -EAFNOSUPPORT;
}

long sys_socketpair(const struct args *a)
{
	(void)a;
	return -EAFNOSUPPORT;
}
