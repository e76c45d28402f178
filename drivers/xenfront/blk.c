/* SPDX-License-Identifier: MIT */
/*
 * The block frontend: agreeing with the backend by way of the store.
 *
 *	frontend				backend
 *	Initialising	                        InitWait: features are in the store
 *	grants a ring page, makes a port,
 *	writes both: Initialised (3)
 *	                                        maps, binds, writes sectors...: Connected (4)
 *	reads them, registers the disk:
 *	Connected (4)
 *
 * The toolstack unplugs by Closing at the backend: we answer Closing, give the disk up as soon as nobody
 * uses it, then Closed. A backend that comes back goes on in the ring if it can (InitWait, Connected: Linux's), else it
 * gets a new one and the requests that it had not answered. (<xen/io/blkif.h> has every key.)
 */
#include "xenfront/blk.h"
#include "fs/vfs.h"
#include "proc.h"
#include "xenfront.h"

#include <xen/io/protocols.h>
#include <xen/io/xenbus.h>

#define MAJOR_XVD    202
#define MAJOR_IDE    3
#define MAJOR_SCSI   8
#define EXTENDED_VBD (1u << 28)

/* ---- the name: xen-vbd-interface(7) encodes it in the number of the device ---- */

static void name_disk(struct blockdev *d, char first, unsigned disk, unsigned partition)
{
	char letters[4], *at = letters;

	if (disk >= 26)
		*at++ = (char)('a' + disk / 26 - 1);
	*at++ = (char)('a' + disk % 26);
	*at = '\0';
	if (partition)
		snprintf(d->name, sizeof(d->name), "%cvd%s%u", first, letters, partition);
	else
		snprintf(d->name, sizeof(d->name), "%cvd%s", first, letters);
}

static void choose_name(struct blockdev *d, unsigned id)
{
	unsigned major = id >> 8, minor = id & 0xff;

	if (id & EXTENDED_VBD) {
		name_disk(d, 'x', (id >> 8) & 0xfffff, id & 0xff);
		d->rdev = DEV(MAJOR_XVD, ((id >> 8) & 0xfffff) * 256 + (id & 0xff));
	} else if (major == MAJOR_XVD || major == MAJOR_SCSI) {
		name_disk(d, 'x', minor >> 4, minor & 15);
		d->rdev = DEV(MAJOR_XVD, minor);
	} else { /* "hda": 64 minors a disk, two disks a major */
		unsigned disk = (major == MAJOR_IDE ? 0 : 2) + (minor >> 6);

		name_disk(d, 'x', disk, minor & 63);
		d->rdev = DEV(MAJOR_XVD, disk * 16 + (minor & 15));
	}
}

/* ---- connecting ---- */

static int publish(void *data, xs_transaction_t t)
{
	const struct blkfront *f = data;
	const char *path = f->xendev->path;
	int rc = xs_printf(t, path, "ring-ref", "%u", f->ring_ref);

	if (!rc)
		rc = xs_printf(t, path, "event-channel", "%d", f->port);
	return rc ? rc : xs_write(t, path, "protocol", XEN_IO_PROTO_ABI_NATIVE);
}

static int offer_ring(struct blkfront *f)
{
	blkfront_ring_init(f);
	f->ring_ref = grant_access(f->xendev->peer, f->ring_page, false);
	if (f->ring_ref == GREF_NONE)
		return -ENOSPC;
	f->port = evtchn_alloc(f->xendev->peer, blkfront_event, f);
	if (f->port < 0)
		return f->port;
	return xs_transact(publish, f);
}

/* A ring page that the old backend still has mapped stays lost until it lets go: a new one takes its place. */
static int withdraw_ring(struct blkfront *f)
{
	pfn_t pfn = page_alloc_zeroed();

	if (f->ring_ref != GREF_NONE)
		grant_end_later(f->ring_ref, f->ring_page);
	else
		page_put(machine_va_page(f->ring_page));
	f->ring_ref = GREF_NONE;
	f->ring_page = pfn_is_none(pfn) ? NULL : machine_page_va(pfn);
	return f->ring_page ? 0 : -ENOMEM;
}

static void drop_indirect(struct blkfront *f)
{
	for (unsigned i = 0; i < BLK_SLOTS; i++) {
		struct blk_slot *s = &f->slots[i];

		if (s->indirect)
			grant_end_later(s->indirect_ref, s->indirect);
		s->indirect = NULL;
	}
}

