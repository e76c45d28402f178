/* SPDX-License-Identifier: MIT */
/* Stream sockets over the loopback interface: both ends' view of a connection, and what is refused. */
#include "loopback.h"
#include "observe.h"
#include <poll.h>
#include <sys/ioctl.h>

static void conversation(void)
{
	struct sockaddr_in peer, own;
	socklen_t len = sizeof(peer), own_len = sizeof(own);
	char buf[16] = "";
	int s[2];

	pair(s);
	TRY(write(s[0], "question", 8));
	TRY(recv(s[1], buf, 4, MSG_PEEK));
	TRY(recv(s[1], buf, 8, MSG_WAITALL));
	puts(buf);
	TRY(recv(s[1], buf, 8, MSG_DONTWAIT));
	TRY(send(s[1], "answer", 6, 0));
	TRY(read(s[0], buf, sizeof(buf)));
	puts(buf);
	TRY(getpeername(s[0], (struct sockaddr *)&peer, &len));
	TRY(getsockname(s[1], (struct sockaddr *)&own, &own_len));
	HOLDS(peer.sin_port == own.sin_port && peer.sin_addr.s_addr == own.sin_addr.s_addr);
	TRY(connect(s[0], NAME));
	TRY(listen(s[0], 1));
	TRY(lseek(s[0], 0, SEEK_SET));
	TRY(shutdown(s[0], SHUT_WR));
	TRY(read(s[1], buf, sizeof(buf)));
	TRY(write(s[1], "late", 4));
	TRY(read(s[0], buf, 4));
	TRY(send(s[0], "x", 1, MSG_NOSIGNAL));
	TRY(shutdown(s[0], 7));
	TRY(close(s[1]));
	TRY(read(s[0], buf, 4));
	close(s[0]);
}

/* More than any window, by a child, and every byte in its place. */
static void bulk(void)
{
	static unsigned char block[7001];
	unsigned long total = 0, wrong = 0;
	long n;
	int s[2];

	pair(s);
	if (fork() == 0) {
		for (unsigned long at = 0; at < 700100; at += sizeof(block)) {
			for (unsigned i = 0; i < sizeof(block); i++)
				block[i] = (at + i) * 31 >> 3;
			if (write(s[0], block, sizeof(block)) != sizeof(block))
				exit(1);
		}
		exit(0);
	}
	close(s[0]);
	while ((n = read(s[1], block, sizeof(block))) > 0)
		for (long i = 0; i < n; i++, total++)
			wrong += block[i] != (unsigned char)(total * 31 >> 3);
	SHOW(total);
	SHOW(wrong);
	wait(NULL);
	close(s[1]);
}

static void broken(void)
{
	int s[2];

	pair(s);
	shutdown(s[0], SHUT_WR);
	write(s[0], "x", 1);
	puts("not reached");
}

static void refused(void)
{
	socklen_t len = sizeof(int);
	struct pollfd p;
	int error = -1, l = listener(1), s;

	TRY(bind(s = socket(AF_INET, SOCK_STREAM, 0), NAME));
	close(s);
	TRY(accept4(l, NULL, NULL, 1));
	close(l);
	TRY(connect(s = socket(AF_INET, SOCK_STREAM, 0), NAME));
	close(s);
	s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	connect(s, NAME);
	p = (struct pollfd){ .fd = s, .events = POLLOUT };
	poll(&p, 1, 5000);
	HOLDS(p.revents & POLLOUT);
	getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &len);
	HOLDS(error == ECONNREFUSED || error == 0); /* connect() itself may have said it */
	close(s);
	s = socket(AF_INET, SOCK_STREAM, 0);
	TRY(send(s, "x", 1, MSG_NOSIGNAL));
	TRY(recv(s, &error, 1, 0));
	TRY(shutdown(s, SHUT_WR));
	TRY(getpeername(s, (struct sockaddr *)&name, &len));
	TRY(accept(s, NULL, NULL));
	name.sin_addr.s_addr = htonl(0x01020304);
	TRY(bind(s, NAME));
	close(s);
}

