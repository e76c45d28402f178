/* SPDX-License-Identifier: MIT */
/*
 * Sockets: the numbers and structures of Linux's interface on i386.
 */
#ifndef UAPI_SOCKET_H
#define UAPI_SOCKET_H

#include <stdint.h>

/* clang-format off */
enum { AF_UNSPEC = 0, AF_UNIX = 1, AF_INET = 2, AF_NETLINK = 16, AF_PACKET = 17 };
enum { SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_SEQPACKET = 5, SOCK_TYPE = 0xf,
       SOCK_NONBLOCK = 04000, SOCK_CLOEXEC = 02000000 };
enum { IPPROTO_IP = 0, IPPROTO_ICMP = 1, IPPROTO_TCP = 6, IPPROTO_UDP = 17, IPPROTO_RAW = 255 };
enum { MSG_PEEK = 2, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40, MSG_WAITALL = 0x100,
       MSG_NOSIGNAL = 0x4000, MSG_ERRQUEUE = 0x2000, MSG_OOB = 1, MSG_CTRUNC = 8,
       MSG_WAITFORONE = 0x10000, MSG_CMSG_CLOEXEC = 0x40000000 };
enum { SCM_RIGHTS = 1, SCM_CREDENTIALS = 2, SCM_RIGHTS_MOST = 253 };
enum { SHUT_RD, SHUT_WR, SHUT_RDWR };
enum { SOL_SOCKET = 1, SOL_PACKET = 263 };
enum { SO_REUSEADDR = 2, SO_TYPE = 3, SO_ERROR = 4, SO_DONTROUTE = 5, SO_BROADCAST = 6, SO_SNDBUF = 7,
       SO_RCVBUF = 8, SO_KEEPALIVE = 9, SO_OOBINLINE = 10, SO_PRIORITY = 12, SO_LINGER = 13,
       SO_REUSEPORT = 15, SO_PASSCRED = 16, SO_PEERCRED = 17, SO_RCVLOWAT = 18,
       SO_SNDLOWAT = 19, SO_RCVTIMEO = 20, SO_SNDTIMEO = 21,
       SO_BINDTODEVICE = 25, SO_ATTACH_FILTER = 26, SO_DETACH_FILTER = 27, SO_TIMESTAMP = 29,
       SO_ACCEPTCONN = 30, SO_SNDBUFFORCE = 32, SO_RCVBUFFORCE = 33, SO_PROTOCOL = 38, SO_DOMAIN = 39,
       SO_RCVTIMEO_NEW = 66, SO_SNDTIMEO_NEW = 67 };
enum { IP_TOS = 1, IP_TTL = 2, IP_HDRINCL = 3, IP_PKTINFO = 8, IP_MTU_DISCOVER = 10, IP_RECVERR = 11,
       IP_RECVTTL = 12, IP_MULTICAST_IF = 32, IP_MULTICAST_TTL = 33, IP_MULTICAST_LOOP = 34 };
enum { TCP_NODELAY = 1, TCP_MAXSEG = 2, TCP_KEEPIDLE = 4, TCP_KEEPINTVL = 5, TCP_KEEPCNT = 6 };
enum { PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST, PACKET_OUTGOING };
enum { ARPHRD_ETHER = 1, ARPHRD_LOOPBACK = 772 };

enum {
	SIOCADDRT = 0x890b, SIOCDELRT = 0x890c,
	SIOCGIFNAME = 0x8910, SIOCGIFCONF = 0x8912, SIOCGIFFLAGS = 0x8913, SIOCSIFFLAGS = 0x8914,
	SIOCGIFADDR = 0x8915, SIOCSIFADDR = 0x8916, SIOCGIFDSTADDR = 0x8917, SIOCSIFDSTADDR = 0x8918,
	SIOCGIFBRDADDR = 0x8919, SIOCSIFBRDADDR = 0x891a, SIOCGIFNETMASK = 0x891b,
	SIOCSIFNETMASK = 0x891c, SIOCGIFMETRIC = 0x891d, SIOCSIFMETRIC = 0x891e, SIOCGIFMTU = 0x8921,
	SIOCSIFMTU = 0x8922, SIOCGIFHWADDR = 0x8927, SIOCGIFINDEX = 0x8933, SIOCGIFTXQLEN = 0x8942,
	SIOCSIFTXQLEN = 0x8943, SIOCGARP = 0x8954, SIOCGIFMAP = 0x8970, SIOCBRADDBR = 0x89a0,
	SIOCBRDELBR = 0x89a1, SIOCBRADDIF = 0x89a2, SIOCBRDELIF = 0x89a3, FIONREAD = 0x541b,
	SIOCOUTQ = 0x5411,
};
enum { IFF_UP = 1, IFF_BROADCAST = 2, IFF_LOOPBACK = 8, IFF_RUNNING = 0x40, IFF_PROMISC = 0x100,
       IFF_MULTICAST = 0x1000 };
enum { RTF_UP = 1, RTF_GATEWAY = 2, RTF_HOST = 4 };
/* clang-format on */

struct sockaddr_in {
	uint16_t family;
	uint16_t port; /* big endian, as the address */
	uint32_t addr;
	uint8_t zero[8];
};

struct sockaddr_ll {
	uint16_t family, protocol;
	int32_t ifindex;
	uint16_t hatype;
	uint8_t pkttype, halen, addr[8];
};

#define UNIX_PATH_MAX 108
struct sockaddr_un {
	uint16_t family;
	char path[UNIX_PATH_MAX];
};

/* Who is at the other end: SO_PEERCRED, SCM_CREDENTIALS. */
struct ucred {
	int32_t pid;
	uint32_t uid, gid;
};

struct linger {
	int32_t on, seconds;
};

union sockaddr_any {
	uint16_t family;
	struct sockaddr_in in;
	struct sockaddr_ll ll;
	struct sockaddr_un un;
};

#define IFNAMSIZ 16
struct ifreq {
	char name[IFNAMSIZ];
	union {
		struct sockaddr_in in;
		struct {
			uint16_t family;
			uint8_t data[14];
		} hw;
		uint16_t flags;
		int32_t value;
		uint8_t room[16];
	};
};

struct ifconf {
	int32_t len;
	uint32_t buf; /* a program's pointer */
};

/* struct rtentry, 32 bits */
struct rtentry {
	uint32_t pad1;
	struct sockaddr_in dst, gateway, genmask;
	uint16_t flags;
	int16_t pad2;
	uint32_t pad3, pad4;
	int16_t metric;
	uint32_t dev; /* a program's pointer to a name */
	uint32_t mtu, window;
	uint16_t irtt;
};

#endif