/* Pages for long lists; without them requests stay short. */
static void make_indirect(struct blkfront *f)
{
	for (unsigned i = 0; i < BLK_SLOTS; i++) {
		struct blk_slot *s = &f->slots[i];
		pfn_t pfn = page_alloc_zeroed();

		if (pfn_is_none(pfn))
			return drop_indirect(f);
		s->indirect = machine_page_va(pfn);
		s->indirect_ref = grant_access(f->xendev->peer, s->indirect, true);
		if (s->indirect_ref == GREF_NONE) {
			page_put(pfn);
			s->indirect = NULL;
			return drop_indirect(f);
		}
	}
	f->indirect = true;
}

static bool offered(struct blkfront *f, const char *feature)
{
	uint32_t value;

	return !xs_read_u32(0, f->xendev->peer_path, feature, &value) && value;
}

static int read_size(struct blkfront *f, uint64_t *size)
{
	char *sectors = xs_read(0, f->xendev->peer_path, "sectors", NULL);

	if (is_err(sectors))
		return (int)ptr_err(sectors);
	*size = strtoull(sectors, NULL, 10);
	kfree(sectors);
	return 0;
}

static int read_geometry(struct blkfront *f)
{
	const char *path = f->xendev->peer_path;
	uint32_t info = 0, sector_size = SECTOR_SIZE, indirect = 0;
	int rc = read_size(f, &f->dev.sectors);

	if (rc)
		return rc;
	(void)xs_read_u32(0, path, "info", &info);
	(void)xs_read_u32(0, path, "sector-size", &sector_size);
	(void)xs_read_u32(0, path, "feature-max-indirect-segments", &indirect);
	if (sector_size < SECTOR_SIZE || sector_size > PAGE_SIZE || sector_size & (sector_size - 1))
		return -EINVAL;
	f->dev.sector_size = sector_size;
	f->dev.read_only = info & VDISK_READONLY;
	f->dev.removable = info & VDISK_REMOVABLE;
	f->dev.can_discard = offered(f, "feature-discard");
	f->barrier_as_flush = !offered(f, "feature-flush-cache");
	f->dev.can_flush = !f->barrier_as_flush || offered(f, "feature-barrier");
	f->dev.max_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
	if (indirect > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		make_indirect(f);
	if (f->indirect)
		f->dev.max_segments = min(indirect, (uint32_t)BLOCK_SEGMENTS);
	return 0;
}

/* It says so again: it may be another one, on the old ring, and its disk may have grown. */
static void look_again(struct blkfront *f)
{
	uint64_t sectors;

	if (f->registered && !read_size(f, &sectors) && sectors != f->dev.sectors) {
		printk("%s: %llu sectors now\n", f->dev.name, (unsigned long long)sectors);
		blockdev_resized(&f->dev, sectors);
	}
	evtchn_notify((evtchn_port_t)f->port); /* what we said while nobody listened */
	blkfront_event(f);
}

/* The backend is there. */
static void connect(struct blkfront *f)
{
	uint64_t before = f->dev.sectors;
	int rc = read_geometry(f);

	if (rc) {
		xendev_error(f->xendev, true,
			     "the backend's description of the disk is unusable: error %d", -rc);
		return;
	}
	xendev_switch(f->xendev, XenbusStateConnected);
	blkfront_ring_start(f);
	if (!f->registered) {
		rc = blockdev_register(&f->dev);
		f->registered = !rc;
		if (rc)
			xendev_error(f->xendev, true, "cannot become /dev/%s: error %d",
				     f->dev.name, -rc);
	} else if (before != f->dev.sectors) {
		blockdev_resized(&f->dev, f->dev.sectors);
	}
}

/*
 * The first offer, or another one to a backend that came back: it knows them apart by the port, so the old one
 * is closed last.
 */
static void offer(struct blkfront *f)
{
	int old = f->port, rc = old >= 0 ? withdraw_ring(f) : 0;

	f->port = -1;
	if (!rc)
		rc = offer_ring(f);
	if (old >= 0)
		evtchn_close((evtchn_port_t)old);
	if (rc)
		xendev_error(f->xendev, true, "cannot offer a ring: error %d", -rc);
	else
		xendev_switch(f->xendev, XenbusStateInitialised);
}

static void disconnect(struct blkfront *f)
{
	blkfront_ring_stop(f);
	drop_indirect(f);
	f->indirect = false;
}

/* ---- the end ---- */

/* In the store's thread, behind whatever was deferred there for this disk. */
static void device_free(void *data)
{
	struct blkfront *f = data;

	if (f->port >= 0)
		evtchn_close((evtchn_port_t)f->port);
	if (f->ring_page && f->ring_ref != GREF_NONE)
		grant_end_later(f->ring_ref, f->ring_page);
	else if (f->ring_page)
		page_put(machine_va_page(f->ring_page));
	kfree(f);
}

/* Users may take their time: a thread of its own waits for them, not the store's. */
static void wait_for_users(void *data)
{
	struct blkfront *f = data;

	if (f->registered)
		blockdev_remove(&f->dev);
	xs_defer(device_free, f);
	kthread_exit();
}

static void close(struct blkfront *f)
{
	f->closing = false;
	disconnect(f);
	blkfront_ring_fail(f);
	xendev_switch(f->xendev, XenbusStateClosed);
}

/* By remove() it may be too late: then nothing is left to close. */
void blkfront_give_up(void *front)
{
	struct blkfront *f = front;

	if (f->state == BLK_BROKEN)
		close(f);
}

/* In the store's thread: perhaps nobody uses it any more. */
static void try_to_close(void *data)
{
	struct blkfront *f = data;

	if (f->closing && !blockdev_in_use(&f->dev))
		close(f);
}

static void last_user_gone(struct blockdev *d)
{
	struct blkfront *f = d->priv;

	if (f->closing)
		xs_defer(try_to_close, f);
}

const struct blockdev_ops blkfront_ops = { .submit = blkfront_submit, .release = last_user_gone };

/* A disk in use is not pulled out: whoever asked sees that it stays, and that it is known why. */
static void close_when_unused(struct blkfront *f)
{
	f->closing = true;
	if (f->registered && blockdev_in_use(&f->dev))
		xendev_error(f->xendev, false, "in use: it goes when its last user has gone");
	else
		close(f);
}

static void remove(struct xendev *d)
{
	struct blkfront *f = d->priv;

	if (f->state != BLK_GONE)
		printk("%s: unplugged\n", f->dev.name);
	f->closing = false;
	disconnect(f);
	blkfront_ring_fail(f);
	if (!kthread_create("unplug", wait_for_users, f))
		printk("%s: no memory to clean up after it\n", f->dev.name);
}

/* ---- the state machine ---- */

static void begin(struct blkfront *f)
{
	if (f->state == BLK_CONNECTED) {
		disconnect(f);
		printk("%s: its backend begins anew, what it has not answered is put again\n",
		       f->dev.name);
	}
	offer(f);
}

static void peer_changed(struct xendev *d, unsigned state)
{
	struct blkfront *f = d->priv;

	switch (state) {
	case XenbusStateInitWait:
		if (f->state != BLK_GONE && xendev_wants_offer(d, f->port))
			begin(f);
		break;
	case XenbusStateConnected:
		if (f->state == BLK_CONNECTING)
			connect(f);
		else if (f->state == BLK_CONNECTED)
			look_again(f);
		break;
	case XenbusStateClosing:
		if (f->state != BLK_GONE && !f->closing)
			close_when_unused(f);
		break;
	case XenbusStateClosed: /* it has ended: nothing to wait for */
		if (d->state != XenbusStateClosed && f->state != BLK_GONE)
			close(f);
		break;
	case XenbusStateUnknown: /* its directory is gone: the domain died, perhaps to come back */
		if (f->state == BLK_CONNECTED)
			disconnect(f);
		xendev_withdraw_offer(d);
		break;
	default:
		break;
	}
}

static int probe(struct xendev *d)
{
	struct blkfront *f = kzalloc(sizeof(*f));
	pfn_t pfn = f ? page_alloc_zeroed() : PFN_NONE;

	if (pfn_is_none(pfn)) {
		kfree(f);
		return -ENOMEM;
	}
	f->xendev = d;
	f->ring_page = machine_page_va(pfn);
	f->ring_ref = GREF_NONE;
	f->port = -1;
	list_init(&f->waiting);
	choose_name(&f->dev, d->id);
	f->dev.ops = &blkfront_ops;
	f->dev.priv = f;
	d->priv = f;
	return 0;
}

const struct xendev_driver blkfront_driver = {
	.type = "vbd",
	.probe = probe,
	.peer_changed = peer_changed,
	.remove = remove,
};
