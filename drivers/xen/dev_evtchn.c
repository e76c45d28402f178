/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/evtchn: ports as a stream. Each open file has ports of its own.
 *
 * An event masks its port and puts its number into the file's queue; read takes numbers out, write gives
 * them back, which opens the port again. So a port is in the queue at most once, and a queue with room for
 * every port never overflows.
 *
 * Locks: `lock` (a mutex) for the list of ports; the queue is written by the upcall and guarded by `queue_lock`.
 */
#include "dev.h"
#include "proc.h"

#define PORTS_MOST 1024u /* of the two-level ABI at 32 bits */

struct user;

struct port {
	struct list link;
	struct user *user;
	evtchn_port_t number;
	bool taken; /* masked, and in the queue or with the program. queue_lock */
};

struct user {
	struct mutex lock;
	struct list ports;
	int only; /* the one domain to which new ports may lead, or -1 */

	struct spinlock queue_lock;
	struct waitq readers;
	unsigned head, count;
	evtchn_port_t queue[PORTS_MOST];
};

static void event(void *data)
{
	struct port *p = data;
	struct user *u = p->user;

	evtchn_mask(p->number);
	spin_lock(&u->queue_lock);
	if (!p->taken && u->count < PORTS_MOST) {
		p->taken = true;
		u->queue[(u->head + u->count++) % PORTS_MOST] = p->number;
	}
	spin_unlock(&u->queue_lock);
	waitq_wake(&u->readers);
}

/* ---- reading and writing ---- */

static bool next_event(struct user *u, evtchn_port_t *port)
{
	bool any;

	spin_lock(&u->queue_lock);
	any = u->count;
	if (any) {
		*port = u->queue[u->head];
		u->head = (u->head + 1) % PORTS_MOST;
		u->count--;
	}
	spin_unlock(&u->queue_lock);
	return any;
}

static long evtchn_read(struct file *f, struct iter *to, uint64_t *pos)
{
	struct user *u = f->priv;
	evtchn_port_t port;
	long done = 0;
	int rc;

	(void)pos;
	if (to->left < sizeof(port))
		return to->left ? -EINVAL : 0;
	if (!u->count) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		rc = wait_event_interruptible(&u->readers, *(volatile unsigned *)&u->count);
		if (rc)
			return rc;
	}
	while (to->left >= sizeof(port) && next_event(u, &port)) {
		if (iter_write(to, &port, sizeof(port)) < sizeof(port))
			return done ? done : -EFAULT;
		done += sizeof(port);
	}
	return done;
}

static struct port *find(struct user *u, evtchn_port_t number)
{
	struct port *p;

	list_for_each (p, &u->ports, link)
		if (p->number == number)
			return p;
	return NULL;
}

/* The program has seen the event: the next one may come. */
static void give_back(struct user *u, evtchn_port_t number)
{
	struct port *p;
	bool taken = false;

	mutex_lock(&u->lock);
	p = find(u, number);
	if (p) {
		spin_lock(&u->queue_lock);
		taken = p->taken;
		p->taken = false;
		spin_unlock(&u->queue_lock);
	}
	if (taken)
		evtchn_unmask(number);
	mutex_unlock(&u->lock);
}

static long evtchn_write(struct file *f, struct iter *from, uint64_t *pos)
{
	evtchn_port_t port;
	long done = 0;

	(void)pos;
	while (from->left >= sizeof(port)) {
		if (iter_read(from, &port, sizeof(port)) < sizeof(port))
			return done ? done : -EFAULT;
		give_back(f->priv, port);
		done += sizeof(port);
	}
	return done;
}

static unsigned evtchn_poll(struct file *f, struct poll_table *pt)
{
	struct user *u = f->priv;

	poll_wait(pt, &u->readers);
	return POLLOUT | POLLWRNORM | (*(volatile unsigned *)&u->count ? POLLIN | POLLRDNORM : 0u);
}

/* ---- ports ---- */

/* make(p) binds the port with event(p) as its function. Returns the port or -errno. */
static long add(struct user *u, int (*make)(struct port *p, unsigned a, unsigned b), unsigned a,
		unsigned b)
{
	struct port *p = kzalloc(sizeof(*p));
	unsigned long state;
	int rc;

	if (!p)
		return -ENOMEM;
	p->user = u;
	/* An event may come before its port's number is known here: not while interrupts are masked. */
	state = irq_save();
	rc = make(p, a, b);
	p->number = (evtchn_port_t)rc;
	irq_restore(state);
	if (rc < 0) {
		kfree(p);
		return rc;
	}
	mutex_lock(&u->lock);
	list_add(&u->ports, &p->link);
	mutex_unlock(&u->lock);
	return rc;
}

