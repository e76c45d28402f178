/* SPDX-License-Identifier: MIT */
/*
 * virtio-net: network cards of the machine, eth0 and on.
 *
 * Two queues: packets that the device may fill (always as many as fit), and packets to send, of which no
 * interrupt is wanted: those that are done are collected when the next one goes out, and by an interrupt
 * only while the queue is full. A packet of a page has the device's header right in front of the frame.
 * (Virtio 1.1, section 5.1.) Lock: lock.
 */
#include "virtio.h"
#include "netdev.h"

/* clang-format off */
enum { F_CSUM = 0, F_GUEST_CSUM = 1, F_MAC = 5, F_HOST_TSO4 = 11, F_STATUS = 16 };
enum { RX, TX };
/* clang-format on */

#define NEEDS_CSUM  1u
#define DATA_VALID  2u
#define GSO_TCPV4   1u
#define LINK_UP	    1u
#define AVAIL_QUIET 1u
#define RX_ROOM	    1600 /* a frame, and more than any header in front of it */

struct header {
	uint8_t flags, gso_type;
	uint16_t header_len, gso_size, csum_start, csum_offset, buffers;
};

_Static_assert(sizeof(struct header) <= PACKET_ROOM, "the header stands in the packet's room");

struct card {
	struct netdev dev;
	struct virtio virtio;
	struct virtq rx, tx;
	struct spinlock lock;
};

static struct header *header_of(struct packet *p)
{
	return (struct header *)p->data - 1;
}

/* ---- in ---- */

/* Locks: lock. */
static void fill_rx(struct card *c)
{
	bool any = false;

	while (c->rx.free_count) {
		struct packet *p = packet_alloc(RX_ROOM);
		struct virtio_part part;

		if (!p)
			break;
		part = (struct virtio_part){ header_of(p), sizeof(struct header) + RX_ROOM, true };
		if (!virtq_add(&c->rx, &part, 1, p)) {
			packet_free(p);
			break;
		}
		any = true;
	}
	if (any)
		virtq_kick(&c->rx);
}

static void take_csum(struct packet *p, const struct header *h)
{
	if (h->flags & NEEDS_CSUM) {
		p->csum = PACKET_CSUM_PARTIAL;
		p->csum_start = h->csum_start;
		p->csum_offset = h->csum_offset;
	} else if (h->flags & DATA_VALID) {
		p->csum = PACKET_CSUM_VERIFIED;
	}
}

static void rx_interrupt(void *data)
{
	struct card *c = data;
	struct packet *p;
	uint32_t len;

	spin_lock(&c->lock);
	while ((p = virtq_take(&c->rx, &len))) {
		if (len < sizeof(struct header) + ETH_HLEN ||
		    len > sizeof(struct header) + RX_ROOM) {
			c->dev.stats.rx_errors++;
			packet_free(p);
			continue;
		}
		p->len = len - sizeof(struct header);
		take_csum(p, header_of(p));
		netdev_receive(&c->dev, p);
	}
	fill_rx(c);
	spin_unlock(&c->lock);
}

/* ---- out ---- */

/* Locks: lock. */
static void collect_sent(struct card *c)
{
	struct packet *p;

	while ((p = virtq_take(&c->tx, NULL)))
		packet_free(p);
}

static void write_header(struct packet *p)
{
	struct header *h = header_of(p);

	memset(h, 0, sizeof(*h));
	if (p->csum == PACKET_CSUM_PARTIAL) {
		h->flags = NEEDS_CSUM;
		h->csum_start = p->csum_start;
		h->csum_offset = p->csum_offset;
	}
	if (p->gso_size) {
		h->gso_type = GSO_TCPV4;
		h->gso_size = p->gso_size;
		h->header_len = (uint16_t)min(p->len, 128u); /* a hint */
	}
}

