/* SPDX-License-Identifier: MIT */
/*
 * The network backend: the device that this kernel sees, and the thread that serves the guest.
 *
 * A packet for the guest waits in the device's queue until the thread has put it into the ring; one from the
 * guest goes straight to the kernel's own queue (netdev_receive). The thread is woken by the guest's event, by a
 * packet, or when the guest's allowance is filled up again.
 */
#include "proc.h"
#include "xenback/net.h"

/* ---- the device ---- */

static void transmit(struct netdev *d, struct packet *p)
{
	struct netback *b = d->priv;
	bool taken;

	spin_lock(&b->lock);
	taken = b->connected && !b->broken && b->queued < QUEUE_MOST &&
		b->queued_bytes + packet_footprint(p) <= QUEUE_BYTES;
	if (taken) {
		list_add_tail(&b->queue, &p->link);
		b->queued++;
		b->queued_bytes += packet_footprint(p);
	} else {
		d->stats.tx_dropped++;
	}
	spin_unlock(&b->lock);
	if (!taken) {
		packet_free(p);
		return;
	}
	b->kicked = true;
	waitq_wake(&b->wake);
}

const struct netdev_ops netback_ops = { .transmit = transmit };

void netback_distrust(struct netback *b, const char *what, unsigned long value)
{
	b->broken = true;
	evtchn_mask((evtchn_port_t)b->port); /* nor does its ringing cost anything */
	xendev_say(b->xendev, "domain %u %s (%lu): no longer served", b->xendev->peer, what, value);
}

/* ---- the thread ---- */

void netback_event(void *data)
{
	struct netback *b = data;

	b->kicked = true;
	waitq_wake(&b->wake);
}

static void thread(void *data)
{
	struct netback *b = data;
	uint64_t again = 0;

	while (!b->stop) {
		(void)wait_event_full(&b->wake, *(volatile bool *)&b->kicked || b->stop, false,
				      again ? again : WAIT_FOREVER);
		b->kicked = false;
		if (b->broken)
			continue;
		netback_give(b);
		again = netback_take(b);
		cond_resched();
	}
	b->stopped = true;
	waitq_wake(&b->wake);
	kthread_exit();
}

int netback_start(struct netback *b)
{
	b->broken = b->stop = b->stopped = false;
	b->kicked = true;
	if (!kthread_create(b->dev.name, thread, b))
		return -ENOMEM;
	b->connected = true;
	netdev_carrier(&b->dev, true);
	return 0;
}

static void drop_queue(struct netback *b)
{
	struct list gone = LIST_INIT(gone);

	spin_lock(&b->lock);
	while (!list_empty(&b->queue)) {
		struct packet *p = list_first(&b->queue, struct packet, link);

		list_del(&p->link);
		list_add_tail(&gone, &p->link);
	}
	b->queued = b->queued_bytes = 0;
	spin_unlock(&b->lock);
	while (!list_empty(&gone)) {
		struct packet *p = list_first(&gone, struct packet, link);

		list_del(&p->link);
		packet_free(p);
	}
}

void netback_stop(struct netback *b)
{
	if (!b->connected)
		return;
	netdev_carrier(&b->dev, false);
	spin_lock(&b->lock);
	b->connected = false;
	spin_unlock(&b->lock);
	b->stop = true;
	waitq_wake(&b->wake);
	wait_event(&b->wake, *(volatile bool *)&b->stopped);
	drop_queue(b);
}
