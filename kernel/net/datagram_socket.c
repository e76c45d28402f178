/* SPDX-License-Identifier: MIT */
/*
 * Datagram sockets: UDP, and raw sockets for protocols of one's own (ICMP, for ping).
 *
 * What arrives waits in a queue of so many bytes; more is dropped, as the network may. A raw socket gets a copy of
 * every packet of its protocol with its IP header, and the stack gets it, too.
 *
 * Locks: the stack's.
 */
#include "net/dgram.h"

#include <lwip/icmp.h>
#include <lwip/inet_chksum.h>

struct datagram {
	struct list link;
	struct pbuf *data;
	ip_addr_t from;
	uint16_t port;
};

struct list dgram_all = LIST_INIT(dgram_all);

/* ---- in ---- */

static void keep(struct dgram *d, struct pbuf *p, const ip_addr_t *from, uint16_t port)
{
	struct datagram *g = NULL;

	if (!d->no_more_in && (!d->queued || d->queued + p->tot_len <= d->socket->recv_room / 2))
		g = kzalloc(sizeof(*g));
	if (!g) {
		pbuf_free(p);
		return;
	}
	g->data = p;
	g->from = *from;
	g->port = port;
	list_add_tail(&d->queue, &g->link);
	d->queued += p->tot_len;
	waitq_wake(&d->socket->wait);
}

static void udp_arrived(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
			u16_t port)
{
	(void)pcb;
	keep(arg, p, from, port);
}

/* 0: the stack goes on with the packet, we have a copy. */
static u8_t raw_arrived(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *from)
{
	struct dgram *d = arg;
	struct pbuf *copy;

	(void)pcb;
	if (d->connected && ip4_addr_get_u32(from) != ip4_addr_get_u32(&d->peer))
		return 0;
	copy = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
	if (copy)
		keep(d, copy, from, 0);
	return 0;
}

static void forget(struct dgram *d, struct datagram *g)
{
	list_del(&g->link);
	d->queued -= g->data->tot_len;
	pbuf_free(g->data);
	kfree(g);
}

static long take(struct socket *s, struct iter *to, union sockaddr_any *name, size_t *len,
		 unsigned flags, unsigned *out)
{
	struct dgram *d = s->priv;
	struct datagram *g = list_first(&d->queue, struct datagram, link);
	size_t all = g->data->tot_len, n = min(all, to->left), done;

	done = inet_copy_out(g->data, 0, to, n);
	if (done < n)
		return -EFAULT;
	*len = (size_t)inet_write_name(name, &g->from, g->port);
	if (n < all)
		*out |= MSG_TRUNC;
	if (!(flags & MSG_PEEK))
		forget(d, g);
	return (long)(flags & MSG_TRUNC ? all : n);
}

/*
 * ICMP's "nobody has that port" (RFC 792) names the datagram that it is about: IP header, then at least eight bytes, in
 * which the ports are. Only a connected socket hears of it, as on Linux: another would not know whom it is about.
 * 0: the stack goes on with the message.
 */
static u8_t refused(void *unused, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *from)
{
	uint8_t m[8 + 60 + 8];
	unsigned got, inner, at = (pbuf_get_at(p, 0) & 0xfu) * 4;
	uint32_t source, target;

	(void)unused, (void)pcb, (void)from;
	got = pbuf_copy_partial(p, m, sizeof(m), (u16_t)at);
	if (got < 8 + 20 + 8 || m[0] != ICMP_DUR || m[1] != ICMP_DUR_PORT)
		return 0;
	inner = 8 + (m[8] & 0xfu) * 4;
	if (inner < 8 + 20 || got < inner + 8 || m[8 + 9] != IP_PROTO_UDP)
		return 0;
	memcpy(&source, m + 8 + 12, 4);
	memcpy(&target, m + 8 + 16, 4);
	for (struct udp_pcb *u = udp_pcbs; u; u = u->next) {
		struct dgram *d = u->recv_arg;

		if (!d->connected || u->local_port != (m[inner] << 8 | m[inner + 1]) ||
		    u->remote_port != (m[inner + 2] << 8 | m[inner + 3]) ||
		    ip4_addr_get_u32(&u->remote_ip) != target ||
		    (!ip_addr_isany(&u->local_ip) && ip4_addr_get_u32(&u->local_ip) != source))
			continue;
		d->socket->error = ECONNREFUSED;
		waitq_wake(&d->socket->wait);
	}
	return 0;
}

void datagram_start(void)
{
	struct raw_pcb *pcb = raw_new(IP_PROTO_ICMP);

	if (!pcb)
		panic("no memory for the network's errors");
	raw_recv(pcb, refused, NULL);
}

