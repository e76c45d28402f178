/* SPDX-License-Identifier: MIT */
/*
 * ip=ADDRESS[:GATEWAY]: the interface gets its address before main() runs. It comes when the other domain is ready,
 * so it is waited for.
 *
 * Here the kernel's own description of the interface is used, and its numbers, not the C library's.
 */
#include <uapi/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WAIT_TENTHS 100
#define NETMASK	    0x00ffffffu /* 255.255.255.0 */
#define SYS_SOCKET  1		/* of socketcall */

void kit_network(const char *address);

/* "10.0.2.15" as it stands in memory; 0: it is none. */
static uint32_t parse(const char *text, char **end)
{
	uint32_t addr = 0;

	for (unsigned i = 0; i < 4; i++) {
		unsigned long part = strtoul(text, end, 10);

		if (*end == text || part > 255 || (i < 3 && **end != '.'))
			return 0;
		addr |= (uint32_t)part << 8 * i;
		text = *end + 1;
	}
	return addr;
}

void kit_network(const char *address)
{
	struct ifreq r = { .name = "eth0" };
	struct rtentry route = { .flags = RTF_UP | RTF_GATEWAY };
	long args[3] = { AF_INET, SOCK_DGRAM, 0 }, fd = syscall(SYS_socketcall, SYS_SOCKET, args);
	char *end;
	uint32_t own = parse(address, &end), gateway = *end == ':' ? parse(end + 1, &end) : 0;

	for (int i = 0; i < WAIT_TENTHS && syscall(SYS_ioctl, fd, SIOCGIFINDEX, &r) < 0; i++)
		usleep(100000);
	r.in = (struct sockaddr_in){ .family = AF_INET, .addr = own };
	if (!own || syscall(SYS_ioctl, fd, SIOCSIFADDR, &r) < 0) {
		printf("ip=%s: %s\n", address, own ? "there is no interface eth0" : "no address");
	} else {
		r.in.addr = NETMASK;
		syscall(SYS_ioctl, fd, SIOCSIFNETMASK, &r);
		route.dst.family = route.gateway.family = AF_INET;
		route.gateway.addr = gateway;
		if (gateway)
			syscall(SYS_ioctl, fd, SIOCADDRT, &route);
	}
	close((int)fd);
}
