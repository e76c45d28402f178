/* SPDX-License-Identifier: MIT */
/* Sockets: options and what they do, ways to end, waiting with a limit, queues that are full. */
#include "loopback.h"
#include "observe.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/un.h>

/* What SO_RCVTIMEO takes on i386; the C library's own time has 64 bits. */
struct limit {
	long tv_sec, tv_usec;
};

static int option(int s, int which)
{
	int value = -1;
	socklen_t len = sizeof(value);

	if (getsockopt(s, SOL_SOCKET, which, &value, &len))
		return -errno;
	return value;
}

static void values(int family, int type)
{
	struct limit t = { 2, 500000 };
	struct linger l = { 7, 9 };
	int s = socket(family, type, 0), n = 20000, one = 1;
	socklen_t len = sizeof(t);

	printf("family %d type %d\n", family, type);
	TRY(setsockopt(s, SOL_SOCKET, SO_RCVBUF, &n, sizeof(n)));
	TRY(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &n, sizeof(n)));
	SHOW(option(s, SO_RCVBUF));
	SHOW(option(s, SO_SNDBUF));
	n = 1;
	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &n, sizeof(n));
	setsockopt(s, SOL_SOCKET, SO_SNDBUF, &n, sizeof(n));
	SHOW(option(s, SO_RCVBUF));
	SHOW(option(s, SO_SNDBUF));
	TRY(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)));
	t = (struct limit){ 0, 0 };
	TRY(getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, &len));
	printf("%ld.%06ld\n", t.tv_sec, t.tv_usec);
	TRY(getsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &t, &len));
	printf("%ld.%06ld, %u bytes\n", t.tv_sec, t.tv_usec, len);
	t.tv_usec = 1000000;
	TRY(setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
	TRY(setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &t, 4));
	TRY(setsockopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	len = 4;
	TRY(setsockopt(s, SOL_SOCKET, SO_LINGER, &l, 4));
	TRY(getsockopt(s, SOL_SOCKET, SO_LINGER, &l, &len));
	SHOW(len);
	len = sizeof(l);
	TRY(getsockopt(s, SOL_SOCKET, SO_LINGER, &l, &len));
	printf("linger %d %d\n", l.l_onoff, l.l_linger);
	SHOW(option(s, SO_ACCEPTCONN));
	TRY(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)));
	SHOW(option(s, SO_KEEPALIVE));
	SHOW(option(s, SO_TYPE));
	SHOW(option(s, SO_ERROR));
	close(s);
}

static void keepalive(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0), v = 33;
	socklen_t len = sizeof(v);

	TRY(setsockopt(s, IPPROTO_TCP, TCP_KEEPIDLE, &v, sizeof(v)));
	TRY(setsockopt(s, IPPROTO_TCP, TCP_KEEPCNT, &v, sizeof(v)));
	v = 0;
	TRY(setsockopt(s, IPPROTO_TCP, TCP_KEEPINTVL, &v, sizeof(v)));
	TRY(getsockopt(s, IPPROTO_TCP, TCP_KEEPIDLE, &v, &len));
	SHOW(v);
	v = 64;
	TRY(setsockopt(s, IPPROTO_IP, IP_TTL, &v, sizeof(v)));
	v = 0;
	TRY(getsockopt(s, IPPROTO_IP, IP_TTL, &v, &len));
	SHOW(v);
	close(s);
}

