/* SPDX-License-Identifier: MIT */
/*
 * The block frontend: requests and responses.
 *
 * Nothing that the backend writes is believed: a response names a slot that must be in use and the operation
 * that it was used for, and more responses than requests mean that the ring is not to be trusted any
 * more. A page whose grant the backend does not give back is never given out again either: it keeps a
 * reference until the grant is free (grant_end_later()).
 */
#include "xenfront/blk.h"

/* ---- grants of one request ---- */

static void end_grants(struct blk_slot *s)
{
	struct block_request *r = s->request;

	for (unsigned i = 0; i < s->granted; i++) {
		void *va = r->segment[s->first + i].va;
		void *page = (void *)align_down((unsigned long)va, PAGE_SIZE);

		if (grant_end(s->refs[i]))
			continue;
		page_get(machine_va_page(page));
		grant_end_later(s->refs[i], page);
	}
	s->granted = 0;
}

/* The next one of the part. */
static struct blkif_request_segment grant_segment(struct blkfront *f, struct blk_slot *s)
{
	const struct block_segment *seg = &s->request->segment[s->first + s->granted];
	unsigned first = ((unsigned long)seg->va & (PAGE_SIZE - 1)) >> SECTOR_SHIFT;
	grant_ref_t ref = grant_access(f->xendev->peer, seg->va, s->request->op == BLOCK_WRITE);

	if (ref != GREF_NONE)
		s->refs[s->granted++] = ref;
	return (struct blkif_request_segment){
		.gref = ref,
		.first_sect = (uint8_t)first,
		.last_sect = (uint8_t)(first + (seg->len >> SECTOR_SHIFT) - 1),
	};
}

/* ---- out; Locks: lock ---- */

static struct blk_slot *free_slot(struct blkfront *f)
{
	for (unsigned i = 0; i < BLK_SLOTS; i++)
		if (!f->slots[i].request)
			return &f->slots[i];
	return NULL;
}

static uint8_t operation_of(const struct blkfront *f, const struct block_request *r)
{
	switch (r->op) {
	case BLOCK_READ:
		return BLKIF_OP_READ;
	case BLOCK_WRITE:
		return BLKIF_OP_WRITE;
	case BLOCK_FLUSH:
		return f->barrier_as_flush ? BLKIF_OP_WRITE_BARRIER : BLKIF_OP_FLUSH_DISKCACHE;
	default:
		return BLKIF_OP_DISCARD;
	}
}

/* False: no grants left now. */
static bool fill_segments(struct blkfront *f, struct blk_slot *s, struct blkif_request_segment *to)
{
	for (unsigned i = 0; i < s->count; i++) {
		to[i] = grant_segment(f, s);
		if (to[i].gref == GREF_NONE) {
			end_grants(s);
			return false;
		}
	}
	return true;
}

/* Where the part begins on the disk. */
static uint64_t sector_of(const struct blk_slot *s)
{
	const struct block_request *r = s->request;
	uint64_t sector = r->sector;

	for (unsigned i = 0; i < s->first; i++)
		sector += r->segment[i].len >> SECTOR_SHIFT;
	return sector;
}

static bool fill_direct(struct blkfront *f, struct blk_slot *s, blkif_request_t *q)
{
	q->operation = s->operation;
	q->nr_segments = (uint8_t)s->count;
	q->handle = (blkif_vdev_t)f->xendev->id;
	q->id = (uint64_t)(s - f->slots);
	q->sector_number = s->request->op == BLOCK_FLUSH ? 0 : sector_of(s);
	return fill_segments(f, s, q->seg);
}

static bool fill_indirect(struct blkfront *f, struct blk_slot *s, blkif_request_t *q)
{
	struct blkif_request_indirect *to = (void *)q;

	to->operation = BLKIF_OP_INDIRECT;
	to->indirect_op = s->operation;
	to->nr_segments = (uint16_t)s->count;
	to->handle = (blkif_vdev_t)f->xendev->id;
	to->id = (uint64_t)(s - f->slots);
	to->sector_number = sector_of(s);
	to->indirect_grefs[0] = s->indirect_ref;
	return fill_segments(f, s, s->indirect);
}

static void fill_discard(struct blkfront *f, struct blk_slot *s, blkif_request_t *q)
{
	struct blkif_request_discard *to = (void *)q;

	to->operation = BLKIF_OP_DISCARD;
	to->flag = 0;
	to->handle = (blkif_vdev_t)f->xendev->id;
	to->id = (uint64_t)(s - f->slots);
	to->sector_number = s->request->sector;
	to->nr_sectors = s->request->count;
}

/* As much of a slot's request as one of the ring's takes. The ring has room; false: no grants left now. */
static bool put_part(struct blkfront *f, struct blk_slot *s)
{
	blkif_request_t *q = RING_GET_REQUEST(&f->ring, f->ring.req_prod_pvt);
	bool ok = true;

	s->count = min(s->request->segments - s->first, f->dev.max_segments);
	if (s->request->op == BLOCK_DISCARD)
		fill_discard(f, s, q);
	else if (s->count > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		ok = fill_indirect(f, s, q);
	else
		ok = fill_direct(f, s, q);
	if (ok)
		f->ring.req_prod_pvt++;
	return ok;
}

static bool start(struct blkfront *f, struct block_request *r)
{
	struct blk_slot *s = free_slot(f);

	if (!s || RING_FULL(&f->ring))
		return false;
	s->request = r;
	s->operation = operation_of(f, r);
	s->first = 0;
	if (!put_part(f, s))
		s->request = NULL;
	return s->request;
}

static void start_waiting(struct blkfront *f)
{
	int notify;

	if (f->state != BLK_CONNECTED)
		return;
	while (!list_empty(&f->waiting)) {
		struct block_request *r = list_first(&f->waiting, struct block_request, link);

		if (!start(f, r))
			break;
		list_del(&r->link);
	}
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&f->ring, notify);
	if (notify)
		evtchn_notify((evtchn_port_t)f->port);
}

