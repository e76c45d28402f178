/* SPDX-License-Identifier: MIT */
/*
 * The network frontend: agreeing with the backend by way of the store.
 *
 * Two ring pages, one port for both directions, and what we can: empty pages are filled by copy
 * (request-rx-copy), packets of several pages, checksums and TCP segmentation left open in both
 * directions. A backend that comes back goes on in the rings if it can (Linux's), else it gets new ones.
 * (<xen/io/netif.h> has every key.)
 */
#include "proc.h"
#include "xenfront/net.h"
#include "xenfront/xenfront.h"

#include <xen/io/xenbus.h>

/* ---- offering ---- */

static int publish(void *data, xs_transaction_t t)
{
	static const char *const features[] = { "request-rx-copy", "feature-rx-notify",
						"feature-sg", "feature-gso-tcpv4" };
	const struct netfront *f = data;
	const char *path = f->xendev->path;
	int rc = xs_printf(t, path, "tx-ring-ref", "%u", f->tx_ref);

	if (!rc)
		rc = xs_printf(t, path, "rx-ring-ref", "%u", f->rx_ref);
	if (!rc)
		rc = xs_printf(t, path, "event-channel", "%d", f->port);
	for (unsigned i = 0; i < ARRAY_SIZE(features) && !rc; i++)
		rc = xs_write(t, path, features[i], "1");
	return rc;
}

static void *new_page(void)
{
	pfn_t pfn = page_alloc_zeroed();

	return pfn_is_none(pfn) ? NULL : machine_page_va(pfn);
}

static int offer(struct netfront *f)
{
	f->tx_page = new_page();
	f->rx_page = new_page();
	if (!f->tx_page || !f->rx_page)
		return -ENOMEM;
	netfront_ring_init(f);
	f->tx_ref = grant_access(f->xendev->peer, f->tx_page, false);
	f->rx_ref = grant_access(f->xendev->peer, f->rx_page, false);
	if (f->tx_ref == GREF_NONE || f->rx_ref == GREF_NONE)
		return -ENOSPC;
	f->port = evtchn_alloc(f->xendev->peer, netfront_event, f);
	return f->port < 0 ? f->port : xs_transact(publish, f);
}

static void drop_page(void **page, grant_ref_t *ref)
{
	if (*page && *ref != GREF_NONE)
		grant_end_later(*ref, *page);
	else if (*page)
		page_put(machine_va_page(*page));
	*page = NULL;
	*ref = GREF_NONE;
}

static void withdraw(struct netfront *f)
{
	if (f->connected)
		netfront_ring_stop(f);
	if (f->port >= 0)
		evtchn_close((evtchn_port_t)f->port);
	f->port = -1;
	drop_page(&f->tx_page, &f->tx_ref);
	drop_page(&f->rx_page, &f->rx_ref);
}

/* ---- connecting ---- */

static bool offered(struct netfront *f, const char *feature)
{
	uint32_t value;

	return !xs_read_u32(0, f->xendev->peer_path, feature, &value) && value;
}

static void connect(struct netfront *f)
{
	bool sg = offered(f, "feature-sg");

	if (f->connected)
		return;
	if (!offered(f, "feature-rx-copy")) {
		xendev_error(f->xendev, true, "the backend only flips pages");
		return;
	}
	f->dev.features = offered(f, "feature-no-csum-offload") ? 0 : NETDEV_CSUM;
	if (sg && offered(f, "feature-gso-tcpv4") && f->dev.features)
		f->dev.features |= NETDEV_TSO;
	netfront_ring_start(f);
	xendev_switch(f->xendev, XenbusStateConnected);
	if (!f->registered && !netdev_register(&f->dev)) {
		f->registered = true;
		printk("%s: %02x:%02x:%02x:%02x:%02x:%02x by domain %u\n", f->dev.name,
		       f->dev.mac[0], f->dev.mac[1], f->dev.mac[2], f->dev.mac[3], f->dev.mac[4],
		       f->dev.mac[5], f->xendev->peer);
	}
}

/* Two-step: rings first, and Connected when the backend has them (older backends wait for Connected). */
static void negotiate(struct netfront *f)
{
	int rc, old = f->port;

	if (f->broken)
		return;
	if (f->connected)
		printk("%s: its backend begins anew\n", f->dev.name);
	f->port = -1;
	withdraw(f);
	rc = offer(f);
	if (old >= 0)
		evtchn_close((evtchn_port_t)old); /* last: the new one must be another */
	if (rc) {
		xendev_error(f->xendev, true, "cannot offer rings: error %d", -rc);
		withdraw(f);
		return;
	}
	connect(f);
}

/* By remove() it may be too late: then nothing is left to close. */
void netfront_give_up(void *front)
{
	struct netfront *f = front;

	if (!f->connected)
		return;
	withdraw(f);
	xendev_switch(f->xendev, XenbusStateClosed);
}

/* ---- the state machine ---- */

static void peer_changed(struct xendev *d, unsigned state)
{
	struct netfront *f = d->priv;

	switch (state) {
	case XenbusStateInitWait:
		if (xendev_wants_offer(d, f->port))
			negotiate(f);
		break;
	case XenbusStateConnected:
		if (f->connected) { /* what was said while the other was not there yet, in both directions */
			evtchn_notify((evtchn_port_t)f->port);
			netfront_event(f);
		}
		break;
	case XenbusStateClosing:
	case XenbusStateClosed:
		if (d->state != XenbusStateClosed) {
			withdraw(f);
			xendev_switch(d, XenbusStateClosed);
		}
		break;
	case XenbusStateUnknown:
		withdraw(f);
		xendev_withdraw_offer(d);
		break;
	default:
		break;
	}
}

static int probe(struct xendev *d)
{
	struct netfront *f = kzalloc(sizeof(*f));
	char *mac;
	int rc;

	if (!f)
		return -ENOMEM;
	f->xendev = d;
	f->port = -1;
	f->tx_ref = f->rx_ref = GREF_NONE;
	mac = xs_read(0, d->path, "mac", NULL);
	rc = is_err(mac) ? (int)ptr_err(mac) : mac_from_text(f->dev.mac, mac);
	if (!is_err(mac))
		kfree(mac);
	if (rc) {
		kfree(f);
		return rc;
	}
	strlcpy(f->dev.name, "eth%d", sizeof(f->dev.name));
	f->dev.mtu = 1500;
	f->dev.ops = &netfront_ops;
	f->dev.priv = f;
	d->priv = f;
	return 0;
}

/* In the store's thread, behind whatever was deferred there for this card. */
static void device_free(void *data)
{
	kfree(data);
}

/* Users may take their time: a thread of its own waits for them, not the store's. */
static void wait_for_users(void *data)
{
	struct netfront *f = data;

	if (f->registered)
		netdev_remove(&f->dev);
	xs_defer(device_free, f);
	kthread_exit();
}

static void remove(struct xendev *d)
{
	struct netfront *f = d->priv;

	withdraw(f);
	if (!kthread_create("unplug", wait_for_users, f))
		printk("%s: no memory to clean up after it\n", f->dev.name);
}

const struct xendev_driver netfront_driver = {
	.type = "vif",
	.probe = probe,
	.peer_changed = peer_changed,
	.remove = remove,
};