static long dgram_recv(struct socket *s, struct iter *to, union sockaddr_any *name, size_t *len,
		       unsigned flags, unsigned *out)
{
	struct dgram *d = s->priv;
	uint64_t deadline = socket_deadline(s->recv_timeout);

	*len = 0;
	if (flags & MSG_ERRQUEUE)
		return -EAGAIN; /* errors come by SO_ERROR here */
	for (;;) {
		bool any;
		long rc = 0;

		stack_lock();
		any = !list_empty(&d->queue);
		if (any)
			rc = take(s, to, name, len, flags, out);
		stack_unlock();
		if (any || d->no_more_in)
			return rc;
		if (s->error)
			return socket_take_error(s);
		if (flags & MSG_DONTWAIT)
			return -EAGAIN;
		rc = socket_wait(s, !list_empty(&d->queue) || d->no_more_in || s->error, deadline);
		if (rc)
			return rc;
	}
}

/* ---- out ---- */

/* What Linux fills in of a header that a program wrote (raw(7)). Locks: stack. */
static int complete_header(struct pbuf *p, const ip_addr_t *to)
{
	static uint16_t last_id;
	struct ip_hdr *h = p->payload;
	unsigned len = p->len >= IP_HLEN ? IPH_HL_BYTES(h) : 0;

	if (len < IP_HLEN || len > p->len)
		return -EINVAL;
	if (!h->src.addr) {
		struct netif *n = ip4_route(to);

		h->src.addr = n ? ip4_addr_get_u32(netif_ip4_addr(n)) : 0;
	}
	if (!h->_id)
		h->_id = lwip_htons(++last_id);
	h->_len = lwip_htons(p->tot_len);
	h->_chksum = 0;
	h->_chksum = inet_chksum(h, (u16_t)len);
	return 0;
}

static int send_one(struct socket *s, struct pbuf *p, const ip_addr_t *to, uint16_t port)
{
	struct dgram *d = s->priv;
	err_t err;

	if (d->udp) {
		if (s->broadcast)
			ip_set_option(d->udp, SOF_BROADCAST);
		err = udp_sendto(d->udp, p, to, port);
	} else {
		int rc = d->header ? complete_header(p, to) : 0;

		if (rc)
			return rc;
		if (s->broadcast)
			ip_set_option(d->raw, SOF_BROADCAST);
		err = raw_sendto(d->raw, p, to);
	}
	return err == ERR_VAL && !s->broadcast ? -EACCES : stack_error(err);
}

static long dgram_send(struct socket *s, struct iter *from, const union sockaddr_any *to,
		       size_t len, unsigned flags)
{
	struct dgram *d = s->priv;
	size_t n = from->left;
	struct pbuf *p;
	ip_addr_t addr = d->peer;
	uint16_t port = d->peer_port;
	int rc = to ? inet_read_name(to, len, &addr, &port) : d->connected ? 0 : -EDESTADDRREQ;

	(void)flags;
	if (rc)
		return rc;
	if (n > 65507)
		return -EMSGSIZE;
	if (d->no_more_out)
		return -EPIPE;
	if (s->error)
		return socket_take_error(s);
	stack_lock();
	p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)n, PBUF_RAM);
	if (!p)
		rc = -ENOBUFS;
	else if (iter_read(from, p->payload, n) < n)
		rc = -EFAULT;
	else
		rc = send_one(s, p, &addr, port);
	if (p)
		pbuf_free(p);
	stack_unlock();
	return rc ? rc : (long)n;
}

/* ---- names ---- */

static int dgram_bind(struct socket *s, const union sockaddr_any *a, size_t len)
{
	struct dgram *d = s->priv;
	ip_addr_t addr;
	uint16_t port;
	int rc = inet_read_name(a, len, &addr, &port);

	if (rc)
		return rc;
	stack_lock();
	if (d->udp && d->udp->local_port)
		rc = -EINVAL;
	else if (!inet_is_ours(&addr))
		rc = -EADDRNOTAVAIL;
	else if (d->udp && s->reuse)
		ip_set_option(d->udp, SOF_REUSEADDR);
	if (!rc)
		rc = stack_error(d->udp ? udp_bind(d->udp, &addr, port) : raw_bind(d->raw, &addr));
	stack_unlock();
	return rc;
}

static int dgram_connect(struct socket *s, const union sockaddr_any *a, size_t len, bool nonblock)
{
	struct dgram *d = s->priv;
	int rc = 0;

	(void)nonblock;
	stack_lock();
	if (len >= sizeof(a->family) && a->family == AF_UNSPEC) {
		d->connected = false;
		if (d->udp)
			udp_disconnect(d->udp);
	} else {
		rc = inet_read_name(a, len, &d->peer, &d->peer_port);
		if (!rc && d->udp)
			rc = stack_error(udp_connect(d->udp, &d->peer, d->peer_port));
		d->connected = !rc;
	}
	stack_unlock();
	return rc;
}

