/* SPDX-License-Identifier: MIT */
/*
 * Block devices: what a driver offers, what file systems, /dev and swap ask.
 *
 * A request names consecutive sectors and the pages of kernel memory that they go to or come from. It
 * is submitted and forgotten; its done() is called once, from an interrupt or from a thread, in any
 * order with others. Nothing here reorders: who needs an order waits, or sends a flush.
 *
 * Owns: the list of devices (spinlock block_lock), partitions (kernel/block/partition.c), the pages that
 * cache devices (cache.h), loop devices.
 */
#ifndef KERNEL_BLOCK_H
#define KERNEL_BLOCK_H

#include "cache.h"
#include "kernel.h"
#include "lock.h"

#define SECTOR_SHIFT   9
#define SECTOR_SIZE    (1u << SECTOR_SHIFT)
#define BLOCK_SEGMENTS 32 /* of one request, at most */

enum block_op {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_FLUSH, /* no segments: what was completed before is on the medium when this is done */
	BLOCK_DISCARD, /* no segments: `count` sectors may lose their contents */
};

/* Bytes of one page of the kernel's memory, a multiple of the device's sector size. */
struct block_segment {
	void *va;
	uint32_t len;
};

struct blockdev;

struct block_request {
	struct list link; /* of whoever has it: the driver until done */
	enum block_op op;
	bool fua;	 /* BLOCK_WRITE: on the medium when done */
	uint64_t sector; /* of the device it was submitted to; submit makes it the whole disk's */
	uint64_t count;	 /* sectors; submit fills it in for reads and writes */
	unsigned segments;
	struct block_segment segment[BLOCK_SEGMENTS];
	int error;			       /* 0 or -errno when done */
	void (*done)(struct block_request *r); /* the request is its owner's again */
	void *owner;
};

struct blockdev_ops {
	/*
	 * Takes the request over. Never sleeps; may be called with interrupts masked. Every request taken
	 * ends in block_done(), also when the device goes away.
	 */
	void (*submit)(struct blockdev *d, struct block_request *r);
	/* The last user has closed it; NULL: nothing to do. May sleep. */
	void (*release)(struct blockdev *d);
	/* What /dev/NAME is asked beyond what all know; NULL: -ENOTTY. May sleep. */
	long (*ioctl)(struct blockdev *d, unsigned cmd, unsigned long arg);
};

struct blockdev {
	struct list link;
	char name[16];	       /* "vda", "xvda1", "loop0" */
	uint32_t rdev;	       /* DEV(major, minor) as Linux numbers it */
	uint64_t sectors;      /* of SECTOR_SIZE, whatever the device's own sector size */
	unsigned sector_size;  /* smallest unit of the device: 512 or 4096 */
	unsigned max_segments; /* <= BLOCK_SEGMENTS */
	bool read_only, can_flush, can_discard, removable;
	bool gone; /* unplugged: every new request is -ENXIO */
	const struct blockdev_ops *ops;
	void *priv;		/* the driver's */
	struct blockdev *whole; /* of a partition; NULL: it is one itself */
	uint64_t first;		/* of a partition: its first sector on the whole */
	struct cache cache;	/* its bytes, as /dev and file systems\' metadata see them */
	int users;		/* open files, mounts, partitions; block_lock */
	bool exclusive;		/* mounted, swap or lent to a guest for writing */
	uint64_t reads, writes, sectors_read, sectors_written; /* for /proc/diskstats */
};

/*
 * A new disk: fields up to priv are the driver's to fill. Reads its partition table by a thread and makes
 * /dev nodes. 0, -EEXIST, -ENOMEM. May sleep.
 */
int blockdev_register(struct blockdev *d);
/* It is unplugged: no new requests; returns when nobody uses it any more and d is the driver's. May sleep. */
void blockdev_remove(struct blockdev *d);
/* The medium has another size now (a resized image). */
void blockdev_resized(struct blockdev *d, uint64_t sectors);

/* By number or name, with a user counted; NULL: there is none. blockdev_put() gives it back. */
struct blockdev *blockdev_get(uint32_t rdev);
struct blockdev *blockdev_get_by_name(const char *name);
void blockdev_put(struct blockdev *d);
/* Has it a user, or has one of its partitions? */
bool blockdev_in_use(struct blockdev *d);
/* For one user alone (mount, swap, a backend that writes): 0 or -EBUSY. */
int blockdev_claim(struct blockdev *d);
void blockdev_release(struct blockdev *d);

/* Checks bounds and rights (-EIO, -EROFS, -ENXIO by done()), moves a partition's request, hands it on. */
void block_submit(struct blockdev *d, struct block_request *r);
/* A driver's: this request is finished. From any context. */
void block_done(struct block_request *r, int error);

/* loop.c: /dev/loopN and loop-control; once. */
void loop_init(void);

/* The same and wait: consecutive memory, both ends whole sectors. 0 or -errno. May sleep. */
int block_read(struct blockdev *d, uint64_t sector, void *va, size_t len);
int block_write(struct blockdev *d, uint64_t sector, const void *va, size_t len);
int block_flush(struct blockdev *d);
/*
 * The same for pages that are consecutive on the device only: len bytes, whole sectors, the first of them
 * `offset` bytes into pages[0].
 */
int block_transfer_pages(struct blockdev *d, enum block_op op, uint64_t sector, void *const pages[],
			 size_t offset, size_t len);

#endif
