/* SPDX-License-Identifier: MIT */
/*
 * virtio-blk: disks of the machine, /dev/vda and on.
 *
 * A request is one chain: header, the segments, a byte of status. Header and status of each slot are in one
 * page that lives as long as the device. Requests for which the queue has no room wait in order.
 * (Virtio 1.1, section 5.2.) Lock: lock, taken with interrupts masked.
 */
#include "virtio.h"
#include "block.h"
#include "fs/vfs.h"

/* clang-format off */
enum { F_SEG_MAX = 2, F_RO = 5, F_BLK_SIZE = 6, F_FLUSH = 9, F_DISCARD = 13 };
enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_DISCARD = 11 };
enum { S_OK = 0, S_UNSUPPORTED = 2 };
/* clang-format on */

#define DISK_MAJOR 254 /* what Linux happens to give virtio disks: "local use" */
#define SLOTS	   64  /* requests under way; their headers fill a page */

struct header {
	uint32_t type, reserved;
	uint64_t sector;
};

struct discard {
	uint64_t sector;
	uint32_t sectors, flags;
};

struct slot {
	struct header header;
	struct discard discard;
	struct block_request *request; /* not the device's business */
	uint8_t status;
};

_Static_assert(SLOTS * sizeof(struct slot) <= PAGE_SIZE, "slots are one page");

struct disk {
	struct blockdev dev;
	struct virtio virtio;
	struct virtq queue;
	struct spinlock lock;
	struct list waiting;
	struct slot *slots;
};

static const uint32_t types[] = { [BLOCK_READ] = T_IN,
				  [BLOCK_WRITE] = T_OUT,
				  [BLOCK_FLUSH] = T_FLUSH,
				  [BLOCK_DISCARD] = T_DISCARD };

static struct slot *free_slot(struct disk *k)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (!k->slots[i].request)
			return &k->slots[i];
	return NULL;
}

/* Locks: lock. False: no room now. */
static bool start(struct disk *k, struct block_request *r)
{
	struct virtio_part parts[BLOCK_SEGMENTS + 3];
	struct slot *s = free_slot(k);
	unsigned n = 0;

	if (!s)
		return false;
	s->header = (struct header){ types[r->op], 0, r->op == BLOCK_FLUSH ? 0 : r->sector };
	parts[n++] = (struct virtio_part){ &s->header, sizeof(s->header), false };
	if (r->op == BLOCK_DISCARD) {
		s->header.sector = 0;
		s->discard = (struct discard){ r->sector, (uint32_t)r->count, 0 };
		parts[n++] = (struct virtio_part){ &s->discard, sizeof(s->discard), false };
	}
	for (unsigned i = 0; i < r->segments; i++)
		parts[n++] = (struct virtio_part){ r->segment[i].va, r->segment[i].len,
						   r->op == BLOCK_READ };
	parts[n++] = (struct virtio_part){ &s->status, 1, true };
	if (!virtq_add(&k->queue, parts, n, s))
		return false;
	s->request = r;
	return true;
}

/* Locks: lock. */
static void start_waiting(struct disk *k)
{
	bool any = false;

	while (!list_empty(&k->waiting)) {
		struct block_request *r = list_first(&k->waiting, struct block_request, link);

		if (!start(k, r))
			break;
		list_del(&r->link);
		any = true;
	}
	if (any)
		virtq_kick(&k->queue);
}

static void submit(struct blockdev *d, struct block_request *r)
{
	struct disk *k = d->priv;

	spin_lock(&k->lock);
	list_add_tail(&k->waiting, &r->link);
	start_waiting(k);
	spin_unlock(&k->lock);
}

static int error_of(uint8_t status)
{
	if (status == S_OK)
		return 0;
	return status == S_UNSUPPORTED ? -EOPNOTSUPP : -EIO;
}

/* A write that must be on the medium when done, on a disk with a cache: a flush follows it. */
static bool flush_follows(struct disk *k, struct block_request *r)
{
	if (r->op != BLOCK_WRITE || !r->fua || !k->dev.can_flush)
		return false;
	r->fua = false;
	r->op = BLOCK_FLUSH;
	r->segments = 0;
	list_add(&k->waiting, &r->link);
	return true;
}

static void interrupt(void *data)
{
	struct disk *k = data;
	struct slot *s;

	spin_lock(&k->lock);
	while ((s = virtq_take(&k->queue, NULL))) {
		struct block_request *r = s->request;
		int error = error_of(s->status);

		s->request = NULL;
		if (!error && flush_follows(k, r))
			continue;
		spin_unlock(&k->lock);
		block_done(r, error);
		spin_lock(&k->lock);
	}
	start_waiting(k);
	spin_unlock(&k->lock);
}

static const struct blockdev_ops disk_ops = { .submit = submit };

static uint64_t read_capacity(const struct virtio *v)
{
	volatile uint32_t *words = (volatile uint32_t *)v->config;

	return words[0] | (uint64_t)words[1] << 32;
}

static void describe(struct disk *k)
{
	static unsigned count;
	struct blockdev *d = &k->dev;

	snprintf(d->name, sizeof(d->name), "vd%c", 'a' + count);
	d->rdev = DEV(DISK_MAJOR, 16 * count);
	count++;
	d->sectors = read_capacity(&k->virtio);
	d->read_only = virtio_has(&k->virtio, F_RO);
	d->can_flush = virtio_has(&k->virtio, F_FLUSH);
	d->can_discard = virtio_has(&k->virtio, F_DISCARD);
	/* Devices that say nothing take what the queue takes. */
	d->max_segments = BLOCK_SEGMENTS;
	if (virtio_has(&k->virtio, F_SEG_MAX))
		d->max_segments = *(volatile uint32_t *)(k->virtio.config + 12);
	d->ops = &disk_ops;
	d->priv = k;
}

static int probe(struct pci_device *pci)
{
	struct disk *k = kzalloc(sizeof(*k));
	pfn_t page = k ? page_alloc_zeroed() : PFN_NONE;
	int rc = -ENOMEM;

	if (!pfn_is_none(page)) {
		k->slots = machine_page_va(page);
		list_init(&k->waiting);
		rc = virtio_open(&k->virtio, pci,
				 1ull << F_SEG_MAX | 1ull << F_RO | 1ull << F_FLUSH |
					 1ull << F_DISCARD);
	}
	if (!rc)
		rc = virtio_queue(&k->virtio, &k->queue, 0, interrupt, k);
	if (rc) {
		if (!pfn_is_none(page))
			page_put(page);
		kfree(k);
		return rc;
	}
	virtio_start(&k->virtio);
	describe(k);
	return blockdev_register(&k->dev);
}

/* 0x1001: a device that also speaks the old interface; 0x1042: one that does not. */
static bool knows(const struct pci_device *d)
{
	return d->vendor == VIRTIO_VENDOR && (d->device == 0x1001 || d->device == 0x1042);
}

const struct pci_driver virtio_blk_driver = { "virtio-blk", knows, probe };
