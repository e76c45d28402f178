/* SPDX-License-Identifier: MIT */
/*
 * Shared mappings of files: how what a program stores reaches the file, and what becomes of a mapping whose file
 * shrinks.
 *
 * A mapped page IS the page of the file's cache, so programs, read() and write() always agree. What is left is to
 * know when it is dirty. A page of a tracked region is mapped read-only; the first store faults, the file is told
 * (file_ops.page_write), and the page stays dirty for as long as the program has the right to write:
 *
 *	not mapped, or read-only --store, fault--> writable: dirty, and dirty again when it has been written
 *		^						|
 *		+--- vm_protect_shared(), by the write-back ----+
 *
 * So a page is never clean and writable at once, and msync, fsync, sync and the write-back thread need not look at
 * page tables. munmap and exit have nothing to do: the page is dirty already.
 *
 * The write-back thread takes an mm's lock only if it is free: somebody who holds it may wait for the write-back.
 */
#include "vma.h"
#include "fs/vfs.h"
#include "fs.h"
#include "proc.h"
#include <uapi/process.h>

static void protect_tracked(struct mm *mm, struct vma *v)
{
	unsigned access;

	for (unsigned long va = space_next(mm->space, v->start, v->end); va < v->end;
	     va = space_next(mm->space, va + PAGE_SIZE, v->end))
		if (!pfn_is_none(space_lookup(mm->space, va, &access)) && access & SPACE_WRITE)
			space_protect(mm->space, va, vma_access(v, true));
}

bool vm_protect_shared(void)
{
	bool all = true;
	struct vma *v;

	for (struct mm *mm = mm_next(NULL); mm; mm = mm_next(mm)) {
		if (!mutex_trylock(&mm->lock)) {
			all = false;
			continue;
		}
		list_for_each (v, &mm->vmas, link)
			if (v->flags & VMA_TRACKED)
				protect_tracked(mm, v);
		space_sync(mm->space);
		mutex_unlock(&mm->lock);
	}
	return all;
}

/* An ELF segment brings its own end; all other mappings of a file end with it. */
static bool ends_with(const struct vma *v, const struct inode *i)
{
	return v->file && v->file->path.inode == i && v->file_bytes == ~0ull &&
	       !(v->flags & VMA_FOREIGN);
}

/*
 * A fault that began before the file shrank has ended when we have the lock, and a later one sees the new size. Private
 * copies go too, as on Linux.
 */
void vm_unmap_file(const struct inode *i, uint64_t size)
{
	uint64_t first = align_up(size, PAGE_SIZE);
	struct vma *v;

	for (struct mm *mm = mm_next(NULL); mm; mm = mm_next(mm)) {
		mutex_lock(&mm->lock);
		list_for_each (v, &mm->vmas, link) {
			uint64_t skip = first > v->offset ? first - v->offset : 0;

			if (ends_with(v, i) && skip < v->end - v->start)
				mm_unmap_pages(mm, v->start + (unsigned long)skip, v->end);
		}
		mutex_unlock(&mm->lock);
	}
}

enum { MS_ASYNC = 1, MS_INVALIDATE = 2, MS_SYNC = 4 };

/*
 * The file of the first region at or behind *at, with a reference, or NULL if it has none to write to; *at moves behind
 * the region. -ENOMEM: there is a hole before it.
 */
static int next_file(struct mm *mm, unsigned long *at, unsigned long end, struct file **f)
{
	unsigned long from = *at;
	struct vma *v;
	int rc;

	*f = NULL;
	mutex_lock(&mm->lock);
	v = vma_at_or_after(mm, from);
	*at = v && v->start < end ? v->end : end;
	rc = v && v->start <= from ? 0 : -ENOMEM;
	if (v && v->start < end && v->flags & VMA_TRACKED) {
		*f = v->file;
		file_get(*f);
	}
	mutex_unlock(&mm->lock);
	return rc;
}

/* The files' own locks come before mm->lock, so one after the other is written with nothing held. */
long vm_msync(unsigned long addr, size_t len, int flags)
{
	unsigned long end;
	long rc = 0;

	if (addr & (PAGE_SIZE - 1) || flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) ||
	    (flags & MS_ASYNC && flags & MS_SYNC))
		return -EINVAL;
	len = align_up(len, PAGE_SIZE);
	if (len > machine_user_end || addr > machine_user_end - len)
		return -ENOMEM;
	end = addr + len;
	while (addr < end) {
		struct file *f;
		int hole = next_file(current->mm, &addr, end, &f), failed = 0;

		if (f && flags & MS_SYNC && f->ops->sync)
			failed = f->ops->sync(f);
		if (f)
			file_put(f);
		if (failed)
			return failed;
		rc = hole ? hole : rc;
	}
	return rc;
}
