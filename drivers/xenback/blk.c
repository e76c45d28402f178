/* SPDX-License-Identifier: MIT */
/*
 * The block backend: agreeing with the frontend by way of the store.
 *
 * The toolstack writes `params` (/dev/NAME of a device of ours), `mode` (r, w, w! for one that others use, too) and
 * perhaps `physical-device` (major:minor in hexadecimal, as Linux's scripts do). We open the device, say
 * what it can and wait (InitWait); a frontend that has offered its ring (Initialised) is connected; one
 * that closes is let go, and may come again. drivers/xenfront/blk.c has the picture of it.
 */
#include "xenback/blk.h"
#include "fs/vfs.h"
#include "xenback.h"

#include <xen/io/protocols.h>
#include <xen/io/xenbus.h>

/* ---- the device ---- */

static struct blockdev *find_by_number(struct xendev *d)
{
	char *text = xs_read(0, d->path, "physical-device", NULL), *end;
	struct blockdev *dev = NULL;
	unsigned long major, minor;

	if (is_err(text))
		return NULL;
	major = strtoul(text, &end, 16);
	if (*end == ':') {
		minor = strtoul(end + 1, NULL, 16);
		dev = blockdev_get(DEV(major, minor));
	}
	kfree(text);
	return dev;
}

static struct blockdev *find_by_name(struct xendev *d)
{
	char *text = xs_read(0, d->path, "params", NULL);
	struct blockdev *dev;

	if (is_err(text))
		return NULL;
	dev = blockdev_get_by_name(strncmp(text, "/dev/", 5) ? text : text + 5);
	kfree(text);
	return dev;
}

/* Shared for writing only if the toolstack insists ("w!"); readers may be many. */
static int open_device(struct blkback *b)
{
	char *mode = xs_read(0, b->xendev->path, "mode", NULL);
	bool shared;

	if (is_err(mode))
		return (int)ptr_err(mode);
	b->writable = mode[0] == 'w';
	shared = mode[0] && mode[1] == '!';
	kfree(mode);
	b->dev = find_by_number(b->xendev);
	if (!b->dev)
		b->dev = find_by_name(b->xendev);
	if (!b->dev)
		return -ENXIO;
	if (b->dev->read_only)
		b->writable = false;
	if (b->writable && !shared) {
		if (blockdev_claim(b->dev))
			return -EBUSY;
		b->claimed = true;
	}
	return 0;
}

static void close_device(struct blkback *b)
{
	if (b->claimed)
		blockdev_release(b->dev);
	if (b->dev)
		blockdev_put(b->dev);
	b->claimed = false;
	b->dev = NULL;
}

/* ---- what we offer, and what the disk is ---- */

static int offer(struct blkback *b)
{
	const char *path = b->xendev->path;
	int rc = xs_write(0, path, "feature-barrier", "1");

	if (!rc)
		rc = xs_write(0, path, "feature-flush-cache", "1");
	if (!rc)
		rc = xs_printf(0, path, "feature-max-indirect-segments", "%u", BLOCK_SEGMENTS);
	if (!rc)
		rc = xs_write(0, path, "feature-discard", b->dev->can_discard ? "1" : "0");
	return rc;
}

static int describe(struct blkback *b)
{
	const char *path = b->xendev->path;
	unsigned info =
		(b->writable ? 0 : VDISK_READONLY) | (b->dev->removable ? VDISK_REMOVABLE : 0);
	int rc = xs_printf(0, path, "sectors", "%llu", (unsigned long long)b->dev->sectors);

	if (!rc)
		rc = xs_printf(0, path, "info", "%u", info);
	if (!rc)
		rc = xs_printf(0, path, "sector-size", "%u", b->dev->sector_size);
	return rc;
}

/* ---- connections ---- */

static int read_layout(struct blkback *b)
{
	char *protocol = xs_read(0, b->xendev->peer_path, "protocol", NULL);

	b->is_64 = false; /* ours, when nothing is said */
	if (is_err(protocol))
		return 0;
	b->is_64 = !strcmp(protocol, XEN_IO_PROTO_ABI_X86_64);
	if (!b->is_64 && strcmp(protocol, XEN_IO_PROTO_ABI_X86_32) != 0) {
		xendev_error(b->xendev, true, "the frontend speaks \"%s\", not known here",
			     protocol);
		kfree(protocol);
		return -EINVAL;
	}
	kfree(protocol);
	return 0;
}

static int connect_ring(struct blkback *b, uint32_t port)
{
	uint32_t ref;
	int rc = xs_read_u32(0, b->xendev->peer_path, "ring-ref", &ref);

	if (rc)
		return rc;
	b->ring = grant_map(b->xendev->peer, &ref, 1, false, &rc);
	if (!b->ring)
		return rc;
	/* What is unanswered has not been looked at: of a new ring all of it, and of one that was left. */
	b->req_cons = b->rsp_prod = ((blkif_sring_t *)b->ring)->rsp_prod;
	b->port = evtchn_connect(b->xendev->peer, port, blkback_event, b);
	return min(b->port, 0);
}

static void disconnect(void *priv)
{
	struct blkback *b = priv;

	blkback_stop(b);
	if (b->port > 0)
		evtchn_close((evtchn_port_t)b->port);
	b->port = 0;
	if (b->ring)
		grant_unmap(b->ring);
	b->ring = NULL;
}

static void connect(void *priv)
{
	struct blkback *b = priv;
	uint32_t port;
	int rc = b->ring ? -EALREADY : backend_read_offer(b->xendev, &port);

	if (rc == -EALREADY || read_layout(b))
		return;
	if (!rc)
		rc = connect_ring(b, port);
	if (!rc)
		rc = describe(b);
	if (!rc)
		rc = blkback_start(b);
	if (rc) {
		xendev_error(b->xendev, true, "cannot use the frontend's ring: error %d", -rc);
		disconnect(b);
		return;
	}
	xendev_switch(b->xendev, XenbusStateConnected);
	xendev_say(b->xendev, "domain %u uses %s%s", b->xendev->peer, b->dev->name,
		   b->writable ? "" : " (read only)");
}

/* ---- the state machine ---- */

static void peer_changed(struct xendev *d, unsigned state)
{
	static const struct backend ops = { connect, disconnect };

	backend_peer_changed(d, state, &ops);
}

static int probe(struct xendev *d)
{
	struct blkback *b = kzalloc(sizeof(*b));
	int rc;

	if (!b)
		return -ENOMEM;
	b->xendev = d;
	waitq_init(&b->wake);
	rc = open_device(b);
	if (!rc)
		rc = offer(b);
	if (rc) {
		close_device(b);
		kfree(b);
		return rc;
	}
	d->priv = b;
	xendev_switch(d, XenbusStateInitWait);
	return 0;
}

/* The disk stays open: nobody else gets at it meanwhile, and a loop device is not cleared. */
static void release(struct xendev *d)
{
	disconnect(d->priv);
}

static void remove(struct xendev *d)
{
	struct blkback *b = d->priv;

	disconnect(b);
	close_device(b);
	kfree(b);
}

const struct xendev_driver blkback_driver = {
	.type = "vbd",
	.backend = true,
	.probe = probe,
	.peer_changed = peer_changed,
	.remove = remove,
	.release = release,
};
