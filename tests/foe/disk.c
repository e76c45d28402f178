/* SPDX-License-Identifier: MIT */
/*
 * The hostile guest's disk: requests that are almost right, and indices that are not.
 */
#include "foe.h"

#include <xen/io/blkif.h>
#include <xen/io/protocols.h>

enum { RING_REF = 8 };

static blkif_sring_t *shared;
static char page[PAGE_SIZE] __attribute__((aligned(4096)));
static blkif_front_ring_t ring;

static bool offer(struct device *d)
{
	shared = (blkif_sring_t *)page;
	SHARED_RING_INIT(shared);
	FRONT_RING_INIT(&ring, shared, PAGE_SIZE);
	lend(RING_REF, page);
	return !store_printf(d->front, "ring-ref", "%u", RING_REF) &&
	       !store_printf(d->front, "protocol", "%s", XEN_IO_PROTO_ABI_NATIVE);
}

static uint64_t any_sector(void)
{
	static const uint64_t edges[] = { 0,	      8191,	  8192,	 1ULL << 32,
					  1ULL << 55, ~0ULL >> 1, ~0ULL, ~0ULL - 7 };

	return below(2) ? below(8192) : ONE_OF(edges);
}

static void fill_segment(struct blkif_request_segment *s)
{
	s->gref = any_ref();
	s->first_sect = below(4) ? below(8) : (uint8_t)draw();
	s->last_sect = below(4) ? s->first_sect + below(8 - (s->first_sect & 7)) : (uint8_t)draw();
}

static void fill_indirect(blkif_request_indirect_t *q)
{
	struct blkif_request_segment *list = good_page(0);

	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*list); i++)
		fill_segment(&list[i]);
	q->indirect_op = below(8) ? below(2) : (uint8_t)draw();
	q->nr_segments = below(2) ? 1 + below(32) : (uint16_t)edge();
	q->sector_number = any_sector();
	for (unsigned int i = 0; i < BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST; i++)
		q->indirect_grefs[i] = i || !below(4) ? any_ref() : 16;
}

static void fill(blkif_request_t *q)
{
	scribble(q, sizeof(*q));
	q->operation = below(8) ? below(8) : (uint8_t)draw();
	q->id = below(8); /* the same ones again and again */
	if (q->operation == BLKIF_OP_INDIRECT) {
		fill_indirect((blkif_request_indirect_t *)q);
		return;
	}
	q->nr_segments = below(2) ? 1 + below(11) : (uint8_t)edge();
	q->sector_number = any_sector();
	for (unsigned int i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++)
		fill_segment(&q->seg[i]);
}

static void lie(void)
{
	switch (below(4)) {
	case 0:
		shared->req_prod = edge();
		break;
	case 1:
		shared->req_prod -= 1 + below(32);
		break;
	case 2:
		shared->rsp_prod = edge();
		break;
	default:
		scribble(shared, PAGE_SIZE);
	}
}

/* It answers out of order, and we do not look at what it says: only how much. */
static void misuse(struct device *d)
{
	for (unsigned int turn = 0; turn < 8; turn++) {
		RING_IDX free = 32 - (ring.req_prod_pvt - *(volatile RING_IDX *)&shared->rsp_prod);

		for (unsigned int n = free <= 32 ? free : 0; n; n--)
			fill(RING_GET_REQUEST(&ring, ring.req_prod_pvt++));
		xen_wmb();
		*(volatile RING_IDX *)&shared->req_prod = ring.req_prod_pvt;
		device_ring_bell(d);
		for (unsigned int n = 0; n < 4; n++) {
			/* While it is being read. */
			fill(RING_GET_REQUEST(&ring, draw()));
			hv_sched_op(SCHEDOP_yield, NULL);
		}
	}
	if (!below(3)) {
		lie();
		device_ring_bell(d);
		hv_sched_op(SCHEDOP_yield, NULL);
	}
}

struct device disk = { .type = "vbd", .offer = offer, .misuse = misuse };
