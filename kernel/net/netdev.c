/* SPDX-License-Identifier: MIT */
/*
 * Network devices: who they are, and the way of a packet in and out.
 *
 * In: a driver's interrupt puts the packet on its device's queue; the thread `net` takes one of each device in
 * turn and hands it to the device's input function (the bridge) or to the stack. The queues are bounded: a
 * flood is dropped here, where it costs least, and delays nobody else's packets by more than a turn. Out:
 * what a device cannot do itself is done before.
 *
 * Locks: net_lock guards the list; `lock` the queues. Counters are changed with interrupts masked.
 */
#include "net/net.h"
#include "proc.h"

#define WAITING_MOST  256	 /* packets of one device */
#define WAITING_BYTES (4u << 20) /* and the memory that they take: a large one takes 128 KiB */

#define TOGETHER 32 /* of packets that arrived together, so many are answered at once at most */

struct spinlock net_lock = SPINLOCK_INIT;
struct list net_devices = LIST_INIT(net_devices);

static struct spinlock lock = SPINLOCK_INIT;
static struct list turns = LIST_INIT(turns); /* devices with packets, by turn_link */
static struct waitq arrived = WAITQ_INIT(arrived), drained = WAITQ_INIT(drained);
static struct netdev *busy_with; /* whose packet the thread has in hand */

/* ---- the list ---- */

static struct netdev *find(const char *name, int index)
{
	struct netdev *d;

	list_for_each (d, &net_devices, link)
		if (name ? !strcmp(d->name, name) : d->index == index)
			return d;
	return NULL;
}

struct netdev *netdev_find(const char *name)
{
	struct netdev *d;

	spin_lock(&net_lock);
	d = find(name, 0);
	spin_unlock(&net_lock);
	return d;
}

struct netdev *netdev_find_index(int index)
{
	struct netdev *d;

	spin_lock(&net_lock);
	d = find(NULL, index);
	spin_unlock(&net_lock);
	return d;
}

/* "eth%d" becomes the first name that is free. Locks: net_lock. */
static void choose_name(struct netdev *d)
{
	char pattern[sizeof(d->name)];
	char *place;

	strlcpy(pattern, d->name, sizeof(pattern));
	place = strstr(pattern, "%d");
	if (!place)
		return;
	*place = '\0';
	for (unsigned n = 0; n == 0 || find(d->name, 0); n++)
		snprintf(d->name, sizeof(d->name), "%s%u%s", pattern, n, place + 2);
}

int netdev_register(struct netdev *d)
{
	static int last_index;
	int rc = 0;

	list_init(&d->waiting);
	d->waiting_count = 0;
	d->waiting_bytes = 0;
	spin_lock(&net_lock);
	choose_name(d);
	if (find(d->name, 0))
		rc = -EEXIST;
	else
		list_add_tail(&net_devices, &d->link);
	d->index = ++last_index;
	spin_unlock(&net_lock);
	if (!rc)
		net_stack_device(d, true);
	return rc;
}

static bool has_packets(const struct netdev *d)
{
	bool any;

	spin_lock(&lock);
	any = d->waiting_count || busy_with == d;
	spin_unlock(&lock);
	return any;
}

void netdev_remove(struct netdev *d)
{
	spin_lock(&net_lock);
	list_del(&d->link);
	spin_unlock(&net_lock);
	net_stack_device(d, false);
	wait_event(&drained, !has_packets(d));
}

/* ---- in ---- */

void netdev_receive(struct netdev *d, struct packet *p)
{
	bool taken;

	p->dev = d;
	spin_lock(&lock);
	taken = d->waiting_count < WAITING_MOST &&
		d->waiting_bytes + packet_footprint(p) <= WAITING_BYTES;
	if (taken) {
		list_add_tail(&d->waiting, &p->link);
		d->waiting_bytes += packet_footprint(p);
		if (!d->waiting_count++)
			list_add_tail(&turns, &d->turn_link);
		d->stats.rx_packets++;
		d->stats.rx_bytes += p->len;
	} else {
		d->stats.rx_dropped++;
	}
	spin_unlock(&lock);
	if (taken)
		waitq_wake(&arrived);
	else
		packet_free(p);
}

static struct packet *next_packet(void)
{
	struct packet *p = NULL;

	spin_lock(&lock);
	if (!list_empty(&turns)) {
		struct netdev *d = list_first(&turns, struct netdev, turn_link);

		p = list_first(&d->waiting, struct packet, link);
		list_del(&p->link);
		list_del(&d->turn_link);
		d->waiting_bytes -= packet_footprint(p);
		if (--d->waiting_count)
			list_add_tail(&turns, &d->turn_link);
		busy_with = d;
	}
	spin_unlock(&lock);
	return p;
}

static void deliver(struct packet *p)
{
	struct netdev *d = p->dev;

	if (!d->up || p->len < ETH_HLEN)
		packet_free(p);
	else if (d->input)
		d->input(d, p);
	else
		net_stack_input(d, p);
}

static void net_thread(void *unused)
{
	(void)unused;
	for (;;) {
		struct packet *p;

		wait_event(&arrived, !list_empty(&turns));
		for (unsigned n = 1; (p = next_packet()); n++) {
			deliver(p);
			busy_with = NULL;
			waitq_wake(&drained);
			/* Whoever got the last one: the stack, a bridge, nobody. */
			if (list_empty(&turns) || n % TOGETHER == 0)
				net_stack_answer();
			cond_resched();
		}
	}
}

void netdev_start(void)
{
	if (!kthread_create("net", net_thread, NULL))
		panic("no memory for the network's thread");
}

/* ---- out ---- */

static void send(struct netdev *d, struct packet *p)
{
	unsigned long state;

	if (p->csum == PACKET_CSUM_PARTIAL && !(d->features & NETDEV_CSUM))
		packet_checksum(p);
	state = irq_save();
	if (!d->up || d->stopped) {
		d->stats.tx_dropped++;
		irq_restore(state);
		packet_free(p);
		return;
	}
	d->stats.tx_packets++;
	d->stats.tx_bytes += p->len;
	irq_restore(state);
	d->ops->transmit(d, p);
}

void netdev_transmit(struct netdev *d, struct packet *p)
{
	if (p->gso_size && !(d->features & NETDEV_TSO))
		packet_segment(p, send, d);
	else
		send(d, p);
}

/* ---- what a driver says about itself ---- */

void netdev_carrier(struct netdev *d, bool on)
{
	d->running = on;
}

void netdev_stop(struct netdev *d)
{
	d->stopped = true;
}

void netdev_wake(struct netdev *d)
{
	d->stopped = false;
}
