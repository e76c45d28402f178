/* SPDX-License-Identifier: MIT */
/*
 * Stream sockets: how a connection comes to be, from either side, and what its ends are called.
 *
 * Locks: the stack's.
 */
#include "net/tcp.h"
#include "timer.h"

#define BACKLOG_MOST 4096

/* ---- names ---- */

int tcp_bind_name(struct socket *s, const union sockaddr_any *a, size_t len)
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

int tcp_name(struct socket *s, bool peer, union sockaddr_any *a)
{
	struct tcp *t = s->priv;
	int rc;

	stack_lock();
	if (peer)
		rc = t->connected ? inet_write_name(a, &t->peer, t->peer_port) : -ENOTCONN;
	else if (t->pcb)
		rc = inet_write_name(a, &t->pcb->local_ip, t->pcb->local_port);
	else
		rc = inet_write_name(a, &t->own, t->own_port);
	stack_unlock();
	return rc;
}

/* ---- connect ---- */

static err_t established(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct tcp *t = arg;

	(void)pcb, (void)err;
	tcp_settle(t);
	tcp_changed(t);
	return ERR_OK;
}

/* The pcb went with an attempt that failed: another, which knows nothing of that. */
static bool have_pcb(struct tcp *t)
{
	struct tcp_pcb *pcb;

	if (t->pcb)
		return true;
	pcb = tcp_new();
	if (!pcb)
		return false;
	tcp_adopt(t, pcb);
	return true;
}

static int start_connect(struct socket *s, const ip_addr_t *addr, uint16_t port)
{
	struct tcp *t = s->priv;
	int rc;

	if (ip_addr_ismulticast(addr) || ip4_addr_get_u32(addr) == IPADDR_BROADCAST)
		return -ENETUNREACH;
	if (!have_pcb(t))
		return -ENOMEM;
	tcp_trim();
	t->peer = *addr;
	t->peer_port = port;
	t->eof = false;
	s->error = 0;
	t->connecting = true;
	rc = stack_error(tcp_connect(t->pcb, addr, port, established));
	if (rc)
		t->connecting = false;
	return rc;
}

/*
 * -EINPROGRESS: it has begun, or goes on. The result of a connect() that did not wait is told once more: by the next
 * connect(), as by SO_ERROR.
 */
static int connect_step(struct socket *s, const ip_addr_t *addr, uint16_t port, bool nonblock)
{
	struct tcp *t = s->priv;
	int rc;

	if (t->connecting)
		return nonblock ? -EALREADY : -EINPROGRESS;
	if (t->unasked) {
		t->unasked = false;
		return t->connected ? 0 : s->error ? socket_take_error(s) : -ECONNABORTED;
	}
	if (t->listening || t->connected)
		return -EISCONN;
	rc = start_connect(s, addr, port);
	t->unasked = !rc && nonblock;
	return rc ? rc : -EINPROGRESS;
}

int tcp_connect_name(struct socket *s, const union sockaddr_any *a, size_t len, bool nonblock)
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
	rc = connect_step(s, &addr, port, nonblock);
	stack_unlock();
	if (rc != -EINPROGRESS || nonblock)
		return rc;
	rc = socket_wait(s, !*(volatile bool *)&t->connecting, socket_deadline(s->send_timeout));
	if (rc)
		return rc == -EAGAIN ? -EINPROGRESS : rc;
	t->unasked = false;
	return socket_take_error(s);
}

/* ---- listen ---- */

static err_t arrived(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct tcp *l = arg, *t;

	if (err != ERR_OK || !pcb || !l)
		return ERR_VAL;
	t = tcp_new_state(pcb);
	if (!t)
		return ERR_MEM;
	t->wished = l->wished;
	tcp_settle(t);
	t->peer = pcb->remote_ip;
	t->peer_port = pcb->remote_port;
	list_add_tail(&l->pending, &t->link);
	l->pending_count++;
	tcp_trim();
	tcp_changed(l);
	return ERR_OK;
}

static int start_listen(struct tcp *t)
{
	struct tcp_pcb *pcb;
	err_t err;
	int rc = t->pcb->local_port ? 0 : stack_error(tcp_bind(t->pcb, IP_ADDR_ANY, 0));

	if (rc)
		return rc;
	pcb = tcp_listen_with_backlog_and_err(t->pcb, TCP_BACKLOG_ALL, &err);
	if (!pcb)
		return stack_error(err);
	t->pcb = pcb;
	t->listening = t->socket->listening = true;
	tcp_arg(pcb, t);
	tcp_accept(pcb, arrived);
	return 0;
}

int tcp_listen_on(struct socket *s, int backlog)
{
	struct tcp *t = s->priv;
	int rc = 0;

	stack_lock();
	if (!t->listening && (!t->pcb || t->connected || t->connecting))
		rc = -EINVAL;
	else if (!t->listening)
		rc = start_listen(t);
	if (!rc)
		t->backlog = (unsigned)(backlog < 0 ? BACKLOG_MOST : min(backlog, BACKLOG_MOST));
	stack_unlock();
	return rc;
}

/* ---- accept ---- */

/* A connection has its listener's options. */
static void inherit(struct socket *s, const struct socket *listener)
{
	s->linger = listener->linger;
	s->keepalive = listener->keepalive;
	s->recv_timeout = listener->recv_timeout;
	s->send_timeout = listener->send_timeout;
	s->recv_room = listener->recv_room;
	s->send_room = listener->send_room;
}

static struct socket *take_pending(struct tcp *l)
{
	struct tcp *t = list_first(&l->pending, struct tcp, link);
	struct socket *s = socket_new(&tcp_ops, AF_INET, SOCK_STREAM, IPPROTO_TCP);

	if (is_err(s))
		return s;
	list_del(&t->link);
	l->pending_count--;
	inherit(s, l->socket);
	s->priv = t;
	s->error = t->error;
	t->socket = s;
	return s;
}

struct socket *tcp_accept_one(struct socket *s)
{
	struct tcp *l = s->priv;
	struct socket *new = NULL;

	if (!l->listening)
		return err_ptr(-EINVAL);
	stack_lock();
	if (!list_empty(&l->pending))
		new = take_pending(l);
	stack_unlock();
	if (new && !is_err(new))
		new->ops->option(new);
	return new;
}
