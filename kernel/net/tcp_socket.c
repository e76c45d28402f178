/* SPDX-License-Identifier: MIT */
/*
 * Stream sockets: a connection's life, as lwIP tells it, and its data.
 */
#include "net/tcp.h"
#include "proc.h"
#include "timer.h"

#define CHUNK  4096u
#define GATHER (16u << 10)

void tcp_changed(struct tcp *t)
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

static void keep(struct tcp *t, struct pbuf *p)
{
	struct pbuf *last = p;

	t->in_bytes += p->tot_len;
	while (last->next)
		last = last->next;
	if (t->in)
		t->in_last->next = p;
	else
		t->in = p;
	t->in_last = last;
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
	} else {
		keep(t, p);
	}
	tcp_changed(t);
	return ERR_OK;
}

static err_t acknowledged(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	(void)pcb, (void)len;
	tcp_changed(arg);
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
	tcp_changed(t);
}

void tcp_adopt(struct tcp *t, struct tcp_pcb *pcb)
{
	t->pcb = pcb;
	t->window = t->wished = TCP_WND;
	tcp_arg(pcb, t);
	tcp_recv(pcb, received);
	tcp_sent(pcb, acknowledged);
	tcp_err(pcb, broken);
}

const struct tcp *tcp_of_pcb(const struct tcp_pcb *pcb)
{
	return pcb->errf == broken ? pcb->callback_arg : NULL;
}

struct tcp *tcp_new_state(struct tcp_pcb *pcb)
{
	struct tcp *t = kzalloc(sizeof(*t));

