/* SPDX-License-Identifier: MIT */
/*
 * UNIX sockets: messages.
 *
 * A stream is bytes, a datagram (or packet) keeps its borders; both are messages in the receiver's queue, bounded
 * by the sender's buffer size. Descriptors and credentials belong to the first byte of what was sent with them: a
 * stream's reader gets them with that byte, and not a byte of what comes behind the message (unix(7) of Linux).
 *
 * Locks: unix_lock.
 */
#include "net/unix.h"
#include "proc.h"

#define PIECE	   16384u /* of a stream, in one message */
#define OVERHEAD   32u	  /* of a datagram's room: what Linux subtracts */
#define QUEUE_MOST 65536u /* bytes that wait, whatever the program wishes */
#define NOBODY	   65534u /* who sent a message that says nothing of it */

size_t unix_room(const struct end *e)
{
	return min(e->socket->send_room / 2, QUEUE_MOST);
}

bool unix_has_room(const struct end *e)
{
	return !e->peer || !e->socket || e->peer->queued < unix_room(e);
}

void unix_forget(struct end *e, struct list *dead)
{
	while (!list_empty(&e->queue)) {
		struct message *m = list_first(&e->queue, struct message, link);

		list_del(&m->link);
		if (m->with.rights) {
			unix_rights_arrive(m->with.rights);
			list_add_tail(dead, &m->with.rights->link);
		}
		kfree(m);
	}
	e->queued = 0;
}

/* ---- out ---- */

/* Whoever asked for credentials gets them, also from a sender that does not know of it. */
static void sign(struct message *m, const struct end *e, const struct end *to, struct ancillary *a)
{
	m->with = (struct ancillary){ 0 };
	if (a && a->has_cred)
		m->with = (struct ancillary){ .has_cred = true, .cred = a->cred };
	else if (e->socket->pass_cred || !to->socket || to->socket->pass_cred)
		m->with = (struct ancillary){ .has_cred = true, .cred = unix_self() };
}

/* The rights change hands when the message has been made. */
static int attach(struct message *m, struct ancillary *a)
{
	int rc;

	if (!a || !a->rights)
		return 0;
	rc = unix_rights_go(a->rights);
	if (rc)
		return rc;
	m->with.rights = a->rights;
	a->rights = NULL;
	return 0;
}

/* One message to `to`; 0: no room. */
static long put(struct end *e, struct end *to, struct iter *from, bool stream, struct ancillary *a)
{
	size_t n = stream ? min(from->left, (size_t)PIECE) : from->left, room = unix_room(e);
	struct message *m;
	int rc;

	if (to->queued >= room || (!stream && to->queued && to->queued + n > room))
		return 0;
	m = kmalloc(sizeof(*m) + n);
	if (!m)
		return -ENOBUFS;
	sign(m, e, to, a);
	rc = iter_read(from, m->data, n) < n ? -EFAULT : attach(m, a);
	if (rc) {
		kfree(m);
		return rc;
	}
	m->len = n;
	m->at = 0;
	m->from = e->name;
	m->from_len = e->name_len;
	list_add_tail(&to->queue, &m->link);
	to->queued += n;
	unix_changed(to);
	return (long)n;
}

static long send_once(struct end *e, struct iter *from, const struct sockaddr_un *name,
		      uint16_t len, struct ancillary *a)
{
	struct end *to = e->peer;

	if (e->no_more_out)
		return -EPIPE;
	if (len) {
		to = unix_find(name, len);
		if (!to)
			return -ESRCH;
		if (!to->socket || to->socket->type != SOCK_DGRAM)
			return -EPROTOTYPE;
	}
	if (!to)
		return !e->connected		       ? -ENOTCONN
		       : e->socket->type == SOCK_DGRAM ? -ECONNREFUSED
						       : -EPIPE;
	if (e->socket->type == SOCK_DGRAM && to->peer && to->peer != e)
		return -EPERM; /* it hears only its own peer */
	return put(e, to, from, e->socket->type == SOCK_STREAM, a);
}

long unix_send_with(struct socket *s, struct iter *from, const union sockaddr_any *to, size_t len,
		    unsigned flags, struct ancillary *a)
{
	uint64_t deadline = socket_deadline(s->send_timeout);
	struct end *e = s->priv;
	struct sockaddr_un name;
	uint16_t name_len = 0;
	bool stream = s->type == SOCK_STREAM;
	long done = 0;
	int rc = to ? unix_read_name(to, len, &name, &name_len) : 0;

	if (rc)
		return rc;
	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (to && stream)
		return e->connected ? -EISCONN : -EOPNOTSUPP;
	if (s->type == SOCK_SEQPACKET && !e->connected)
		return -ENOTCONN;
	if (s->type == SOCK_SEQPACKET)
		name_len = 0; /* as Linux: it goes to the peer, whatever name is given */
	if (!stream && from->left > s->send_room - OVERHEAD)
		return -EMSGSIZE;
	if (a && a->rights)
		unix_collect();
	if (stream && !from->left)
		return 0;
	do {
		bool empty = !from->left, went;
		long n;

		mutex_lock(&unix_lock);
		n = send_once(e, from, &name, name_len, a);
		went = n > 0 || (!n && empty);
		mutex_unlock(&unix_lock);
		if (n == -ESRCH)
			n = unix_nobody(&name);
		if (went) {
			done += n;
			continue;
		}
		if (!n && flags & MSG_DONTWAIT)
			n = -EAGAIN;
		if (!n && time_now() >= deadline)
			n = -EAGAIN;
		if (n < 0)
			return done ? done : n;
		/* Whoever reads wakes its peer; a named receiver knows none, so look again after a while. */
		rc = wait_event_full(&s->wait, !name_len && unix_has_room(e), true,
				     min(deadline, time_now() + 10 * NSEC_PER_MS));
		if (rc && rc != -ETIMEDOUT)
			return done ? done : socket_waited(rc, deadline);
	} while (from->left && (stream || !done));
	return done;
}

