/* SPDX-License-Identifier: MIT */
/*
 * ip=ADDRESS[:GATEWAY] or ip=dhcp: the interface gets its address before main() runs. It comes when the other domain
 * is ready, so it is waited for.
 *
 * Here the kernel's own description of the interface is used, and its numbers, not the C library's.
 */
#include "lib/kit/kit.h"

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

/* A socket to give interfaces orders with. */
static long open_control(void)
{
	long args[3] = { AF_INET, SOCK_DGRAM, 0 };

	return syscall(SYS_socketcall, SYS_SOCKET, args);
}

static int wait_for_interface(long fd, struct ifreq *r)
{
	for (int i = 0; i < WAIT_TENTHS; i++) {
		if (syscall(SYS_ioctl, fd, SIOCGIFINDEX, r) >= 0)
			return 0;
		usleep(100000);
	}
	return -1;
}

static int set_up(long fd, struct ifreq *r)
{
	r->flags = IFF_UP;
	return (int)syscall(SYS_ioctl, fd, SIOCSIFFLAGS, r);
}

static const char *set_fixed(long fd, struct ifreq *r, const char *address)
{
	struct rtentry route = { .flags = RTF_UP | RTF_GATEWAY };
	char *end;
	uint32_t own = parse(address, &end), gateway = *end == ':' ? parse(end + 1, &end) : 0;

	if (!own || *end)
		return "this is no address: ip=ADDRESS, ip=ADDRESS:GATEWAY or ip=dhcp";
	r->in = (struct sockaddr_in){ .family = AF_INET, .addr = own };
	if (syscall(SYS_ioctl, fd, SIOCSIFADDR, r) < 0)
		return "the interface does not take this address";
	r->in.addr = NETMASK;
	syscall(SYS_ioctl, fd, SIOCSIFNETMASK, r);
	route.dst.family = route.gateway.family = AF_INET;
	route.gateway.addr = gateway;
	if (gateway && syscall(SYS_ioctl, fd, SIOCADDRT, &route) < 0)
		return "the gateway is not in the network of the address";
	return NULL;
}

static const char *set_by_server(long fd, struct ifreq *r)
{
	if (set_up(fd, r) < 0)
		return "the interface does not come up";
	if (kit_dhcp(r->name) < 0)
		return "no DHCP server answers: is there one on the bridge? A fixed address is ip=ADDRESS:GATEWAY";
	syscall(SYS_ioctl, fd, SIOCGIFADDR, r);
	printf("ip=dhcp: %u.%u.%u.%u\n", r->in.addr & 255, r->in.addr >> 8 & 255,
	       r->in.addr >> 16 & 255, r->in.addr >> 24);
	return NULL;
}

/* 127.0.0.1 is always there. */
static void loopback(long fd)
{
	struct ifreq r = { .name = "lo" };

	r.in = (struct sockaddr_in){ .family = AF_INET, .addr = 0x0100007f };
	syscall(SYS_ioctl, fd, SIOCSIFADDR, &r);
}

void kit_network(const char *address)
{
	struct ifreq r = { .name = "eth0" };
	long fd = open_control();
	const char *wrong = NULL;

	loopback(fd);
	if (address && wait_for_interface(fd, &r))
		wrong = "there is no network card: the domain's configuration needs a line vif = [ '' ]";
	else if (address)
		wrong = strcmp(address, "dhcp") ? set_fixed(fd, &r, address)
						: set_by_server(fd, &r);
	if (wrong)
		printf("ip=%s: %s\n", address, wrong);
	close((int)fd);
}
