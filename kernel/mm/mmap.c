/* SPDX-License-Identifier: MIT */
/*
 * The system calls that change an address space: brk, mmap, munmap, mprotect, mremap.
 *
 * Each takes mm->lock of the current process once. Sizes are rounded up to pages; addresses must be
 * aligned.
 */
#include "vma.h"
#include "fs.h"
#include "proc.h"
#include "swap.h"
#include <uapi/process.h>

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
#define USER_LOW (16 * PAGE_SIZE) /* null pointers with an offset must fault */

static bool range_valid(unsigned long addr, size_t len)
{
	return !(addr & (PAGE_SIZE - 1)) && len && len <= machine_user_end &&
	       addr <= machine_user_end - len;
}

/* More than all memory and swap in one piece is never meant to be used. */
static bool affordable(size_t len)
{
	return len >> PAGE_SHIFT <= page_total_count() + swap_total_count();
}

unsigned long vm_brk(unsigned long brk)
{
	struct mm *mm = current->mm;
	unsigned long old, new;
	struct vma v = { .prot = PROT_ALL & ~PROT_EXEC, .flags = MAP_PRIVATE, .file_bytes = ~0ull };

	mutex_lock(&mm->lock);
	old = align_up(mm->brk, PAGE_SIZE);
	new = align_up(brk, PAGE_SIZE);
	if (brk < mm->brk_start || brk >= machine_user_end)
		goto out;
	if (new < old) {
		if (vma_remove_range(mm, new, old))
			goto out;
	} else if (new > old) {
		v.start = old;
		v.end = new;
		if (!affordable(new - old) || !vma_range_free(mm, old, new + PAGE_SIZE) ||
		    vma_insert(mm, &v))
			goto out;
	}
	mm->brk = brk;
out:
	brk = mm->brk;
	mutex_unlock(&mm->lock);
	return brk;
}

/* Finds the place of a new mapping, and clears it if it must be exactly there. */
static long place(struct mm *mm, unsigned long addr, size_t len, unsigned flags)
{
	unsigned long hint = align_down(addr, PAGE_SIZE);
	int rc;

	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (!range_valid(addr, len))
			return addr & (PAGE_SIZE - 1) ? -EINVAL : -ENOMEM;
		if (addr < USER_LOW)
			return -EPERM;
		if (vma_range_free(mm, addr, addr + len))
			return addr;
		if (flags & MAP_FIXED_NOREPLACE)
			return -EEXIST;
		rc = vma_remove_range(mm, addr, addr + len);
		return rc ? rc : (long)addr;
	}
	if (hint >= USER_LOW && range_valid(hint, len) && vma_range_free(mm, hint, hint + len))
		return hint;
	addr = vma_find_hole(mm, len, mm->mmap_top);
	return addr >= USER_LOW ? (long)addr : -ENOMEM;
}

/*
 * Shared anonymous memory has no file where a later fault of a child could find the page, so all of it comes at
 * once. No lock is held: memory may have to be made.
 */
static long populate(unsigned long start, size_t len)
{
	unsigned long end = start + len;
	int sig, code;

	for (unsigned long va = start; va < end; va += PAGE_SIZE) {
		if (!kernel_fault(va, 0, &sig, &code))
			continue;
		(void)vm_munmap(start, len);
		return -ENOMEM;
	}
	return (long)start;
}

static int check_request(size_t len, unsigned prot, unsigned flags, struct file *file,
			 uint64_t offset)
{
	unsigned type = flags & MAP_TYPE;

	if (!len || offset & (PAGE_SIZE - 1) || prot & ~(PROT_ALL | PROT_GROWSDOWN))
		return -EINVAL;
	if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (len > machine_user_end || !affordable(len))
		return -ENOMEM;
	return file ? file_may_map(file, prot, type != MAP_PRIVATE) : 0;
}

