/* SPDX-License-Identifier: MIT */
/*
 * Small objects of the hypervisor: slabs of one page for each size.
 *
 * A slab page begins with its header; so no object lies at the start of a page, and a pointer that does
 * is a run of whole pages, whose order stands in the frame record. Lock: one for all sizes, of the
 * heap's class, never held while the heap is called.
 */
#include "lib/list.h"
#include "lib/string.h"
#include "mm/types.h"

#define SMALLEST_SHIFT 5 /* 32 bytes */
#define SIZES	       7 /* ... to 2 KiB less the header */

struct slab {
	struct list list; /* among those of its size that have a free object */
	void *free;	  /* first free object; each holds the address of the next */
	uint32_t used;
	uint32_t size;
};

_Static_assert(sizeof(struct slab) % 16 == 0, "objects are 16-byte aligned");

static struct spinlock slab_lock = SPINLOCK_INIT(LOCK_HEAP);
static struct list slabs[SIZES];

/* The largest size holds one object in each half of what the header leaves. */
static size_t object_size(unsigned int i)
{
	size_t most = (PAGE_SIZE - sizeof(struct slab)) / 2 & ~15UL;

	return min((size_t)1 << (SMALLEST_SHIFT + i), most);
}

static unsigned int order_for(size_t size)
{
	unsigned int order = 0;

	while (PAGE_SIZE << order < size)
		order++;
	return order;
}

static void *alloc_pages(size_t size)
{
	unsigned int order = order_for(size);
	void *p = heap_alloc(order, HEAP_ZERO);

	if (p)
		mfn_to_frame(virt_to_mfn(p))->done = (uint16_t)order;
	return p;
}

static struct slab *new_slab(unsigned int i)
{
	struct slab *s = heap_alloc(0, 0);
	size_t size = object_size(i);
	char *at;

	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->size = i;
	list_init(&s->list);
	for (at = (char *)(s + 1); at + size <= (char *)s + PAGE_SIZE; at += size) {
		*(void **)at = s->free;
		s->free = at;
	}
	return s;
}

static void *take(unsigned int i)
{
	struct slab *s;
	void *p;

	if (list_empty(&slabs[i]))
		return NULL;
	s = list_first(&slabs[i], struct slab, list);
	p = s->free;
	s->free = *(void **)p;
	s->used++;
	if (!s->free)
		list_del(&s->list);
	return p;
}

void *kalloc(size_t size)
{
	unsigned int i = 0;
	void *p;

	while (i < SIZES && object_size(i) < size)
		i++;
	if (i == SIZES)
		return alloc_pages(size);
	for (;;) {
		struct slab *s;

		spin_lock(&slab_lock);
		if (!slabs[i].next)
			list_init(&slabs[i]);
		p = take(i);
		spin_unlock(&slab_lock);
		if (p)
			break;
		s = new_slab(i);
		if (!s)
			return NULL;
		spin_lock(&slab_lock);
		list_add(&slabs[i], &s->list);
		spin_unlock(&slab_lock);
	}
	memset(p, 0, object_size(i));
	return p;
}

void kfree(void *p)
{
	struct slab *s = (struct slab *)((uint64_t)p & PAGE_MASK), *empty = NULL;

	if (!p)
		return;
	if (p == s) {
		heap_free(p, mfn_to_frame(virt_to_mfn(p))->done);
		return;
	}
	spin_lock(&slab_lock);
	if (!s->free)
		list_add(&slabs[s->size], &s->list);
	*(void **)p = s->free;
	s->free = p;
	if (!--s->used) {
		list_del(&s->list);
		empty = s;
	}
	spin_unlock(&slab_lock);
	if (empty)
		heap_free(empty, 0);
}

size_t kalloc_size(const void *p)
{
	const struct slab *s = (const struct slab *)((uint64_t)p & PAGE_MASK);

	if (!p)
		return 0;
	return p == s ? PAGE_SIZE << mfn_to_frame(virt_to_mfn(p))->done : object_size(s->size);
}
