/* SPDX-License-Identifier: MIT */
/*
 * Small objects: one page holds objects of one size; larger requests are whole pages.
 *
 * A slab's free objects are a list of offsets in their own first bytes. Slabs with free objects are
 * on the list of their class; an empty slab goes back to the page allocator at once, so that memory
 * in use is memory wanted. Objects are aligned to 16 bytes. One lock, interrupts masked.
 */
#include "kernel.h"
#include "lock.h"
#include "page.h"

static const uint16_t sizes[] = { 16, 32, 48, 64, 96, 128, 192, 256, 512, 1024, 1344, 2048 };

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

static struct page *slab_create(unsigned class)
{
	char *va = pages_alloc(0);
	struct page *p;
	unsigned at;

	if (!va)
		return NULL;
	p = page_of_va(va);
	p->slab_class = class + 1;
	p->slab_free = 0;
	p->refs = 0;
	for (at = 0; at + sizes[class] <= PAGE_SIZE; at += sizes[class]) {
		*(uint16_t *)(va + at) = p->slab_free;
		p->slab_free = at + 1;
	}
	list_add(&partial[class], &p->link);
	return p;
}

static void *slab_va(struct page *p)
{
	return machine_page_va(pfn_of(p - page_table));
}

static void *slab_take(unsigned class)
{
	struct page *p = list_empty(&partial[class])
				 ? slab_create(class)
				 : list_first(&partial[class], struct page, link);
	char *obj;

	if (!p)
		return NULL;
	obj = (char *)slab_va(p) + p->slab_free - 1;
	p->slab_free = *(uint16_t *)obj;
	p->refs++;
	if (!p->slab_free)
		list_del(&p->link);
	return obj;
}

static void slab_put(struct page *p, void *obj)
{
	unsigned class = p->slab_class - 1;

	bug_on(!p->refs);
	if (!p->slab_free)
		list_add(&partial[class], &p->link);
	*(uint16_t *)obj = p->slab_free;
	p->slab_free = ((unsigned long)obj & (PAGE_SIZE - 1)) + 1;
	if (--p->refs)
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
