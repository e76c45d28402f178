/* SPDX-License-Identifier: MIT */
/*
 * The block frontend: one disk from another domain.
 *
 * blk.c speaks with the store, blk_ring.c moves the data. A request is one slot of the ring and one of
 * `slots`, whose index is the id that the backend echoes. Pages are granted for the time of one request; with
 * more than 11 of them the list of grants is in a page of its own, granted for good (indirect). A request that
 * was made for a backend of longer lists goes to the present one in parts, one after another.
 *
 * Lock: lock (masks interrupts) guards the ring, the slots and the queue.
 */
#ifndef DRIVERS_XENFRONT_BLK_H
#define DRIVERS_XENFRONT_BLK_H

#include "block.h"
#include "xen.h"

#include <xen/io/blkif.h>

#define BLK_SLOTS 32 /* what one page of ring holds in either layout */

struct blk_slot {
	struct block_request *request; /* NULL: free */
	uint8_t operation;
	unsigned first, count; /* the segments that are with the backend now */
	grant_ref_t refs[BLOCK_SEGMENTS];
	unsigned granted;			/* of them, while the backend has them */
	struct blkif_request_segment *indirect; /* a page, or NULL: the backend has none of it */
	grant_ref_t indirect_ref;
};

enum blk_state {
	BLK_CONNECTING, /* requests wait */
	BLK_CONNECTED,
	BLK_BROKEN, /* the backend lied: blkfront_give_up() is on its way */
	BLK_GONE,
};

struct blkfront {
	struct blockdev dev;
	bool registered;
	struct xendev *xendev;
	struct spinlock lock;
	enum blk_state state;
	struct blkif_front_ring ring;
	void *ring_page;
	grant_ref_t ring_ref;
	int port;
	bool barrier_as_flush, indirect;
	bool closing;	     /* the toolstack wants it gone, as soon as nobody uses it */
	struct list waiting; /* requests that are in no slot */
	struct blk_slot slots[BLK_SLOTS];
};

extern const struct blockdev_ops blkfront_ops;

/* blk.c; in the store's thread: the backend is not to be believed. The device is Closed, all that waits fails. */
void blkfront_give_up(void *front);

/* blk_ring.c */
void blkfront_submit(struct blockdev *d, struct block_request *r);
void blkfront_event(void *data);
/* A ring page without history. */
void blkfront_ring_init(struct blkfront *f);
/* Requests may flow. */
void blkfront_ring_start(struct blkfront *f);
/* The connection is gone: what was under way waits again, its grants end. */
void blkfront_ring_stop(struct blkfront *f);
/* Nothing will ever answer: all that waits fails. */
void blkfront_ring_fail(struct blkfront *f);

#endif
