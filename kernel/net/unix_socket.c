/* SPDX-License-Identifier: MIT */
/*
 * UNIX sockets: pipes in both directions that have names.
 *
 * Names live in a list here and as a node of kind socket in the file system; a name that begins with a zero byte
 * (abstract) only here. A stream is bytes, a datagram (or packet) keeps its borders; both are messages in the
 * receiver's queue, bounded by bytes. Locks: lock, for everything here.
 */
#include "net/socket.h"
#include "proc.h"

#define QUEUE_BYTES 65536u
#define PIECE	    16384u /* of a stream, in one message */

struct message {
	struct list link;
	size_t len, at; /* bytes of it that are read */
	uint16_t from_len;
	struct sockaddr_un from;
	char data[];
};

struct end {
	struct list all_link;
	struct list link; /* of those that have a name */
	struct socket *socket;
	struct end *peer; /* NULL: none, or it is gone */
	struct list queue;
	size_t queued;
	bool connected, eof, no_more_out, listening;
	struct sockaddr_un name;
	uint16_t name_len, peer_name_len;
	struct sockaddr_un peer_name;
	/* Of a listening one: ends that wait to be accepted, linked by pending_link. */
	struct list pending, pending_link;
	unsigned pending_count, backlog;
};

static struct mutex lock = MUTEX_INIT(lock);
static struct list all = LIST_INIT(all), named = LIST_INIT(named);
static const struct socket_ops unix_ops;

/* Nobody listens there: is there at least the file? Not under `lock`: names have a lock of their own. */
static int nobody(const struct sockaddr_un *name)
{
	char path[UNIX_PATH_MAX + 1];
	struct path p;

	if (!name->path[0])
		return -ECONNREFUSED;
	strlcpy(path, name->path, sizeof(path));
	if (vfs_lookup(AT_FDCWD, path, 0, &p))
		return -ENOENT;
	path_put(&p);
	return -ECONNREFUSED;
}

/* ---- ends; Locks: lock ---- */

static struct end *end_new(struct socket *s)
{
	struct end *e = kzalloc(sizeof(*e));

	if (!e)
		return NULL;
	e->socket = s;
	list_init(&e->link);
	list_init(&e->queue);
	list_init(&e->pending);
	list_init(&e->pending_link);
	list_add_tail(&all, &e->all_link);
	return e;
}

static void changed(struct end *e)
{
	if (e && e->socket)
		waitq_wake(&e->socket->wait);
}

static void disconnect(struct end *e)
{
	struct end *p = e->peer;

	e->peer = NULL;
	if (!p)
		return;
	if (p->peer == e) {
		p->peer = NULL;
		p->eof = true;
		if (e->queued && p->socket)
			p->socket->error = ECONNRESET; /* what it sent was never read */
	}
	changed(p);
}

static void end_free(struct end *e)
{
	struct end *other;

	while (!list_empty(&e->pending)) {
		struct end *p = list_first(&e->pending, struct end, pending_link);

		list_del(&p->pending_link);
		end_free(p);
	}
	disconnect(e);
	/* Datagram senders that are connected to it. */
	list_for_each (other, &all, all_link)
		if (other->peer == e)
			other->peer = NULL;
	while (!list_empty(&e->queue)) {
		struct message *m = list_first(&e->queue, struct message, link);

		list_del(&m->link);
		kfree(m);
	}
	list_del(&e->link);
	list_del(&e->all_link);
	kfree(e);
}

static struct end *find(const struct sockaddr_un *name, uint16_t len)
{
	struct end *e;

	list_for_each (e, &named, link)
		if (e->name_len == len && !memcmp(&e->name, name, len))
			return e;
	return NULL;
}

/* A path's length counts up to its NUL, so that both ways to write it are the same name. */
static int read_name(const union sockaddr_any *a, size_t len, struct sockaddr_un *name,
		     uint16_t *out)
{
	size_t path = offsetof(struct sockaddr_un, path);

	if (a->family != AF_UNIX || len <= path)
		return -EINVAL;
	memset(name, 0, sizeof(*name));
	memcpy(name, &a->un, min(len, sizeof(*name)));
	*out = (uint16_t)(name->path[0] ? path + strnlen(name->path, UNIX_PATH_MAX) + 1
					: min(len, sizeof(*name)));
	return 0;
}

/* ---- names ---- */

