/* SPDX-License-Identifier: MIT */
/*
 * The block backend: one disk of ours for another domain.
 *
 * blk.c speaks with the store, blk_ring.c reads requests in either layout of the ring, blk_work.c does them. Each
 * device has a thread: it alone touches the ring, so the ring needs no lock. A request is a job, with
 * pages of its own that data is copied to or from; at most as many jobs as the ring has slots are
 * under way, so a guest can make us use no more than that.
 *
 * Lock: lock guards the list of finished jobs, which interrupts put there.
 */
#ifndef DRIVERS_XENBACK_BLK_H
#define DRIVERS_XENBACK_BLK_H

#include "block.h"
#include "xen.h"

#include <xen/io/blkif.h>

#define BLK_JOBS 32 /* a page of ring */

/* A request, whatever layout it came in. */
struct blk_order {
	uint64_t id, sector, sectors; /* sectors: of a discard */
	uint8_t operation;	      /* BLKIF_OP_, never INDIRECT; the response says it, too */
	unsigned segments;
	struct blkif_request_segment segment[BLOCK_SEGMENTS];
};

struct blk_job {
	struct list link; /* free, or finished */
	struct blkback *owner;
	struct blk_order order;
	struct block_request request;
	void *page[BLOCK_SEGMENTS];
	struct grant_copy copy[BLOCK_SEGMENTS];
};

struct blk_sring_64;

struct blkback {
	struct xendev *xendev;
	struct blockdev *dev;
	bool writable, claimed;
	/* The connection. */
	void *ring; /* mapped; NULL: none */
	bool is_64; /* the frontend's layout */
	int port;
	RING_IDX req_cons, rsp_prod;
	bool broken; /* the frontend does not keep to the rules: no more is read */
	/* The thread. */
	struct waitq wake;
	bool kicked, stop, stopped;
	struct spinlock lock;
	struct list free, finished;
	unsigned busy; /* jobs under way */
	struct blk_job *jobs;
	uint64_t reads, writes, flushes, refused;
};

/* blk_ring.c. 1: there is one; 0: none; -EINVAL: it cannot be done, the order says what to answer;
 * -EPROTO: the ring is not to be trusted any more. */
int blkback_take_order(struct blkback *b, struct blk_order *o);
void blkback_answer(struct blkback *b, const struct blk_order *o, int16_t status);
/* After answers: does the frontend want an event? */
bool blkback_push(struct blkback *b);
/* Nothing more to do: ask for an event. True: something came meanwhile. */
bool blkback_ask(struct blkback *b);

/* blk_work.c: the thread. 0 or -ENOMEM. */
int blkback_start(struct blkback *b);
/* Everything under way is finished when this returns. */
void blkback_stop(struct blkback *b);
void blkback_event(void *data);

#endif