static int dgram_name(struct socket *s, bool peer, union sockaddr_any *a)
{
	struct dgram *d = s->priv;
	int rc;

	stack_lock();
	if (peer)
		rc = d->connected ? inet_write_name(a, &d->peer, d->peer_port) : -ENOTCONN;
	else if (d->udp)
		rc = inet_write_name(a, &d->udp->local_ip, d->udp->local_port);
	else
		rc = inet_write_name(a, &d->raw->local_ip, (uint16_t)s->protocol);
	stack_unlock();
	return rc;
}

static int dgram_shut(struct socket *s, int how)
{
	struct dgram *d = s->priv;

	if (!d->connected)
		return -ENOTCONN;
	d->no_more_in |= how != SHUT_WR;
	d->no_more_out |= how != SHUT_RD;
	waitq_wake(&s->wait);
	return 0;
}

/* ---- options, poll, the end ---- */

static void set_header(struct dgram *d, bool on)
{
	stack_lock();
	d->header = on;
	if (on)
		raw_set_flags(d->raw, RAW_FLAGS_HDRINCL);
	else
		raw_clear_flags(d->raw, RAW_FLAGS_HDRINCL);
	stack_unlock();
}

static int dgram_setopt(struct socket *s, int level, int name, int value)
{
	struct dgram *d = s->priv;
	int rc;

	if (level == IPPROTO_IP && name == IP_HDRINCL && d->raw) {
		set_header(d, value);
		return 0;
	}
	stack_lock();
	rc = d->udp ? inet_setopt(&d->udp->ttl, &d->udp->tos, level, name, value)
		    : inet_setopt(&d->raw->ttl, &d->raw->tos, level, name, value);
	stack_unlock();
	return rc;
}

static int dgram_getopt(struct socket *s, int level, int name, int *value)
{
	struct dgram *d = s->priv;
	int rc;

	if (level == IPPROTO_IP && name == IP_HDRINCL && d->raw) {
		*value = d->header;
		return 0;
	}
	stack_lock();
	rc = d->udp ? inet_getopt(d->udp->ttl, d->udp->tos, level, name, value)
		    : inet_getopt(d->raw->ttl, d->raw->tos, level, name, value);
	stack_unlock();
	return rc;
}

static unsigned dgram_poll(struct socket *s)
{
	struct dgram *d = s->priv;

	return POLLOUT | POLLWRNORM |
	       (list_empty(&d->queue) && !d->no_more_in ? 0u : POLLIN | POLLRDNORM) |
	       (s->error ? POLLERR : 0u);
}

static int dgram_readable(struct socket *s)
{
	struct dgram *d = s->priv;
	int n = 0;

	stack_lock();
	if (!list_empty(&d->queue))
		n = list_first(&d->queue, struct datagram, link)->data->tot_len;
	stack_unlock();
	return n;
}

static void dgram_release(struct socket *s)
{
	struct dgram *d = s->priv;

	stack_lock();
	list_del(&d->link);
	if (d->udp)
		udp_remove(d->udp);
	else
		raw_remove(d->raw);
	while (!list_empty(&d->queue))
		forget(d, list_first(&d->queue, struct datagram, link));
	stack_unlock();
	kfree(d);
}

int datagram_socket_init(struct socket *s)
{
	struct dgram *d = kzalloc(sizeof(*d));
	bool ok;

	if (!d)
		return -ENOMEM;
	d->socket = s;
	list_init(&d->queue);
	stack_lock();
	if (s->type == SOCK_DGRAM) {
		d->udp = udp_new();
		if (d->udp)
			udp_recv(d->udp, udp_arrived, d);
	} else {
		d->raw = raw_new((u8_t)s->protocol);
		if (d->raw)
			raw_recv(d->raw, raw_arrived, d);
	}
	ok = d->udp || d->raw;
	if (ok)
		list_add_tail(&dgram_all, &d->link);
	stack_unlock();
	if (!ok)
		kfree(d);
	s->priv = d;
	if (ok && d->raw && s->protocol == IPPROTO_RAW)
		set_header(d, true);
	return ok ? 0 : -ENOMEM;
}

const struct socket_ops datagram_ops = {
	.bind = dgram_bind,
	.connect = dgram_connect,
	.send = dgram_send,
	.recv = dgram_recv,
	.name = dgram_name,
	.shutdown = dgram_shut,
	.setopt = dgram_setopt,
	.getopt = dgram_getopt,
	.poll = dgram_poll,
	.readable = dgram_readable,
	.release = dgram_release,
};