static int unix_bind(struct socket *s, const union sockaddr_any *a, size_t len)
{
	struct end *e = s->priv;
	struct sockaddr_un name;
	uint16_t name_len;
	int rc = read_name(a, len, &name, &name_len);

	if (rc)
		return rc;
	if (e->name_len)
		return -EINVAL;
	if (name.path[0]) {
		char path[UNIX_PATH_MAX + 1];

		strlcpy(path, name.path, sizeof(path));
		rc = vfs_mknod(AT_FDCWD, path, S_IFSOCK | (0777 & ~current->fs->umask), 0);
		if (rc)
			return rc == -EEXIST ? -EADDRINUSE : rc;
	}
	mutex_lock(&lock);
	if (!name.path[0] && find(&name, name_len)) {
		rc = -EADDRINUSE;
	} else {
		struct end *old = find(&name, name_len);

		if (old) { /* its file was removed: nobody finds it any more */
			list_del(&old->link);
			list_init(&old->link);
		}
		e->name = name;
		e->name_len = name_len;
		list_add_tail(&named, &e->link);
	}
	mutex_unlock(&lock);
	return rc;
}

static int put_name(union sockaddr_any *a, const struct sockaddr_un *name, uint16_t len)
{
	memset(&a->un, 0, sizeof(a->un));
	a->un.family = AF_UNIX;
	if (!len)
		return sizeof(a->un.family);
	a->un = *name;
	return len;
}

static int unix_name(struct socket *s, bool peer, union sockaddr_any *a)
{
	struct end *e = s->priv;
	int rc;

	mutex_lock(&lock);
	if (peer)
		rc = e->connected ? put_name(a, &e->peer_name, e->peer_name_len) : -ENOTCONN;
	else
		rc = put_name(a, &e->name, e->name_len);
	mutex_unlock(&lock);
	return rc;
}

/* ---- connections ---- */

static void join(struct end *a, struct end *b)
{
	a->peer = b;
	b->peer = a;
	a->connected = b->connected = true;
	a->eof = b->eof = false;
}

/* The other end, made for whoever accepts it. */
static int connect_stream(struct end *e, struct end *l, int type)
{
	struct end *other;

	if (!l || !l->listening || l->socket->type != type)
		return -ECONNREFUSED;
	if (e->connected)
		return -EISCONN;
	if (l->pending_count >= l->backlog)
		return -EAGAIN;
	other = end_new(NULL);
	if (!other)
		return -ENOMEM;
	other->name = e->peer_name = l->name;
	other->name_len = e->peer_name_len = l->name_len;
	other->peer_name = e->name;
	other->peer_name_len = e->name_len;
	join(e, other);
	list_add_tail(&l->pending, &other->pending_link);
	l->pending_count++;
	changed(l);
	return 0;
}

static int unix_connect(struct socket *s, const union sockaddr_any *a, size_t len, bool nonblock)
{
	struct end *e = s->priv, *to;
	struct sockaddr_un name;
	uint16_t name_len;
	int rc = read_name(a, len, &name, &name_len);

	if (rc)
		return rc;
	for (;;) {
		mutex_lock(&lock);
		to = find(&name, name_len);
		if (!to)
			rc = -ESRCH;
		else if (s->type != SOCK_DGRAM)
			rc = connect_stream(e, to, s->type);
		else if (to->socket && to->socket->type == SOCK_DGRAM) {
			e->peer = to;
			e->peer_name = to->name;
			e->peer_name_len = to->name_len;
			e->connected = true;
		} else
			rc = -EPROTOTYPE;
		mutex_unlock(&lock);
		if (rc == -ESRCH)
			return nobody(&name);
		if (rc != -EAGAIN || nonblock)
			return rc;
		/* The listener's queue is full: look again when it may not be any more. */
		rc = proc_sleep_until(machine_now() + 10 * NSEC_PER_MS);
		if (rc)
			return rc;
	}
}

static int unix_listen(struct socket *s, int backlog)
{
	struct end *e = s->priv;

	if (s->type == SOCK_DGRAM)
		return -EOPNOTSUPP;
	if (!e->name_len || e->connected)
		return -EINVAL;
	e->listening = true;
	e->backlog = (unsigned)(backlog < 1 ? 1 : min(backlog, 128));
	return 0;
}

static struct socket *unix_accept(struct socket *s, bool nonblock)
{
	struct end *l = s->priv, *e;
	struct socket *new = NULL;
	int rc = l->listening ? 0 : -EINVAL;

