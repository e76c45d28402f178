/* SPDX-License-Identifier: MIT */
/*
 * UNIX sockets: pipes in both directions that have names.
 *
 * Names live in a list here and as a node of kind socket in the file system; a name that begins with a zero byte
 * (abstract) only here. Locks: unix_lock, for everything here.
 */
#include "net/unix.h"
#include "net/show.h"
#include "proc.h"

struct mutex unix_lock = MUTEX_INIT(unix_lock);
struct list unix_all = LIST_INIT(unix_all);

static struct list named = LIST_INIT(named);
static const struct socket_ops unix_ops;

#define BACKLOG_MOST 4096

struct ucred unix_self(void)
{
	const struct process *p = current->proc;

	return (struct ucred){ p->pid, p->cred.euid, p->cred.egid };
}

/* Nobody listens there: is there at least the file? Not under `lock`: names have a lock of their own. */
int unix_nobody(const struct sockaddr_un *name)
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

/* ---- ends; Locks: unix_lock ---- */

static struct end *end_new(struct socket *s)
{
	struct end *e = kzalloc(sizeof(*e));

	if (!e)
		return NULL;
	e->socket = s;
	e->peer_cred = (struct ucred){ 0, ~0u, ~0u };
	list_init(&e->link);
	list_init(&e->queue);
	list_init(&e->pending);
	list_init(&e->pending_link);
	list_add_tail(&unix_all, &e->all_link);
	return e;
}

void unix_changed(struct end *e)
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
	unix_changed(p);
}

/* Descriptors that nobody received go on `dead`. */
static void end_free(struct end *e, struct list *dead)
{
	struct end *other;

	while (!list_empty(&e->pending)) {
		struct end *p = list_first(&e->pending, struct end, pending_link);

		list_del(&p->pending_link);
		end_free(p, dead);
	}
	disconnect(e);
	/* Datagram senders that are connected to it. */
	list_for_each (other, &unix_all, all_link)
		if (other->peer == e)
			other->peer = NULL;
	unix_forget(e, dead);
	list_del(&e->link);
	list_del(&e->all_link);
	kfree(e);
}

struct end *unix_find(const struct sockaddr_un *name, uint16_t len)
{
	struct end *e;

	list_for_each (e, &named, link)
		if (e->name_len == len && !memcmp(&e->name, name, len))
			return e;
	return NULL;
}

/* A path's length counts up to its NUL, so that both ways to write it are the same name. */
int unix_read_name(const union sockaddr_any *a, size_t len, struct sockaddr_un *name, uint16_t *out)
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

/* A name that nobody has: five digits, as Linux chooses them. Locks: unix_lock. */
static void choose_name(struct end *e)
{
	static unsigned next;

	do {
		memset(&e->name, 0, sizeof(e->name));
		e->name.family = AF_UNIX;
		snprintf(e->name.path + 1, sizeof(e->name.path) - 1, "%05x", next++ & 0xfffff);
		e->name_len = offsetof(struct sockaddr_un, path) + 6;
	} while (unix_find(&e->name, e->name_len));
	list_add_tail(&named, &e->link);
}

static int choose_name_once(struct end *e)
{
	mutex_lock(&unix_lock);
	if (!e->name_len)
		choose_name(e);
	mutex_unlock(&unix_lock);
	return 0;
}

static int unix_bind(struct socket *s, const union sockaddr_any *a, size_t len)
{
	struct end *e = s->priv, *old;
	struct sockaddr_un name;
	uint16_t name_len;
	int rc;

	if (a->family == AF_UNIX && len == sizeof(a->family))
		return choose_name_once(e);
	rc = unix_read_name(a, len, &name, &name_len);
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
	mutex_lock(&unix_lock);
	old = unix_find(&name, name_len);
	if (old && !name.path[0]) {
		rc = -EADDRINUSE;
	} else {
		if (old) { /* its file was removed: nobody finds it any more */
			list_del(&old->link);
			list_init(&old->link);
		}
		e->name = name;
		e->name_len = name_len;
		list_add_tail(&named, &e->link);
	}
	mutex_unlock(&unix_lock);
	return rc;
}

