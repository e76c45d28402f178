/* SPDX-License-Identifier: MIT */
/*
 * The block backend: a thread that does what the ring asks for.
 *
 *	ring --> order --> job --(write: copy from the guest)--> disk --> finished --(read: copy to it)--> ring
 *
 * The guest's pages are never mapped: the hypervisor copies (drivers/xen/grant_map.c says why), so a guest that
 * dies or changes its mind leaves nothing behind here. A barrier waits until all before it is on the
 * medium, and everything after it waits for the barrier.
 */
#include "xenback/blk.h"
#include "proc.h"

/* ---- jobs ---- */

static struct blk_job *take_free(struct blkback *b)
{
	struct blk_job *j = NULL;

	spin_lock(&b->lock);
	if (!list_empty(&b->free)) {
		j = list_first(&b->free, struct blk_job, link);
		list_del(&j->link);
		b->busy++;
	}
	spin_unlock(&b->lock);
	return j;
}

static void give_back(struct blk_job *j)
{
	struct blkback *b = j->owner;

	for (unsigned i = 0; i < j->order.segments; i++) {
		if (j->page[i])
			page_put(machine_va_page(j->page[i]));
		j->page[i] = NULL;
	}
	spin_lock(&b->lock);
	list_add(&b->free, &j->link);
	b->busy--;
	spin_unlock(&b->lock);
}

/* In the disk's interrupt. */
static void request_done(struct block_request *r)
{
	struct blk_job *j = container_of(r, struct blk_job, request);
	struct blkback *b = j->owner;

	spin_lock(&b->lock);
	list_add_tail(&b->finished, &j->link);
	spin_unlock(&b->lock);
	b->kicked = true;
	waitq_wake(&b->wake);
}

static struct blk_job *take_finished(struct blkback *b)
{
	struct blk_job *j = NULL;

	spin_lock(&b->lock);
	if (!list_empty(&b->finished)) {
		j = list_first(&b->finished, struct blk_job, link);
		list_del(&j->link);
	}
	spin_unlock(&b->lock);
	return j;
}

static uint32_t segment_bytes(const struct blkif_request_segment *s)
{
	return (uint32_t)(s->last_sect - s->first_sect + 1) << SECTOR_SHIFT;
}

/* A page for each segment; false: no memory. */
static bool make_pages(struct blk_job *j)
{
	for (unsigned i = 0; i < j->order.segments; i++) {
		pfn_t pfn = page_alloc();

		j->page[i] = pfn_is_none(pfn) ? NULL : machine_page_va(pfn);
		if (!j->page[i])
			return false;
	}
	return true;
}

/* All of the job's data, from the guest or to it. */
static bool copy(struct blk_job *j, bool to_guest)
{
	for (unsigned i = 0; i < j->order.segments; i++) {
		const struct blkif_request_segment *s = &j->order.segment[i];

		j->copy[i] =
			(struct grant_copy){ .domain = j->owner->xendev->peer,
					     .ref = s->gref,
					     .offset = (uint16_t)(s->first_sect << SECTOR_SHIFT),
					     .len = (uint16_t)segment_bytes(s),
					     .va = j->page[i],
					     .to_grant = to_guest };
	}
	return grant_copy(j->copy, j->order.segments);
}

static void fill_request(struct blk_job *j, enum block_op op)
{
	struct block_request *r = &j->request;

	memset(r, 0, sizeof(*r));
	r->op = op;
	r->sector = j->order.sector;
	r->count = j->order.sectors;
	r->done = request_done;
	for (unsigned i = 0; i < j->order.segments; i++)
		r->segment[r->segments++] =
			(struct block_segment){ j->page[i], segment_bytes(&j->order.segment[i]) };
}

/* ---- orders ---- */

static int16_t status_of(int error)
{
	if (!error)
		return BLKIF_RSP_OKAY;
	return error == -EOPNOTSUPP ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_ERROR;
}

static void finish(struct blk_job *j, int error)
{
	struct blkback *b = j->owner;

	if (!error && j->order.operation == BLKIF_OP_READ && !copy(j, true))
		error = -EIO;
	b->refused += error != 0;
	blkback_answer(b, &j->order, status_of(error));
	give_back(j);
}

static void collect(struct blkback *b)
{
	struct blk_job *j;

	while ((j = take_finished(b)))
		finish(j, j->request.error);
}

static bool has_finished(struct blkback *b)
{
	return !list_empty(&b->finished);
}

/* Everything that was begun is answered. */
static void drain(struct blkback *b)
{
	while (b->busy) {
		wait_event(&b->wake, has_finished(b));
		collect(b);
	}
}

/* What came before is on the medium, then this, and then what comes after may begin. */
static void barrier(struct blkback *b, struct blk_job *j)
{
	int rc;

	b->busy--; /* it waits for the others */
	drain(b);
	b->busy++;
	rc = block_flush(b->dev);
	for (unsigned i = 0, sector = 0; i < j->order.segments && !rc; i++) {
		uint32_t len = segment_bytes(&j->order.segment[i]);

		rc = block_write(b->dev, j->order.sector + sector, j->page[i], len);
		sector += len >> SECTOR_SHIFT;
	}
	if (!rc && j->order.segments)
		rc = block_flush(b->dev);
	finish(j, rc);
}

