/* SPDX-License-Identifier: MIT */
/*
 * Packet sockets: frames of an interface as they are. What a DHCP client needs before there is an address.
 *
 * SOCK_RAW has the Ethernet header, SOCK_DGRAM has not and names the other end by struct sockaddr_ll. Locks: lock.
 */
#include "net/show.h"
#include "net/stack.h"

#define QUEUE_MOST 64
#define ETH_P_ALL  0x0003
#define ETH_HEADER 14

struct frame {
	struct list link;
	struct sockaddr_ll from;
	size_t len;
	uint8_t data[];
};

struct pkt {
	struct list link;
	struct socket *socket;
	uint16_t protocol; /* as in the frame */
	int ifindex;	   /* 0: all */
	struct list queue;
	unsigned queued;
};

static struct mutex lock = MUTEX_INIT(lock);
static struct list all = LIST_INIT(all);

static uint16_t protocol_of(const uint8_t *frame)
{
	return (uint16_t)(frame[12] << 8 | frame[13]);
}

static uint16_t swap16(uint16_t v)
{
	return (uint16_t)(v << 8 | v >> 8);
}

/* ---- in ---- */

static uint8_t kind_of(const struct netdev *d, const uint8_t *to)
{
	static const uint8_t everybody[ETH_ALEN] = { 255, 255, 255, 255, 255, 255 };

	if (!memcmp(to, everybody, ETH_ALEN))
		return PACKET_BROADCAST;
	if (to[0] & 1)
		return PACKET_MULTICAST;
	return memcmp(to, d->mac, ETH_ALEN) ? PACKET_OTHERHOST : PACKET_HOST;
}

static void keep(struct pkt *k, struct netdev *d, const struct packet *p)
{
	size_t skip = k->socket->type == SOCK_DGRAM ? ETH_HEADER : 0;
	struct frame *f;

	if (k->queued >= QUEUE_MOST)
		return;
	f = kzalloc(sizeof(*f) + p->len - skip);
	if (!f)
		return;
	f->len = p->len - skip;
	memcpy(f->data, p->data + skip, f->len);
	f->from = (struct sockaddr_ll){ .family = AF_PACKET,
					.protocol = swap16(protocol_of(p->data)),
					.ifindex = d->index,
					.hatype = ARPHRD_ETHER,
					.pkttype = kind_of(d, p->data),
					.halen = ETH_ALEN };
	memcpy(f->from.addr, p->data + ETH_ALEN, ETH_ALEN);
	list_add_tail(&k->queue, &f->link);
	k->queued++;
	waitq_wake(&k->socket->wait);
}

void packet_sockets_input(struct netdev *d, const struct packet *p)
{
	struct pkt *k;

	if (list_empty(&all) || p->len < ETH_HEADER)
		return;
	mutex_lock(&lock);
	list_for_each (k, &all, link)
		if ((!k->ifindex || k->ifindex == d->index) &&
		    (k->protocol == ETH_P_ALL || k->protocol == protocol_of(p->data)))
			keep(k, d, p);
	mutex_unlock(&lock);
}

static long take(struct pkt *k, struct iter *to, union sockaddr_any *name, size_t *len,
		 unsigned flags, unsigned *out)
{
	struct frame *f = list_first(&k->queue, struct frame, link);
	size_t n = min(f->len, to->left);
	long rc;

	if (iter_write(to, f->data, n) < n)
		return -EFAULT;
	name->ll = f->from;
	*len = sizeof(name->ll);
	if (n < f->len)
		*out |= MSG_TRUNC;
	rc = (long)(flags & MSG_TRUNC ? f->len : n);
	if (!(flags & MSG_PEEK)) {
		list_del(&f->link);
		k->queued--;
		kfree(f);
	}
	return rc;
}

static long packet_recv(struct socket *s, struct iter *to, union sockaddr_any *name, size_t *len,
			unsigned flags, unsigned *out)
{
	struct pkt *k = s->priv;
	uint64_t deadline = socket_deadline(s->recv_timeout);

	*len = 0;
	for (;;) {
		bool any;
		long rc = 0;

		mutex_lock(&lock);
		any = !list_empty(&k->queue);
		if (any)
			rc = take(k, to, name, len, flags, out);
		mutex_unlock(&lock);
		if (any)
			return rc;
		if (flags & MSG_DONTWAIT)
			return -EAGAIN;
		rc = socket_wait(s, !list_empty(&k->queue), deadline);
		if (rc)
			return rc;
	}
}

/* ---- out ---- */

static void write_header(struct packet *p, struct netdev *d, const struct sockaddr_ll *to)
{
	memcpy(p->data, to->addr, ETH_ALEN);
	memcpy(p->data + ETH_ALEN, d->mac, ETH_ALEN);
	memcpy(p->data + 12, &to->protocol, 2);
}

/* What must hold of the device and the length, before the bytes are fetched and after. */
static int check_send(const struct netdev *d, size_t n, size_t header)
{
	if (!d)
		return -ENXIO;
	if (!d->up)
		return -ENETDOWN;
	return n > d->mtu + ETH_HEADER - header || n + header < ETH_HEADER ? -EMSGSIZE : 0;
}

