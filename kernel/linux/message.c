/* SPDX-License-Identifier: MIT */
/*
 * Sockets: data, with or without the other end's name, and what travels beside it.
 *
 * A control message (struct cmsghdr) carries descriptors or credentials. They are checked and turned into files here;
 * who gets them is the UNIX sockets' business (kernel/net/unix_rights.c). To every other family they mean nothing.
 */
#include "linux/socket.h"

#define IOV_MOST     1024u
#define CONTROL_MOST 8192 /* of what a program sends */

struct msghdr32 {
	uint32_t name;
	int32_t name_len;
	uint32_t iov, iov_count, control, control_len, flags;
};

struct mmsghdr32 {
	struct msghdr32 msg;
	uint32_t len;
};

struct iovec32 {
	uint32_t base, len;
};

struct cmsghdr32 {
	uint32_t len; /* with this header */
	int32_t level, type;
};

static uint32_t cmsg_align(uint32_t n)
{
	return (n + 3) & ~3u;
}

static unsigned with_file_flags(const struct file *f, unsigned flags)
{
	return flags | (f->flags & O_NONBLOCK ? MSG_DONTWAIT : 0);
}

/* ---- what is sent beside the bytes ---- */

/* A list of descriptors: their files. */
static int take_rights(const struct cmsghdr32 *h, const int32_t *fds, struct ancillary *a)
{
	uint32_t n = (h->len - sizeof(*h)) / sizeof(*fds);

	if (!n)
		return 0;
	if (n > SCM_RIGHTS_MOST - (a->rights ? a->rights->count : 0))
		return -EINVAL;
	if (!a->rights)
		a->rights = rights_new(SCM_RIGHTS_MOST);
	if (!a->rights)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		struct file *f = fd_get_path(fds[i]);

		if (!f)
			return -EBADF;
		a->rights->files[a->rights->count++] = f;
	}
	return 0;
}

/* Only root may say that it is somebody else. */
static int take_cred(const struct cmsghdr32 *h, const struct ucred *c, struct ancillary *a)
{
	const struct process *p = current->proc;
	const struct cred *own = &p->cred;

	if (h->len != sizeof(*h) + sizeof(*c))
		return -EINVAL;
	if (own->euid && (c->pid != p->pid ||
			  (c->uid != own->uid && c->uid != own->euid && c->uid != own->suid) ||
			  (c->gid != own->gid && c->gid != own->egid && c->gid != own->sgid)))
		return -EPERM;
	a->has_cred = true;
	a->cred = *c;
	return 0;
}

static int take_control(struct socket *s, const uint8_t *data, uint32_t len, struct ancillary *a)
{
	struct cmsghdr32 h;

	if (len < sizeof(h))
		return -EINVAL;
	for (uint32_t at = 0; len - at >= sizeof(h); at += cmsg_align(h.len)) {
		int rc = 0;

		memcpy(&h, data + at, sizeof(h));
		if (h.len < sizeof(h) || h.len > len - at)
			return -EINVAL;
		if (h.level != SOL_SOCKET) {
			rc = s->family == AF_INET && h.level != IPPROTO_IP ? -EINVAL : 0;
		} else if (h.type != SCM_RIGHTS && h.type != SCM_CREDENTIALS) {
			rc = -EINVAL;
		} else if (s->ops->send_with) {
			rc = h.type == SCM_RIGHTS
				     ? take_rights(&h, (const int32_t *)(data + at + sizeof(h)), a)
				     : take_cred(&h, (const struct ucred *)(data + at + sizeof(h)),
						 a);
		}
		if (rc)
			return rc;
		if (cmsg_align(h.len) > len - at)
			break;
	}
	return 0;
}

static int control_in(struct socket *s, const struct msghdr32 *m, struct ancillary *a)
{
	uint8_t *data;
	int rc;

	if (!m->control || !m->control_len)
		return 0;
	if (m->control_len > CONTROL_MOST)
		return -ENOBUFS;
	data = kmalloc(m->control_len);
	if (!data)
		return -ENOBUFS;
	rc = copy_from_user(data, user_ptr(m->control), m->control_len) ? -EFAULT : 0;
	if (!rc)
		rc = take_control(s, data, m->control_len, a);
	kfree(data);
	return rc;
}

