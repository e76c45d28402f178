/* SPDX-License-Identifier: MIT */
/*
 * The block backend: the ring, in the layout of a 32-bit or a 64-bit frontend.
 *
 * The structures of <xen/io/blkif.h> hold 64-bit numbers, which a 32-bit compiler aligns to 4 bytes and a 64-bit
 * one to 8, so there are two rings, both spelled out here.
 * Every request is copied once and judged by the copy: the guest may write to the ring at any time.
 */
#include "xenback/blk.h"

#define SECTORS_A_PAGE (PAGE_SIZE / SECTOR_SIZE)

/* 64-bit numbers as a 32-bit compiler places them. */
typedef uint64_t __attribute__((aligned(4))) u64_32;

struct request_32 {
	uint8_t operation, segments;
	uint16_t handle;
	u64_32 id, sector;
	struct blkif_request_segment segment[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};

struct discard_32 {
	uint8_t operation, flag;
	uint16_t handle;
	u64_32 id, sector, sectors;
};

struct indirect_32 {
	uint8_t operation, indirect_op;
	uint16_t segments;
	u64_32 id, sector;
	uint16_t handle, gap;
	grant_ref_t pages[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
};

struct response_32 {
	u64_32 id;
	uint8_t operation, gap;
	int16_t status;
};

struct request_64 {
	uint8_t operation, segments;
	uint16_t handle;
	uint32_t gap;
	uint64_t id, sector;
	struct blkif_request_segment segment[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};

struct discard_64 {
	uint8_t operation, flag;
	uint16_t handle;
	uint32_t gap;
	uint64_t id, sector, sectors;
};

struct indirect_64 {
	uint8_t operation, indirect_op;
	uint16_t segments;
	uint32_t gap;
	uint64_t id, sector;
	uint16_t handle, gap2;
	grant_ref_t pages[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
};

struct response_64 {
	uint64_t id;
	uint8_t operation, gap;
	int16_t status;
	uint32_t gap2;
};

#define RING_HEADER 64 /* bytes, in both layouts: __CONST_RING_SIZE of <xen/io/ring.h> */
#define SLOT_32	    sizeof(struct request_32)
#define SLOT_64	    sizeof(struct request_64)

_Static_assert(sizeof(struct request_32) == 108 && sizeof(struct response_32) == 12, "32 bits");
_Static_assert(sizeof(struct request_64) == 112 && sizeof(struct response_64) == 16, "64 bits");
_Static_assert(sizeof(struct blkif_request) ==
		       (sizeof(long) == 4 ? sizeof(struct request_32) : sizeof(struct request_64)),
	       "as <xen/io/blkif.h> has it");
_Static_assert(RING_HEADER + BLK_JOBS * sizeof(struct request_64) <= PAGE_SIZE, "32 slots a page");

static blkif_sring_t *shared(struct blkback *b)
{
	return b->ring;
}

static void *slot(struct blkback *b, RING_IDX index)
{
	return (char *)b->ring + RING_HEADER + index % BLK_JOBS * (b->is_64 ? SLOT_64 : SLOT_32);
}

/* ---- requests ---- */

/* The list of an indirect request is in a page of the guest's. */
static bool fetch_segments(struct blkback *b, struct blk_order *o, const grant_ref_t *pages)
{
	struct grant_copy c = { .domain = b->xendev->peer,
				.ref = pages[0],
				.len = (uint16_t)(o->segments * sizeof(o->segment[0])) };
	void *page;
	bool ok;

	pfn_t pfn = page_alloc();
	if (pfn_is_none(pfn))
		return false;
	page = machine_page_va(pfn);
	c.va = page;
	ok = grant_copy(&c, 1);
	if (ok)
		memcpy(o->segment, page, c.len);
	page_put(pfn);
	return ok;
}

static int set_indirect(struct blkback *b, struct blk_order *o, uint8_t operation,
			unsigned segments, const grant_ref_t *pages)
{
	/* Answered as what it is, not as how it came: Linux looks. */
	o->operation = operation;
	o->segments = segments;
	if (operation != BLKIF_OP_READ && operation != BLKIF_OP_WRITE)
		return -EINVAL;
	if (!segments || segments > BLOCK_SEGMENTS)
		return -EINVAL;
	return fetch_segments(b, o, pages) ? 0 : -EINVAL;
}

static int set_direct(struct blk_order *o, unsigned segments, const struct blkif_request_segment *s)
{
	o->segments = segments;
	if (segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		return -EINVAL;
	memcpy(o->segment, s, segments * sizeof(*s));
	return 0;
}

/*
 * The same steps for both layouts, whose fields have the same names: at is the slot, which is copied before
 * anything in it is looked at.
 */
#define DEFINE_READ(layout)                                                                    \
	static int read_##layout(struct blkback *b, struct blk_order *o, const void *at)       \
	{                                                                                      \
		union {                                                                        \
			struct request_##layout plain;                                         \
			struct discard_##layout discard;                                       \
			struct indirect_##layout indirect;                                     \
		} q;                                                                           \
                                                                                               \
		memcpy(&q, at, sizeof(q.plain));                                               \
		xen_rmb(); /* what is judged is the copy, and not read again */                \
		o->operation = q.plain.operation;                                              \
		o->id = q.plain.id;                                                            \
		o->sector = q.plain.sector;                                                    \
		if (q.plain.operation == BLKIF_OP_INDIRECT)                                    \
			return set_indirect(b, o, q.indirect.indirect_op, q.indirect.segments, \
					    q.indirect.pages);                                 \
		if (q.plain.operation == BLKIF_OP_DISCARD) {                                   \
			o->sectors = q.discard.sectors;                                        \
			return 0;                                                              \
		}                                                                              \
		return set_direct(o, q.plain.segments, q.plain.segment);                       \
	}

DEFINE_READ(32)
DEFINE_READ(64)

static int check_segments(const struct blk_order *o)
{
	for (unsigned i = 0; i < o->segments; i++)
		if (o->segment[i].first_sect > o->segment[i].last_sect ||
		    o->segment[i].last_sect >= SECTORS_A_PAGE)
			return -EINVAL;
	return 0;
}

int blkback_take_order(struct blkback *b, struct blk_order *o)
{
	RING_IDX prod = *(volatile RING_IDX *)&shared(b)->req_prod;
	int rc;

	xen_rmb();
	/* It may have filled what is free, and never goes back. */
	if (prod - b->req_cons > BLK_JOBS - (b->req_cons - b->rsp_prod))
		return -EPROTO;
	if (prod == b->req_cons)
		return 0;
	memset(o, 0, sizeof(*o));
	rc = b->is_64 ? read_64(b, o, slot(b, b->req_cons)) : read_32(b, o, slot(b, b->req_cons));
	b->req_cons++;
	if (!rc)
		rc = check_segments(o);
	return rc ? rc : 1;
}

/* ---- responses ---- */

void blkback_answer(struct blkback *b, const struct blk_order *o, int16_t status)
{
	void *at = slot(b, b->rsp_prod++);

	if (b->is_64)
		*(struct response_64 *)at = (struct response_64){ .id = o->id,
								  .operation = o->operation,
								  .status = status };
	else
		*(struct response_32 *)at = (struct response_32){ .id = o->id,
								  .operation = o->operation,
								  .status = status };
}

bool blkback_push(struct blkback *b)
{
	RING_IDX before = shared(b)->rsp_prod, event;

	xen_wmb();
	*(volatile RING_IDX *)&shared(b)->rsp_prod = b->rsp_prod;
	xen_mb();
	event = *(volatile RING_IDX *)&shared(b)->rsp_event;
	return (RING_IDX)(b->rsp_prod - event) < (RING_IDX)(b->rsp_prod - before);
}

bool blkback_ask(struct blkback *b)
{
	*(volatile RING_IDX *)&shared(b)->req_event = b->req_cons + 1;
	xen_mb();
	return *(volatile RING_IDX *)&shared(b)->req_prod != b->req_cons;
}