static long packet_send(struct socket *s, struct iter *from, const union sockaddr_any *to,
			size_t len, unsigned flags)
{
	struct pkt *k = s->priv;
	size_t n = from->left, header = s->type == SOCK_DGRAM ? ETH_HEADER : 0;
	int index = to ? to->ll.ifindex : k->ifindex, rc;
	struct netdev *d;
	struct packet *p;

	(void)flags;
	if (to && len < offsetof(struct sockaddr_ll, addr) + ETH_ALEN)
		return -EINVAL;
	if (!to && header)
		return -EDESTADDRREQ;
	rc = check_send(netdev_find_index(index), n, header);
	if (rc)
		return rc;
	p = packet_alloc(n + header);
	if (!p)
		return -ENOBUFS;
	if (iter_read(from, p->data + header, n) < n) {
		packet_free(p);
		return -EFAULT;
	}
	/* Fetching may have slept, and the device may be gone. From here on nothing sleeps. */
	d = netdev_find_index(index);
	rc = check_send(d, n, header);
	if (rc) {
		packet_free(p);
		return rc;
	}
	if (header)
		write_header(p, d, &to->ll);
	netdev_transmit(d, p);
	return (long)n;
}

/* ---- the rest ---- */

static int packet_bind(struct socket *s, const union sockaddr_any *a, size_t len)
{
	struct pkt *k = s->priv;

	if (len < offsetof(struct sockaddr_ll, hatype) || a->family != AF_PACKET)
		return -EINVAL;
	if (a->ll.ifindex && !netdev_find_index(a->ll.ifindex))
		return -ENODEV;
	mutex_lock(&lock);
	k->ifindex = a->ll.ifindex;
	if (a->ll.protocol)
		k->protocol = swap16(a->ll.protocol);
	mutex_unlock(&lock);
	return 0;
}

static int packet_name(struct socket *s, bool peer, union sockaddr_any *a)
{
	struct pkt *k = s->priv;

	if (peer)
		return -EOPNOTSUPP;
	memset(&a->ll, 0, sizeof(a->ll));
	a->ll.family = AF_PACKET;
	a->ll.protocol = swap16(k->protocol);
	a->ll.ifindex = k->ifindex;
	return sizeof(a->ll);
}

/* Filters and auxiliary data make things faster: a program has to check what it gets in any case. */
static int packet_setopt(struct socket *s, int level, int name, int value)
{
	(void)s, (void)name, (void)value;
	return level == SOL_PACKET ? 0 : -ENOPROTOOPT;
}

static unsigned packet_poll(struct socket *s)
{
	struct pkt *k = s->priv;

	return POLLOUT | POLLWRNORM | (list_empty(&k->queue) ? 0u : POLLIN | POLLRDNORM);
}

static void packet_release(struct socket *s)
{
	struct pkt *k = s->priv;

	mutex_lock(&lock);
	list_del(&k->link);
	mutex_unlock(&lock);
	while (!list_empty(&k->queue)) {
		struct frame *f = list_first(&k->queue, struct frame, link);

		list_del(&f->link);
		kfree(f);
	}
	kfree(k);
}

static const struct socket_ops packet_ops = {
	.bind = packet_bind,
	.send = packet_send,
	.recv = packet_recv,
	.name = packet_name,
	.setopt = packet_setopt,
	.poll = packet_poll,
	.release = packet_release,
};

struct socket *packet_socket(int type, int protocol)
{
	struct socket *s;
	struct pkt *k;

	if (type != SOCK_DGRAM && type != SOCK_RAW)
		return err_ptr(-ESOCKTNOSUPPORT);
	s = socket_new(&packet_ops, AF_PACKET, type, protocol);
	k = is_err(s) ? NULL : kzalloc(sizeof(*k));
	if (!k) {
		if (!is_err(s))
			kfree(s);
		return err_ptr(-ENOMEM);
	}
	k->socket = s;
	k->protocol = swap16((uint16_t)protocol);
	list_init(&k->queue);
	s->priv = k;
	mutex_lock(&lock);
	list_add_tail(&all, &k->link);
	mutex_unlock(&lock);
	return s;
}

static void show_one(struct text *t, const struct pkt *k)
{
	const struct file *f = k->socket->file;

	text_printf(t, "%08x %-6d %-4d %04x   %-5d 1 %-6u 0      %-6u\n", 0, f ? f->refs + 1 : 1,
		    k->socket->type, k->protocol, k->ifindex, k->queued,
		    f ? f->path.inode->ino : 0);
}

void net_show_packet(struct text *t)
{
	struct pkt *k = NULL;

	text_printf(t, "sk       RefCnt Type Proto  Iface R Rmem   User   Inode\n");
	mutex_lock(&lock);
	list_for_each (k, &all, link) {
		show_one(t, k);
	}
	mutex_unlock(&lock);
}
