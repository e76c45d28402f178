/* SPDX-License-Identifier: MIT */
/* Descriptors and credentials in messages of UNIX sockets. */
#include "observe.h"
#include <sys/ioctl.h>
#include <sys/un.h>

#define FDS_MOST 260

static union {
	struct cmsghdr h;
	char room[CMSG_SPACE(FDS_MOST * sizeof(int))];
} control;

static char bytes[64];

static struct msghdr message(size_t len, size_t control_len)
{
	static struct iovec v;

	v = (struct iovec){ bytes, len };
	return (struct msghdr){ .msg_iov = &v,
				.msg_iovlen = 1,
				.msg_control = control_len ? &control : NULL,
				.msg_controllen = control_len };
}

static long send_fds(int s, size_t len, const int *fds, int n)
{
	struct msghdr m = message(len, CMSG_SPACE((size_t)n * sizeof(int)));

	control.h = (struct cmsghdr){ CMSG_LEN((size_t)n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.h), fds, (size_t)n * sizeof(int));
	return sendmsg(s, &m, MSG_NOSIGNAL);
}

/* How many came, the first in *fd; the others are closed. */
static int receive(int s, size_t len, size_t room, int flags, int *fd)
{
	struct msghdr m = message(len, room);
	long got;
	int n = 0, fds[FDS_MOST];

	memset(bytes, 0, sizeof(bytes));
	got = recvmsg(s, &m, flags);
	printf("  got %ld %s%s%s", got, got < 0 ? strerror(errno) : bytes,
	       got >= 0 && m.msg_flags & MSG_CTRUNC ? ", control cut" : "",
	       got >= 0 && m.msg_flags & MSG_TRUNC ? ", cut" : "");
	if (got < 0) {
		puts("");
		return -1;
	}
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), (size_t)n * sizeof(int));
	}
	printf(", %d descriptors, control %u\n", n, (unsigned)m.msg_controllen);
	if (n && fd)
		*fd = fds[0];
	for (int i = fd ? 1 : 0; i < n; i++)
		close(fds[i]);
	return n;
}

static void passing(int type)
{
	int s[2], p[2], fd = -1;
	char c = 0;

	SHOW(type);
	TRY(socketpair(AF_UNIX, type, 0, s));
	pipe(p);
	strcpy(bytes, "hello");
	TRY(send_fds(s[0], 5, p, 2));
	TRY(receive(s[1], 64, sizeof(control), 0, &fd));
	close(p[0]);
	write(p[1], "x", 1);
	TRY(read(fd, &c, 1)); /* the same pipe */
	SHOW(c);
	SHOW(fcntl(fd, F_GETFD));
	close(fd);
	/* The writer's end goes with the last reference, the message's. */
	pipe(p);
	strcpy(bytes, "end");
	TRY(send_fds(s[0], 3, p + 1, 1));
	close(p[1]);
	TRY(receive(s[1], 64, sizeof(control), MSG_PEEK, &fd));
	close(fd);
	TRY(receive(s[1], 64, sizeof(control), MSG_CMSG_CLOEXEC, &fd));
	SHOW(fcntl(fd, F_GETFD));
	close(fd);
	TRY(read(p[0], &c, 1)); /* the end of the pipe */
	close(p[0]);
	/* No room, too little room, no control at all, and read(). */
	TRY(send_fds(s[0], 3, (int[]){ 0, 1, 2 }, 3));
	TRY(receive(s[1], 64, 0, 0, NULL));
	TRY(send_fds(s[0], 3, (int[]){ 0, 1, 2 }, 3));
	TRY(receive(s[1], 64, CMSG_LEN(2 * sizeof(int)), 0, NULL));
	TRY(send_fds(s[0], 3, (int[]){ 0, 1, 2 }, 3));
	TRY(read(s[1], bytes, 64));
	TRY(send_fds(s[0], 3, (int[]){ 0, 99 }, 2));
	TRY(send_fds(s[0], 3, (int[]){ 0 }, 0));
	TRY(receive(s[1], 64, sizeof(control), MSG_DONTWAIT, NULL));
	close(s[0]);
	close(s[1]);
}

/* Descriptors belong to the first byte of their message, and end a read. */
static void borders(void)
{
	int s[2], fd = 0;

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	write(s[0], "ab", 2);
	strcpy(bytes, "cdef");
	send_fds(s[0], 4, &fd, 1);
	write(s[0], "gh", 2);
	receive(s[1], 3, sizeof(control), 0, NULL);
	receive(s[1], 64, sizeof(control), 0, NULL);
	write(s[0], "ab", 2);
	strcpy(bytes, "cd");
	send_fds(s[0], 2, &fd, 1);
	write(s[0], "ef", 2);
	receive(s[1], 64, sizeof(control), 0, NULL);
	receive(s[1], 64, sizeof(control), 0, NULL);
	TRY(send_fds(s[0], 0, &fd, 1));
	receive(s[1], 64, sizeof(control), MSG_DONTWAIT, NULL);
	close(s[0]);
	close(s[1]);
}