	while (!rc && !new) {
		if (!nonblock)
			rc = wait_event_full(&s->wait, !list_empty(&l->pending), true,
					     socket_deadline(s->recv_timeout));
		if (rc)
			break;
		mutex_lock(&lock);
		if (!list_empty(&l->pending)) {
			new = socket_new(&unix_ops, AF_UNIX, s->type, 0);
			if (!is_err(new)) {
				e = list_first(&l->pending, struct end, pending_link);
				list_del(&e->pending_link);
				list_init(&e->pending_link);
				l->pending_count--;
				e->socket = new;
				new->priv = e;
			}
		}
		mutex_unlock(&lock);
		if (!new &&nonblock)
			rc = -EAGAIN;
	}
	return rc ? err_ptr(rc == -ETIMEDOUT ? -EAGAIN : rc) : new;
}

/* ---- data ---- */

static bool has_room(struct end *e)
{
	struct end *p = e->peer;

	return !p || p->queued < QUEUE_BYTES;
}

/* One message to `to`; 0: no room. */
static long put(struct end *e, struct end *to, struct iter *from, bool stream)
{
	size_t n = stream ? min(from->left, (size_t)PIECE) : from->left;
	struct message *m;

	if (to->queued >= QUEUE_BYTES || (!stream && to->queued && to->queued + n > QUEUE_BYTES))
		return 0;
	m = kmalloc(sizeof(*m) + n);
	if (!m)
		return -ENOBUFS;
	if (iter_read(from, m->data, n) < n) {
		kfree(m);
		return -EFAULT;
	}
	m->len = n;
	m->at = 0;
	m->from = e->name;
	m->from_len = e->name_len;
	list_add_tail(&to->queue, &m->link);
	to->queued += n;
	changed(to);
	return (long)n;
}

static long send_once(struct end *e, struct iter *from, const struct sockaddr_un *name,
		      uint16_t len)
{
	bool stream = e->socket->type == SOCK_STREAM;
	struct end *to = e->peer;

	if (e->no_more_out)
		return -EPIPE;
	if (len) {
		to = find(name, len);
		if (!to)
			return -ESRCH;
		if (!to->socket || to->socket->type != SOCK_DGRAM)
			return -EPROTOTYPE;
	}
	if (!to)
		return !e->connected		       ? -ENOTCONN
		       : e->socket->type == SOCK_DGRAM ? -ECONNREFUSED
						       : -EPIPE;
	return put(e, to, from, stream);
}

static long unix_send(struct socket *s, struct iter *from, const union sockaddr_any *to, size_t len,
		      unsigned flags)
{
	struct end *e = s->priv;
	struct sockaddr_un name;
	uint16_t name_len = 0;
	bool stream = s->type == SOCK_STREAM;
	long done = 0;
	int rc = to ? read_name(to, len, &name, &name_len) : 0;

	if (rc)
		return rc;
	if (to && s->type != SOCK_DGRAM)
		return e->connected ? -EISCONN : -EOPNOTSUPP;
	if (!stream && from->left > QUEUE_BYTES)
		return -EMSGSIZE;
	do {
		long n;
		bool empty = !from->left;

		mutex_lock(&lock);
		n = send_once(e, from, &name, name_len);
		mutex_unlock(&lock);
		if (n == -ESRCH)
			n = nobody(&name);
		if (n > 0 || (!n && empty)) {
			done += n;
			continue;
		}
		if (n < 0)
			return done ? done : n;
		if (flags & MSG_DONTWAIT)
			return done ? done : -EAGAIN;
		/* Whoever reads wakes its peer; a named receiver knows none, so look again after a while. */
		rc = wait_event_full(&s->wait, !name_len && has_room(e), true,
				     machine_now() + 10 * NSEC_PER_MS);
		if (rc && rc != -ETIMEDOUT)
			return done ? done : rc;
	} while (from->left && (stream || !done));
	return done;
}

static long take(struct end *e, struct iter *to, union sockaddr_any *name, size_t *len,
		 unsigned flags, unsigned *out)
{
	struct message *m = list_first(&e->queue, struct message, link);
	bool stream = e->socket->type == SOCK_STREAM;
	size_t n = min(m->len - m->at, to->left);
	long rc = (long)n;

	if (iter_write(to, m->data + m->at, n) < n)
		return -EFAULT;
	*len = m->from_len ? (size_t)put_name(name, &m->from, m->from_len) : 0;
	if (!stream && n < m->len) {
		*out |= MSG_TRUNC;
		if (flags & MSG_TRUNC)
			rc = (long)m->len;
	}
	if (flags & MSG_PEEK)
		return rc;
	m->at += n;
	if (stream)
		e->queued -= n;
	if (!stream || m->at == m->len) {
		if (!stream)
			e->queued -= m->len;
		list_del(&m->link);
		kfree(m);
	}
	changed(e->peer);
	return rc;
}