void blkfront_submit(struct blockdev *d, struct block_request *r)
{
	struct blkfront *f = d->priv;
	bool gone;

	spin_lock(&f->lock);
	gone = f->state == BLK_GONE;
	if (!gone) {
		list_add_tail(&f->waiting, &r->link);
		start_waiting(f);
	}
	spin_unlock(&f->lock);
	if (gone)
		block_done(r, -ENXIO);
}

/* ---- in ---- */

static void distrust(struct blkfront *f, const char *what, unsigned long value)
{
	f->state = BLK_BROKEN;
	printk("%s: the backend in domain %u %s (%lu): no longer used\n", f->dev.name,
	       f->xendev->peer, what, value);
	xs_defer(blkfront_give_up, f);
}

/* The slot of a response, or NULL: the ring is not to be trusted. Locks: lock. */
static struct blk_slot *slot_of(struct blkfront *f, const blkif_response_t *p)
{
	struct blk_slot *s = p->id < BLK_SLOTS ? &f->slots[p->id] : NULL;

	if (!s || !s->request) {
		distrust(f, "answered a request that it was not sent", (unsigned long)p->id);
		return NULL;
	}
	if (p->operation != s->operation) {
		distrust(f, "answered with another operation", p->operation);
		return NULL;
	}
	return s;
}

static int error_of(struct blkfront *f, const struct block_request *r, int16_t status)
{
	if (status == BLKIF_RSP_OKAY)
		return 0;
	if (status != BLKIF_RSP_EOPNOTSUPP)
		return -EIO;
	if (r->op == BLOCK_FLUSH)
		f->dev.can_flush = false;
	return -EOPNOTSUPP;
}

/* A write that must be on the medium when done: a flush follows it. Locks: lock. */
static bool flush_follows(struct blkfront *f, struct block_request *r)
{
	if (r->op != BLOCK_WRITE || !r->fua || !f->dev.can_flush)
		return false;
	r->fua = false;
	r->op = BLOCK_FLUSH;
	r->segments = 0;
	list_add(&f->waiting, &r->link);
	return true;
}

/* Is there more of the slot's request? Its next part goes into the place that the answer has left. Locks: lock. */
static bool part_follows(struct blkfront *f, struct blk_slot *s)
{
	s->first += s->count;
	if (s->first >= s->request->segments)
		return false;
	if (!put_part(f, s)) { /* all of it again, when there are grants */
		list_add(&f->waiting, &s->request->link);
		s->request = NULL;
	}
	return true;
}

/* One response; false: stop. Locks: lock, given up around the request's end. */
static bool take_response(struct blkfront *f)
{
	struct block_request *r;
	blkif_response_t p;
	struct blk_slot *s;
	int error;

	RING_COPY_RESPONSE(&f->ring, f->ring.rsp_cons, &p);
	f->ring.rsp_cons++;
	s = slot_of(f, &p);
	if (!s)
		return false;
	end_grants(s);
	r = s->request;
	error = error_of(f, r, p.status);
	if (!error && part_follows(f, s))
		return true;
	s->request = NULL;
	if (!error && flush_follows(f, r))
		return true;
	spin_unlock(&f->lock);
	block_done(r, error);
	spin_lock(&f->lock);
	return f->state == BLK_CONNECTED;
}

void blkfront_event(void *data)
{
	struct blkfront *f = data;
	int more = 1;

	spin_lock(&f->lock);
	while (more && f->state == BLK_CONNECTED) {
		RING_IDX prod = *(volatile RING_IDX *)&f->ring.sring->rsp_prod;

		xen_rmb();
		if (RING_RESPONSE_PROD_OVERFLOW(&f->ring, prod)) {
			distrust(f, "claims more answers than there were requests", prod);
			break;
		}
		while (f->ring.rsp_cons != prod && take_response(f))
			;
		if (f->state == BLK_CONNECTED)
			RING_FINAL_CHECK_FOR_RESPONSES(&f->ring, more);
	}
	start_waiting(f);
	spin_unlock(&f->lock);
}

/* ---- connections ---- */

void blkfront_ring_init(struct blkfront *f)
{
	blkif_sring_t *shared = f->ring_page;

	memset(shared, 0, PAGE_SIZE);
	XEN_FRONT_RING_INIT(&f->ring, shared, PAGE_SIZE);
}

void blkfront_ring_start(struct blkfront *f)
{
	spin_lock(&f->lock);
	f->state = BLK_CONNECTED;
	start_waiting(f);
	spin_unlock(&f->lock);
}

void blkfront_ring_stop(struct blkfront *f)
{
	spin_lock(&f->lock);
	if (f->state != BLK_GONE)
		f->state = BLK_CONNECTING;
	for (unsigned i = 0; i < BLK_SLOTS; i++) {
		struct blk_slot *s = &f->slots[i];

		if (!s->request)
			continue;
		end_grants(s);
		/* Writes are repeated, too: the same data to the same place. */
		list_add(&f->waiting, &s->request->link);
		s->request = NULL;
	}
	spin_unlock(&f->lock);
}

void blkfront_ring_fail(struct blkfront *f)
{
	spin_lock(&f->lock);
	f->state = BLK_GONE;
	while (!list_empty(&f->waiting)) {
		struct block_request *r = list_first(&f->waiting, struct block_request, link);

		list_del(&r->link);
		spin_unlock(&f->lock);
		block_done(r, -EIO);
		spin_lock(&f->lock);
	}
	spin_unlock(&f->lock);
}