	if (!t)
		return NULL;
	list_init(&t->pending);
	tcp_adopt(t, pcb);
	return t;
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

void tcp_drop(struct tcp *t)
{
	while (!list_empty(&t->pending)) {
		struct tcp *p = list_first(&t->pending, struct tcp, link);

		list_del(&p->link);
		if (p->pcb)
			tcp_abort(p->pcb); /* broken() clears pcb */
		tcp_drop(p);
	}
	detach(t);
	if (t->in)
		pbuf_free(t->in);
	kfree(t);
}

/* lwIP counts the acknowledged SYN as room, so there may be a byte more than there is. tcp_sndbuf() stops at 64 KiB. */
size_t tcp_in_flight(const struct tcp_pcb *pcb)
{
	return pcb->snd_buf < TCP_SND_BUF ? TCP_SND_BUF - pcb->snd_buf : 0;
}

/* Bytes that the peer has not acknowledged. */
static int tcp_unsent(struct socket *s)
{
	struct tcp *t = s->priv;
	int n;

	if (t->listening)
		return -EINVAL;
	stack_lock();
	n = t->pcb && t->connected ? (int)tcp_in_flight(t->pcb) : 0;
	stack_unlock();
	return n;
}

/* SO_LINGER: close() waits until the peer has everything, or so long. */
static void linger(struct socket *s)
{
	uint64_t deadline = time_now() + (uint64_t)s->linger.seconds * NSEC_PER_SEC;

	(void)wait_event_full(&s->wait, !tcp_unsent(s), true, deadline);
}

static void tcp_release(struct socket *s)
{
	struct tcp *t = s->priv;

	if (s->linger.on && s->linger.seconds > 0 && t->connected && !current->exiting)
		linger(s);
	stack_lock();
	if (s->linger.on && !s->linger.seconds && t->connected && t->pcb)
		tcp_abort(t->pcb); /* a reset; broken() clears pcb */
	tcp_drop(t);
	stack_unlock();
}

/* ---- data ---- */

static bool can_read(struct tcp *t)
{
	return t->in || t->eof || t->no_more_in || (t->socket && t->socket->error);
}

/* Bytes that may wait for the peer's acknowledgement: what the program wishes, and lwIP has room for. */
static size_t send_limit(const struct socket *s)
{
	return min((size_t)s->send_room / 2, (size_t)TCP_SND_BUF);
}

static size_t send_room(const struct socket *s, struct tcp_pcb *pcb)
{
	size_t out = tcp_in_flight(pcb), limit = send_limit(s);

	return out < limit ? limit - out : 0;
}

/* Room that it is worth to be woken for. */
static bool can_write(struct tcp *t)
{
	struct socket *s = t->socket;

	return !t->pcb || t->no_more_out || s->error ||
	       (t->connected &&
		send_room(s, t->pcb) >= min((size_t)TCP_SNDLOWAT, send_limit(s) / 2) &&
		tcp_sndqueuelen(t->pcb) < TCP_SNDQUEUELOWAT);
}

static void open_window(struct tcp *t, size_t n)
{
	while (t->pcb && t->connected && n) {
		u16_t piece = (u16_t)min(n, (size_t)0xffff);

		tcp_recved(t->pcb, piece);
		n -= piece;
	}
}

/* Gives back what has been read: memory, and the peer's window, if that is not larger than is wished. */
static void consume(struct tcp *t, size_t n)
{
	size_t kept = t->window > t->wished ? min(n, (size_t)(t->window - t->wished)) : 0;

	t->window -= (uint32_t)kept;
	open_window(t, n - kept);
	t->in_bytes -= n;
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
static long read_some(struct socket *s, struct iter *to, unsigned flags, bool *end)
{
	struct tcp *t = s->priv;
	size_t n;

	if (!t->in) {
		*end = true;
		if (s->error)
			return socket_take_error(s);
		if (t->eof || t->no_more_in)
			return 0;
		*end = false;
		return t->connected || t->connecting ? 0 : -ENOTCONN;
	}
	if (flags & MSG_TRUNC) { /* as tcp(7) of Linux: thrown away, not copied */
		n = min(to->left, t->in_bytes);
		to->left -= n;
	} else {
		n = inet_copy_out(t->in, t->in_at, to, to->left);
	}
	if (!n && to->left)
		return -EFAULT;
	if (!(flags & MSG_PEEK))
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
		rc = read_some(s, to, flags, &end);
		stack_unlock();
		if (rc < 0)
			return done ? done : rc;
		done += rc;
		if (end || !to->left || (done && !(flags & MSG_WAITALL)) ||
		    (flags & MSG_PEEK && done))
			break;
		if (flags & MSG_DONTWAIT)
			return done ? done : -EAGAIN;
		rc = socket_wait(s, can_read(t), deadline);
		if (rc)
			return done ? done : rc;
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
		return socket_take_error(s);
	if (t->no_more_out || (!t->pcb && !t->connecting))
		return -EPIPE;
	if (t->listening || !t->connected)
		return t->connecting ? 0 : -EPIPE;
	n = min(send_room(s, t->pcb), (size_t)CHUNK);
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
	uint64_t deadline = socket_deadline(s->send_timeout);
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
		rc = flags & MSG_DONTWAIT ? -EAGAIN : socket_wait(s, can_write(t), deadline);
	}
	kfree(buf);
	return done ? done : rc;
}

/* ---- the rest ---- */

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

/* Seconds, and a number of probes: the ranges are Linux's. */
static int set_keepalive(struct tcp_pcb *pcb, int name, int value)
{
	if (value < 1 || value > (name == TCP_KEEPCNT ? 127 : 32767))
		return -EINVAL;
	if (name == TCP_KEEPIDLE)
		pcb->keep_idle = (u32_t)value * 1000;
	else if (name == TCP_KEEPINTVL)
		pcb->keep_intvl = (u32_t)value * 1000;
	else
		pcb->keep_cnt = (u32_t)value;
	return 0;
}

/* Options of SOL_SOCKET that the connection has to know. */
static void apply_options(struct tcp *t)
{
	const struct socket *s = t->socket;

	t->wished = min(max(s->recv_room / 2, (uint32_t)TCP_MSS), (uint32_t)TCP_WND);
	if (!t->pcb || t->listening)
		return;
	if (s->keepalive)
		ip_set_option(t->pcb, SOF_KEEPALIVE);
	else
		ip_reset_option(t->pcb, SOF_KEEPALIVE);
	if (t->connected && t->wished > t->window) {
		open_window(t, t->wished - t->window);
		t->window = t->wished;
	}
}

static void tcp_option(struct socket *s)
{
	stack_lock();
	apply_options(s->priv);
	stack_unlock();
}

void tcp_settle(struct tcp *t)
{
	t->own = t->pcb->local_ip;
	t->own_port = t->pcb->local_port;
	t->connecting = false;
	t->connected = true;
	if (t->socket)
		apply_options(t);
	/* The window that is announced with the handshake's last packet may still be smaller than lwIP's. */
	if (t->wished < t->window && t->pcb->rcv_ann_right_edge == t->pcb->rcv_nxt) {
		t->window = t->wished;
		t->pcb->rcv_wnd = t->pcb->rcv_ann_wnd = t->wished;
	}
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
	else if (name >= TCP_KEEPIDLE && name <= TCP_KEEPCNT)
		rc = set_keepalive(t->pcb, name, value);
	else
		rc = name == TCP_MAXSEG || name > TCP_KEEPCNT ? 0 : -ENOPROTOOPT;
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
	else if (name == TCP_KEEPIDLE)
		*value = (int)(t->pcb->keep_idle / 1000);
	else if (name == TCP_KEEPINTVL)
		*value = (int)(t->pcb->keep_intvl / 1000);
	else if (name == TCP_KEEPCNT)
		*value = (int)t->pcb->keep_cnt;
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

	if (t->listening)
		return -EINVAL;
	stack_lock();
	n = (int)t->in_bytes;
	stack_unlock();
	return n;
}

int tcp_socket_init(struct socket *s)
{
	struct tcp *t = NULL;
	struct tcp_pcb *pcb;

	stack_lock();
	pcb = tcp_new();
	if (pcb)
		t = tcp_new_state(pcb);
	if (t)
		t->socket = s;
	else if (pcb)
		tcp_abort(pcb);
	stack_unlock();
	s->recv_room = 2 * TCP_WND;
	s->send_room = 2 * TCP_SND_BUF;
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
	.option = tcp_option,
	.unsent = tcp_unsent,
	.release = tcp_release,
};
