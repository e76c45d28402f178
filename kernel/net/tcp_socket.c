/* SPDX-License-Identifier: MIT */
/*
 * Stream sockets: TCP.
 *
 * The connection is lwIP's (a pcb), which calls back when something arrives, was acknowledged or broke. What
 * arrived is kept as lwIP's buffers until it is read, and only then is the peer's window opened again, so a
 * reader that is slow costs no more than one window. A connection that breaks takes its pcb along: pcb is NULL
 * from then on and `error` says why.
 *
 * Locks: the stack's for everything here.
 */
#include "net/inet.h"
#include "timer.h"

#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#define CHUNK  4096u
#define GATHER (16u << 10)

struct tcp {
	struct socket *socket; /* NULL: nobody has accepted it yet */
	struct tcp_pcb *pcb;
	struct pbuf *in; /* what arrived and is not read */
	size_t in_at;	 /* bytes of its first buffer that are */
	bool listening, connecting, connected, eof, no_more_out, no_more_in;
	ip_addr_t peer;
	uint16_t peer_port;
	/* Of a listening socket: connections that nobody has taken. */
	struct list pending, link;
	unsigned pending_count, backlog;
	int error; /* until there is a socket */
};

static void changed(struct tcp *t)
{
	if (t->socket)
		waitq_wake(&t->socket->wait);
}

static void set_error(struct tcp *t, int error)
{
	t->error = error;
	if (t->socket)
		t->socket->error = error;
}

/*
 * Both directions are over: what is left (acknowledgements, TIME_WAIT) lwIP does by itself, and frees the pcb when it
 * likes without telling.
 */
static void let_go(struct tcp *t)
{
	struct tcp_pcb *pcb = t->pcb;

	if (!pcb)
		return;
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	t->pcb = NULL;
}

/* ---- lwIP's callbacks ---- */

static err_t received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct tcp *t = arg;

	(void)err;
	/* A train: it counts as several segments, of which at least every second is answered (RFC 5681, 4.2). */
	if (p && p->tot_len > pcb->mss)
		tcp_ack_now(pcb);
	if (!p) {
		t->eof = true;
		if (t->no_more_out)
			let_go(t);
	} else if (t->no_more_in) {
		tcp_recved(pcb, p->tot_len);
		pbuf_free(p);
	} else if (t->in) {
		pbuf_cat(t->in, p);
	} else {
		t->in = p;
		t->in_at = 0;
	}
	changed(t);
	return ERR_OK;
}

static err_t acknowledged(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	(void)pcb, (void)len;
	changed(arg);
	return ERR_OK;
}

/* The pcb is gone already. */
static void broken(void *arg, err_t err)
{
	struct tcp *t = arg;
	int error = -stack_error(err);

	t->pcb = NULL;
	if (t->connecting && error == ECONNRESET)
		error = ECONNREFUSED;
	if (t->connecting && error == ECONNABORTED)
		error = ETIMEDOUT;
	if (err != ERR_CLSD) { /* that is the end in good order */
		t->connecting = t->connected = false;
		set_error(t, error);
	}
	t->eof = true;
	changed(t);
}

static err_t established(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct tcp *t = arg;

	(void)pcb, (void)err;
	t->connecting = false;
	t->connected = true;
	changed(t);
	return ERR_OK;
}

static struct tcp *tcp_new_state(struct tcp_pcb *pcb)
{
	struct tcp *t = kzalloc(sizeof(*t));

	if (!t)
		return NULL;
	t->pcb = pcb;
	list_init(&t->pending);
	tcp_arg(pcb, t);
	tcp_recv(pcb, received);
	tcp_sent(pcb, acknowledged);
	tcp_err(pcb, broken);
	return t;
}

static err_t arrived(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct tcp *l = arg, *t;

	if (err != ERR_OK || !pcb)
		return ERR_VAL;
	if (!l || l->pending_count >= l->backlog)
		return ERR_MEM;
	t = tcp_new_state(pcb);
	if (!t)
		return ERR_MEM;
	t->connected = true;
	t->peer = pcb->remote_ip;
	t->peer_port = pcb->remote_port;
	list_add_tail(&l->pending, &t->link);
	l->pending_count++;
	tcp_backlog_delayed(pcb);
	changed(l);
	return ERR_OK;
}

