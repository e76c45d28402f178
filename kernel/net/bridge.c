/* SPDX-License-Identifier: MIT */
/*
 * A learning bridge: several network devices that are one Ethernet.
 *
 * A frame goes to the port behind which its destination was last seen, else to all but its own. The bridge is
 * a device itself ("xenbr0"), by which this kernel takes part: its address goes there, not to a port. A port
 * may be told which address its other side has: frames from any other are dropped there (anti-spoofing), so
 * a guest can neither pretend to be another nor fill the table (fdb.h), and what is for it goes nowhere else.
 *
 * Everything happens in the network's thread or in a sender's; the lock is a spinlock and never held while a
 * device is called.
 */
#include "net/fdb.h"
#include "net/guard.h"
#include "net/net.h"
#include "timer.h"

#define PORTS_MOST 256

struct bridge {
	struct list link;
	struct netdev dev;
	struct spinlock lock;
	struct bridge_port ports[PORTS_MOST];
	unsigned port_count;
	struct fdb table;
};

static struct list bridges = LIST_INIT(bridges);
static struct spinlock bridges_lock = SPINLOCK_INIT;

/* ---- forwarding ---- */

static struct packet *copy_of(const struct packet *p)
{
	struct packet *c = packet_alloc(p->len);

	if (!c)
		return NULL;
	memcpy(c->data, p->data, p->len);
	c->csum = p->csum;
	c->csum_start = p->csum_start;
	c->csum_offset = p->csum_offset;
	c->gso_size = p->gso_size;
	return c;
}

/* To one place, which takes it over: a port, or this kernel by the bridge's own device. */
static void hand_on(struct bridge *b, struct netdev *to, struct packet *p)
{
	if (to == &b->dev)
		netdev_receive(to, p);
	else
		netdev_transmit(to, p);
}

/* The n-th place that a frame for everybody goes to; NULL: no more. */
static struct netdev *place(struct bridge *b, unsigned n)
{
	struct netdev *d = NULL;

	spin_lock(&b->lock);
	if (n < b->port_count)
		d = b->ports[n].dev;
	else if (n == b->port_count)
		d = &b->dev;
	spin_unlock(&b->lock);
	return d;
}

static void flood(struct bridge *b, const struct netdev *from, struct packet *p)
{
	struct netdev *to;

	for (unsigned n = 0; (to = place(b, n)); n++) {
		struct packet *c = to == from ? NULL : copy_of(p);

		if (c)
			hand_on(b, to, c);
	}
	packet_free(p);
}

static void forward(struct bridge *b, struct netdev *from, struct packet *p)
{
	uint64_t now = time_now();
	struct netdev *to;

	spin_lock(&b->lock);
	fdb_learn(&b->table, from, p->data + ETH_ALEN, now);
	to = fdb_find(&b->table, p->data, now);
	spin_unlock(&b->lock);
	if (!to)
		flood(b, from, p);
	else if (to == from)
		packet_free(p); /* it is where it came from */
	else
		hand_on(b, to, p);
}

/* The port that a device is; NULL: none. Locks: b->lock. */
static struct bridge_port *port_of(struct bridge *b, const struct netdev *d)
{
	for (unsigned n = 0; n < b->port_count; n++)
		if (b->ports[n].dev == d)
			return &b->ports[n];
	return NULL;
}

static bool is_honest(struct bridge *b, const struct netdev *d, const struct packet *p)
{
	const struct bridge_port *port;
	bool honest;

	spin_lock(&b->lock);
	port = port_of(b, d);
	honest = !port || guard_is_honest(port, p->data, p->len);
	spin_unlock(&b->lock);
	return honest;
}

static void port_input(struct netdev *port, struct packet *p)
{
	struct bridge *b = port->input_priv;

	if (is_honest(b, port, p)) {
		forward(b, port, p);
		return;
	}
	port->stats.rx_errors++;
	packet_free(p);
}

static void bridge_transmit(struct netdev *d, struct packet *p)
{
	forward(d->priv, d, p);
}

/* ---- ports ---- */

static const struct netdev_ops bridge_ops = { .transmit = bridge_transmit };

static struct bridge *find_bridge(const char *name)
{
	struct bridge *b;

	list_for_each (b, &bridges, link)
		if (!strcmp(b->dev.name, name))
			return b;
	return NULL;
}

struct bridge *bridge_find(const char *name)
{
	struct bridge *b;

	spin_lock(&bridges_lock);
	b = find_bridge(name);
	spin_unlock(&bridges_lock);
	return b;
}

static void describe(struct bridge *b, const char *name)
{
	strlcpy(b->dev.name, name, sizeof(b->dev.name));
	b->dev.mtu = 1500;
	/* Each port does for itself what its device cannot. */
	b->dev.features = NETDEV_CSUM | NETDEV_TSO;
	b->dev.running = true;
	b->dev.ops = &bridge_ops;
	b->dev.priv = b;
	random_bytes(b->dev.mac, ETH_ALEN);
	b->dev.mac[0] = (uint8_t)((b->dev.mac[0] & ~1u) | 2u); /* locally administered */
	fdb_fix(&b->table, &b->dev, b->dev.mac);
}

int bridge_create(const char *name)
{
	struct bridge *b = kzalloc(sizeof(*b));
	int rc;

	if (!b)
		return -ENOMEM;
	describe(b, name);
	rc = netdev_register(&b->dev);
	if (rc) {
		kfree(b);
		return rc;
	}
	spin_lock(&bridges_lock);
	list_add_tail(&bridges, &b->link);
	spin_unlock(&bridges_lock);
	return 0;
}

int bridge_delete(const char *name)
{
	struct bridge *b;
	int rc = 0;

	spin_lock(&bridges_lock);
	b = find_bridge(name);
	if (!b)
		rc = -ENODEV;
	else if (b->port_count)
		rc = -EBUSY;
	else
		list_del(&b->link);
	spin_unlock(&bridges_lock);
	if (rc)
		return rc;
	netdev_remove(&b->dev);
	kfree(b);
	return 0;
}

int bridge_add(struct bridge *b, struct netdev *d, const uint8_t *mac)
{
	struct bridge_port *p;
	int rc = 0;

	spin_lock(&b->lock);
	if (b->port_count == PORTS_MOST) {
		rc = -ENOSPC;
	} else if (d->input) {
		rc = -EBUSY;
	} else {
		p = &b->ports[b->port_count++];
		*p = (struct bridge_port){ .dev = d, .filter = mac != NULL };
		if (mac) {
			memcpy(p->mac, mac, ETH_ALEN);
			fdb_fix(&b->table, d, mac);
		}
		d->input_priv = b;
		d->input = port_input;
	}
	spin_unlock(&b->lock);
	return rc;
}

int bridge_allow(struct bridge *b, struct netdev *d, const char *addresses)
{
	struct bridge_port *p;
	int rc;

	spin_lock(&b->lock);
	p = port_of(b, d);
	rc = p ? guard_addresses(p, addresses) : -EINVAL;
	spin_unlock(&b->lock);
	return rc;
}

void bridge_remove(struct bridge *b, struct netdev *d)
{
	spin_lock(&b->lock);
	d->input = NULL;
	for (unsigned n = 0; n < b->port_count; n++)
		if (b->ports[n].dev == d)
			b->ports[n] = b->ports[--b->port_count];
	fdb_forget(&b->table, d);
	spin_unlock(&b->lock);
}
