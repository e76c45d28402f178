/* SPDX-License-Identifier: MIT */
/* newlib's wait status macros are those of Linux; these are the ones it lacks. */
#ifndef _RINGLET_WAIT_H
#define _RINGLET_WAIT_H

#include_next <sys/wait.h>
#include <sys/resource.h>

#define WCONTINUED	8
#define WIFCONTINUED(w) ((w) == 0xffff)
#define WCOREDUMP(w)	((w)&0x80)

pid_t wait3(int *status, int options, struct rusage *usage);
pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage);

#endif