/* ---- the end ---- */

/* The pcb goes on by itself until the peer has everything; what arrived and was not read is a reset. */
static void detach(struct tcp *t)
{
	struct tcp_pcb *pcb = t->pcb;

	t->pcb = NULL;
	if (!pcb)
		return;
	tcp_arg(pcb, NULL);
	if (!t->listening) {
		tcp_recv(pcb, NULL);
		tcp_sent(pcb, NULL);
		tcp_err(pcb, NULL);
	}
	if ((t->in && !t->listening) || tcp_close(pcb) != ERR_OK)
		tcp_abort(pcb);
}

static void drop(struct tcp *t)
{
	while (!list_empty(&t->pending)) {
		struct tcp *p = list_first(&t->pending, struct tcp, link);

		list_del(&p->link);
		if (p->pcb)
			tcp_abort(p->pcb); /* broken() clears pcb */
		drop(p);
	}
	detach(t);
	if (t->in)
		pbuf_free(t->in);
	kfree(t);
}

static void release(struct socket *s)
{
	stack_lock();
	drop(s->priv);
	stack_unlock();
}

/* ---- names, connections ---- */

static int tcp_bind_name(struct socket *s, const union sockaddr_any *a, size_t len)
{
	struct tcp *t = s->priv;
	ip_addr_t addr;
	uint16_t port;
	int rc = inet_read_name(a, len, &addr, &port);

	if (rc)
		return rc;
	stack_lock();
	if (!t->pcb || t->listening || t->connected || t->pcb->local_port)
		rc = -EINVAL;
	else if (!inet_is_ours(&addr))
		rc = -EADDRNOTAVAIL;
	else {
		if (s->reuse)
			ip_set_option(t->pcb, SOF_REUSEADDR);
		rc = stack_error(tcp_bind(t->pcb, &addr, port));
	}
	stack_unlock();
	return rc;
}

static int start_connect(struct socket *s, const ip_addr_t *addr, uint16_t port)
{
	struct tcp *t = s->priv;
	int rc;

	if (t->listening || t->connected)
		return -EISCONN;
	if (t->connecting)
		return -EALREADY;
	if (!t->pcb)
		return -ECONNABORTED;
	t->peer = *addr;
	t->peer_port = port;
	t->eof = false;
	s->error = 0;
	if (s->keepalive)
		ip_set_option(t->pcb, SOF_KEEPALIVE);
	t->connecting = true;
	rc = stack_error(tcp_connect(t->pcb, addr, port, established));
	if (rc)
		t->connecting = false;
	return rc;
}

static int take_error(struct socket *s)
{
	int error = s->error;

	s->error = 0;
	return -error;
}

static int tcp_connect_name(struct socket *s, const union sockaddr_any *a, size_t len,
			    bool nonblock)
{
	struct tcp *t = s->priv;
	ip_addr_t addr;
	uint16_t port;
	int rc = inet_read_name(a, len, &addr, &port);

	if (rc)
		return rc;
	if (!ip4_addr_get_u32(&addr))
		IP4_ADDR(&addr, 127, 0, 0, 1);
	stack_lock();
	rc = start_connect(s, &addr, port);
	stack_unlock();
	if (rc)
		return rc;
	if (nonblock)
		return *(volatile bool *)&t->connecting ? -EINPROGRESS : take_error(s);
	rc = wait_event_full(&s->wait, !*(volatile bool *)&t->connecting, true,
			     socket_deadline(s->send_timeout));
	if (rc)
		return rc == -ETIMEDOUT ? -EINPROGRESS : rc;
	return take_error(s);
}

