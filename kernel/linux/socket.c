/* SPDX-License-Identifier: MIT */
/*
 * Sockets: the calls, one number for all of them (socketcall) and some of their own.
 *
 * Names are copied in and out here; what a call means is its family's (kernel/net).
 */
#include "linux/socket.h"

enum {
	SYS_SOCKET = 1,
	SYS_BIND,
	SYS_CONNECT,
	SYS_LISTEN,
	SYS_ACCEPT,
	SYS_GETSOCKNAME,
	SYS_GETPEERNAME,
	SYS_SOCKETPAIR,
	SYS_SEND,
	SYS_RECV,
	SYS_SENDTO,
	SYS_RECVFROM,
	SYS_SHUTDOWN,
	SYS_SETSOCKOPT,
	SYS_GETSOCKOPT,
	SYS_SENDMSG,
	SYS_RECVMSG,
	SYS_ACCEPT4,
	SYS_RECVMMSG,
	SYS_SENDMMSG,
	SYS_LAST = SYS_SENDMMSG,
};

/* How many argument words each subcall reads. */
static const unsigned char words[SYS_LAST + 1] = { 0, 3, 3, 3, 2, 3, 3, 3, 4, 4, 4,
						   6, 6, 2, 5, 5, 3, 3, 4, 5, 4 };

/* ---- descriptors ---- */

static struct socket *make(int family, int type, int protocol)
{
	switch (family) {
	case AF_INET:
		return inet_socket(type, protocol);
	case AF_PACKET:
		return current->proc->cred.euid ? err_ptr(-EPERM) : packet_socket(type, protocol);
	case AF_UNIX:
		return unix_socket(type, protocol);
	default:
		return err_ptr(-EAFNOSUPPORT);
	}
}

