/* SPDX-License-Identifier: MIT */
/*
 * Sockets: the calls, one number for all of them (socketcall) and some of their own.
 *
 * Names and buffers are copied in and out here; what a call means is its family's (kernel/net).
 */
#include "linux/linux.h"
#include "net/socket.h"

#define IOV_MOST 1024

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

struct msghdr32 {
	uint32_t name;
	int32_t name_len;
	uint32_t iov, iov_count, control, control_len, flags;
};

struct iovec32 {
	uint32_t base, len;
};

static void *user_ptr(uint32_t v)
{
	return (void *)(uintptr_t)v;
}

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

static long do_pair(int family, unsigned type, uint32_t user)
{
	struct socket *pair[2];
	int fds[2], rc;

	if (family != AF_UNIX)
		return family == AF_INET ? -EOPNOTSUPP : -EAFNOSUPPORT;
	if (type & ~(unsigned)(SOCK_TYPE | SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	rc = unix_pair((int)(type & SOCK_TYPE), pair);
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

static int name_in(union sockaddr_any *a, uint32_t user, uint32_t len)
{
	memset(a, 0, sizeof(*a));
	if (len > sizeof(*a) || len < sizeof(a->family))
		return -EINVAL;
	return copy_from_user(a, user_ptr(user), len) ? -EFAULT : 0;
}

/* As much as there is room for, and how long it really is. */
static int name_out(const union sockaddr_any *a, size_t len, uint32_t user, uint32_t user_len)
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

	return len < 0 ? len : name_out(&a, (size_t)len, user, user_len);
}

/* ---- connections ---- */

static long do_bind(struct socket *s, uint32_t user, uint32_t len)
{
	union sockaddr_any a;
	int rc = name_in(&a, user, len);

	return rc ? rc : s->ops->bind ? s->ops->bind(s, &a, len) : -EOPNOTSUPP;
}

static long do_connect(struct file *f, struct socket *s, uint32_t user, uint32_t len)
{
	union sockaddr_any a;
	int rc = name_in(&a, user, len);

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
	new = s->ops->accept(s, f->flags & O_NONBLOCK);
	if (is_err(new))
		return ptr_err(new);
	if (user) {
		len = new->ops->name(new, true, &a);
		len = len < 0 ? 0 : len;
		if (name_out(&a, (size_t)len, user, user_len)) {
			socket_free(new);
			return -EFAULT;
		}
	}
	return install(new, flags);
}

/* ---- data ---- */

static unsigned with_file_flags(const struct file *f, unsigned flags)
{
	return flags | (f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0);
}

static long send_iter(struct file *f, struct socket *s, struct iter *it, uint32_t name,
		      uint32_t len, unsigned flags)
{
	union sockaddr_any a;
	int rc = name ? name_in(&a, name, len) : 0;
	long sent;

	if (rc)
		return rc;
	sent = s->ops->send(s, it, name ? &a : NULL, len, with_file_flags(f, flags));
	if (sent == -EPIPE && !(flags & MSG_NOSIGNAL))
		signal_send_task(current, SIGPIPE, NULL);
	return sent;
}

static long do_send(struct file *f, struct socket *s, const uint32_t *v, bool has_name)
{
	struct iter it;

	if ((int32_t)v[2] < 0)
		return -EINVAL;
	iter_user(&it, user_ptr(v[1]), v[2]);
	return send_iter(f, s, &it, has_name ? v[4] : 0, has_name ? v[5] : 0, v[3]);
}

static long do_recv(struct file *f, struct socket *s, const uint32_t *v, bool has_name)
{
	union sockaddr_any a;
	struct iter it;
	size_t len = 0;
	unsigned out = 0;
	long rc;

	if ((int32_t)v[2] < 0)
		return -EINVAL;
	iter_user(&it, user_ptr(v[1]), v[2]);
	rc = s->ops->recv(s, &it, &a, &len, with_file_flags(f, v[3]), &out);
	if (rc >= 0 && has_name && v[4] && name_out(&a, len, v[4], v[5]))
		return -EFAULT;
	return rc;
}

/* The pieces of a message as an iterator; the list is the caller's to free. */
static int pieces(const struct msghdr32 *m, struct iter *it, struct span **list)
{
	struct iovec32 v;
	struct span *vec;

	if (m->iov_count > IOV_MOST)
		return -EMSGSIZE;
	vec = kmalloc((m->iov_count + 1) * sizeof(*vec));
	if (!vec)
		return -ENOMEM;
	for (uint32_t i = 0; i < m->iov_count; i++) {
		if (copy_from_user(&v, (struct iovec32 *)user_ptr(m->iov) + i, sizeof(v)) ||
		    (int32_t)v.len < 0) {
			kfree(vec);
			return (int32_t)v.len < 0 ? -EINVAL : -EFAULT;
		}
		vec[i] = (struct span){ user_ptr(v.base), v.len };
	}
	iter_user_vec(it, vec, m->iov_count);
	*list = vec;
	return 0;
}

static long do_sendmsg(struct file *f, struct socket *s, uint32_t user, unsigned flags)
{
	struct msghdr32 m;
	struct span *list;
	struct iter it;
	long rc;

	if (copy_from_user(&m, user_ptr(user), sizeof(m)))
		return -EFAULT;
	if (m.control_len)
		return -EOPNOTSUPP; /* descriptors do not travel here */
	rc = pieces(&m, &it, &list);
	if (rc)
		return rc;
	rc = send_iter(f, s, &it, m.name, (uint32_t)m.name_len, flags);
	kfree(list);
	return rc;
}

static long do_recvmsg(struct file *f, struct socket *s, uint32_t user, unsigned flags)
{
	union sockaddr_any a;
	struct msghdr32 m;
	struct span *list;
	struct iter it;
	size_t len = 0;
	unsigned out = 0;
	long rc;

	if (copy_from_user(&m, user_ptr(user), sizeof(m)))
		return -EFAULT;
	rc = pieces(&m, &it, &list);
	if (rc)
		return rc;
	rc = s->ops->recv(s, &it, &a, &len, with_file_flags(f, flags), &out);
	kfree(list);
	if (rc < 0)
		return rc;
	if (m.name && copy_to_user(user_ptr(m.name), &a, min(len, (size_t)max(m.name_len, 0))))
		return -EFAULT;
	m.name_len = m.name ? (int32_t)len : 0;
	m.control_len = 0;
	m.flags = out;
	return copy_to_user(user_ptr(user), &m, sizeof(m)) ? -EFAULT : rc;
}

/* ---- options ---- */

static long set_timeout(uint64_t *timeout, uint32_t user, uint32_t len)
{
	if (len < sizeof(struct timeval32))
		return -EINVAL;
	return timeval_get(user_ptr(user), timeout);
}

static long set_socket_option(struct socket *s, int name, int value)
{
	switch (name) {
	case SO_REUSEADDR:
	case SO_REUSEPORT:
		s->reuse = value;
		return 0;
	case SO_BROADCAST:
		s->broadcast = value;
		return 0;
	case SO_KEEPALIVE:
		s->keepalive = value;
		return 0;
	case SO_SNDBUF: /* hints, which change nothing that can be seen */
	case SO_RCVBUF:
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
	case SO_DONTROUTE:
	case SO_OOBINLINE:
	case SO_PRIORITY:
	case SO_LINGER:
	case SO_PASSCRED:
	case SO_TIMESTAMP:
	case SO_BINDTODEVICE:
	case SO_ATTACH_FILTER:
	case SO_DETACH_FILTER:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static long do_setsockopt(struct socket *s, const uint32_t *v)
{
	int level = (int)v[1], name = (int)v[2], value = 0;

	if (level == SOL_SOCKET && name == SO_RCVTIMEO)
		return set_timeout(&s->recv_timeout, v[3], v[4]);
	if (level == SOL_SOCKET && name == SO_SNDTIMEO)
		return set_timeout(&s->send_timeout, v[3], v[4]);
	if (level == SOL_SOCKET && name == SO_ATTACH_FILTER)
		return 0;
	if ((int32_t)v[4] < 0 || (level != SOL_PACKET && v[4] < sizeof(value)))
		return -EINVAL;
	if (v[4] >= sizeof(value) && copy_from_user(&value, user_ptr(v[3]), sizeof(value)))
		return -EFAULT;
	if (level == SOL_SOCKET)
		return set_socket_option(s, name, value);
	return s->ops->setopt ? s->ops->setopt(s, level, name, value) : -ENOPROTOOPT;
}

static long get_socket_option(struct socket *s, int name, int *value)
{
	*value = 0;
	switch (name) {
	case SO_ERROR:
		*value = s->error;
		s->error = 0;
		return 0;
	case SO_TYPE:
		*value = s->type;
		return 0;
	case SO_DOMAIN:
		*value = s->family;
		return 0;
	case SO_PROTOCOL:
		*value = s->protocol;
		return 0;
	case SO_REUSEADDR:
	case SO_REUSEPORT:
		*value = s->reuse;
		return 0;
	case SO_BROADCAST:
		*value = s->broadcast;
		return 0;
	case SO_KEEPALIVE:
		*value = s->keepalive;
		return 0;
	case SO_SNDBUF:
	case SO_RCVBUF:
		*value = 131072;
		return 0;
	case SO_ACCEPTCONN:
	case SO_LINGER:
	case SO_OOBINLINE:
	case SO_PRIORITY:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static long do_getsockopt(struct socket *s, const uint32_t *v)
{
	int level = (int)v[1], name = (int)v[2], value = 0, room;
	long rc;

	if (get_user(room, (int *)user_ptr(v[4])))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (level == SOL_SOCKET)
		rc = get_socket_option(s, name, &value);
	else
		rc = s->ops->getopt ? s->ops->getopt(s, level, name, &value) : -EOPNOTSUPP;
	if (rc)
		return rc;
	room = min(room, (int)sizeof(value));
	if (copy_to_user(user_ptr(v[3]), &value, (size_t)room))
		return -EFAULT;
	return put_user(room, (int *)user_ptr(v[4])) ? -EFAULT : 0;
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
		return do_send(f, s, v, call == SYS_SENDTO);
	case SYS_RECV:
	case SYS_RECVFROM:
		return do_recv(f, s, v, call == SYS_RECVFROM);
	case SYS_SHUTDOWN:
		if (v[1] > SHUT_RDWR)
			return -EINVAL;
		return s->ops->shutdown ? s->ops->shutdown(s, (int)v[1]) : -EOPNOTSUPP;
	case SYS_SETSOCKOPT:
		return do_setsockopt(s, v);
	case SYS_GETSOCKOPT:
		return do_getsockopt(s, v);
	case SYS_SENDMSG:
		return do_sendmsg(f, s, v[1], v[2]);
	case SYS_RECVMSG:
		return do_recvmsg(f, s, v[1], v[2]);
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
		return do_pair((int)v[0], v[1], v[3]);
	return WITH_FILE((int)v[0], on_socket(f, a->v[0], v));
}

long sys_socket(const struct args *a)
{
	return do_socket(arg_int(a, 0), a->v[1], arg_int(a, 2));
}

long sys_socketpair(const struct args *a)
{
	return do_pair(arg_int(a, 0), a->v[1], a->v[3]);
}