static int tcp_listen_on(struct socket *s, int backlog)
{
	struct tcp *t = s->priv;
	struct tcp_pcb *pcb;
	int rc = 0;
	err_t err;

	backlog = backlog < 1 ? 1 : min(backlog, 128);
	stack_lock();
	if (t->listening) {
		t->backlog = (unsigned)backlog;
	} else if (!t->pcb || t->connected || t->connecting) {
		rc = -EINVAL;
	} else {
		if (!t->pcb->local_port)
			rc = stack_error(tcp_bind(t->pcb, IP_ADDR_ANY, 0));
		pcb = rc ? NULL : tcp_listen_with_backlog_and_err(t->pcb, (u8_t)backlog, &err);
		if (pcb) {
			t->pcb = pcb;
			t->listening = true;
			t->backlog = (unsigned)backlog;
			tcp_arg(pcb, t);
			tcp_accept(pcb, arrived);
		} else if (!rc) {
			rc = stack_error(err);
		}
	}
	stack_unlock();
	return rc;
}

static struct socket *take_pending(struct tcp *l)
{
	struct tcp *t = list_first(&l->pending, struct tcp, link);
	struct socket *s = socket_new(&tcp_ops, AF_INET, SOCK_STREAM, IPPROTO_TCP);

	if (is_err(s))
		return s;
	list_del(&t->link);
	l->pending_count--;
	if (t->pcb)
		tcp_backlog_accepted(t->pcb);
	s->priv = t;
	s->error = t->error;
	t->socket = s;
	return s;
}

static struct socket *tcp_accept_one(struct socket *s, bool nonblock)
{
	struct tcp *l = s->priv;
	struct socket *new = NULL;
	int rc = l->listening ? 0 : -EINVAL;

	while (!rc && !new) {
		if (!nonblock)
			rc = wait_event_full(&s->wait, !list_empty(&l->pending), true,
					     socket_deadline(s->recv_timeout));
		if (rc)
			break;
		stack_lock();
		if (!list_empty(&l->pending))
			new = take_pending(l);
		stack_unlock();
		if (!new &&nonblock)
			rc = -EAGAIN;
	}
	return rc ? err_ptr(rc == -ETIMEDOUT ? -EAGAIN : rc) : new;
}

/* ---- data ---- */

static bool can_read(struct tcp *t)
{
	return t->in || t->eof || t->no_more_in || (t->socket && t->socket->error);
}

/* Room that it is worth to be woken for. */
static bool can_write(struct tcp *t)
{
	return !t->pcb || t->no_more_out || (t->socket && t->socket->error) ||
	       (t->connected && tcp_sndbuf(t->pcb) >= TCP_SNDLOWAT &&
		tcp_sndqueuelen(t->pcb) < TCP_SNDQUEUELOWAT);
}

/* Gives back what has been read: memory, and the peer's window. */
static void consume(struct tcp *t, size_t n)
{
	if (t->pcb && t->connected)
		for (size_t left = n; left;) {
			u16_t piece = (u16_t)min(left, (size_t)0xffff);

			tcp_recved(t->pcb, piece);
			left -= piece;
		}
	n += t->in_at;
	while (t->in && n >= t->in->len) {
		struct pbuf *first = t->in;

		n -= first->len;
		t->in = first->next;
		if (t->in)
			pbuf_ref(t->in);
		pbuf_free(first);
	}
	t->in_at = n;
}

/* What there is; 0: nothing yet and not the end. -errno. */
static long read_some(struct socket *s, struct iter *to, bool peek, bool *end)
{
	struct tcp *t = s->priv;
	size_t n;

	if (!t->in) {
		*end = true;
		if (s->error)
			return take_error(s);
		if (t->eof || t->no_more_in)
			return 0;
		*end = false;
		return t->connected || t->connecting ? 0 : -ENOTCONN;
	}
	n = inet_copy_out(t->in, t->in_at, to, to->left);
	if (!n && to->left)
		return -EFAULT;
	if (!peek)
		consume(t, n);
	return (long)n;
}