int unix_put_name(union sockaddr_any *a, const struct sockaddr_un *name, uint16_t len)
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

	mutex_lock(&unix_lock);
	if (peer)
		rc = e->connected ? unix_put_name(a, &e->peer_name, e->peer_name_len) : -ENOTCONN;
	else
		rc = unix_put_name(a, &e->name, e->name_len);
	mutex_unlock(&unix_lock);
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

	if (!l || !l->socket)
		return -ECONNREFUSED;
	if (l->socket->type != type)
		return l->name.path[0] ? -EPROTOTYPE : -ECONNREFUSED; /* one name space a type */
	if (!l->socket->listening)
		return -ECONNREFUSED;
	if (e->connected)
		return -EISCONN;
	if (l->pending_count > l->backlog)
		return -EAGAIN;
	other = end_new(NULL);
	if (!other)
		return -ENOMEM;
	other->name = e->peer_name = l->name;
	other->name_len = e->peer_name_len = l->name_len;
	other->peer_name = e->name;
	other->peer_name_len = e->name_len;
	other->own = e->peer_cred = l->own;
	other->peer_cred = unix_self();
	join(e, other);
	list_add_tail(&l->pending, &other->pending_link);
	l->pending_count++;
	unix_changed(l);
	return 0;
}

/* A datagram socket's peer: whom it sends to, and the only one that it hears. Locks: unix_lock. */
static int connect_datagram(struct end *e, struct end *to)
{
	if (!to->socket || to->socket->type != SOCK_DGRAM)
		return -EPROTOTYPE;
	if (to->peer && to->peer != e)
		return -EPERM;
	e->peer = to;
	e->peer_name = to->name;
	e->peer_name_len = to->name_len;
	e->connected = true;
	return 0;
}

static int disconnect_datagram(struct end *e)
{
	mutex_lock(&unix_lock);
	e->peer = NULL;
	e->connected = false;
	mutex_unlock(&unix_lock);
	return 0;
}

