/* SPDX-License-Identifier: MIT */
/* poll(), numbers of Linux. */
#ifndef _POLL_H
#define _POLL_H

#define POLLIN	 0x01
#define POLLPRI	 0x02
#define POLLOUT	 0x04
#define POLLERR	 0x08
#define POLLHUP	 0x10
#define POLLNVAL 0x20

typedef unsigned long nfds_t;

struct pollfd {
	int fd;
	short events;
	short revents;
};

int poll(struct pollfd *fds, nfds_t count, int milliseconds);

#endif