static void start(struct blkback *b, struct blk_job *j)
{
	bool writes = j->order.operation != BLKIF_OP_READ;

	/* Nothing else has data, whatever the request says. */
	if (writes && j->order.operation != BLKIF_OP_WRITE &&
	    j->order.operation != BLKIF_OP_WRITE_BARRIER)
		j->order.segments = 0;
	if (writes && !b->writable && j->order.operation != BLKIF_OP_FLUSH_DISKCACHE) {
		finish(j, -EROFS);
		return;
	}
	if (!make_pages(j) || (writes && j->order.segments && !copy(j, false))) {
		finish(j, -EIO);
		return;
	}
	switch (j->order.operation) {
	case BLKIF_OP_READ:
		b->reads++;
		fill_request(j, BLOCK_READ);
		break;
	case BLKIF_OP_WRITE:
		b->writes++;
		fill_request(j, BLOCK_WRITE);
		break;
	case BLKIF_OP_FLUSH_DISKCACHE:
		b->flushes++;
		fill_request(j, BLOCK_FLUSH);
		break;
	case BLKIF_OP_WRITE_BARRIER:
		b->flushes++;
		barrier(b, j);
		return;
	case BLKIF_OP_DISCARD:
		fill_request(j, BLOCK_DISCARD);
		break;
	default:
		finish(j, -EOPNOTSUPP);
		return;
	}
	block_submit(b->dev, &j->request);
}

static void distrust(struct blkback *b)
{
	b->broken = true;
	evtchn_mask((evtchn_port_t)b->port); /* nor does its ringing cost anything */
	xendev_say(b->xendev, "domain %u overruns its ring: no longer served", b->xendev->peer);
}

/* As many as there is room for; true: any. */
static bool take_orders(struct blkback *b)
{
	bool any = false;

	while (!b->broken && !b->stop) {
		struct blk_job *j = take_free(b);
		int rc;

		if (!j)
			break;
		rc = blkback_take_order(b, &j->order);
		if (rc == 1) {
			start(b, j);
		} else if (rc == -EINVAL) {
			xendev_say(b->xendev,
				   "domain %u: a request that cannot be: operation %u, %u segments",
				   b->xendev->peer, j->order.operation, j->order.segments);
			j->order.segments = 0;
			finish(j, -EINVAL);
		} else {
			j->order.segments = 0;
			give_back(j);
			if (rc)
				distrust(b);
			break;
		}
		any = true;
	}
	return any;
}

/* ---- the thread ---- */

void blkback_event(void *data)
{
	struct blkback *b = data;

	b->kicked = true;
	waitq_wake(&b->wake);
}

static void serve(struct blkback *b)
{
	RING_IDX answered = b->rsp_prod;
	bool more = true;

	while (more && !b->stop) {
		b->kicked = false;
		collect(b);
		more = take_orders(b);
		if (b->rsp_prod != answered && blkback_push(b))
			evtchn_notify((evtchn_port_t)b->port);
		answered = b->rsp_prod;
		if (!more && !b->broken)
			more = blkback_ask(b) && !list_empty(&b->free);
		cond_resched();
	}
}

static void thread(void *data)
{
	struct blkback *b = data;

	while (!b->stop) {
		wait_event(&b->wake, *(volatile bool *)&b->kicked || b->stop);
		serve(b);
	}
	drain(b);
	if (!b->xendev->abrupt && blkback_push(b))
		evtchn_notify((evtchn_port_t)b->port);
	b->stopped = true;
	waitq_wake(&b->wake);
	kthread_exit();
}

int blkback_start(struct blkback *b)
{
	char name[16];

	b->jobs = kzalloc(BLK_JOBS * sizeof(*b->jobs));
	if (!b->jobs)
		return -ENOMEM;
	list_init(&b->free);
	list_init(&b->finished);
	for (unsigned i = 0; i < BLK_JOBS; i++) {
		b->jobs[i].owner = b;
		list_add(&b->free, &b->jobs[i].link);
	}
	b->busy = 0;
	b->broken = b->stop = b->stopped = false;
	b->kicked = true; /* what is in the ring already */
	snprintf(name, sizeof(name), "blkback/%u", b->xendev->peer);
	if (kthread_create(name, thread, b))
		return 0;
	kfree(b->jobs);
	b->jobs = NULL;
	return -ENOMEM;
}

void blkback_stop(struct blkback *b)
{
	if (!b->jobs)
		return;
	b->stop = true;
	waitq_wake(&b->wake);
	wait_event(&b->wake, *(volatile bool *)&b->stopped);
	kfree(b->jobs);
	b->jobs = NULL;
}
