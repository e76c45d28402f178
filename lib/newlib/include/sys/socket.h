/* SPDX-License-Identifier: MIT */
/* Sockets, with Linux's numbers. */
#ifndef _SYS_SOCKET_H
#define _SYS_SOCKET_H

#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef unsigned int socklen_t;
typedef unsigned short sa_family_t;

#define AF_UNSPEC 0
#define AF_UNIX	  1
#define AF_LOCAL  1
#define AF_INET	  2
#define AF_PACKET 17

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_SEQPACKET 5
#define SOCK_NONBLOCK  04000
#define SOCK_CLOEXEC   02000000

#define SOL_SOCKET    1
#define SO_REUSEADDR  2
#define SO_TYPE	      3
#define SO_ERROR      4
#define SO_BROADCAST  6
#define SO_SNDBUF     7
#define SO_RCVBUF     8
#define SO_KEEPALIVE  9
#define SO_LINGER     13
#define SO_PASSCRED   16
#define SO_PEERCRED   17
#define SO_RCVTIMEO   20
#define SO_SNDTIMEO   21
#define SO_ACCEPTCONN 30
#define SOMAXCONN     128

#define SCM_RIGHTS	1
#define SCM_CREDENTIALS 2

#define MSG_OOB		 1
#define MSG_PEEK	 2
#define MSG_CTRUNC	 8
#define MSG_TRUNC	 0x20
#define MSG_DONTWAIT	 0x40
#define MSG_WAITALL	 0x100
#define MSG_NOSIGNAL	 0x4000
#define MSG_CMSG_CLOEXEC 0x40000000

#define SHUT_RD	  0
#define SHUT_WR	  1
#define SHUT_RDWR 2

struct sockaddr {
	sa_family_t sa_family;
	char sa_data[14];
};

struct sockaddr_storage {
	sa_family_t ss_family;
	char ss_data[126] __attribute__((aligned(4)));
};

struct msghdr {
	void *msg_name;
	socklen_t msg_namelen;
	struct iovec *msg_iov;
	size_t msg_iovlen;
	void *msg_control;
	size_t msg_controllen;
	int msg_flags;
};

/* Control messages: what travels beside the bytes. */
struct cmsghdr {
	size_t cmsg_len; /* with this header */
	int cmsg_level, cmsg_type;
};

#define CMSG_ALIGN(n) (((n) + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1))
#define CMSG_SPACE(n) (CMSG_ALIGN(sizeof(struct cmsghdr)) + CMSG_ALIGN(n))
#define CMSG_LEN(n)   (CMSG_ALIGN(sizeof(struct cmsghdr)) + (n))
#define CMSG_DATA(c)  ((unsigned char *)((c) + 1))
#define CMSG_FIRSTHDR(m)                                                                    \
	((m)->msg_controllen >= sizeof(struct cmsghdr) ? (struct cmsghdr *)(m)->msg_control \
						       : (struct cmsghdr *)0)
#define CMSG_NXTHDR(m, c)                                                   \
	((char *)(c) + CMSG_ALIGN((c)->cmsg_len) + sizeof(struct cmsghdr) > \
			 (char *)(m)->msg_control + (m)->msg_controllen     \
		 ? (struct cmsghdr *)0                                      \
		 : (struct cmsghdr *)((char *)(c) + CMSG_ALIGN((c)->cmsg_len)))

struct linger {
	int l_onoff, l_linger;
};

struct ucred {
	int pid;
	unsigned uid, gid;
};

int socket(int family, int type, int protocol);
int socketpair(int family, int type, int protocol, int fds[2]);
int bind(int fd, const struct sockaddr *name, socklen_t len);
int connect(int fd, const struct sockaddr *name, socklen_t len);
int listen(int fd, int backlog);
int accept(int fd, struct sockaddr *name, socklen_t *len);
int accept4(int fd, struct sockaddr *name, socklen_t *len, int flags);
int getsockname(int fd, struct sockaddr *name, socklen_t *len);
int getpeername(int fd, struct sockaddr *name, socklen_t *len);
ssize_t send(int fd, const void *data, size_t len, int flags);
ssize_t recv(int fd, void *data, size_t len, int flags);
ssize_t sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *name,
	       socklen_t name_len);
ssize_t recvfrom(int fd, void *data, size_t len, int flags, struct sockaddr *name,
		 socklen_t *name_len);
ssize_t sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t recvmsg(int fd, struct msghdr *message, int flags);
int shutdown(int fd, int how);
int setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int getsockopt(int fd, int level, int name, void *value, socklen_t *len);

#endif
