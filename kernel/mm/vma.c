/* SPDX-License-Identifier: MIT */
/*
 * Regions of an address space: the sorted list, and how it is cut and joined.
 *
 * Regions never overlap and are page aligned. mm->lock guards everything here.
 */
#include "vma.h"
#include "fs.h"
#include <uapi/process.h>

struct vma *vma_at_or_after(struct mm *mm, unsigned long addr)
{
	struct vma *v;

	list_for_each (v, &mm->vmas, link) {
		if (v->end > addr)
			return v;
	}
	return NULL;
}

struct vma *vma_find(struct mm *mm, unsigned long addr)
{
	struct vma *v = vma_at_or_after(mm, addr);

	return v && v->start <= addr ? v : NULL;
}

bool vma_range_free(struct mm *mm, unsigned long start, unsigned long end)
{
	struct vma *v = vma_at_or_after(mm, start);

	return !v || v->start >= end;
}

unsigned long vma_find_hole(struct mm *mm, size_t len, unsigned long top)
{
	struct list *at;

	for (at = mm->vmas.prev; at != &mm->vmas; at = at->prev) {
		struct vma *v = list_entry(at, struct vma, link);

		if (v->end <= top && top - v->end >= len)
			return top - len;
		if (v->start < top)
			top = v->start;
	}
	return top >= len + PAGE_SIZE ? top - len : 0;
}

unsigned vma_access(const struct vma *v, bool cow)
{
	unsigned access = SPACE_NONE;

	/* The processor knows no page that can be written or executed but not read. */
	if (v->prot & (PROT_READ | PROT_WRITE | PROT_EXEC))
		access = SPACE_READ;
	if (v->prot & PROT_EXEC)
		access |= SPACE_EXEC;
	if (v->prot & PROT_WRITE && !(cow && v->flags & (MAP_PRIVATE | VMA_TRACKED)))
		access |= SPACE_WRITE;
	return access;
}

static bool joinable(const struct vma *a, const struct vma *b)
{
	return a->end == b->start && !a->file && !b->file && a->prot == b->prot &&
	       a->flags == b->flags && !(a->flags & MAP_GROWSDOWN);
}

static struct vma *neighbour(struct mm *mm, struct list *at)
{
	return at == &mm->vmas ? NULL : list_entry(at, struct vma, link);
}

int vma_insert(struct mm *mm, const struct vma *model)
{
	struct vma *next = vma_at_or_after(mm, model->start), *prev, *v;
	struct list *before = next ? next->link.prev : mm->vmas.prev;

	bug_on(next && next->start < model->end);
	mm->total_pages += (model->end - model->start) >> PAGE_SHIFT;
	prev = neighbour(mm, before);
	if (prev && joinable(prev, model)) {
		prev->end = model->end;
		return 0;
	}
	v = kmalloc(sizeof(*v));
	if (!v) {
		mm->total_pages -= (model->end - model->start) >> PAGE_SHIFT;
		return -ENOMEM;
	}
	*v = *model;
	if (v->file)
		file_get(v->file);
	list_insert_between(&v->link, before, before->next);
	return 0;
}

void vma_free(struct mm *mm, struct vma *v)
{
	mm->total_pages -= (v->end - v->start) >> PAGE_SHIFT;
	list_del(&v->link);
	if (v->file)
		file_put(v->file);
	kfree(v);
}

/* The part from `at` on becomes a region of its own. */
static int split(struct vma *v, unsigned long at)
{
	struct vma *n = kmalloc(sizeof(*n));
	unsigned long head = at - v->start;

	if (!n)
		return -ENOMEM;
	*n = *v;
	n->start = at;
	n->offset = v->offset + head;
	if (v->file_bytes != ~0ull)
		n->file_bytes = v->file_bytes > head ? v->file_bytes - head : 0;
	v->end = at;
	if (n->file)
		file_get(n->file);
	list_add(&v->link, &n->link);
	return 0;
}

int vma_split_range(struct mm *mm, unsigned long start, unsigned long end)
{
	struct vma *v = vma_find(mm, start);
	int rc;

	if (v && v->start < start) {
		rc = split(v, start);
		if (rc)
			return rc;
	}
	v = vma_find(mm, end - 1);
	return v && v->end > end ? split(v, end) : 0;
}

void vma_empty_foreign(struct mm *mm, struct vma *v, unsigned long start, unsigned long end)
{
	v->file->ops->unmap_foreign(v->file, mm->space, start, end, v->offset + (start - v->start));
}

int vma_remove_range(struct mm *mm, unsigned long start, unsigned long end)
{
	struct vma *v, *tmp;
	int rc = vma_split_range(mm, start, end);

	if (rc)
		return rc;
	list_for_each (v, &mm->vmas, link)
		if (v->flags & VMA_FOREIGN && v->start >= start && v->end <= end)
			vma_empty_foreign(mm, v, v->start, v->end);
	/* First the pages: what may write to a file must be found by its region. */
	mm_unmap_pages(mm, start, end);
	list_for_each_safe (v, tmp, &mm->vmas, link)
		if (v->start >= start && v->end <= end)
			vma_free(mm, v);
	return 0;
}
