/* SPDX-License-Identifier: MIT */
/* Raw sockets on the loopback interface: headers that the kernel writes, and those that a program does. */
#include "observe.h"
#include <netinet/in.h>
#include <poll.h>

#define PROTO 253 /* for experiments (RFC 3692) */

static struct sockaddr_in to = { AF_INET, 0, { 0 }, "" };

/* The next packet of ours: its header without what may differ (identification, checksum). */
static void show_next(int s)
{
	unsigned char p[128];
	struct pollfd r = { .fd = s, .events = POLLIN };
	long n = poll(&r, 1, 2000) == 1 ? recv(s, p, sizeof(p), 0) : -1;
	unsigned sum = 0;

	if (n < 20) {
		printf("nothing: %ld\n", n);
		return;
	}
	for (int i = 0; i < 20; i += 2)
		sum += (unsigned)(p[i] << 8 | p[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	printf("%ld bytes: version %02x tos %02x length %u ttl %u protocol %u from %u.%u.%u.%u to %u.%u.%u.%u, "
	       "sum %x, %.*s\n",
	       n, p[0], p[1], (unsigned)(p[2] << 8 | p[3]), p[8], p[9], p[12], p[13], p[14], p[15],
	       p[16], p[17], p[18], p[19], sum, (int)n - 20, p + 20);
}

int main(void)
{
	unsigned char packet[28] = { 0x45, 0x10, 0, 0, 0, 0, 0, 0, 33, PROTO };
	int s = TRY(socket(AF_INET, SOCK_RAW, PROTO)) >= 0 ? 0 : -1, r, h, one = 1, value = 0;
	socklen_t len = sizeof(value);

	if (s < 0)
		return 0; /* neither here nor there */
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s = socket(AF_INET, SOCK_RAW, PROTO);
	r = socket(AF_INET, SOCK_RAW, PROTO);
	TRY(sendto(s, "by kernel", 9, 0, (struct sockaddr *)&to, sizeof(to)));
	show_next(r);
	TRY(setsockopt(s, IPPROTO_IP, IP_HDRINCL, &one, sizeof(one)));
	TRY(getsockopt(s, IPPROTO_IP, IP_HDRINCL, &value, &len));
	SHOW(value);
	memcpy(packet + 12, "\x7f\0\0\1\x7f\0\0\1by hand.", 16);
	TRY(sendto(s, packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)));
	show_next(r);
	memset(packet + 12, 0, 4); /* the kernel fills in who sends */
	TRY(sendto(s, packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)));
	show_next(r);
	TRY(sendto(s, packet, 19, 0, (struct sockaddr *)&to, sizeof(to)));
	packet[0] = 0x4f;
	TRY(sendto(s, packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)));
	packet[0] = 0x45;
	h = socket(AF_INET, SOCK_RAW, IPPROTO_RAW); /* only to send, with headers */
	TRY(sendto(h, packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)));
	show_next(r);
	TRY(socket(AF_INET, SOCK_RAW, 0));
	return 0;
}
