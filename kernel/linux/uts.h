/* SPDX-License-Identifier: MIT */
/*
 * The names of the system: what uname reports and sethostname changes.
 */
#ifndef KERNEL_LINUX_UTS_H
#define KERNEL_LINUX_UTS_H

#include <stddef.h>

#define UTS_LEN 64

/* struct new_utsname of the ABI. */
struct uts {
	char sysname[UTS_LEN + 1], nodename[UTS_LEN + 1], release[UTS_LEN + 1];
	char version[UTS_LEN + 1], machine[UTS_LEN + 1], domainname[UTS_LEN + 1];
};

extern struct uts uts;

/* 0, -EPERM, -EINVAL when it is too long. field is one of uts. */
int uts_set(char field[UTS_LEN + 1], const char *name, size_t n);

#endif