static long unix_recv(struct socket *s, struct iter *to, union sockaddr_any *name, size_t *len,
		      unsigned flags, unsigned *out)
{
	struct end *e = s->priv;
	bool stream = s->type == SOCK_STREAM;
	uint64_t deadline = socket_deadline(s->recv_timeout);
	long done = 0;

	*len = 0;
	if (stream && !e->connected)
		return -EINVAL;
	for (;;) {
		bool any, end;
		long n = 0;

		mutex_lock(&lock);
		any = !list_empty(&e->queue);
		end = e->eof || s->error;
		if (any)
			n = take(e, to, name, len, flags, out);
		mutex_unlock(&lock);
		if (n < 0)
			return done ? done : n;
		done += n;
		if (any && (!stream || !to->left || flags & MSG_PEEK))
			return done;
		if (any)
			continue;
		if (done && !(flags & MSG_WAITALL))
			return done;
		if (end) {
			int error = s->error;

			s->error = 0;
			return done ? done : -error;
		}
		if (flags & MSG_DONTWAIT)
			return done ? done : -EAGAIN;
		n = wait_event_full(&s->wait, !list_empty(&e->queue) || e->eof || s->error, true,
				    deadline);
		if (n)
			return done ? done : n == -ETIMEDOUT ? -EAGAIN : n;
	}
}

/* ---- the rest ---- */

static int unix_shutdown(struct socket *s, int how)
{
	struct end *e = s->priv;

	if (!e->connected)
		return -ENOTCONN;
	mutex_lock(&lock);
	if (how != SHUT_RD) {
		e->no_more_out = true;
		if (e->peer)
			e->peer->eof = true;
		changed(e->peer);
	}
	if (how != SHUT_WR) {
		e->eof = true;
		if (e->peer)
			e->peer->no_more_out = true;
		changed(e->peer);
	}
	mutex_unlock(&lock);
	changed(e);
	return 0;
}

static unsigned unix_poll(struct socket *s)
{
	struct end *e = s->priv;
	unsigned bits = 0;

	mutex_lock(&lock);
	if (!list_empty(&e->pending) || !list_empty(&e->queue) || e->eof)
		bits |= POLLIN | POLLRDNORM;
	if (!e->listening && has_room(e))
		bits |= POLLOUT | POLLWRNORM;
	if (e->eof)
		bits |= POLLRDHUP;
	if (s->type != SOCK_DGRAM && !e->listening &&
	    (!e->connected || (e->eof && (e->no_more_out || !e->peer))))
		bits |= POLLHUP;
	if (s->error)
		bits |= POLLERR;
	mutex_unlock(&lock);
	return bits;
}

static int unix_readable(struct socket *s)
{
	struct end *e = s->priv;
	int n;

	mutex_lock(&lock);
	n = s->type == SOCK_STREAM || list_empty(&e->queue)
		    ? (int)e->queued
		    : (int)list_first(&e->queue, struct message, link)->len;
	mutex_unlock(&lock);
	return n;
}

static void unix_release(struct socket *s)
{
	mutex_lock(&lock);
	end_free(s->priv);
	mutex_unlock(&lock);
}

static const struct socket_ops unix_ops = {
	.bind = unix_bind,
	.connect = unix_connect,
	.listen = unix_listen,
	.accept = unix_accept,
	.send = unix_send,
	.recv = unix_recv,
	.name = unix_name,
	.shutdown = unix_shutdown,
	.poll = unix_poll,
	.readable = unix_readable,
	.release = unix_release,
};

struct socket *unix_socket(int type, int protocol)
{
	struct socket *s;

	if (protocol && protocol != AF_UNIX)
		return err_ptr(-EPROTONOSUPPORT);
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return err_ptr(-ESOCKTNOSUPPORT);
	s = socket_new(&unix_ops, AF_UNIX, type, 0);
	if (is_err(s))
		return s;
	mutex_lock(&lock);
	s->priv = end_new(s);
	mutex_unlock(&lock);
	if (s->priv)
		return s;
	kfree(s);
	return err_ptr(-ENOMEM);
}

int unix_pair(int type, struct socket *pair[2])
{
	for (unsigned i = 0; i < 2; i++) {
		pair[i] = unix_socket(type, 0);
		if (is_err(pair[i])) {
			int rc = (int)ptr_err(pair[i]);

			if (i)
				socket_free(pair[0]);
			return rc;
		}
	}
	mutex_lock(&lock);
	join(pair[0]->priv, pair[1]->priv);
	mutex_unlock(&lock);
	return 0;
}
