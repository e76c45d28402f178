/* SPDX-License-Identifier: MIT */
/*
 * The network backend: agreeing with the frontend by way of the store.
 *
 * The toolstack writes `mac`, `bridge`, and perhaps `rate` ("bytes,microseconds", as libxl does); the frontend
 * writes two rings and what it can. <xen/io/netif.h> has every key.
 */
#include "timer.h"
#include "xenback/net.h"
#include "xenback/xenback.h"

#include <xen/io/xenbus.h>

#define DEFAULT_BRIDGE "xenbr0"

/* ---- connections ---- */

static bool said(struct netback *b, const char *feature)
{
	uint32_t value;

	return !xs_read_u32(0, b->xendev->peer_path, feature, &value) && value;
}

static void read_features(struct netback *b)
{
	b->can_sg = said(b, "feature-sg");
	b->can_gso = b->can_sg && said(b, "feature-gso-tcpv4");
	b->can_csum = !said(b, "feature-no-csum-offload");
	b->dev.features = (b->can_csum ? NETDEV_CSUM : 0) | (b->can_gso ? NETDEV_TSO : 0);
}

static void unmap(struct netback *b)
{
	if (b->port > 0)
		evtchn_close((evtchn_port_t)b->port);
	b->port = 0;
	if (b->tx.sring)
		grant_unmap(b->tx.sring);
	if (b->rx.sring)
		grant_unmap(b->rx.sring);
	b->tx.sring = NULL;
	b->rx.sring = NULL;
}

static int map(struct netback *b, uint32_t port)
{
	const char *peer = b->xendev->peer_path;
	uint32_t tx, rx;
	int rc = xs_read_u32(0, peer, "tx-ring-ref", &tx);
	RING_IDX answered; /* a ring that was left goes on after that; a new one begins, with 0 */
	void *page;

	if (!rc)
		rc = xs_read_u32(0, peer, "rx-ring-ref", &rx);
	if (rc)
		return rc;
	page = grant_map(b->xendev->peer, &tx, 1, false, &rc);
	if (!page)
		return rc;
	answered = ((volatile netif_tx_sring_t *)page)->rsp_prod;
	BACK_RING_ATTACH(&b->tx, (netif_tx_sring_t *)page, answered, PAGE_SIZE);
	page = grant_map(b->xendev->peer, &rx, 1, false, &rc);
	if (!page)
		return rc;
	answered = ((volatile netif_rx_sring_t *)page)->rsp_prod;
	BACK_RING_ATTACH(&b->rx, (netif_rx_sring_t *)page, answered, PAGE_SIZE);
	b->port = evtchn_connect(b->xendev->peer, port, netback_event, b);
	return min(b->port, 0);
}

static void disconnect(void *priv)
{
	struct netback *b = priv;

	netback_stop(b);
	unmap(b);
}

static void connect(void *priv)
{
	struct netback *b = priv;
	uint32_t port;
	int rc = b->connected ? -EALREADY : backend_read_offer(b->xendev, &port);

	if (rc == -EALREADY)
		return;
	if (!said(b, "request-rx-copy")) {
		xendev_error(b->xendev, true,
			     "the frontend wants pages flipped; only copying is done here");
		return;
	}
	read_features(b);
	if (!rc)
		rc = map(b, port);
	if (!rc)
		rc = netback_start(b);
	if (rc) {
		xendev_error(b->xendev, true, "cannot use the frontend's rings: error %d", -rc);
		disconnect(b);
		return;
	}
	xendev_switch(b->xendev, XenbusStateConnected);
}

/* ---- what the toolstack wrote ---- */

/* The guest's address, not the device's. */
static int read_mac(struct netback *b, uint8_t *mac)
{
	char *text = xs_read(0, b->xendev->path, "mac", NULL);
	int rc;

	if (is_err(text))
		return (int)ptr_err(text);
	rc = mac_from_text(mac, text);
	kfree(text);
	return rc;
}

static void read_rate(struct netback *b)
{
	char *text = xs_read(0, b->xendev->path, "rate", NULL), *end;

	if (is_err(text))
		return;
	b->rate_bytes = (uint32_t)strtoul(text, &end, 10);
	b->rate_usecs = *end == ',' ? (uint32_t)strtoul(end + 1, NULL, 10) : 0;
	if (!b->rate_usecs)
		b->rate_bytes = 0;
	b->credit = b->rate_bytes;
	b->refilled = time_now();
	kfree(text);
}

