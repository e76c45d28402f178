/* SPDX-License-Identifier: MIT */
/*
 * Sockets: options. Those of SOL_SOCKET are kept in struct socket, where its family looks; the others are the family's.
 */
#include "linux/socket.h"

/* The least that a program gets, whatever it wishes (socket(7) of Linux). */
#define RECV_ROOM_LEAST 2304u
#define SEND_ROOM_LEAST 4608u

/* With the numbers _NEW: of programs whose time has 64 bits. */
struct timeval64 {
	int64_t sec, usec;
};

/* An option's value, of whatever kind. */
union value {
	int number;
	struct linger linger;
	struct timeval32 time;
	struct timeval64 time64;
	struct ucred cred;
};

/* ---- setting ---- */

static long set_timeout(uint64_t *timeout, bool wide, uint32_t user, uint32_t len)
{
	struct timeval64 t;
	struct timeval32 narrow;

	if (len < (wide ? sizeof(t) : sizeof(narrow)))
		return -EINVAL;
	if (wide ? copy_from_user(&t, user_ptr(user), sizeof(t))
		 : copy_from_user(&narrow, user_ptr(user), sizeof(narrow)))
		return -EFAULT;
	if (!wide)
		t = (struct timeval64){ narrow.sec, narrow.usec };
	if (t.usec < 0 || t.usec >= 1000000)
		return -EDOM;
	if (t.sec > INT32_MAX)
		*timeout = 0; /* for ever */
	else
		*timeout = t.sec < 0 ? 1 : (uint64_t)t.sec * NSEC_PER_SEC + (uint64_t)t.usec * 1000;
	return 0;
}

static long set_linger(struct socket *s, uint32_t user, uint32_t len)
{
	struct linger l;

	if (len < sizeof(l))
		return -EINVAL;
	if (copy_from_user(&l, user_ptr(user), sizeof(l)))
		return -EFAULT;
	s->linger.on = !!l.on;
	if (l.on)
		s->linger.seconds = l.seconds;
	return 0;
}

/* The kernel's own overhead is as much again: what is told back is twice the wish. */
static uint32_t room(int wish, uint32_t least)
{
	uint32_t n = min((uint32_t)wish, SOCKET_ROOM);

	return max(2 * n, least);
}

static long set_option(struct socket *s, int name, int value)
{
	switch (name) {
	case SO_REUSEADDR:
	case SO_REUSEPORT:
		s->reuse = value;
		break;
	case SO_BROADCAST:
		s->broadcast = value;
		break;
	case SO_KEEPALIVE:
		s->keepalive = value;
		break;
	case SO_PASSCRED:
		s->pass_cred = value;
		break;
	case SO_SNDBUF:
	case SO_SNDBUFFORCE:
		s->send_room = room(value, SEND_ROOM_LEAST);
		break;
	case SO_RCVBUF:
	case SO_RCVBUFFORCE:
		s->recv_room = room(value, RECV_ROOM_LEAST);
		break;
	case SO_DONTROUTE: /* hints, which change nothing that can be seen */
	case SO_OOBINLINE:
	case SO_PRIORITY:
	case SO_RCVLOWAT:
	case SO_TIMESTAMP:
	case SO_BINDTODEVICE:
	case SO_ATTACH_FILTER:
	case SO_DETACH_FILTER:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
	if (s->ops->option)
		s->ops->option(s);
	return 0;
}

long socket_setopt(struct socket *s, const uint32_t *v)
{
	int level = (int)v[1], name = (int)v[2], value = 0;

	if ((int32_t)v[4] < 0)
		return -EINVAL;
	if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_RCVTIMEO_NEW))
		return set_timeout(&s->recv_timeout, name == SO_RCVTIMEO_NEW, v[3], v[4]);
	if (level == SOL_SOCKET && (name == SO_SNDTIMEO || name == SO_SNDTIMEO_NEW))
		return set_timeout(&s->send_timeout, name == SO_SNDTIMEO_NEW, v[3], v[4]);
	if (level == SOL_SOCKET && name == SO_LINGER)
		return set_linger(s, v[3], v[4]);
	if (level == SOL_SOCKET && name == SO_ATTACH_FILTER)
		return 0;
	if (level != SOL_PACKET && v[4] < sizeof(value))
		return -EINVAL;
	if (v[4] >= sizeof(value) && copy_from_user(&value, user_ptr(v[3]), sizeof(value)))
		return -EFAULT;
	if (level == SOL_SOCKET)
		return set_option(s, name, value);
	return s->ops->setopt ? s->ops->setopt(s, level, name, value) : -ENOPROTOOPT;
}