/* ---- what was received beside the bytes ---- */

/* The room that is left for control messages, and what of it is used. */
struct control {
	uint32_t at, room, used;
	unsigned flags; /* MSG_CTRUNC: something did not fit */
};

/* A header for n bytes of data, and those if data is there; how many bytes of data there is room for. */
static int put_control(struct control *c, int type, const void *data, uint32_t n)
{
	struct cmsghdr32 h = { .len = sizeof(h) + n, .level = SOL_SOCKET, .type = type };

	if (c->room < sizeof(h)) {
		c->flags |= MSG_CTRUNC;
		return 0;
	}
	if (h.len > c->room) {
		c->flags |= MSG_CTRUNC;
		h.len = c->room;
	}
	if (copy_to_user(user_ptr(c->at), &h, sizeof(h)) ||
	    copy_to_user(user_ptr(c->at + sizeof(h)), data, h.len - sizeof(h)))
		return -EFAULT;
	n = min(cmsg_align(h.len), c->room);
	c->at += n;
	c->room -= n;
	c->used += n;
	return 0;
}

/* As many as there are room and free descriptors for; the others are closed with the rights. */
static int put_rights(struct control *c, struct rights *r, bool cloexec)
{
	uint32_t room = c->room > sizeof(struct cmsghdr32)
				? (c->room - (uint32_t)sizeof(struct cmsghdr32)) / sizeof(int32_t)
				: 0,
		 n = 0;
	int32_t fds[SCM_RIGHTS_MOST];
	int rc = 0;

	for (; n < r->count && n < room; n++) {
		file_get(r->files[n]);
		fds[n] = fd_install(r->files[n], 0, cloexec);
		if (fds[n] < 0) {
			file_put(r->files[n]);
			break;
		}
	}
	if (n)
		rc = put_control(c, SCM_RIGHTS, fds, n * sizeof(fds[0]));
	if (n < r->count)
		c->flags |= MSG_CTRUNC;
	return rc;
}

static int control_out(struct msghdr32 *m, struct ancillary *a, unsigned flags)
{
	struct control c = { .at = m->control, .room = m->control ? m->control_len : 0 };
	int rc = a->has_cred ? put_control(&c, SCM_CREDENTIALS, &a->cred, sizeof(a->cred)) : 0;

	if (!rc && a->rights)
		rc = put_rights(&c, a->rights, flags & MSG_CMSG_CLOEXEC);
	rights_free(a->rights);
	m->control_len = c.used;
	m->flags |= c.flags | (flags & MSG_CMSG_CLOEXEC);
	return rc;
}

/* ---- sending ---- */

static long send_iter(struct file *f, struct socket *s, struct iter *it, uint32_t name,
		      uint32_t len, unsigned flags, struct ancillary *with)
{
	unsigned how = with_file_flags(f, flags);
	union sockaddr_any a, *to = NULL;
	long sent;

	if (name) {
		int rc = socket_name_in(&a, name, len);

		if (rc)
			return rc;
		to = &a;
	}
	if (with && s->ops->send_with)
		sent = s->ops->send_with(s, it, to, len, how, with);
	else
		sent = s->ops->send(s, it, to, len, how);
	if (sent == -EPIPE && s->type == SOCK_STREAM && !(flags & MSG_NOSIGNAL))
		signal_send_task(current, SIGPIPE, NULL);
	return sent;
}