/* The header and the frame, cut where pages end: consecutive pages are not consecutive to the device. */
static unsigned cut(struct packet *p, struct virtio_part *parts)
{
	char *at = (char *)header_of(p);
	uint32_t left = sizeof(struct header) + p->len;
	unsigned n = 0;

	while (left) {
		uint32_t in_page = PAGE_SIZE - ((unsigned long)at & (PAGE_SIZE - 1));
		uint32_t len = min(in_page, left);

		parts[n++] = (struct virtio_part){ at, len, false };
		at += len;
		left -= len;
	}
	return n;
}

static void transmit(struct netdev *d, struct packet *p)
{
	struct virtio_part parts[PACKET_MOST / PAGE_SIZE + 3];
	struct card *c = d->priv;

	spin_lock(&c->lock);
	collect_sent(c);
	write_header(p);
	if (virtq_add(&c->tx, parts, cut(p, parts), p)) {
		virtq_kick(&c->tx);
		p = NULL;
	}
	/* Full: an interrupt, please, when there is room again. */
	if (c->tx.free_count < ARRAY_SIZE(parts)) {
		netdev_stop(d);
		c->tx.page->avail.flags = 0;
	}
	spin_unlock(&c->lock);
	if (p) {
		d->stats.tx_dropped++;
		packet_free(p);
	}
}

static void tx_interrupt(void *data)
{
	struct card *c = data;

	spin_lock(&c->lock);
	collect_sent(c);
	if (c->tx.free_count > c->tx.size / 2) {
		c->tx.page->avail.flags = AVAIL_QUIET;
		netdev_wake(&c->dev);
	}
	spin_unlock(&c->lock);
}

static const struct netdev_ops card_ops = { .transmit = transmit };

/* ---- start ---- */

static void describe(struct card *c)
{
	struct netdev *d = &c->dev;

	strlcpy(d->name, "eth%d", sizeof(d->name));
	for (unsigned i = 0; i < ETH_ALEN; i++)
		d->mac[i] = c->virtio.config[i];
	d->mtu = 1500;
	if (virtio_has(&c->virtio, F_CSUM))
		d->features |= NETDEV_CSUM;
	if (virtio_has(&c->virtio, F_HOST_TSO4) && virtio_has(&c->virtio, F_CSUM))
		d->features |= NETDEV_TSO;
	d->running = !virtio_has(&c->virtio, F_STATUS) || c->virtio.config[6] & LINK_UP;
	d->ops = &card_ops;
	d->priv = c;
}

static int start(struct card *c, struct pci_device *pci)
{
	int rc = virtio_open(&c->virtio, pci,
			     1ull << F_CSUM | 1ull << F_GUEST_CSUM | 1ull << F_MAC |
				     1ull << F_HOST_TSO4 | 1ull << F_STATUS);

	if (!rc && !virtio_has(&c->virtio, F_MAC))
		rc = -ENODEV;
	if (!rc)
		rc = virtio_queue(&c->virtio, &c->rx, RX, rx_interrupt, c);
	if (!rc)
		rc = virtio_queue(&c->virtio, &c->tx, TX, tx_interrupt, c);
	return rc;
}

static int probe(struct pci_device *pci)
{
	struct card *c = kzalloc(sizeof(*c));
	int rc = c ? start(c, pci) : -ENOMEM;

	if (rc) {
		kfree(c);
		return rc;
	}
	c->tx.page->avail.flags = AVAIL_QUIET;
	describe(c);
	virtio_start(&c->virtio);
	spin_lock(&c->lock);
	fill_rx(c);
	spin_unlock(&c->lock);
	rc = netdev_register(&c->dev);
	printk("%s: %02x:%02x:%02x:%02x:%02x:%02x\n", c->dev.name, c->dev.mac[0], c->dev.mac[1],
	       c->dev.mac[2], c->dev.mac[3], c->dev.mac[4], c->dev.mac[5]);
	return rc;
}

static bool knows(const struct pci_device *d)
{
	return d->vendor == VIRTIO_VENDOR && (d->device == 0x1000 || d->device == 0x1041);
}

const struct pci_driver virtio_net_driver = { "virtio-net", knows, probe };