long vm_mmap(unsigned long addr, size_t len, unsigned prot, unsigned flags, struct file *file,
	     uint64_t offset)
{
	struct mm *mm = current->mm;
	struct vma v = { .prot = prot & PROT_ALL,
			 .flags = (flags & MAP_TYPE) == MAP_PRIVATE ? MAP_PRIVATE : MAP_SHARED,
			 .file = file,
			 .offset = offset,
			 .file_bytes = ~0ull };
	long rc;

	len = align_up(len, PAGE_SIZE);
	rc = check_request(len, prot, flags, file, offset);
	if (rc)
		return rc;
	if (file && file->ops->map_foreign)
		v.flags = MAP_SHARED | VMA_FOREIGN;
	else if (file && file->ops->page_write && v.flags == MAP_SHARED)
		v.flags |= VMA_TRACKED;
	v.flags |= mm->new_flags;
	mutex_lock(&mm->lock);
	rc = place(mm, addr, len, flags);
	if (!is_err((void *)rc)) {
		int err;

		v.start = rc;
		v.end = v.start + len;
		err = vma_insert(mm, &v);
		if (!err) {
			if (v.flags & VMA_FOREIGN)
				err = file->ops->map_foreign(file, mm->space, &v);
			if (err)
				vma_free(mm, vma_find(mm, v.start));
		}
		if (err)
			rc = err;
	}
	mutex_unlock(&mm->lock);
	return !is_err((void *)rc) && v.flags & MAP_SHARED && !file ? populate(rc, len) : rc;
}

long vm_munmap(unsigned long addr, size_t len)
{
	struct mm *mm = current->mm;
	long rc;

	len = align_up(len, PAGE_SIZE);
	if (!range_valid(addr, len))
		return -EINVAL;
	mutex_lock(&mm->lock);
	rc = vma_remove_range(mm, addr, addr + len);
	mutex_unlock(&mm->lock);
	return rc;
}

/* Is every page of the range in some region, and may each have these rights? */
static int check_protect(struct mm *mm, unsigned long start, unsigned long end, unsigned prot)
{
	while (start < end) {
		struct vma *v = vma_find(mm, start);

		if (!v)
			return -ENOMEM;
		if (v->flags & VMA_FOREIGN)
			return -EACCES;
		if (v->file && v->flags & MAP_SHARED && file_may_map(v->file, prot, true))
			return -EACCES;
		start = v->end;
	}
	return 0;
}

static void protect_region(struct mm *mm, struct vma *v, unsigned prot)
{
	unsigned long va;

	v->prot = prot;
	/* Private pages get the right to be written by their next fault, which knows who shares them. */
	for (va = space_next(mm->space, v->start, v->end); va < v->end;
	     va = space_next(mm->space, va + PAGE_SIZE, v->end))
		space_protect(mm->space, va, vma_access(v, true));
}

long vm_mprotect(unsigned long addr, size_t len, unsigned prot)
{
	struct mm *mm = current->mm;
	struct vma *v;
	long rc;

	if (addr & (PAGE_SIZE - 1) || prot & ~(PROT_ALL | PROT_GROWSDOWN))
		return -EINVAL;
	len = align_up(len, PAGE_SIZE);
	if (!len)
		return 0;
	if (!range_valid(addr, len))
		return -ENOMEM;
	mutex_lock(&mm->lock);
	rc = check_protect(mm, addr, addr + len, prot);
	if (!rc)
		rc = vma_split_range(mm, addr, addr + len);
	if (!rc) {
		list_for_each (v, &mm->vmas, link) {
			if (v->start >= addr && v->end <= addr + len)
				protect_region(mm, v, prot & PROT_ALL);
		}
		space_sync(mm->space);
	}
	mutex_unlock(&mm->lock);
	return rc;
}

/* The pages change their addresses. Where tables are missing memory may run out: then some stay. */
static int move_pages(struct mm *mm, const struct vma *v, unsigned long from, unsigned long to,
		      size_t len)
{
	unsigned long va, end = from + len;
	int rc;

	for (va = space_next(mm->space, from, end); va < end;
	     va = space_next(mm->space, va + PAGE_SIZE, end)) {
		unsigned access;
		pfn_t pfn = space_lookup(mm->space, va, &access);

		rc = space_map(mm->space, va - from + to, pfn, vma_access(v, true));
		if (rc)
			return rc;
		space_unmap(mm->space, va);
	}
	space_sync(mm->space);
	return 0;
}