/* A reset instead of an end. */
static void reset(void)
{
	struct linger l = { 1, 0 };
	struct pollfd p;
	char c;
	int s[2];

	pair(s);
	setsockopt(s[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(s[0]);
	p = (struct pollfd){ .fd = s[1], .events = POLLIN };
	TRY(poll(&p, 1, 5000));
	HOLDS(p.revents & POLLERR);
	HOLDS(p.revents & POLLHUP);
	TRY(read(s[1], &c, 1));
	TRY(read(s[1], &c, 1));
	TRY(send(s[1], &c, 1, MSG_NOSIGNAL));
	close(s[1]);
	/* In good order, and what was sent before arrives. */
	l.l_linger = 5;
	pair(s);
	setsockopt(s[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	write(s[0], "x", 1);
	TRY(close(s[0]));
	TRY(read(s[1], &c, 1));
	TRY(read(s[1], &c, 1));
	close(s[1]);
	/* Who closes with something unread resets. */
	pair(s);
	write(s[0], "x", 1);
	p = (struct pollfd){ .fd = s[1], .events = POLLIN };
	poll(&p, 1, 5000);
	close(s[1]);
	p = (struct pollfd){ .fd = s[0], .events = POLLIN };
	poll(&p, 1, 5000);
	TRY(read(s[0], &c, 1));
	close(s[0]);
}

/* How much goes into a socket whose other end does not read. */
static long fill(int s)
{
	static char block[1000];
	long sum = 0, n;

	while ((n = send(s, block, sizeof(block), MSG_DONTWAIT)) > 0 && sum < 100000000)
		sum += n;
	return sum;
}

static void room(void)
{
	static char block[20000];
	int s[2], n = 4000, count = 0;
	long small, large;
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	large = fill(s[0]);
	SHOW(large > 20000);
	HOLDS(errno == EAGAIN);
	close(s[0]);
	close(s[1]);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &n, sizeof(n));
	small = fill(s[0]);
	HOLDS(small && small < large / 2);
	close(s[0]);
	close(s[1]);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &n, sizeof(n));
	TRY(send(s[0], block, sizeof(block), MSG_DONTWAIT));
	close(s[0]);
	close(s[1]);
	pair(s);
	large = fill(s[0]);
	close(s[0]);
	close(s[1]);
	pair(s);
	setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &n, sizeof(n));
	small = fill(s[0]);
	HOLDS(small && small < large);
	HOLDS(ioctl(s[0], SIOCOUTQ, &n) == 0 && n >= 0);
	HOLDS(ioctl(s[1], FIONREAD, &n) == 0 && n > 0 && n <= small);
	close(s[0]);
	close(s[1]);
	/* Datagrams that have no place are lost. */
	s[0] = socket(AF_INET, SOCK_DGRAM, 0);
	s[1] = socket(AF_INET, SOCK_DGRAM, 0);
	n = 4000;
	setsockopt(s[1], SOL_SOCKET, SO_RCVBUF, &n, sizeof(n));
	a = (struct sockaddr_in){ AF_INET, 0, { htonl(INADDR_LOOPBACK) }, "" };
	bind(s[1], (struct sockaddr *)&a, sizeof(a));
	getsockname(s[1], (struct sockaddr *)&a, &len);
	for (int i = 0; i < 100; i++)
		sendto(s[0], block, 1000, 0, (struct sockaddr *)&a, sizeof(a));
	while (recv(s[1], block, sizeof(block), MSG_DONTWAIT) == 1000)
		count++;
	HOLDS(count > 0 && count < 20);
	close(s[0]);
	close(s[1]);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void limits_of_waiting(void)
{
	struct limit t = { 0, 100000 };
	struct timeval before, after;
	struct itimerval timer = { { 0, 0 }, { 0, 100000 } };
	struct sigaction restart = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	char c;
	int s[2], l = listener(1);

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	gettimeofday(&before, NULL);
	TRY(read(s[0], &c, 1));
	gettimeofday(&after, NULL);
	HOLDS((after.tv_sec - before.tv_sec) * 1000000 + after.tv_usec - before.tv_usec > 80000);
	TRY(accept(l, NULL, NULL));
	setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	fill(s[0]);
	TRY(write(s[0], "some more", 9));
	/* A call with a limit is not begun again. */
	t.tv_sec = 20;
	setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	sigaction(SIGALRM, &restart, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	TRY(read(s[0], &c, 1));
	close(s[0]);
	close(s[1]);
	close(l);
}

static void nonblocking(void)
{
	struct pollfd p;
	int l = listener(5), s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), n, a;

	SHOW(option(l, SO_ACCEPTCONN));
	TRY(connect(s, NAME));
	p = (struct pollfd){ .fd = s, .events = POLLOUT };
	TRY(poll(&p, 1, 5000));
	SHOW(p.revents);
	SHOW(option(s, SO_ERROR));
	TRY(connect(s, NAME));
	TRY(connect(s, NAME));
	TRY(ioctl(l, FIONREAD, &n));
	TRY(a = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC) > 0);
	a = 3;
	while (fcntl(a, F_GETFD) != 1)
		a++;
	SHOW(fcntl(a, F_GETFL) & O_NONBLOCK);
	TRY(recv(a, &n, 1, 0));
	fcntl(l, F_SETFL, O_NONBLOCK);
	TRY(accept(l, NULL, NULL));
	close(a);
	close(s);
	close(l);
	/* Refused, then another attempt with the same socket. */
	s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	TRY(connect(s, NAME));
	p.fd = s;
	TRY(poll(&p, 1, 5000));
	HOLDS((p.revents & (POLLOUT | POLLERR | POLLHUP)) == (POLLOUT | POLLERR | POLLHUP));
	SHOW(option(s, SO_ERROR));
	SHOW(option(s, SO_ERROR));
	close(s);
	name.sin_addr.s_addr = 0xffffffff;
	s = socket(AF_INET, SOCK_STREAM, 0);
	TRY(connect(s, NAME));
	close(s);
}

/* One more than the backlog is let in; the next waits until there is room. */
static void full(void)
{
	struct pollfd p;
	int l = listener(1), s[3], n = 0;

	for (int i = 0; i < 3; i++) {
		s[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(s[i], NAME);
		p = (struct pollfd){ .fd = s[i], .events = POLLOUT };
		n += poll(&p, 1, i < 2 ? 5000 : 300);
	}
	SHOW(n);
	close(accept(l, NULL, NULL));
	p = (struct pollfd){ .fd = s[2], .events = POLLOUT };
	TRY(poll(&p, 1, 20000));
	SHOW(option(s[2], SO_ERROR));
	for (int i = 0; i < 3; i++)
		close(s[i]);
	close(l);
}

/* Packets with borders on a connection; names; a full queue of local connections. */
static void seqpacket(void)
{
	struct sockaddr_un a = { AF_UNIX, "" };
	socklen_t len = sizeof(a);
	char buf[16] = "";
	int s[2], l, c;

	TRY(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s));
	SHOW(fcntl(s[0], F_GETFD));
	TRY(send(s[0], "one", 3, 0));
	TRY(send(s[0], "", 0, 0));
	TRY(send(s[0], "three", 5, 0));
	TRY(recv(s[1], buf, 2, MSG_TRUNC));
	TRY(recv(s[1], buf, 16, 0));
	TRY(ioctl(s[1], FIONREAD, &c));
	SHOW(c);
	TRY(recv(s[1], buf, 16, MSG_PEEK));
	TRY(recv(s[1], buf, 16, 0));
	TRY(shutdown(s[0], SHUT_WR));
	TRY(recv(s[1], buf, 16, 0));
	TRY(send(s[0], "x", 1, 0));
	close(s[0]);
	TRY(send(s[1], "x", 1, MSG_NOSIGNAL));
	close(s[1]);
	l = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	TRY(recv(l, buf, 1, 0));
	TRY(send(l, buf, 1, MSG_NOSIGNAL));
	TRY(bind(l, (struct sockaddr *)&a, 2)); /* a name of the kernel's choice */
	TRY(getsockname(l, (struct sockaddr *)&a, &len));
	SHOW(len);
	SHOW(a.sun_path[0]);
	TRY(listen(l, 0));
	c = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	TRY(connect(c, (struct sockaddr *)&a, len));
	close(c);
	for (int i = 0; i < 3; i++) {
		c = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
		TRY(connect(c, (struct sockaddr *)&a, len));
	}
	TRY(socketpair(AF_UNIX, 9, 0, s));
	TRY(socketpair(AF_UNIX, SOCK_STREAM, 5, s));
	TRY(socketpair(AF_UNIX, SOCK_STREAM | 0x100, 0, s));
}

/* Datagram sockets hear only whom they are connected to. */
static void connected_datagrams(void)
{
	struct sockaddr_un a = { AF_UNIX, "" }, b = { AF_UNIX, "" };
	socklen_t a_len = sizeof(a), b_len = sizeof(b), len = sizeof(a);
	struct sockaddr none = { AF_UNSPEC, "" };
	int s = socket(AF_UNIX, SOCK_DGRAM, 0), t = socket(AF_UNIX, SOCK_DGRAM, 0),
	    u = socket(AF_UNIX, SOCK_DGRAM, 0);

	bind(s, (struct sockaddr *)&a, 2);
	getsockname(s, (struct sockaddr *)&a, &a_len);
	bind(t, (struct sockaddr *)&b, 2);
	getsockname(t, (struct sockaddr *)&b, &b_len);
	TRY(connect(s, (struct sockaddr *)&b, b_len));
	TRY(sendto(u, "x", 1, 0, (struct sockaddr *)&a, a_len));
	TRY(connect(u, (struct sockaddr *)&a, a_len));
	TRY(sendto(t, "x", 1, 0, (struct sockaddr *)&a, a_len));
	TRY(connect(s, &none, sizeof(none)));
	TRY(sendto(u, "x", 1, 0, (struct sockaddr *)&a, a_len));
	TRY(send(s, "x", 1, 0));
	TRY(getpeername(s, (struct sockaddr *)&a, &len));
	close(s);
	TRY(sendto(u, "x", 1, 0, (struct sockaddr *)&a, a_len));
	close(t);
	close(u);
}

int main(void)
{
	values(AF_INET, SOCK_STREAM);
	values(AF_INET, SOCK_DGRAM);
	values(AF_UNIX, SOCK_STREAM);
	keepalive();
	reset();
	room();
	limits_of_waiting();
	nonblocking();
	full();
	seqpacket();
	connected_datagrams();
	return 0;
}