static long tcp_recv_bytes(struct socket *s, struct iter *to, union sockaddr_any *name, size_t *len,
			   unsigned flags, unsigned *out)
{
	struct tcp *t = s->priv;
	uint64_t deadline = socket_deadline(s->recv_timeout);
	bool end = false;
	long done = 0;

	(void)name, (void)out;
	*len = 0;
	if (t->listening)
		return -ENOTCONN;
	if (flags & MSG_OOB)
		return -EINVAL;
	while (to->left && !end) {
		long rc;

		stack_lock();
		rc = read_some(s, to, flags & MSG_PEEK, &end);
		stack_unlock();
		if (rc < 0)
			return done ? done : rc;
		done += rc;
		if (end || !to->left || (done && !(flags & MSG_WAITALL)) ||
		    (flags & MSG_PEEK && done))
			break;
		if (flags & MSG_DONTWAIT)
			return done ? done : -EAGAIN;
		rc = wait_event_full(&s->wait, can_read(t), true, deadline);
		if (rc)
			return done ? done : rc == -ETIMEDOUT ? -EAGAIN : rc;
	}
	return done;
}

/* As much as lwIP takes of the next bytes; 0: no room now. */
static long write_some(struct socket *s, struct iter *from, char *buf)
{
	struct tcp *t = s->priv;
	size_t n, got;
	err_t err;

	if (s->error)
		return take_error(s);
	if (t->no_more_out || (!t->pcb && !t->connecting))
		return -EPIPE;
	if (t->listening || !t->connected)
		return t->connecting ? 0 : -EPIPE;
	n = min((size_t)tcp_sndbuf(t->pcb), (size_t)CHUNK);
	if (!n || tcp_sndqueuelen(t->pcb) + 8 > TCP_SND_QUEUELEN)
		return 0;
	got = iter_read(from, buf, min(n, from->left));
	if (!got)
		return -EFAULT;
	err = tcp_write(t->pcb, buf, (u16_t)got,
			TCP_WRITE_FLAG_COPY | (from->left ? TCP_WRITE_FLAG_MORE : 0));
	if (err != ERR_OK)
		return err == ERR_MEM ? -ENOMEM : stack_error(err);
	return (long)got;
}

/*
 * A little more to send, and so much on its way that an acknowledgement is too: then it goes with that, together
 * with what the program writes until then, and not in a packet a write. (TCP_NODELAY: at once.)
 */
static bool may_gather(const struct tcp_pcb *pcb)
{
	uint32_t on_the_way = pcb->snd_nxt - pcb->lastack, unsent = pcb->snd_lbb - pcb->snd_nxt;

	return on_the_way >= 4u * pcb->mss && unsent < GATHER && !tcp_nagle_disabled(pcb);
}

static long tcp_send_bytes(struct socket *s, struct iter *from, const union sockaddr_any *to,
			   size_t len, unsigned flags)
{
	struct tcp *t = s->priv;
	char *buf = kmalloc(CHUNK);
	long done = 0, rc = buf ? 0 : -ENOMEM;

	(void)to, (void)len;
	while (from->left && !rc) {
		stack_lock();
		rc = write_some(s, from, buf);
		if (t->pcb && t->connected && (rc <= 0 || (!from->left && !may_gather(t->pcb))))
			tcp_output(t->pcb);
		stack_unlock();
		if (rc > 0) {
			done += rc;
			rc = 0;
			continue;
		}
		if (rc)
			break;
		rc = flags & MSG_DONTWAIT ? -EAGAIN
					  : wait_event_full(&s->wait, can_write(t), true,
							    socket_deadline(s->send_timeout));
		if (rc == -ETIMEDOUT)
			rc = -EAGAIN;
	}
	kfree(buf);
	return done ? done : rc;
}

/* ---- the rest ---- */

static int tcp_name(struct socket *s, bool peer, union sockaddr_any *a)
{
	struct tcp *t = s->priv;
	int rc;

	stack_lock();
	if (peer)
		rc = t->connected ? inet_write_name(a, &t->peer, t->peer_port) : -ENOTCONN;
	else
		rc = inet_write_name(a, t->pcb ? &t->pcb->local_ip : IP_ADDR_ANY,
				     t->pcb ? t->pcb->local_port : 0);
	stack_unlock();
	return rc;
}