/* Its bridge, made if there is none: the first guest makes the network. */
static struct bridge *find_bridge(struct netback *b)
{
	char *name = xs_read(0, b->xendev->path, "bridge", NULL);
	const char *wanted = is_err(name) || !*name ? DEFAULT_BRIDGE : name;
	struct bridge *found = bridge_find(wanted);

	if (!found && !bridge_create(wanted))
		found = bridge_find(wanted);
	if (!is_err(name))
		kfree(name);
	return found;
}

/* The guest's IPv4 addresses, if the toolstack named some. What cannot be read must not mean "any". */
static int limit_addresses(struct netback *b)
{
	char *text = xs_read(0, b->xendev->path, "ip", NULL);
	int rc;

	if (is_err(text))
		return ptr_err(text) == -ENOENT ? 0 : (int)ptr_err(text);
	rc = bridge_allow(b->bridge, &b->dev, text);
	if (rc)
		printk("%s: ip=%s: IPv4 addresses are expected, at most %d\n", b->dev.name, text,
		       GUARD_ADDRESSES);
	kfree(text);
	return rc;
}

static int plug_in(struct netback *b)
{
	/* Our end's own address: what real Xen's tools give it, so that it never is the lowest on the bridge. */
	static const uint8_t own[ETH_ALEN] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint8_t mac[ETH_ALEN];
	int rc = read_mac(b, mac);

	if (rc)
		return rc;
	snprintf(b->dev.name, sizeof(b->dev.name), "vif%u.%u", b->xendev->peer, b->xendev->id);
	memcpy(b->dev.mac, own, ETH_ALEN);
	b->dev.mtu = 1500;
	b->dev.up = true;
	b->dev.ops = &netback_ops;
	b->dev.priv = b;
	rc = netdev_register(&b->dev);
	if (rc)
		return rc;
	b->registered = true;
	b->bridge = find_bridge(b);
	rc = b->bridge ? bridge_add(b->bridge, &b->dev, mac) : -ENOMEM;
	return rc ? rc : limit_addresses(b);
}

static void unplug(struct netback *b)
{
	if (b->bridge)
		bridge_remove(b->bridge, &b->dev);
	b->bridge = NULL;
	if (b->registered)
		netdev_remove(&b->dev);
	b->registered = false;
}

static int offer(struct netback *b)
{
	const char *path = b->xendev->path;
	int rc = xs_write(0, path, "feature-rx-copy", "1");

	if (!rc)
		rc = xs_write(0, path, "feature-rx-flip", "0");
	if (!rc)
		rc = xs_write(0, path, "feature-sg", "1");
	if (!rc)
		rc = xs_write(0, path, "feature-gso-tcpv4", "1");
	return rc;
}

/* ---- the state machine ---- */

static void peer_changed(struct xendev *d, unsigned state)
{
	static const struct backend ops = { connect, disconnect };

	backend_peer_changed(d, state, &ops);
}

/* The device stays, a port of its bridge: what comes for the guest meanwhile is lost, not sent to everybody. */
static void release(struct xendev *d)
{
	disconnect(d->priv);
}

static void remove(struct xendev *d)
{
	struct netback *b = d->priv;

	disconnect(b);
	unplug(b);
	kfree(b);
}

static int probe(struct xendev *d)
{
	struct netback *b = kzalloc(sizeof(*b));
	int rc;

	if (!b)
		return -ENOMEM;
	b->xendev = d;
	waitq_init(&b->wake);
	list_init(&b->queue);
	d->priv = b;
	read_rate(b);
	rc = plug_in(b);
	if (!rc)
		rc = offer(b);
	if (rc) {
		unplug(b);
		kfree(b);
		return rc;
	}
	xendev_switch(d, XenbusStateInitWait);
	return 0;
}

const struct xendev_driver netback_driver = {
	.type = "vif",
	.backend = true,
	.probe = probe,
	.peer_changed = peer_changed,
	.remove = remove,
	.release = release,
};
