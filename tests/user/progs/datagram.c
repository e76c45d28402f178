/* SPDX-License-Identifier: MIT */
/* Datagrams over the loopback interface and between local sockets; local streams; what is refused. */
#include "observe.h"
#include <netinet/in.h>
#include <sys/un.h>

static int bound(struct sockaddr_in *name)
{
	socklen_t len = sizeof(*name);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	*name = (struct sockaddr_in){ AF_INET, 0, { htonl(INADDR_LOOPBACK) }, "" };
	bind(s, (struct sockaddr *)name, len);
	getsockname(s, (struct sockaddr *)name, &len);
	return s;
}

static void udp(void)
{
	struct sockaddr_in a, b, from;
	socklen_t len = sizeof(from);
	static char big[70000];
	char buf[16] = "";
	struct iovec v[2] = { { buf, 2 }, { buf + 8, 3 } };
	struct msghdr m = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = v, .msg_iovlen = 2
	};
	int s = bound(&a), r = bound(&b);

	TRY(sendto(s, "hello", 5, 0, (struct sockaddr *)&b, sizeof(b)));
	TRY(recvfrom(r, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len));
	SHOW(len);
	HOLDS(from.sin_port == a.sin_port && from.sin_addr.s_addr == a.sin_addr.s_addr);
	TRY(send(s, "x", 1, 0));
	TRY(connect(s, (struct sockaddr *)&b, sizeof(b)));
	TRY(send(s, "", 0, 0));
	TRY(recv(r, buf, sizeof(buf), 0));
	TRY(send(s, "longer", 6, 0));
	TRY(recv(r, buf, 2, MSG_PEEK));
	TRY(recv(r, buf, 2, MSG_TRUNC));
	TRY(recv(r, buf, 2, MSG_DONTWAIT));
	TRY(send(s, "gather", 6, 0));
	TRY(recvmsg(r, &m, 0));
	HOLDS(m.msg_flags & MSG_TRUNC);
	TRY(send(s, big, 65508, 0));
	TRY(send(s, big, 70000, 0));
	TRY(send(s, (void *)0x1000, 5, 0));
	TRY(sendto(s, "x", 1, 0, (struct sockaddr *)&b, 3));
	TRY(listen(s, 1));
	TRY(accept(s, NULL, NULL));
	TRY(close(r));
	TRY(send(s, "x", 1, 0));
	sleep_ms(300);
	TRY(recv(s, buf, 1, MSG_DONTWAIT)); /* what came back: there is nobody */
	TRY(recv(s, buf, 1, MSG_DONTWAIT));
	a.sin_addr.s_addr = htonl(0x01020304);
	TRY(bind(socket(AF_INET, SOCK_DGRAM, 0), (struct sockaddr *)&a, sizeof(a)));
	close(s);
}

static void local(void)
{
	struct sockaddr_un name = { AF_UNIX, "" }, got;
	socklen_t len;
	char buf[16] = "";
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c, s;

	memcpy(name.sun_path, "\0ringlet-test", 13);
	TRY(connect(l, (struct sockaddr *)&name, 15));
	strcpy(name.sun_path, "a-socket");
	TRY(connect(l, (struct sockaddr *)&name, sizeof(name)));
	TRY(bind(l, (struct sockaddr *)&name, sizeof(name)));
	strcpy(name.sun_path, "another");
	TRY(bind(l, (struct sockaddr *)&name, sizeof(name)));
	strcpy(name.sun_path, "a-socket");
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	TRY(bind(c, (struct sockaddr *)&name, sizeof(name)));
	TRY(connect(c, (struct sockaddr *)&name, sizeof(name)));
	TRY(listen(l, 2));
	TRY(connect(c, (struct sockaddr *)&name, sizeof(name)));
	TRY(write(c, "early", 5));
	s = accept(l, NULL, NULL);
	TRY(read(s, buf, sizeof(buf)));
	puts(buf);
	len = sizeof(got);
	TRY(getpeername(c, (struct sockaddr *)&got, &len));
	puts(got.sun_path);
	TRY(connect(c, (struct sockaddr *)&name, sizeof(name)));
	TRY(open(name.sun_path, O_RDWR));
	TRY(close(s));
	TRY(read(c, buf, 1));
	TRY(send(c, "x", 1, MSG_NOSIGNAL));
	close(c);
	close(l);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	TRY(connect(c, (struct sockaddr *)&name, sizeof(name)));
	close(c);
	TRY(unlink(name.sun_path));
}

static void pairs(void)
{
	char buf[16] = "";
	int s[2];

	TRY(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	TRY(write(s[0], "one", 3));
	TRY(write(s[0], "three", 5));
	TRY(read(s[1], buf, sizeof(buf)));
	TRY(read(s[1], buf, 2));
	TRY(recv(s[1], buf, 2, MSG_DONTWAIT));
	close(s[0]);
	close(s[1]);
	TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	TRY(write(s[0], "one", 3));
	TRY(write(s[0], "three", 5));
	TRY(read(s[1], buf, sizeof(buf)));
	TRY(shutdown(s[0], SHUT_WR));
	TRY(read(s[1], buf, 2));
	TRY(write(s[1], "back", 4));
	TRY(read(s[0], buf, 9));
	TRY(lseek(s[0], 0, SEEK_SET));
	close(s[0]);
	close(s[1]);
	TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)0x1000));
}

int main(void)
{
	udp();
	local();
	pairs();
	return 0;
}
