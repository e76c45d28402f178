/* SPDX-License-Identifier: MIT */
/*
 * Page faults: demand paging, copy-on-write, a growing stack.
 *
 * A page of a private region is writable only while this address space is the only one that knows
 * it: fork takes the right away, and the first write afterwards either finds that the page is alone
 * again or copies it. Pages of files are shared with the page cache until the first write.
 *
 * A shared page of a file on a disk is not writable either until its first write: then the file finds a place for it
 * and takes it for dirty (page_write). A hole needs the file's locks, which come before mm->lock, so the fault
 * lets go of everything, has the place made, and begins again.
 */
#include "fs/vfs.h"
#include "places.h"
#include "vma.h"
#include "fs.h"
#include "proc.h"
#include <uapi/process.h>

/* The page and its reference are given to the space. */
static int install(struct mm *mm, unsigned long va, pfn_t pfn, unsigned access)
{
	int rc = space_map(mm->space, va, pfn, access);

	if (rc) {
		page_put(pfn);
		return rc;
	}
	mm->page_count++;
	space_sync(mm->space);
	return 0;
}

static pfn_t zero_page(void)
{
	pfn_t pfn = page_alloc_user(PAGE_ANONYMOUS);

	if (!pfn_is_none(pfn))
		memset(machine_page_va(pfn), 0, PAGE_SIZE);
	return pfn;
}

static pfn_t page_copy(pfn_t from)
{
	pfn_t to = page_alloc_user(PAGE_ANONYMOUS);

	if (!pfn_is_none(to))
		memcpy(machine_page_va(to), machine_page_va(from), PAGE_SIZE);
	return to;
}

/* Nobody else knows the page: no other address space, no cache, no place on a disk that must stay as it is. */
static bool is_ours_alone(pfn_t pfn)
{
	return page_refs(pfn) == 1 || (page_refs(pfn) == 2 && page_kind(pfn) == PAGE_ANONYMOUS &&
				       swap_leave(pfn) && page_refs(pfn) == 1);
}

static int tell_file(struct vma *v, unsigned long va)
{
	if (!(v->flags & VMA_TRACKED))
		return 0;
	return v->file->ops->page_write(v->file, v->offset + (va - v->start), false);
}

/* A write to a present page that may not be written yet. */
static int fault_write(struct mm *mm, struct vma *v, unsigned long va, pfn_t old)
{
	pfn_t copy;
	int rc;

	if (v->flags & MAP_SHARED || is_ours_alone(old)) {
		rc = tell_file(v, va);
		if (rc)
			return rc;
		space_protect(mm->space, va, vma_access(v, false));
		space_sync(mm->space);
		return 0;
	}
	copy = page_copy(old);
	if (pfn_is_none(copy))
		return -ENOMEM;
	rc = space_map(mm->space, va, copy, vma_access(v, false));
	if (rc) {
		page_put(copy);
		return rc;
	}
	space_sync(mm->space);
	page_put(old);
	return 0;
}

static int fault_present(struct mm *mm, struct vma *v, unsigned long va, pfn_t pfn, unsigned access,
			 unsigned flags)
{
	if (flags & FAULT_WRITE && !(access & SPACE_WRITE))
		return fault_write(mm, v, va, pfn);
	/* Rights were added to the region since, or another thread was faster. */
	space_protect(mm->space, va, vma_access(v, !(access & SPACE_WRITE)));
	space_sync(mm->space);
	return 0;
}

int mm_swap_in(struct mm *mm, const struct vma *v, unsigned long va, pfn_t note)
{
	bool shared = v->flags & MAP_SHARED;
	pfn_t pfn;
	int rc = swap_in(note_x(note), shared, &pfn);

	if (rc)
		return rc;
	/* Its table is there, so this cannot fail. */
	space_map(mm->space, va, pfn, vma_access(v, !shared && page_refs(pfn) != 1));
	space_sync(mm->space);
	mm->swap_count--;
	mm->page_count++;
	return 0;
}

static int fault_anonymous(struct mm *mm, struct vma *v, unsigned long va)
{
	pfn_t pfn = zero_page();

	return pfn_is_none(pfn) ? -ENOMEM : install(mm, va, pfn, vma_access(v, false));
}

/* Part of the page comes from the file, the rest is zero: the end of a data segment. */
static int fault_file_part(struct mm *mm, struct vma *v, unsigned long va, uint64_t offset,
			   size_t bytes)
{
	pfn_t pfn = zero_page();
	long rc;

	if (pfn_is_none(pfn))
		return -ENOMEM;
	rc = bytes ? file_pread(v->file, machine_page_va(pfn), bytes, offset) : 0;
	if (rc < 0) {
		page_put(pfn);
		return rc == -ENOMEM ? -ENOMEM : -EFAULT;
	}
	return install(mm, va, pfn, vma_access(v, false));
}

static int bus_error(int *sig, int *code)
{
	*sig = SIGBUS;
	*code = BUS_ADRERR;
	return -EFAULT;
}

/* A file has no page for us. Its bytes say whether there is no memory, or an error of the medium. */
static int why_no_page(struct vma *v, uint64_t offset, int *sig, int *code)
{
	char byte;
	long rc;

	if (file_size(v->file) ==
	    FILE_SIZE_MAX) /* a device has no size: it ends where it has no page */
		return bus_error(sig, code);
	rc = file_pread(v->file, &byte, 1, offset);
	return rc >= 0 || rc == -ENOMEM ? -ENOMEM : bus_error(sig, code);
}

static int install_shared(struct mm *mm, struct vma *v, unsigned long va, pfn_t pfn, bool write)
{
	int rc = write ? tell_file(v, va) : 0;

	if (rc) {
		page_put(pfn);
		return rc;
	}
	return install(mm, va, pfn, vma_access(v, !write));
}