static void limits(void)
{
	static int many[FDS_MOST];
	struct msghdr m = message(1, sizeof(control));
	int s[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	TRY(send_fds(s[0], 1, many, 253));
	TRY(send_fds(s[0], 1, many, 254));
	TRY(receive(s[1], 1, sizeof(control), 0, NULL));
	control.h = (struct cmsghdr){ 3, SOL_SOCKET, SCM_RIGHTS };
	TRY(sendmsg(s[0], &m, 0));
	control.h = (struct cmsghdr){ sizeof(control) + 1, SOL_SOCKET, SCM_RIGHTS };
	TRY(sendmsg(s[0], &m, 0));
	control.h = (struct cmsghdr){ CMSG_LEN(4), SOL_SOCKET, 77 };
	TRY(sendmsg(s[0], &m, 0));
	m.msg_controllen = 5;
	TRY(sendmsg(s[0], &m, 0));
	m.msg_control = (void *)0x1000;
	m.msg_controllen = 16;
	TRY(sendmsg(s[0], &m, 0));
	close(s[0]);
	close(s[1]);
}

/* Sockets that only messages know of, in circles and chains, many times: they must go, or memory runs out. */
static void circles(void)
{
	int s[2], t[2], chain[2];

	for (int i = 0; i < 300; i++) {
		socketpair(AF_UNIX, SOCK_STREAM, 0, s);
		socketpair(AF_UNIX, SOCK_DGRAM, 0, t);
		if (send_fds(s[0], 1, s, 2) != 1 || send_fds(t[0], 1, s, 2) != 1 ||
		    send_fds(s[0], 1, t, 2) != 1)
			printf("round %d: %s\n", i, strerror(errno));
		close(s[0]);
		close(s[1]);
		close(t[0]);
		close(t[1]);
	}
	/* Each one is in the queue of the next. */
	socketpair(AF_UNIX, SOCK_STREAM, 0, chain);
	for (int i = 0; i < 1000; i++) {
		socketpair(AF_UNIX, SOCK_STREAM, 0, s);
		if (send_fds(s[0], 1, chain, 2) != 1)
			printf("link %d: %s\n", i, strerror(errno));
		close(chain[0]);
		close(chain[1]);
		chain[0] = s[0];
		chain[1] = s[1];
	}
	TRY(receive(chain[1], 1, sizeof(control), 0, NULL));
	close(chain[0]);
	close(chain[1]);
	puts("circles and chains went");
}

static struct ucred get_cred(int s)
{
	struct ucred c = { 0 };
	socklen_t len = sizeof(c);

	TRY(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &c, &len));
	SHOW(len);
	return c;
}

static int receive_cred(int s, struct ucred *c)
{
	struct msghdr m = message(64, sizeof(control));
	struct cmsghdr *h;
	long n = recvmsg(s, &m, MSG_DONTWAIT);

	SHOW(n);
	h = n < 0 ? NULL : CMSG_FIRSTHDR(&m);
	if (!h)
		return 0;
	SHOW(h->cmsg_type);
	SHOW(h->cmsg_len);
	memcpy(c, CMSG_DATA(h), sizeof(*c));
	return 1;
}

static void credentials(void)
{
	struct msghdr m = message(1, CMSG_SPACE(sizeof(struct ucred)));
	struct ucred c, own = { getpid(), geteuid(), getegid() };
	int s[2], one = 1, u = socket(AF_UNIX, SOCK_STREAM, 0);

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	c = get_cred(s[0]);
	HOLDS(c.pid == own.pid && c.uid == own.uid && c.gid == own.gid);
	c = get_cred(u);
	HOLDS(c.pid == 0 && c.uid == -1u && c.gid == -1u);
	close(u);
	write(s[0], "a", 1);
	TRY(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
	TRY(receive_cred(s[1], &c));
	HOLDS(c.pid == 0);
	write(s[0], "b", 1);
	TRY(receive_cred(s[1], &c));
	HOLDS(c.pid == own.pid && c.uid == own.uid && c.gid == own.gid);
	control.h = (struct cmsghdr){ CMSG_LEN(sizeof(own)), SOL_SOCKET, SCM_CREDENTIALS };
	memcpy(CMSG_DATA(&control.h), &own, sizeof(own));
	TRY(sendmsg(s[0], &m, 0));
	TRY(receive_cred(s[1], &c));
	HOLDS(c.pid == own.pid);
	control.h = (struct cmsghdr){ CMSG_LEN(8), SOL_SOCKET, SCM_CREDENTIALS };
	TRY(sendmsg(s[0], &m, 0));
	close(s[0]);
	close(s[1]);
}

/* Another user's: what it may not say, and how many it may have on their way. */
static void as_nobody(void)
{
	struct msghdr m = message(1, CMSG_SPACE(sizeof(struct ucred)));
	struct ucred c = { getpid(), 0, 0 };
	int s[2], sent = 0, fds[200] = { 0 };

	if (setgid(99) || setuid(99))
		exit(1);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	control.h = (struct cmsghdr){ CMSG_LEN(sizeof(c)), SOL_SOCKET, SCM_CREDENTIALS };
	memcpy(CMSG_DATA(&control.h), &c, sizeof(c));
	TRY(sendmsg(s[0], &m, 0));
	while (sent < 1000 && send_fds(s[0], 1, fds, 200) == 1)
		sent++;
	HOLDS(sent < 1000 && (errno == ETOOMANYREFS));
}

int main(void)
{
	passing(SOCK_STREAM);
	passing(SOCK_DGRAM);
	passing(SOCK_SEQPACKET);
	borders();
	limits();
	circles();
	credentials();
	in_child("another user", as_nobody);
	return 0;
}
