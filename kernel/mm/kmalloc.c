/* SPDX-License-Identifier: MIT */
/*
 * Small objects: one page holds objects of one size; larger requests are whole pages.
 *
 * Objects given back are a list of offsets in their own first bytes; those behind `fresh` were
 * never used. Slabs with room are on the list of their class; an empty one goes back to the page
 * allocator unless it is the only one with room. Objects are aligned to 16 bytes. One lock,
 * interrupts masked.
 */
#include "kernel.h"
#include "lock.h"
#include "page.h"

static const uint16_t sizes[KMALLOC_CLASSES] = { 16,  32,  48,	64,   96,   128,
						 192, 256, 512, 1024, 1344, 2048 };

static struct list partial[ARRAY_SIZE(sizes)];
static struct spinlock lock = SPINLOCK_INIT;

static unsigned class_of(size_t size)
{
	unsigned c = 0;

	while (c < ARRAY_SIZE(sizes) && sizes[c] < size)
		c++;
	return c;
}

static unsigned order_of(size_t size)
{
	unsigned order = 0;

	while (PAGE_SIZE << order < size)
		order++;
	return order;
}

static void *slab_va(struct page *p)
{
	return machine_page_va(pfn_of(p - page_table));
}

static bool slab_has_room(const struct page *p)
{
	return p->slab_free || p->fresh + sizes[p->slab_class - 1] <= PAGE_SIZE;
}

/* Its objects are not linked up: that would cost more than a slab that lives briefly is worth. */
static struct page *slab_create(unsigned class)
{
	char *va = pages_alloc(0);
	struct page *p;

	if (!va)
		return NULL;
	p = page_of_va(va);
	p->slab_class = class + 1;
	p->slab_free = 0;
	p->used = p->fresh = 0;
	list_add(&partial[class], &p->link);
	return p;
}

static void *slab_take(unsigned class)
{
	struct page *p = list_empty(&partial[class])
				 ? slab_create(class)
				 : list_first(&partial[class], struct page, link);
	char *obj;

	if (!p)
		return NULL;
	if (p->slab_free) {
		obj = (char *)slab_va(p) + p->slab_free - 1;
		p->slab_free = *(uint16_t *)obj;
	} else {
		obj = (char *)slab_va(p) + p->fresh;
		p->fresh += sizes[class];
	}
	p->used++;
	if (!slab_has_room(p))
		list_del(&p->link);
	return obj;
}

static void slab_put(struct page *p, void *obj)
{
	unsigned class = p->slab_class - 1;

	bug_on(!p->used);
	if (!slab_has_room(p))
		list_add(&partial[class], &p->link);
	*(uint16_t *)obj = p->slab_free;
	p->slab_free = ((unsigned long)obj & (PAGE_SIZE - 1)) + 1;
	/* The last one with room stays: one object taken and given back must not cost a page. */
	if (--p->used || partial[class].next == partial[class].prev)
		return;
	list_del(&p->link);
	p->slab_class = 0;
	p->refs = 1;
	pages_free(slab_va(p), 0);
}

void *kmalloc(size_t size)
{
	unsigned class = class_of(size);
	void *p;

	if (class == ARRAY_SIZE(sizes))
		return size > PAGE_SIZE << 10 ? NULL : pages_alloc(order_of(size));
	spin_lock(&lock);
	p = slab_take(class);
	spin_unlock(&lock);
	return p;
}

void *kzalloc(size_t size)
{
	void *p = kmalloc(size);

	if (p)
		memset(p, 0, size);
	return p;
}

void kfree(const void *obj)
{
	struct page *p;

	if (!obj)
		return;
	p = page_of_va(obj);
	if (!p->slab_class) {
		pages_free((void *)obj, p->order);
		return;
	}
	spin_lock(&lock);
	slab_put(p, (void *)obj);
	spin_unlock(&lock);
}

static size_t object_size(const void *obj)
{
	const struct page *p = page_of_va(obj);

	return p->slab_class ? sizes[p->slab_class - 1] : PAGE_SIZE << p->order;
}

void *krealloc(void *old, size_t size)
{
	void *p;

	if (old && size <= object_size(old))
		return old;
	p = kmalloc(size);
	if (p && old) {
		memcpy(p, old, object_size(old));
		kfree(old);
	}
	return p;
}

char *kstrdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = kmalloc(n);

	if (p)
		memcpy(p, s, n);
	return p;
}

void kmalloc_init(void)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		list_init(&partial[i]);
}
