/* SPDX-License-Identifier: MIT */
/*
 * Address spaces of processes: making, copying for fork, ending.
 *
 * Regions say what may be there; the machine's space says which pages are. mm->lock guards both.
 */
#include "places.h"
#include "vma.h"
#include "fs.h"
#include "proc.h"
#include <uapi/process.h>

/* Room for the stack and its growth above, for anonymous mappings below. */
#define MMAP_GAP (16ul << 20)

/* Those with references; the lock guards the list and the references. */
static struct list all = LIST_INIT(all);
static struct spinlock all_lock = SPINLOCK_INIT;
static uint64_t newest_id;

struct mm *mm_create(void)
{
	struct mm *mm = kzalloc(sizeof(*mm));

	if (!mm)
		return NULL;
	mm->space = space_create();
	if (!mm->space) {
		kfree(mm);
		return NULL;
	}
	mm->refs = 1;
	mutex_init(&mm->lock);
	list_init(&mm->vmas);
	mm->mmap_top = machine_user_end - MMAP_GAP;
	spin_lock(&all_lock);
	mm->id = ++newest_id;
	list_add_tail(&all, &mm->all);
	spin_unlock(&all_lock);
	return mm;
}

void mm_get(struct mm *mm)
{
	spin_lock(&all_lock);
	mm->refs++;
	spin_unlock(&all_lock);
}

struct mm *mm_next(struct mm *mm)
{
	struct mm *next = NULL;
	struct list *at;

	spin_lock(&all_lock);
	at = mm ? mm->all.next : all.next;
	if (at != &all) {
		next = list_entry(at, struct mm, all);
		next->refs++;
	}
	spin_unlock(&all_lock);
	mm_put(mm);
	return next;
}

struct mm *mm_after(uint64_t id)
{
	struct mm *mm, *found = NULL;

	spin_lock(&all_lock);
	list_for_each (mm, &all, all) {
		if (!found)
			found = mm;
		if (mm->id > id) {
			found = mm;
			break;
		}
	}
	if (found)
		found->refs++;
	spin_unlock(&all_lock);
	return found;
}

void mm_put(struct mm *mm)
{
	struct vma *v, *tmp;
	int refs;

	if (!mm)
		return;
	spin_lock(&all_lock);
	refs = --mm->refs;
	if (!refs)
		list_del(&mm->all);
	spin_unlock(&all_lock);
	if (refs)
		return;
	list_for_each (v, &mm->vmas, link)
		if (v->flags & VMA_FOREIGN)
			vma_empty_foreign(mm, v, v->start, v->end);
	space_destroy(mm->space, entry_put);
	list_for_each_safe (v, tmp, &mm->vmas, link)
		vma_free(mm, v);
	kfree(mm);
}

static int copy_regions(struct mm *to, struct mm *from)
{
	struct vma *v, *model, unlocked;
	int rc = 0;

	list_for_each (v, &from->vmas, link) {
		if (v->flags & VMA_FOREIGN)
			continue;
		model = v;
		if (unlikely(v->flags & VMA_LOCKED)) { /* a child has to ask for itself */
			unlocked = *v;
			unlocked.flags &= ~VMA_LOCKED;
			model = &unlocked;
		}
		rc = vma_insert(to, model);
		if (rc)
			break;
		rc = space_copy(to->space, from->space, v->start, v->end, v->flags & MAP_PRIVATE,
				entry_get);
		if (rc)
			break;
	}
	space_sync(from->space);
	space_sync(to->space);
	return rc;
}

struct mm *mm_copy(struct mm *from)
{
	struct mm *to;
	int rc;

	reclaim_before_use();
	to = mm_create();
	if (!to)
		return NULL;
	mutex_lock(&from->lock);
	rc = copy_regions(to, from);
	to->brk_start = from->brk_start;
	to->brk = from->brk;
	to->mmap_top = from->mmap_top;
	to->page_count = from->page_count;
	to->swap_count = from->swap_count;
	to->code_start = from->code_start;
	to->code_end = from->code_end;
	to->data_start = from->data_start;
	to->data_end = from->data_end;
	to->stack_start = from->stack_start;
	to->arg_start = from->arg_start;
	to->arg_end = from->arg_end;
	to->env_start = from->env_start;
	to->env_end = from->env_end;
	mutex_unlock(&from->lock);
	if (rc) {
		mm_put(to);
		return NULL;
	}
	return to;
}

/* A page may be reused only when no TLB knows it any more, so they are put in groups. */
#define PUT_GROUP 64

void mm_unmap_pages(struct mm *mm, unsigned long start, unsigned long end)
{
	pfn_t gone[PUT_GROUP];
	unsigned n = 0;
	unsigned long va;

	for (va = space_next(mm->space, start, end); va < end;
	     va = space_next(mm->space, va + PAGE_SIZE, end)) {
		gone[n] = space_unmap(mm->space, va);
		if (pfn_is_note(gone[n])) {
			swap_put(note_x(gone[n]));
			mm->swap_count--;
			continue;
		}
		mm->page_count--;
		if (++n < PUT_GROUP)
			continue;
		space_sync(mm->space);
		page_put_many(gone, n);
		n = 0;
	}
	space_sync(mm->space);
	page_put_many(gone, n);
}

struct mm *proc_mm_get(struct process *p)
{
	struct task *t;

	list_for_each (t, &p->threads, thread_link) {
		if (t->mm) {
			mm_get(t->mm);
			return t->mm;
		}
	}
	return NULL;
}

long mm_read(struct mm *mm, unsigned long addr, void *buf, size_t n)
{
	size_t done = 0;
	int sig, code;

	mutex_lock(&mm->lock);
	while (done < n && addr + done < machine_user_end) {
		unsigned long va = addr + done, offset = va & (PAGE_SIZE - 1);
		size_t part = min(n - done, PAGE_SIZE - offset);
		unsigned access;
		pfn_t pfn;

		if (mm_fault(mm, va, 0, &sig, &code))
			break;
		pfn = space_lookup(mm->space, align_down(va, PAGE_SIZE), &access);
		if (pfn_is_none(pfn))
			break;
		memcpy((char *)buf + done, (char *)machine_page_va(pfn) + offset, part);
		done += part;
	}
	mutex_unlock(&mm->lock);
	return done;
}