static int tcp_shut(struct socket *s, int how)
{
	struct tcp *t = s->priv;
	int rc = 0;

	stack_lock();
	if (t->listening || !t->connected)
		rc = -ENOTCONN;
	else {
		t->no_more_in |= how != SHUT_WR;
		if (how != SHUT_RD && !t->no_more_out && t->pcb) {
			t->no_more_out = true;
			rc = stack_error(tcp_shutdown(t->pcb, 0, 1));
			if (t->eof)
				let_go(t);
		}
	}
	stack_unlock();
	waitq_wake(&s->wait);
	return rc;
}

static int tcp_setopt(struct socket *s, int level, int name, int value)
{
	struct tcp *t = s->priv;
	int rc = 0;

	stack_lock();
	if (!t->pcb || t->listening)
		rc = level == IPPROTO_TCP || level == IPPROTO_IP ? 0 : -ENOPROTOOPT;
	else if (level != IPPROTO_TCP)
		rc = inet_setopt(&t->pcb->ttl, &t->pcb->tos, level, name, value);
	else if (name == TCP_NODELAY && value)
		tcp_nagle_disable(t->pcb);
	else if (name == TCP_NODELAY)
		tcp_nagle_enable(t->pcb);
	else
		rc = name == TCP_MAXSEG || name >= TCP_KEEPIDLE ? 0 : -ENOPROTOOPT;
	stack_unlock();
	return rc;
}

static int tcp_getopt(struct socket *s, int level, int name, int *value)
{
	struct tcp *t = s->priv;
	int rc = 0;

	stack_lock();
	if (!t->pcb || t->listening)
		*value = 0;
	else if (level != IPPROTO_TCP)
		rc = inet_getopt(t->pcb->ttl, t->pcb->tos, level, name, value);
	else if (name == TCP_NODELAY)
		*value = tcp_nagle_disabled(t->pcb) != 0;
	else if (name == TCP_MAXSEG)
		*value = t->pcb->mss;
	else
		rc = -ENOPROTOOPT;
	stack_unlock();
	return rc;
}

static unsigned tcp_poll_bits(struct socket *s)
{
	struct tcp *t = s->priv;
	unsigned bits = 0;

	stack_lock();
	if (t->listening) {
		bits = list_empty(&t->pending) ? 0 : POLLIN | POLLRDNORM;
	} else {
		if (can_read(t))
			bits |= POLLIN | POLLRDNORM;
		if (!t->connecting && can_write(t))
			bits |= POLLOUT | POLLWRNORM;
		if (t->eof)
			bits |= POLLRDHUP;
		if (s->error)
			bits |= POLLERR;
		if ((t->eof && t->no_more_out) || (!t->connected && !t->connecting))
			bits |= POLLHUP;
	}
	stack_unlock();
	return bits;
}

static int tcp_readable(struct socket *s)
{
	struct tcp *t = s->priv;
	int n;

	stack_lock();
	n = t->in ? (int)(t->in->tot_len - t->in_at) : 0;
	stack_unlock();
	return n;
}

int tcp_socket_init(struct socket *s)
{
	struct tcp_pcb *pcb;
	struct tcp *t = NULL;

	stack_lock();
	pcb = tcp_new();
	if (pcb)
		t = tcp_new_state(pcb);
	if (t)
		t->socket = s;
	else if (pcb)
		tcp_abort(pcb);
	stack_unlock();
	s->priv = t;
	return t ? 0 : -ENOMEM;
}

const struct socket_ops tcp_ops = {
	.bind = tcp_bind_name,
	.connect = tcp_connect_name,
	.listen = tcp_listen_on,
	.accept = tcp_accept_one,
	.send = tcp_send_bytes,
	.recv = tcp_recv_bytes,
	.name = tcp_name,
	.shutdown = tcp_shut,
	.setopt = tcp_setopt,
	.getopt = tcp_getopt,
	.poll = tcp_poll_bits,
	.readable = tcp_readable,
	.release = release,
};
