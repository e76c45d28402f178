/* SPDX-License-Identifier: MIT */
/*
 * Requests that somebody waits for: consecutive memory, cut into what the device takes at once.
 */
#include "block.h"

struct waiter {
	struct waitq queue;
	bool done;
};

static void wake(struct block_request *r)
{
	struct waiter *w = r->owner;

	w->done = true;
	waitq_wake(&w->queue);
}

static int submit_and_wait(struct blockdev *d, struct block_request *r)
{
	struct waiter w = { .done = false };

	waitq_init(&w.queue);
	r->done = wake;
	r->owner = &w;
	block_submit(d, r);
	wait_event(&w.queue, *(volatile bool *)&w.done);
	return r->error;
}

/* As many segments as fit, none across a page: how many bytes they are. */
static size_t fill(struct block_request *r, const struct blockdev *d, char *va, size_t len)
{
	size_t done = 0;

	r->segments = 0;
	while (done < len && r->segments < d->max_segments) {
		size_t in_page = PAGE_SIZE - ((unsigned long)(va + done) & (PAGE_SIZE - 1));
		size_t n = min(in_page, len - done);

		r->segment[r->segments++] = (struct block_segment){ va + done, n };
		done += n;
	}
	return done;
}

static int transfer(struct blockdev *d, enum block_op op, uint64_t sector, void *va, size_t len)
{
	struct block_request *r = kzalloc(sizeof(*r));
	int rc = 0;

	if (!r)
		return -ENOMEM;
	while (len && !rc) {
		size_t n;

		r->op = op;
		r->sector = sector; /* a partition's submit moves it */
		n = fill(r, d->whole ? d->whole : d, va, len);
		rc = submit_and_wait(d, r);
		sector += n >> SECTOR_SHIFT;
		va = (char *)va + n;
		len -= n;
	}
	kfree(r);
	return rc;
}

int block_read(struct blockdev *d, uint64_t sector, void *va, size_t len)
{
	return transfer(d, BLOCK_READ, sector, va, len);
}

int block_write(struct blockdev *d, uint64_t sector, const void *va, size_t len)
{
	return transfer(d, BLOCK_WRITE, sector, (void *)va, len);
}

int block_flush(struct blockdev *d)
{
	struct block_request *r = kzalloc(sizeof(*r));
	int rc;

	if (!r)
		return -ENOMEM;
	r->op = BLOCK_FLUSH;
	rc = submit_and_wait(d, r);
	kfree(r);
	return rc;
}

int block_transfer_pages(struct blockdev *d, enum block_op op, uint64_t sector, void *const pages[],
			 unsigned count, size_t len)
{
	struct block_request *r = kzalloc(sizeof(*r));
	unsigned limit = d->whole ? d->whole->max_segments : d->max_segments;
	int rc = 0;

	if (!r)
		return -ENOMEM;
	for (unsigned i = 0; i < count && len && !rc;) {
		size_t before = len;

		r->op = op;
		r->sector = sector;
		for (r->segments = 0; i < count && len && r->segments < limit; i++) {
			uint32_t n = (uint32_t)min(len, (size_t)PAGE_SIZE);

			r->segment[r->segments++] = (struct block_segment){ pages[i], n };
			len -= n;
		}
		rc = submit_and_wait(d, r);
		sector += (before - len) >> SECTOR_SHIFT;
	}
	kfree(r);
	return rc;
}