long unix_send(struct socket *s, struct iter *from, const union sockaddr_any *to, size_t len,
	       unsigned flags)
{
	return unix_send_with(s, from, to, len, flags, NULL);
}

/* ---- in ---- */

/* What came with a message, to its reader. Its rights go on `dead` if there is none for them. */
static int hand_over(struct end *e, struct message *m, bool peek, struct ancillary *a,
		     struct list *dead)
{
	struct rights *r = m->with.rights;

	if (a && e->socket->pass_cred) {
		a->has_cred = true;
		a->cred = m->with.has_cred ? m->with.cred : (struct ucred){ 0, NOBODY, NOBODY };
	}
	if (!r)
		return 0;
	if (peek) {
		if (a)
			a->rights = unix_rights_copy(r);
		return a && !a->rights ? -ENOMEM : 0;
	}
	unix_rights_arrive(r);
	m->with.rights = NULL;
	if (a)
		a->rights = r;
	else
		list_add_tail(dead, &r->link);
	return 0;
}

static long take(struct end *e, struct iter *to, union sockaddr_any *name, size_t *len,
		 unsigned flags, unsigned *out, struct ancillary *a, struct list *dead)
{
	struct message *m = list_first(&e->queue, struct message, link);
	bool stream = e->socket->type == SOCK_STREAM;
	size_t n = min(m->len - m->at, to->left);
	long rc = (long)n;
	int error;

	if (iter_write(to, m->data + m->at, n) < n)
		return -EFAULT;
	*len = m->from_len ? (size_t)unix_put_name(name, &m->from, m->from_len) : 0;
	if (!stream && n < m->len) {
		*out |= MSG_TRUNC;
		if (flags & MSG_TRUNC)
			rc = (long)m->len;
	}
	error = hand_over(e, m, flags & MSG_PEEK, a, dead);
	if (error)
		return error;
	if (flags & MSG_PEEK)
		return rc;
	m->at += n;
	e->queued -= stream ? n : m->len;
	if (!stream || m->at == m->len) {
		list_del(&m->link);
		kfree(m);
	}
	unix_changed(e->peer);
	return rc;
}

static bool same_sender(const struct ancillary *a, const struct message *m)
{
	return a->cred.pid == (m->with.has_cred ? m->with.cred.pid : 0) &&
	       a->cred.uid == (m->with.has_cred ? m->with.cred.uid : NOBODY) &&
	       a->cred.gid == (m->with.has_cred ? m->with.cred.gid : NOBODY);
}

/* A stream's reader has something: must what comes next be another read's? */
static bool must_stop(struct end *e, const struct ancillary *a)
{
	if (!a || list_empty(&e->queue))
		return false;
	return a->rights ||
	       (a->has_cred && !same_sender(a, list_first(&e->queue, struct message, link)));
}

/* What there is now: bytes or -errno; *more: a stream's reader may have the next message, too. */
static long take_some(struct socket *s, struct iter *to, union sockaddr_any *name, size_t *len,
		      unsigned flags, unsigned *out, struct ancillary *a, bool *any, bool *more)
{
	struct list dead = LIST_INIT(dead);
	struct end *e = s->priv;
	long n = 0;

	mutex_lock(&unix_lock);
	*any = !list_empty(&e->queue);
	if (*any)
		n = take(e, to, name, len, flags, out, a, &dead);
	*more = s->type == SOCK_STREAM && to->left && !(flags & MSG_PEEK) && !must_stop(e, a) &&
		!(a && a->rights) && n >= 0;
	mutex_unlock(&unix_lock);
	unix_rights_bury(&dead);
	return n;
}

long unix_recv_with(struct socket *s, struct iter *to, union sockaddr_any *name, size_t *len,
		    unsigned flags, unsigned *out, struct ancillary *a)
{
	uint64_t deadline = socket_deadline(s->recv_timeout);
	struct end *e = s->priv;
	long done = 0;

	*len = 0;
	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (s->type != SOCK_DGRAM && !e->connected)
		return s->type == SOCK_STREAM ? -EINVAL : -ENOTCONN;
	for (;;) {
		bool end = e->eof || s->error, any, more;
		long n = take_some(s, to, name, len, flags, out, a, &any, &more);

		if (n < 0)
			return done ? done : n;
		done += n;
		if (any && !more)
			return done;
		if (any)
			continue;
		if (done && !(flags & MSG_WAITALL))
			return done;
		if (end)
			return done ? done : socket_take_error(s);
		if (flags & MSG_DONTWAIT)
			return done ? done : -EAGAIN;
		n = socket_wait(s, !list_empty(&e->queue) || e->eof || s->error, deadline);
		if (n)
			return done ? done : n;
	}
}

long unix_recv(struct socket *s, struct iter *to, union sockaddr_any *name, size_t *len,
	       unsigned flags, unsigned *out)
{
	return unix_recv_with(s, to, name, len, flags, out, NULL);
}