/* If its disk cannot be read, this program has lost a page, and nobody else. */
static int fault_swapped(struct mm *mm, struct vma *v, unsigned long va, pfn_t note, int *sig,
			 int *code)
{
	int rc = mm_swap_in(mm, v, va, note);

	return rc && rc != -ENOMEM ? bus_error(sig, code) : rc;
}

static int fault_file(struct mm *mm, struct vma *v, unsigned long va, unsigned flags, int *sig,
		      int *code)
{
	uint64_t into = va - v->start, offset = v->offset + into, size = file_size(v->file);
	pfn_t pfn, copy;
	int rc;

	if (v->file_bytes != ~0ull && v->file_bytes < into + PAGE_SIZE)
		return fault_file_part(mm, v, va, offset,
				       v->file_bytes > into ? v->file_bytes - into : 0);
	if (offset >= align_up(size, PAGE_SIZE))
		return bus_error(sig, code);
	pfn = file_map_page(v->file, offset);
	if (pfn_is_none(pfn)) {
		if (v->flags & MAP_SHARED)
			return why_no_page(v, offset, sig, code);
		rc = fault_file_part(mm, v, va, offset, min(size - offset, (uint64_t)PAGE_SIZE));
		if (rc == -EFAULT)
			*sig = SIGBUS;
		return rc;
	}
	if (v->flags & MAP_SHARED)
		return install_shared(mm, v, va, pfn, flags & FAULT_WRITE);
	if (!(flags & FAULT_WRITE))
		return install(mm, va, pfn, vma_access(v, true));
	copy = page_copy(pfn);
	page_put(pfn);
	return pfn_is_none(copy) ? -ENOMEM : install(mm, va, copy, vma_access(v, false));
}

/* The stack's region grows down to the faulting page, as far as the limit goes. */
static struct vma *grow_stack(struct mm *mm, unsigned long va)
{
	struct vma *v = vma_at_or_after(mm, va), *prev;
	uint64_t limit = current->proc->rlimit[RLIMIT_STACK].cur;

	if (!v || !(v->flags & MAP_GROWSDOWN) || v->end - va > limit)
		return NULL;
	if (v->link.prev != &mm->vmas) {
		prev = list_entry(v->link.prev, struct vma, link);
		/* A guard page stays between the stack and what lies below. */
		if (prev->end + PAGE_SIZE > va)
			return NULL;
	}
	mm->total_pages += (v->start - va) >> PAGE_SHIFT;
	v->start = va;
	return v;
}

static bool allowed(const struct vma *v, unsigned flags)
{
	if (flags & FAULT_WRITE)
		return v->prot & PROT_WRITE;
	if (flags & FAULT_EXEC)
		return v->prot & PROT_EXEC;
	return v->prot & (PROT_READ | PROT_WRITE | PROT_EXEC);
}

int mm_fault(struct mm *mm, unsigned long va, unsigned flags, int *sig, int *code)
{
	unsigned access = SPACE_NONE;
	struct vma *v;
	pfn_t pfn;

	va = align_down(va, PAGE_SIZE);
	*sig = SIGSEGV;
	*code = SEGV_MAPERR;
	v = vma_find(mm, va);
	if (!v)
		v = grow_stack(mm, va);
	if (!v)
		return -EFAULT;
	*code = SEGV_ACCERR;
	if (!allowed(v, flags))
		return -EFAULT;
	if (v->flags & VMA_FOREIGN) /* its file has nothing there */
		return bus_error(sig, code);
	pfn = space_lookup(mm->space, va, &access);
	if (!pfn_is_none(pfn))
		return pfn_is_note(pfn) ? fault_swapped(mm, v, va, pfn, sig, code)
					: fault_present(mm, v, va, pfn, access, flags);
	return v->file ? fault_file(mm, v, va, flags, sig, code) : fault_anonymous(mm, v, va);
}

/* The file makes a place for the page at va, which is about to be written. */
static int make_place(struct mm *mm, unsigned long va)
{
	struct file *f = NULL;
	uint64_t offset = 0;
	struct vma *v;
	int rc;

	mutex_lock(&mm->lock);
	v = vma_find(mm, va);
	if (v && v->flags & VMA_TRACKED) {
		f = v->file;
		file_get(f);
		offset = v->offset + align_down(va - v->start, PAGE_SIZE);
	}
	mutex_unlock(&mm->lock);
	if (!f)
		return 0; /* another thread unmapped it: the next look says what that means */
	rc = f->ops->page_write(f, offset, true);
	file_put(f);
	return rc;
}

static int fault_once(struct mm *mm, unsigned long va, unsigned flags, int *sig, int *code)
{
	int rc;

	do {
		mutex_lock(&mm->lock);
		rc = mm_fault(mm, va, flags, sig, code);
		mutex_unlock(&mm->lock);
		if (rc != -EAGAIN)
			break;
		rc = make_place(mm, va);
	} while (!rc);
	if (!rc || rc == -EFAULT || rc == -ENOMEM)
		return rc;
	return bus_error(sig, code); /* the medium is full or broken */
}

int kernel_fault(unsigned long va, unsigned flags, int *sig, int *code)
{
	struct mm *mm = current->mm;
	int rc;

	*sig = SIGSEGV;
	*code = SEGV_MAPERR;
	if (!mm || current->preempt_count)
		return -EFAULT;
	for (;;) {
		rc = fault_once(mm, va, flags, sig, code);
		if (rc != -ENOMEM)
			return rc;
		if (!oom_make_room()) {
			*sig = SIGKILL;
			return -EFAULT;
		}
	}
}