static int unix_connect(struct socket *s, const union sockaddr_any *a, size_t len, bool nonblock)
{
	uint64_t deadline = socket_deadline(s->send_timeout);
	struct end *e = s->priv, *to;
	struct sockaddr_un name;
	uint16_t name_len;
	int rc;

	if (a->family == AF_UNSPEC && s->type == SOCK_DGRAM)
		return disconnect_datagram(e);
	rc = unix_read_name(a, len, &name, &name_len);
	if (rc)
		return rc;
	for (;;) {
		mutex_lock(&unix_lock);
		to = unix_find(&name, name_len);
		if (!to)
			rc = -ESRCH;
		else if (s->listening)
			rc = -EINVAL;
		else if (s->type == SOCK_DGRAM)
			rc = connect_datagram(e, to);
		else
			rc = connect_stream(e, to, s->type);
		mutex_unlock(&unix_lock);
		if (rc == -ESRCH)
			return unix_nobody(&name);
		if (rc != -EAGAIN || nonblock || time_now() >= deadline)
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
	e->own = unix_self();
	s->listening = true;
	e->backlog = (unsigned)(backlog < 0 ? BACKLOG_MOST : min(backlog, BACKLOG_MOST));
	return 0;
}

static struct socket *unix_accept(struct socket *s)
{
	struct end *l = s->priv, *e;
	struct socket *new = NULL;

	if (s->type == SOCK_DGRAM)
		return err_ptr(-EOPNOTSUPP);
	if (!s->listening)
		return err_ptr(-EINVAL);
	mutex_lock(&unix_lock);
	if (!list_empty(&l->pending))
		new = socket_new(&unix_ops, AF_UNIX, s->type, 0);
	if (new && !is_err(new)) {
		e = list_first(&l->pending, struct end, pending_link);
		list_del(&e->pending_link);
		list_init(&e->pending_link);
		l->pending_count--;
		new->pass_cred = s->pass_cred;
		new->priv = e;
		e->socket = new;
	}
	mutex_unlock(&unix_lock);
	return new;
}

/* ---- the rest ---- */

static int unix_shutdown(struct socket *s, int how)
{
	struct end *e = s->priv;

	if (!e->connected)
		return -ENOTCONN;
	mutex_lock(&unix_lock);
	if (how != SHUT_RD) {
		e->no_more_out = true;
		if (e->peer)
			e->peer->eof = true;
		unix_changed(e->peer);
	}
	if (how != SHUT_WR) {
		e->eof = true;
		if (e->peer)
			e->peer->no_more_out = true;
		unix_changed(e->peer);
	}
	mutex_unlock(&unix_lock);
	unix_changed(e);
	return 0;
}

static unsigned unix_poll(struct socket *s)
{
	struct end *e = s->priv;
	unsigned bits = 0;

	mutex_lock(&unix_lock);
	if (!list_empty(&e->pending) || !list_empty(&e->queue) || e->eof)
		bits |= POLLIN | POLLRDNORM;
	if (!s->listening && unix_has_room(e))
		bits |= POLLOUT | POLLWRNORM;
	if (e->eof)
		bits |= POLLRDHUP;
	if (s->type != SOCK_DGRAM && !s->listening &&
	    (!e->connected || (e->eof && (e->no_more_out || !e->peer))))
		bits |= POLLHUP;
	if (s->error)
		bits |= POLLERR;
	mutex_unlock(&unix_lock);
	return bits;
}

static int unix_readable(struct socket *s)
{
	struct end *e = s->priv;
	int n;

	if (s->listening)
		return -EINVAL;
	mutex_lock(&unix_lock);
	n = s->type == SOCK_STREAM || list_empty(&e->queue)
		    ? (int)e->queued
		    : (int)list_first(&e->queue, struct message, link)->len;
	mutex_unlock(&unix_lock);
	return n;
}

static int unix_unsent(struct socket *s)
{
	struct end *e = s->priv;
	int n;

	if (s->listening)
		return -EINVAL;
	mutex_lock(&unix_lock);
	n = e->peer ? (int)e->peer->queued : 0;
	mutex_unlock(&unix_lock);
	return n;
}

static int unix_peer(struct socket *s, struct ucred *c)
{
	const struct end *e = s->priv;

	*c = e->peer_cred;
	return 0;
}

static void unix_release(struct socket *s)
{
	struct list dead = LIST_INIT(dead);

	mutex_lock(&unix_lock);
	end_free(s->priv, &dead);
	mutex_unlock(&unix_lock);
	unix_rights_bury(&dead);
	unix_collect();
}

static const struct socket_ops unix_ops = {
	.bind = unix_bind,
	.connect = unix_connect,
	.listen = unix_listen,
	.accept = unix_accept,
	.send = unix_send,
	.recv = unix_recv,
	.send_with = unix_send_with,
	.recv_with = unix_recv_with,
	.name = unix_name,
	.shutdown = unix_shutdown,
	.poll = unix_poll,
	.readable = unix_readable,
	.unsent = unix_unsent,
	.peer = unix_peer,
	.release = unix_release,
};

struct socket *unix_socket(int type, int protocol)
{
	struct socket *s;

	if (protocol && protocol != AF_UNIX)
		return err_ptr(-EPROTONOSUPPORT);
	if (type == SOCK_RAW)
		type = SOCK_DGRAM; /* as Linux */
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return err_ptr(-ESOCKTNOSUPPORT);
	s = socket_new(&unix_ops, AF_UNIX, type, 0);
	if (is_err(s))
		return s;
	mutex_lock(&unix_lock);
	s->priv = end_new(s);
	mutex_unlock(&unix_lock);
	if (s->priv)
		return s;
	kfree(s);
	return err_ptr(-ENOMEM);
}

int unix_pair(int type, int protocol, struct socket *pair[2])
{
	for (unsigned i = 0; i < 2; i++) {
		pair[i] = unix_socket(type, protocol);
		if (is_err(pair[i])) {
			int rc = (int)ptr_err(pair[i]);

			if (i)
				socket_free(pair[0]);
			return rc;
		}
	}
	mutex_lock(&unix_lock);
	join(pair[0]->priv, pair[1]->priv);
	for (unsigned i = 0; i < 2; i++)
		((struct end *)pair[i]->priv)->peer_cred = unix_self();
	mutex_unlock(&unix_lock);
	return 0;
}

/* ---- /proc/net/unix ---- */

static void show_name(struct text *t, const struct end *e)
{
	size_t n = e->name_len ? e->name_len - offsetof(struct sockaddr_un, path) : 0;

	if (n)
		text_printf(t, " ");
	for (size_t i = 0; i < n; i++)
		if (e->name.path[i] || !e->name.path[0])
			text_printf(t, "%c", e->name.path[i] ? e->name.path[i] : '@');
	text_printf(t, "\n");
}

void net_show_unix(struct text *t)
{
	enum { UNCONNECTED = 1, CONNECTED = 3, ACCEPTS = 1 << 16 };
	struct end *e;

	text_printf(t, "Num       RefCount Protocol Flags    Type St Inode Path\n");
	mutex_lock(&unix_lock);
	list_for_each (e, &unix_all, all_link) {
		const struct socket *s = e->socket;

		if (!s || !s->file)
			continue;
		text_printf(t, "%08x: %08X %08X %08X %04X %02X %5u", s->file->path.inode->ino,
			    (unsigned)s->file->refs + 1, 0, s->listening ? ACCEPTS : 0,
			    (unsigned)s->type, e->connected ? CONNECTED : UNCONNECTED,
			    s->file->path.inode->ino);
		show_name(t, e);
	}
	mutex_unlock(&unix_lock);
}
