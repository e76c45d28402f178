/* SPDX-License-Identifier: MIT */
/*
 * Requests that somebody waits for: consecutive memory, cut into what the device takes at once.
 */
#include "block.h"

/* Not on the stack: a request is large. */
struct waiter {
	struct block_request r;
	struct waitq queue;
	bool done;
};

static void wake(struct block_request *r)
{
	struct waiter *w = container_of(r, struct waiter, r);

	w->done = true;
	waitq_wake(&w->queue);
}

static struct waiter *waiter_new(void)
{
	struct waiter *w = kzalloc(sizeof(*w));

	if (w) {
		waitq_init(&w->queue);
		w->r.done = wake;
	}
	return w;
}

static int submit_and_wait(struct blockdev *d, struct waiter *w)
{
	w->done = false;
	block_submit(d, &w->r);
	wait_event(&w->queue, *(volatile bool *)&w->done);
	return w->r.error;
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
	struct waiter *w = waiter_new();
	int rc = 0;

	if (!w)
		return -ENOMEM;
	while (len && !rc) {
		size_t n;

		w->r.op = op;
		w->r.sector = sector; /* a partition's submit moves it */
		n = fill(&w->r, d->whole ? d->whole : d, va, len);
		rc = submit_and_wait(d, w);
		sector += n >> SECTOR_SHIFT;
		va = (char *)va + n;
		len -= n;
	}
	kfree(w);
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
	struct waiter *w = waiter_new();
	int rc;

	if (!w)
		return -ENOMEM;
	w->r.op = BLOCK_FLUSH;
	rc = submit_and_wait(d, w);
	kfree(w);
	return rc;
}

int block_transfer_pages(struct blockdev *d, enum block_op op, uint64_t sector, void *const pages[],
			 size_t offset, size_t len)
{
	struct waiter *w = waiter_new();
	unsigned limit = d->whole ? d->whole->max_segments : d->max_segments;
	size_t end = offset + len;
	int rc = 0;

	if (!w)
		return -ENOMEM;
	while (offset < end && !rc) {
		size_t before = offset;

		w->r.op = op;
		w->r.sector = sector;
		for (w->r.segments = 0; offset < end && w->r.segments < limit;) {
			size_t in_page = offset % PAGE_SIZE;
			uint32_t n = (uint32_t)min(end - offset, PAGE_SIZE - in_page);
			char *va = (char *)pages[offset / PAGE_SIZE] + in_page;

			w->r.segment[w->r.segments++] = (struct block_segment){ va, n };
			offset += n;
		}
		rc = submit_and_wait(d, w);
		sector += (offset - before) >> SECTOR_SHIFT;
	}
	kfree(w);
	return rc;
}
