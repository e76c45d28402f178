/* SPDX-License-Identifier: MIT */
/*
 * Block devices: who they are, who uses them, and the way of a request to its driver.
 *
 * A device is found by its number or its name. It lives as long as it has users; one that is unplugged
 * answers every request with ENXIO until the last user has gone. Locks: block_lock (a spinlock, for
 * requests come from interrupts too) guards the list, users and claims.
 */
#include "block/internal.h"

struct spinlock block_lock = SPINLOCK_INIT;
struct list block_devices = LIST_INIT(block_devices);
static struct waitq idle = WAITQ_INIT(idle);

/* ---- finding and keeping ---- */

/* Locks: block_lock. */
static struct blockdev *find(uint32_t rdev, const char *name)
{
	struct blockdev *d;

	list_for_each (d, &block_devices, link)
		if (name ? !strcmp(d->name, name) : d->rdev == rdev)
			return d;
	return NULL;
}

static struct blockdev *get(uint32_t rdev, const char *name)
{
	struct blockdev *d;

	spin_lock(&block_lock);
	d = find(rdev, name);
	if (d && d->gone)
		d = NULL;
	if (d)
		d->users++;
	spin_unlock(&block_lock);
	return d;
}

struct blockdev *blockdev_get(uint32_t rdev)
{
	return get(rdev, NULL);
}

struct blockdev *blockdev_get_by_name(const char *name)
{
	return get(0, name);
}

void blockdev_put(struct blockdev *d)
{
	bool last;

	spin_lock(&block_lock);
	last = !--d->users;
	spin_unlock(&block_lock);
	if (!last)
		return;
	if (d->ops->release)
		d->ops->release(d);
	waitq_wake(&idle);
}

bool blockdev_in_use(struct blockdev *d)
{
	const struct blockdev *o;
	bool used = false;

	spin_lock(&block_lock);
	list_for_each (o, &block_devices, link)
		used |= o->users && (o == d || o->whole == d);
	spin_unlock(&block_lock);
	return used;
}

/* A disk and its partitions overlap: a claim of one excludes the other. Locks: block_lock. */
static bool claimed_elsewhere(const struct blockdev *d)
{
	const struct blockdev *o;

	list_for_each (o, &block_devices, link)
		if (o->exclusive && (o == d || o->whole == d || d->whole == o))
			return true;
	return false;
}

int blockdev_claim(struct blockdev *d)
{
	int rc = 0;

	spin_lock(&block_lock);
	if (claimed_elsewhere(d))
		rc = -EBUSY;
	else
		d->exclusive = true;
	spin_unlock(&block_lock);
	return rc;
}

void blockdev_release(struct blockdev *d)
{
	spin_lock(&block_lock);
	d->exclusive = false;
	spin_unlock(&block_lock);
}

/* ---- coming and going ---- */

static int add_to_list(struct blockdev *d)
{
	int rc = 0;

	spin_lock(&block_lock);
	if (find(d->rdev, NULL) || find(0, d->name))
		rc = -EEXIST;
	else
		list_add_tail(&block_devices, &d->link);
	spin_unlock(&block_lock);
	return rc;
}

int blockdev_add(struct blockdev *d)
{
	int rc;

	if (!d->max_segments || d->max_segments > BLOCK_SEGMENTS)
		d->max_segments = BLOCK_SEGMENTS;
	if (!d->sector_size)
		d->sector_size = SECTOR_SIZE;
	block_cache_init(d);
	rc = add_to_list(d);
	if (rc)
		return rc;
	block_node_add(d);
	return 0;
}

int blockdev_register(struct blockdev *d)
{
	int rc = blockdev_add(d);

	if (rc)
		return rc;
	printk("%s: %llu KiB%s\n", d->name, (unsigned long long)d->sectors / 2,
	       d->read_only ? ", read only" : "");
	partition_scan(d);
	return 0;
}

void blockdev_drop(struct blockdev *d)
{
	spin_lock(&block_lock);
	d->gone = true;
	spin_unlock(&block_lock);
	block_node_remove(d);
	wait_event(&idle, !d->users);
	spin_lock(&block_lock);
	list_del(&d->link);
	spin_unlock(&block_lock);
	cache_destroy(&d->cache);
}

void blockdev_remove(struct blockdev *d)
{
	spin_lock(&block_lock);
	d->gone = true; /* its partitions' requests are its own */
	spin_unlock(&block_lock);
	partition_drop_all(d);
	blockdev_drop(d);
}

void blockdev_resized(struct blockdev *d, uint64_t sectors)
{
	printk("%s: %llu KiB now, were %llu\n", d->name, (unsigned long long)sectors / 2,
	       (unsigned long long)d->sectors / 2);
	d->sectors = sectors;
	partition_scan(d);
}

/* ---- requests ---- */

static uint64_t request_bytes(const struct block_request *r)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < r->segments; i++)
		n += r->segment[i].len;
	return n;
}

/* What a device is not to be asked. A driver sees only requests that passed here. */
static int check(const struct blockdev *d, const struct block_request *r)
{
	const struct blockdev *whole = d->whole ? d->whole : d;

	if (d->gone || whole->gone)
		return -ENXIO;
	if (r->op == BLOCK_FLUSH)
		return 0;
	if (r->op != BLOCK_READ && (d->read_only || whole->read_only))
		return -EROFS;
	if (!r->count || r->sector + r->count < r->sector || r->sector + r->count > d->sectors)
		return -EIO;
	return r->op == BLOCK_DISCARD && !whole->can_discard ? -EOPNOTSUPP : 0;
}

static void account(struct blockdev *d, const struct block_request *r)
{
	if (r->op == BLOCK_READ) {
		d->reads++;
		d->sectors_read += r->count;
	} else if (r->op == BLOCK_WRITE) {
		d->writes++;
		d->sectors_written += r->count;
	}
}

void block_submit(struct blockdev *d, struct block_request *r)
{
	int rc;

	if (r->op == BLOCK_READ || r->op == BLOCK_WRITE)
		r->count = request_bytes(r) >> SECTOR_SHIFT;
	rc = check(d, r);
	if (rc || (r->op == BLOCK_FLUSH && !(d->whole ? d->whole : d)->can_flush)) {
		block_done(r, rc); /* a device without a cache of its own has nothing to flush */
		return;
	}
	account(d, r);
	if (d->whole) {
		r->sector += d->first;
		d = d->whole;
		account(d, r);
	}
	d->ops->submit(d, r);
}

void block_done(struct block_request *r, int error)
{
	r->error = error;
	r->done(r);
}