static int make_virq(struct port *p, unsigned virq, unsigned unused)
{
	(void)unused;
	return evtchn_bind_virq_fn(virq, event, p);
}

static int make_interdomain(struct port *p, unsigned domain, unsigned port)
{
	return evtchn_connect((domid_t)domain, port, event, p);
}

static int make_unbound(struct port *p, unsigned domain, unsigned unused)
{
	(void)unused;
	return evtchn_alloc((domid_t)domain, event, p);
}

static void drop(struct port *p)
{
	struct user *u = p->user;
	unsigned kept = 0;

	list_del(&p->link);
	evtchn_close(p->number);
	/* The number may be given out again at once: no old event may go by it. */
	spin_lock(&u->queue_lock);
	for (unsigned i = 0; i < u->count; i++) {
		evtchn_port_t n = u->queue[(u->head + i) % PORTS_MOST];

		if (n != p->number)
			u->queue[(u->head + kept++) % PORTS_MOST] = n;
	}
	u->count = kept;
	spin_unlock(&u->queue_lock);
	kfree(p);
}

static long unbind(struct user *u, evtchn_port_t number)
{
	struct port *p;

	mutex_lock(&u->lock);
	p = find(u, number);
	if (p)
		drop(p);
	mutex_unlock(&u->lock);
	return p ? 0 : -ENOTCONN;
}

static long notify(struct user *u, evtchn_port_t number)
{
	bool ours;

	mutex_lock(&u->lock);
	ours = find(u, number);
	mutex_unlock(&u->lock);
	if (!ours)
		return -ENOTCONN;
	evtchn_notify(number);
	return 0;
}

static long reset(struct user *u)
{
	spin_lock(&u->queue_lock);
	u->head = u->count = 0;
	spin_unlock(&u->queue_lock);
	return 0;
}

static long restrict_to(struct user *u, unsigned domain)
{
	if (u->only >= 0)
		return -EACCES;
	if (domain >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	u->only = (int)domain;
	return 0;
}

static bool may_reach(const struct user *u, unsigned domain)
{
	return u->only < 0 || u->only == (int)domain;
}

static long evtchn_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	struct user *u = f->priv;
	unsigned v[2] = { 0, 0 };
	domid_t domid;
	size_t n = cmd >> 16 & 0x3fff;

	if (cmd == IOCTL_EVTCHN_RESTRICT_DOMID)
		return get_user(domid, (void *)arg) ? -EFAULT : restrict_to(u, domid);
	if (n > sizeof(v))
		return -ENOTTY;
	if (copy_from_user(v, (void *)arg, n))
		return -EFAULT;
	switch (cmd) {
	case IOCTL_EVTCHN_BIND_VIRQ:
		return u->only < 0 ? add(u, make_virq, v[0], 0) : -EACCES;
	case IOCTL_EVTCHN_BIND_INTERDOMAIN:
		return may_reach(u, v[0]) ? add(u, make_interdomain, v[0], v[1]) : -EACCES;
	case IOCTL_EVTCHN_BIND_UNBOUND_PORT:
		return may_reach(u, v[0]) ? add(u, make_unbound, v[0], 0) : -EACCES;
	case IOCTL_EVTCHN_UNBIND:
		return unbind(u, v[0]);
	case IOCTL_EVTCHN_NOTIFY:
		return notify(u, v[0]);
	case IOCTL_EVTCHN_RESET:
		return reset(u);
	default:
		return -ENOTTY;
	}
}

static int evtchn_open(struct file *f, struct inode *i)
{
	struct user *u = kzalloc(sizeof(*u));

	(void)i;
	if (!u)
		return -ENOMEM;
	mutex_init(&u->lock);
	list_init(&u->ports);
	waitq_init(&u->readers);
	u->only = -1;
	f->priv = u;
	return 0;
}

static void evtchn_release(struct file *f)
{
	struct user *u = f->priv;

	while (!list_empty(&u->ports))
		drop(list_first(&u->ports, struct port, link));
	kfree(u);
}

const struct file_ops dev_evtchn_fops = {
	.open = evtchn_open,
	.read = evtchn_read,
	.write = evtchn_write,
	.poll = evtchn_poll,
	.ioctl = evtchn_ioctl,
	.release = evtchn_release,
	.stream = true,
};