/* ---- telling ---- */

static long put_timeout(union value *v, bool wide, uint64_t ns)
{
	int64_t sec = (int64_t)(ns / NSEC_PER_SEC), usec = (int64_t)(ns % NSEC_PER_SEC / 1000);

	if (wide)
		v->time64 = (struct timeval64){ sec, usec };
	else
		v->time = (struct timeval32){ (int32_t)sec, (int32_t)usec };
	return wide ? sizeof(v->time64) : sizeof(v->time);
}

/* The value's length, or -errno. */
static long get_number(struct socket *s, int name, int *value)
{
	switch (name) {
	case SO_ERROR:
		*value = -socket_take_error(s);
		break;
	case SO_TYPE:
		*value = s->type;
		break;
	case SO_DOMAIN:
		*value = s->family;
		break;
	case SO_PROTOCOL:
		*value = s->protocol;
		break;
	case SO_REUSEADDR:
	case SO_REUSEPORT:
		*value = s->reuse;
		break;
	case SO_BROADCAST:
		*value = s->broadcast;
		break;
	case SO_KEEPALIVE:
		*value = s->keepalive;
		break;
	case SO_PASSCRED:
		*value = s->pass_cred;
		break;
	case SO_SNDBUF:
		*value = (int)s->send_room;
		break;
	case SO_RCVBUF:
		*value = (int)s->recv_room;
		break;
	case SO_ACCEPTCONN:
		*value = s->listening;
		break;
	case SO_RCVLOWAT:
	case SO_SNDLOWAT:
		*value = 1;
		break;
	case SO_DONTROUTE:
	case SO_OOBINLINE:
	case SO_PRIORITY:
		*value = 0;
		break;
	default:
		return -ENOPROTOOPT;
	}
	return sizeof(*value);
}

static long get_option(struct socket *s, int name, union value *v)
{
	switch (name) {
	case SO_LINGER:
		v->linger = s->linger;
		return sizeof(v->linger);
	case SO_RCVTIMEO:
	case SO_RCVTIMEO_NEW:
		return put_timeout(v, name == SO_RCVTIMEO_NEW, s->recv_timeout);
	case SO_SNDTIMEO:
	case SO_SNDTIMEO_NEW:
		return put_timeout(v, name == SO_SNDTIMEO_NEW, s->send_timeout);
	case SO_PEERCRED:
		v->cred = (struct ucred){ 0, ~0u, ~0u };
		if (s->ops->peer)
			s->ops->peer(s, &v->cred);
		return sizeof(v->cred);
	default:
		return get_number(s, name, &v->number);
	}
}

long socket_getopt(struct socket *s, const uint32_t *v)
{
	int level = (int)v[1], name = (int)v[2], room_for;
	union value value = { 0 };
	long len = sizeof(value.number);

	if (get_user(room_for, (int *)user_ptr(v[4])))
		return -EFAULT;
	if (room_for < 0)
		return -EINVAL;
	if (level == SOL_SOCKET) {
		len = get_option(s, name, &value);
	} else {
		int rc = s->ops->getopt ? s->ops->getopt(s, level, name, &value.number)
					: -EOPNOTSUPP;

		len = rc ? rc : len;
	}
	if (len < 0)
		return len;
	room_for = min(room_for, (int)len);
	if (copy_to_user(user_ptr(v[3]), &value, (size_t)room_for))
		return -EFAULT;
	return put_user(room_for, (int *)user_ptr(v[4])) ? -EFAULT : 0;
}