/* A descriptor for a socket, which is gone when there is none. */
static long install(struct socket *s, unsigned flags)
{
	struct file *f = socket_file(s, flags & SOCK_NONBLOCK ? O_NONBLOCK : 0);
	long fd;

	if (!f)
		return -ENOMEM;
	fd = fd_install(f, 0, flags & SOCK_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

static long do_socket(int family, unsigned type, int protocol)
{
	struct socket *s;

	if (type & ~(unsigned)(SOCK_TYPE | SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	if (family == AF_INET && (type & SOCK_TYPE) == SOCK_RAW && current->proc->cred.euid)
		return -EPERM;
	s = make(family, (int)(type & SOCK_TYPE), protocol);
	return is_err(s) ? ptr_err(s) : install(s, type);
}

static long do_pair(int family, unsigned type, int protocol, uint32_t user)
{
	struct socket *pair[2];
	int fds[2], rc;

	if (family != AF_UNIX)
		return family == AF_INET ? -EOPNOTSUPP : -EAFNOSUPPORT;
	if (type & ~(unsigned)(SOCK_TYPE | SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	rc = unix_pair((int)(type & SOCK_TYPE), protocol, pair);
	if (rc)
		return rc;
	fds[0] = (int)install(pair[0], type);
	if (fds[0] < 0) {
		socket_free(pair[1]);
		return fds[0];
	}
	fds[1] = (int)install(pair[1], type);
	if (fds[1] >= 0 && !copy_to_user(user_ptr(user), fds, sizeof(fds)))
		return 0;
	fd_close(fds[0]);
	if (fds[1] < 0)
		return fds[1];
	fd_close(fds[1]);
	return -EFAULT;
}

/* ---- names ---- */

int socket_name_in(union sockaddr_any *a, uint32_t user, uint32_t len)
{
	memset(a, 0, sizeof(*a));
	if (len > sizeof(*a) || len < sizeof(a->family))
		return -EINVAL;
	return copy_from_user(a, user_ptr(user), len) ? -EFAULT : 0;
}

int socket_name_out(const union sockaddr_any *a, size_t len, uint32_t user, uint32_t user_len)
{
	int32_t room;

	if (get_user(room, (int32_t *)user_ptr(user_len)))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (copy_to_user(user_ptr(user), a, min((size_t)room, len)))
		return -EFAULT;
	return put_user((int32_t)len, (int32_t *)user_ptr(user_len)) ? -EFAULT : 0;
}

static long do_name(struct socket *s, bool peer, uint32_t user, uint32_t user_len)
{
	union sockaddr_any a;
	int len = s->ops->name ? s->ops->name(s, peer, &a) : -EOPNOTSUPP;

	return len < 0 ? len : socket_name_out(&a, (size_t)len, user, user_len);
}

/* ---- connections ---- */

static long do_bind(struct socket *s, uint32_t user, uint32_t len)
{
	union sockaddr_any a;
	int rc = socket_name_in(&a, user, len);

	return rc ? rc : s->ops->bind ? s->ops->bind(s, &a, len) : -EOPNOTSUPP;
}

static long do_connect(struct file *f, struct socket *s, uint32_t user, uint32_t len)
{
	union sockaddr_any a;
	int rc = socket_name_in(&a, user, len);

	if (rc)
		return rc;
	return s->ops->connect ? s->ops->connect(s, &a, len, f->flags & O_NONBLOCK) : -EOPNOTSUPP;
}

static long do_accept(struct file *f, struct socket *s, uint32_t user, uint32_t user_len,
		      unsigned flags)
{
	struct socket *new;
	union sockaddr_any a;
	int len;

	if (flags & ~(unsigned)(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	if (!s->ops->accept)
		return -EOPNOTSUPP;
	new = socket_accept(s, f->flags & O_NONBLOCK);
	if (is_err(new))
		return ptr_err(new);
	if (user) {
		len = new->ops->name(new, true, &a);
		len = len < 0 ? 0 : len;
		if (socket_name_out(&a, (size_t)len, user, user_len)) {
			socket_free(new);
			return -EFAULT;
		}
	}
	return install(new, flags);
}

/* ---- the list ---- */

static long on_socket(struct file *f, unsigned call, const uint32_t *v)
{
	struct socket *s = socket_of(f);

	if (!s)
		return -ENOTSOCK;
	switch (call) {
	case SYS_BIND:
		return do_bind(s, v[1], v[2]);
	case SYS_CONNECT:
		return do_connect(f, s, v[1], v[2]);
	case SYS_LISTEN:
		return s->ops->listen ? s->ops->listen(s, (int)v[1]) : -EOPNOTSUPP;
	case SYS_ACCEPT:
		return do_accept(f, s, v[1], v[2], 0);
	case SYS_ACCEPT4:
		return do_accept(f, s, v[1], v[2], v[3]);
	case SYS_GETSOCKNAME:
		return do_name(s, false, v[1], v[2]);
	case SYS_GETPEERNAME:
		return do_name(s, true, v[1], v[2]);
	case SYS_SEND:
	case SYS_SENDTO:
		return socket_send(f, s, v, call == SYS_SENDTO);
	case SYS_RECV:
	case SYS_RECVFROM:
		return socket_recv(f, s, v, call == SYS_RECVFROM);
	case SYS_SHUTDOWN:
		if (v[1] > SHUT_RDWR)
			return -EINVAL;
		return s->ops->shutdown ? s->ops->shutdown(s, (int)v[1]) : -EOPNOTSUPP;
	case SYS_SETSOCKOPT:
		return socket_setopt(s, v);
	case SYS_GETSOCKOPT:
		return socket_getopt(s, v);
	case SYS_SENDMSG:
		return socket_sendmsg(f, s, v[1], v[2]);
	case SYS_RECVMSG:
		return socket_recvmsg(f, s, v[1], v[2]);
	case SYS_SENDMMSG:
		return socket_sendmmsg(f, s, v[1], v[2], v[3]);
	case SYS_RECVMMSG:
		return socket_recvmmsg(f, s, v[1], v[2], v[3], v[4]);
	default:
		return -ENOSYS;
	}
}

long sys_socketcall(const struct args *a)
{
	uint32_t v[6] = { 0 };

	if (a->v[0] < SYS_SOCKET || a->v[0] > SYS_LAST)
		return -EINVAL;
	if (copy_from_user(v, arg_ptr(a, 1), words[a->v[0]] * sizeof(v[0])))
		return -EFAULT;
	if (a->v[0] == SYS_SOCKET)
		return do_socket((int)v[0], v[1], (int)v[2]);
	if (a->v[0] == SYS_SOCKETPAIR)
		return do_pair((int)v[0], v[1], (int)v[2], v[3]);
	return WITH_FILE((int)v[0], on_socket(f, a->v[0], v));
}

long sys_socket(const struct args *a)
{
	return do_socket(arg_int(a, 0), a->v[1], arg_int(a, 2));
}

long sys_socketpair(const struct args *a)
{
	return do_pair(arg_int(a, 0), a->v[1], arg_int(a, 2), a->v[3]);
}

/* The calls that have a number of their own take the same arguments, in registers. */
#define DIRECT(name, call)                                                 \
	long sys_##name(const struct args *a)                              \
	{                                                                  \
		return WITH_FILE(arg_int(a, 0), on_socket(f, call, a->v)); \
	}

DIRECT(bind, SYS_BIND)
DIRECT(connect, SYS_CONNECT)
DIRECT(listen, SYS_LISTEN)
DIRECT(accept4, SYS_ACCEPT4)
DIRECT(getsockopt, SYS_GETSOCKOPT)
DIRECT(setsockopt, SYS_SETSOCKOPT)
DIRECT(getsockname, SYS_GETSOCKNAME)
DIRECT(getpeername, SYS_GETPEERNAME)
DIRECT(sendto, SYS_SENDTO)
DIRECT(sendmsg, SYS_SENDMSG)
DIRECT(recvfrom, SYS_RECVFROM)
DIRECT(recvmsg, SYS_RECVMSG)
DIRECT(shutdown, SYS_SHUTDOWN)
DIRECT(sendmmsg, SYS_SENDMMSG)
DIRECT(recvmmsg, SYS_RECVMMSG)
