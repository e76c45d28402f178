/* SPDX-License-Identifier: MIT */
/*
 * The ring of pages behind a pipe: see pipebuf.h.
 */
#include "kernel.h"
#include "fs/pipebuf.h"

static void **page_at(struct pipebuf *b, uint32_t pos)
{
	return &b->page[pos / PAGE_SIZE % PIPE_PAGES];
}

static void drop(void **page)
{
	if (*page)
		page_put(machine_va_page(*page));
	*page = NULL;
}

/* Pipes, like files, leave the last of the memory alone: nobody is killed to get it back. */
static bool supply(void **page)
{
	pfn_t pfn;

	if (*page)
		return true;
	if (page_free_count() < page_total_count() / 32)
		return false;
	pfn = page_alloc();
	if (pfn_is_none(pfn))
		return false;
	*page = machine_page_va(pfn);
	return true;
}

long pipebuf_write(struct pipebuf *b, struct iter *from, size_t n)
{
	size_t done = 0;

	n = min(n, pipebuf_room(b));
	n = min(n, from->left);
	while (done < n) {
		size_t off = b->head % PAGE_SIZE, part = min(n - done, PAGE_SIZE - off), got;
		void **page = page_at(b, b->head);

		if (!supply(page))
			return done ? (long)done : -ENOMEM;
		got = iter_read(from, (char *)*page + off, part);
		b->head += got;
		done += got;
		if (got < part)
			return done ? (long)done : -EFAULT;
	}
	return (long)done;
}

/*
 * After a read: is the page that it ended in of no further use? At the end of a page, a nearly full
 * ring has its newest bytes at the beginning of that same page.
 */
static bool used_up(const struct pipebuf *b)
{
	if (b->tail == b->head)
		return true;
	return b->tail % PAGE_SIZE == 0 && pipebuf_used(b) <= PIPE_SIZE - PAGE_SIZE;
}

long pipebuf_read(struct pipebuf *b, struct iter *to, size_t n)
{
	size_t done = 0;

	n = min(n, pipebuf_used(b));
	n = min(n, to->left);
	while (done < n) {
		size_t off = b->tail % PAGE_SIZE, part = min(n - done, PAGE_SIZE - off), got;
		void **page = page_at(b, b->tail);

		got = iter_write(to, (char *)*page + off, part);
		b->tail += got;
		done += got;
		if (got && used_up(b))
			drop(page);
		if (got < part)
			return done ? (long)done : -EFAULT;
	}
	return (long)done;
}

void pipebuf_free(struct pipebuf *b)
{
	for (unsigned i = 0; i < PIPE_PAGES; i++)
		drop(&b->page[i]);
}