static long move(struct mm *mm, struct vma *old, unsigned long addr, size_t old_len, size_t new_len,
		 unsigned flags, unsigned long to)
{
	struct vma v = *old;
	long rc;

	rc = place(mm, to, new_len, flags & MREMAP_FIXED ? MAP_FIXED : 0);
	if (is_err((void *)rc))
		return rc;
	v.offset += addr - v.start;
	v.start = rc;
	v.end = v.start + new_len;
	rc = vma_insert(mm, &v);
	if (rc)
		return rc;
	rc = move_pages(mm, &v, addr, v.start, min(old_len, new_len));
	if (!rc)
		rc = vma_remove_range(mm, addr, addr + old_len);
	return rc ? rc : (long)v.start;
}

static long remap(struct mm *mm, unsigned long addr, size_t old_len, size_t new_len, unsigned flags,
		  unsigned long to)
{
	struct vma *v = vma_find(mm, addr);
	struct vma more;
	long rc;

	if (!v || v->end < addr + old_len)
		return -EFAULT;
	if (v->flags & VMA_FOREIGN)
		return -EINVAL;
	if (flags & MREMAP_FIXED)
		return move(mm, v, addr, old_len, new_len, flags, to);
	if (new_len <= old_len) {
		rc = new_len < old_len ? vma_remove_range(mm, addr + new_len, addr + old_len) : 0;
		return rc ? rc : (long)addr;
	}
	if (v->end == addr + old_len && range_valid(addr, new_len) &&
	    vma_range_free(mm, v->end, addr + new_len)) {
		more = *v;
		more.offset += v->end - v->start;
		more.start = v->end;
		more.end = addr + new_len;
		rc = vma_insert(mm, &more);
		return rc ? rc : (long)addr;
	}
	return flags & MREMAP_MAYMOVE ? move(mm, v, addr, old_len, new_len, flags, 0) : -ENOMEM;
}

long vm_mremap(unsigned long addr, size_t old_len, size_t new_len, unsigned flags,
	       unsigned long new_addr)
{
	struct mm *mm = current->mm;
	long rc;

	old_len = align_up(old_len, PAGE_SIZE);
	new_len = align_up(new_len, PAGE_SIZE);
	if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED) || !range_valid(addr, old_len) || !new_len)
		return -EINVAL;
	if (flags & MREMAP_FIXED && (!(flags & MREMAP_MAYMOVE) || !range_valid(new_addr, new_len) ||
				     (new_addr < addr + old_len && addr < new_addr + new_len)))
		return -EINVAL;
	if (!affordable(new_len))
		return -ENOMEM;
	mutex_lock(&mm->lock);
	rc = remap(mm, addr, old_len, new_len, flags, new_addr);
	mutex_unlock(&mm->lock);
	return rc;
}

#define MADV_DONTNEED 4

/* Advice may be ignored, but programs count on DONTNEED giving zeroes back. */
long vm_madvise(unsigned long addr, size_t len, int advice)
{
	struct mm *mm = current->mm;
	struct vma *v;

	len = align_up(len, PAGE_SIZE);
	if (addr & (PAGE_SIZE - 1) || (len && !range_valid(addr, len)))
		return -EINVAL;
	if (advice != MADV_DONTNEED || !len)
		return 0;
	mutex_lock(&mm->lock);
	list_for_each (v, &mm->vmas, link) {
		unsigned long start = max(v->start, addr), end = min(v->end, addr + len);

		if (start < end && v->flags & MAP_PRIVATE)
			mm_unmap_pages(mm, start, end);
	}
	mutex_unlock(&mm->lock);
	return 0;
}

struct vma *vm_foreign_lock(struct file *f, unsigned long addr, size_t len)
{
	struct mm *mm = current->mm;
	struct vma *v;

	if (!range_valid(addr, len))
		return NULL;
	mutex_lock(&mm->lock);
	v = vma_find(mm, addr);
	if (v && v->file == f && v->flags & VMA_FOREIGN && addr + len <= v->end)
		return v;
	mutex_unlock(&mm->lock);
	return NULL;
}

void vm_foreign_unlock(void)
{
	mutex_unlock(&current->mm->lock);
}
