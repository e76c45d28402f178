/* SPDX-License-Identifier: MIT */
/*
 * mlock: regions whose pages are in memory and stay there.
 *
 * A locked region is one that the clock passes by (reclaim.c). Its pages are faulted in when it becomes one; a
 * region that is made under MCL_FUTURE gets them by its faults, like any other, and keeps them.
 */
#include "vma.h"
#include "proc.h"
#include <uapi/process.h>

static void set(struct vma *v, bool lock)
{
	v->flags = lock ? v->flags | VMA_LOCKED : v->flags & ~VMA_LOCKED;
}

/* As a write where that is allowed: a page that would be copied later must have been copied. */
static unsigned how(const struct vma *v)
{
	return v->prot & PROT_WRITE && v->flags & MAP_PRIVATE ? FAULT_WRITE : 0;
}

/* The pages of [addr, end) of locked regions come. Without a lock held between them: memory may have to be made. */
static int fill(unsigned long addr, unsigned long end)
{
	struct mm *mm = current->mm;
	int sig, code, rc = 0;

	for (; addr < end && !rc; addr += PAGE_SIZE) {
		unsigned flags = 0;
		struct vma *v;

		mutex_lock(&mm->lock);
		v = vma_at_or_after(mm, addr);
		if (v) {
			addr = max(addr, v->start);
			flags = how(v);
		}
		if (!v || addr >= end) {
			mutex_unlock(&mm->lock);
			break;
		}
		if (v->flags & VMA_FOREIGN || !(v->flags & VMA_LOCKED) || !v->prot) {
			addr = v->end - PAGE_SIZE;
			mutex_unlock(&mm->lock);
			continue;
		}
		mutex_unlock(&mm->lock);
		rc = kernel_fault(addr, flags, &sig, &code);
	}
	return rc ? -ENOMEM : 0;
}

static bool is_covered(struct mm *mm, unsigned long addr, unsigned long end)
{
	struct vma *v;

	for (; addr < end; addr = v->end) {
		v = vma_find(mm, addr);
		if (!v)
			return false;
	}
	return true;
}

long vm_lock_range(unsigned long addr, size_t len, bool lock)
{
	struct mm *mm = current->mm;
	unsigned long start = align_down(addr, PAGE_SIZE), end;
	struct vma *v;
	int rc;

	if (len > machine_user_end || start > machine_user_end - len)
		return -ENOMEM;
	end = align_up(addr + len, PAGE_SIZE);
	if (start == end)
		return 0;
	mutex_lock(&mm->lock);
	rc = is_covered(mm, start, end) ? vma_split_range(mm, start, end) : -ENOMEM;
	list_for_each (v, &mm->vmas, link)
		if (!rc && v->start >= start && v->end <= end)
			set(v, lock);
	mutex_unlock(&mm->lock);
	return rc || !lock ? rc : fill(start, end);
}

/* What is MCL_: all regions there are, all there will be; 0: none of either. */
long vm_lock_all(unsigned what)
{
	struct mm *mm = current->mm;
	struct vma *v;

	mutex_lock(&mm->lock);
	mm->new_flags = what & MCL_FUTURE ? VMA_LOCKED : 0;
	list_for_each (v, &mm->vmas, link)
		if (!what || what & MCL_CURRENT)
			set(v, what);
	mutex_unlock(&mm->lock);
	return what & MCL_CURRENT ? fill(0, machine_user_end) : 0;
}