long socket_send(struct file *f, struct socket *s, const uint32_t *v, bool has_name)
{
	struct iter it;

	if ((int32_t)v[2] < 0)
		return -EINVAL;
	iter_user(&it, user_ptr(v[1]), v[2]);
	return send_iter(f, s, &it, has_name ? v[4] : 0, has_name ? v[5] : 0, v[3], NULL);
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

long socket_sendmsg(struct file *f, struct socket *s, uint32_t user, unsigned flags)
{
	struct ancillary with = { 0 };
	struct msghdr32 m;
	struct span *list;
	struct iter it;
	long rc;

	if (copy_from_user(&m, user_ptr(user), sizeof(m)))
		return -EFAULT;
	rc = pieces(&m, &it, &list);
	if (rc)
		return rc;
	rc = control_in(s, &m, &with);
	if (!rc)
		rc = send_iter(f, s, &it, m.name, (uint32_t)m.name_len, flags, &with);
	rights_free(with.rights);
	kfree(list);
	return rc;
}

/* ---- receiving ---- */

long socket_recv(struct file *f, struct socket *s, const uint32_t *v, bool has_name)
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
	if (rc >= 0 && has_name && v[4] && socket_name_out(&a, len, v[4], v[5]))
		return -EFAULT;
	return rc;
}

static long recv_pieces(struct file *f, struct socket *s, struct msghdr32 *m, unsigned flags,
			struct ancillary *with)
{
	union sockaddr_any a;
	struct span *list;
	struct iter it;
	size_t len = 0;
	unsigned out = 0;
	long rc = pieces(m, &it, &list);

	if (rc)
		return rc;
	flags = with_file_flags(f, flags);
	if (s->ops->recv_with)
		rc = s->ops->recv_with(s, &it, &a, &len, flags, &out, with);
	else
		rc = s->ops->recv(s, &it, &a, &len, flags, &out);
	kfree(list);
	m->flags = out;
	if (rc >= 0 && m->name &&
	    copy_to_user(user_ptr(m->name), &a, min(len, (size_t)max(m->name_len, 0))))
		rc = -EFAULT;
	if (m->name)
		m->name_len = (int32_t)len;
	return rc;
}

long socket_recvmsg(struct file *f, struct socket *s, uint32_t user, unsigned flags)
{
	struct ancillary with = { 0 };
	struct msghdr32 m;
	long rc;

	if (copy_from_user(&m, user_ptr(user), sizeof(m)))
		return -EFAULT;
	if (m.name && m.name_len < 0)
		return -EINVAL;
	rc = recv_pieces(f, s, &m, flags, &with);
	if (rc < 0) {
		rights_free(with.rights);
		return rc;
	}
	if (control_out(&m, &with, flags))
		return -EFAULT;
	return copy_to_user(user_ptr(user), &m, sizeof(m)) ? -EFAULT : rc;
}

/* ---- several at once ---- */

long socket_sendmmsg(struct file *f, struct socket *s, uint32_t user, uint32_t count,
		     unsigned flags)
{
	struct mmsghdr32 *m = user_ptr(user);
	long rc = 0;
	uint32_t n = 0;

	for (; n < min(count, IOV_MOST); n++) {
		rc = socket_sendmsg(f, s, user + n * (uint32_t)sizeof(*m), flags);
		if (rc >= 0)
			rc = put_user((uint32_t)rc, &m[n].len) ? -EFAULT : 0;
		if (rc < 0)
			break;
	}
	return n ? (long)n : rc;
}

long socket_recvmmsg(struct file *f, struct socket *s, uint32_t user, uint32_t count,
		     unsigned flags, uint32_t timeout)
{
	struct mmsghdr32 *m = user_ptr(user);
	uint64_t ns = 0, deadline;
	long rc = timeout ? time_get(user_ptr(timeout), false, &ns) : 0;
	uint32_t n = 0;

	if (rc)
		return rc;
	deadline = timeout ? time_deadline(ns) : WAIT_FOREVER;
	for (; n < min(count, IOV_MOST) && (!n || time_now() < deadline); n++) {
		rc = socket_recvmsg(f, s, user + n * (uint32_t)sizeof(*m), flags & ~MSG_WAITFORONE);
		if (rc >= 0)
			rc = put_user((uint32_t)rc, &m[n].len) ? -EFAULT : 0;
		if (rc < 0)
			break;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
	}
	return n ? (long)n : rc;
}
