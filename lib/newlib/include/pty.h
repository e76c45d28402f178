/* SPDX-License-Identifier: MIT */
/* Pseudo-terminals. newlib's stdlib.h does not know these functions, so all of them are here. */
#ifndef _PTY_H
#define _PTY_H

#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/termios.h>

int posix_openpt(int flags);
int grantpt(int master);
int unlockpt(int master);
char *ptsname(int master);
int ptsname_r(int master, char *name, size_t size); /* 0 or an error number */

/* All of it: both ends open. name may be NULL, or has room for 32 bytes. */
int openpty(int *master, int *slave, char *name, const struct termios *settings,
	    const struct winsize *size);
/* Makes fd the controlling terminal of a new session and 0, 1, 2 of the process. */
int login_tty(int fd);

#endif
