/* SPDX-License-Identifier: MIT */
/*
 * Pseudo-terminals: the POSIX names for /dev/ptmx and its requests.
 */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <unistd.h>

int posix_openpt(int flags)
{
	return open("/dev/ptmx", flags);
}

/* The kernel has made the slave's node the opener's own. */
int grantpt(int master)
{
	unsigned n;

	return ioctl(master, TIOCGPTN, &n);
}

int unlockpt(int master)
{
	int off = 0;

	return ioctl(master, TIOCSPTLCK, &off);
}

int ptsname_r(int master, char *name, size_t size)
{
	unsigned n;

	if (ioctl(master, TIOCGPTN, &n) < 0)
		return errno;
	return snprintf(name, size, "/dev/pts/%u", n) < (int)size ? 0 : ERANGE;
}

char *ptsname(int master)
{
	static char name[32];
	int error = ptsname_r(master, name, sizeof(name));

	if (error)
		errno = error;
	return error ? NULL : name;
}

int openpty(int *master, int *slave, char *name, const struct termios *settings,
	    const struct winsize *size)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY), s;

	if (m < 0)
		return -1;
	s = unlockpt(m) < 0 ? -1 : open(ptsname(m), O_RDWR | O_NOCTTY);
	if (s < 0) {
		close(m);
		return -1;
	}
	if (settings)
		tcsetattr(s, TCSANOW, settings);
	if (size)
		ioctl(s, TIOCSWINSZ, size);
	if (name)
		snprintf(name, 32, "%s", ptsname(m));
	*master = m;
	*slave = s;
	return 0;
}

int login_tty(int fd)
{
	setsid();
	if (ioctl(fd, TIOCSCTTY, 0) < 0)
		return -1;
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	return 0;
}
