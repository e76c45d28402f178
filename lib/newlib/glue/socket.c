/* SPDX-License-Identifier: MIT */
/*
 * Sockets: i386 has one system call for all of them, which takes the call's number and where its
 * arguments are.
 */
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	SOCKET = 1,
	BIND,
	CONNECT,
	LISTEN,
	ACCEPT,
	GETSOCKNAME,
	GETPEERNAME,
	SOCKETPAIR,
	SEND,
	RECV,
	SENDTO,
	RECVFROM,
	SHUTDOWN,
	SETSOCKOPT,
	GETSOCKOPT,
	SENDMSG,
	RECVMSG,
	ACCEPT4
};

#define CALL(nr, ...) syscall(SYS_socketcall, nr, (long[]){ __VA_ARGS__ })

int socket(int family, int type, int protocol)
{
	return CALL(SOCKET, family, type, protocol);
}

int socketpair(int family, int type, int protocol, int fds[2])
{
	return CALL(SOCKETPAIR, family, type, protocol, (long)fds);
}

int bind(int fd, const struct sockaddr *name, socklen_t len)
{
	return CALL(BIND, fd, (long)name, (long)len);
}

int connect(int fd, const struct sockaddr *name, socklen_t len)
{
	return CALL(CONNECT, fd, (long)name, (long)len);
}

int listen(int fd, int backlog)
{
	return CALL(LISTEN, fd, backlog);
}

int accept(int fd, struct sockaddr *name, socklen_t *len)
{
	return CALL(ACCEPT, fd, (long)name, (long)len);
}

int accept4(int fd, struct sockaddr *name, socklen_t *len, int flags)
{
	return CALL(ACCEPT4, fd, (long)name, (long)len, flags);
}

int getsockname(int fd, struct sockaddr *name, socklen_t *len)
{
	return CALL(GETSOCKNAME, fd, (long)name, (long)len);
}

int getpeername(int fd, struct sockaddr *name, socklen_t *len)
{
	return CALL(GETPEERNAME, fd, (long)name, (long)len);
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	return CALL(SEND, fd, (long)data, (long)len, flags);
}

ssize_t recv(int fd, void *data, size_t len, int flags)
{
	return CALL(RECV, fd, (long)data, (long)len, flags);
}

ssize_t sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *name,
	       socklen_t name_len)
{
	return CALL(SENDTO, fd, (long)data, (long)len, flags, (long)name, (long)name_len);
}

ssize_t recvfrom(int fd, void *data, size_t len, int flags, struct sockaddr *name,
		 socklen_t *name_len)
{
	return CALL(RECVFROM, fd, (long)data, (long)len, flags, (long)name, (long)name_len);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	return CALL(SENDMSG, fd, (long)message, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	return CALL(RECVMSG, fd, (long)message, flags);
}

int shutdown(int fd, int how)
{
	return CALL(SHUTDOWN, fd, how);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return CALL(SETSOCKOPT, fd, level, name, (long)value, (long)len);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	return CALL(GETSOCKOPT, fd, level, name, (long)value, (long)len);
}