static void wrong_arguments(void)
{
	void *bad = (void *)0x1000;
	socklen_t len = sizeof(name), minus = -1;
	int s[2], value = 1;

	TRY(socket(99, SOCK_STREAM, 0));
	TRY(socket(AF_INET, 99, 0));
	TRY(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
	TRY(socketpair(AF_INET, SOCK_STREAM, 0, s));
	TRY(bind(0, NAME));
	TRY(bind(99, NAME));
	pair(s);
	TRY(send(s[0], bad, 10, 0));
	TRY(send(s[0], bad, 0, 0));
	TRY(write(s[0], "", 0));
	TRY(send(s[0], "12345678", 8, 0));
	TRY(recv(s[1], bad, 8, 0));
	TRY(recv(s[1], &value, 0, MSG_DONTWAIT));
	TRY(getsockname(s[0], bad, &len));
	TRY(getsockname(s[0], (struct sockaddr *)&name, bad));
	TRY(getsockname(s[0], (struct sockaddr *)&name, &minus));
	TRY(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &value, bad));
	TRY(getsockopt(s[0], SOL_SOCKET, 9999, &value, &len));
	TRY(setsockopt(s[0], SOL_SOCKET, 9999, &value, 4));
	TRY(setsockopt(s[0], SOL_SOCKET, SO_REUSEADDR, &value, 3));
	TRY(setsockopt(s[0], SOL_SOCKET, SO_REUSEADDR, bad, 4));
	TRY(setsockopt(s[0], IPPROTO_TCP, TCP_NODELAY, &value, 4));
	TRY(connect(s[0], bad, 16));
	TRY(connect(s[0], (struct sockaddr *)&name, 1));
	TRY(connect(s[0], (struct sockaddr *)&name, -1));
	TRY(sendmsg(s[0], bad, 0));
	TRY(recvmsg(s[0], bad, 0));
	close(s[0]);
	close(s[1]);
}

/* A hundred at once, each with an own byte. */
static void many(void)
{
	int l = listener(128), in[100], out[100], right = 0;
	unsigned char c;

	for (int i = 0; i < 100; i++) {
		out[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(out[i], NAME))
			printf("connect %d: %s\n", i, strerror(errno));
		in[i] = accept(l, NULL, NULL);
	}
	for (int i = 0; i < 100; i++)
		write(out[i], &(unsigned char){ i }, 1);
	for (int i = 0; i < 100; i++)
		right += read(in[i], &c, 1) == 1 && c == i;
	for (int i = 0; i < 100; i++) {
		close(in[i]);
		close(out[i]);
	}
	SHOW(right);
	close(l);
}

/* What nobody reads: all of it waits, and can be counted. */
static void unread(void)
{
	static char block[128 << 10];
	int s[2], n = 0, out = 0, sent;

	pair(s);
	sent = send(s[0], block, sizeof(block), MSG_DONTWAIT);
	for (int i = 0; n + out != sent && i < 50; i++) { /* an acknowledgement may be late */
		usleep(100000);
		ioctl(s[1], FIONREAD, &n);
		ioctl(s[0], SIOCOUTQ, &out);
	}
	HOLDS(n > 0 && n + out == sent);
	HOLDS(recv(s[1], block, (size_t)n, MSG_WAITALL) == n);
	close(s[0]);
	close(s[1]);
}

/* The same two ends meet again while the one that closed first still remembers the last time (TIME_WAIT). */
static void again(void)
{
	struct sockaddr_in own = { AF_INET, 0, { htonl(INADDR_LOOPBACK) }, "" };
	int l = listener(8), met = 0, one = 1, in, out;
	socklen_t len = sizeof(own);
	long began = time(NULL);
	char c;

	for (int i = 0; i < 20; i++) {
		out = socket(AF_INET, SOCK_STREAM, 0);
		setsockopt(out, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		bind(out, (struct sockaddr *)&own, sizeof(own));
		if (connect(out, NAME))
			printf("connect %d: %s\n", i, strerror(errno));
		getsockname(out, (struct sockaddr *)&own, &len);
		in = accept(l, NULL, NULL);
		close(in);
		met += read(out, &c, 1) == 0;
		close(out);
	}
	SHOW(met);
	HOLDS(time(NULL) - began < 10); /* repetitions would take a second each */
	close(l);
}

int main(void)
{
	conversation();
	bulk();
	in_child("broken", broken);
	refused();
	wrong_arguments();
	many();
	unread();
	again();
	return 0;
}
