/* SPDX-License-Identifier: MIT */
/*
 * ramfs: the content of files.
 *
 * A page is found and referenced under the spinlock, and copied from or to without it: the copy may
 * sleep in a page fault, and the fault may want a page of this very file. inode->lock serialises
 * those who write or change the size.
 */
#include "fs/ramfs.h"
#include "proc.h"
#include "signal.h"
#include "swap.h"

#define RLIMIT_FSIZE 1
#define ROOM	     64 /* pages to take back at once */

enum { FALLOC_KEEP_SIZE = 1, FALLOC_PUNCH_HOLE = 2, FALLOC_ZERO_RANGE = 16 };

static uint32_t index_of(uint64_t pos)
{
	return (uint32_t)(pos >> PAGE_SHIFT);
}

/* The page with a reference, or PFN_NONE for a hole. */
static pfn_t get_page(struct ramfs_inode *r, uint64_t pos)
{
	pfn_t pfn = PFN_NONE;
	void *va;

	spin_lock(&r->lock);
	va = pagetree_find(&r->pages, index_of(pos));
	if (va) {
		pfn = machine_va_page(va);
		page_get(pfn);
	}
	spin_unlock(&r->lock);
	return pfn;
}

/*
 * Files give nothing back by themselves, so they may not take the last of the memory: the rest is
 * what a shell needs to remove them again.
 */
bool ramfs_memory_left(void)
{
	return page_free_count() > page_total_count() / 16;
}

static pfn_t fill_page(struct ramfs_inode *r, uint64_t pos)
{
	pfn_t pfn = PFN_NONE;
	void *va;

	if (!ramfs_memory_left()) /* pages of programs can go to swap, these cannot */
		(void)reclaim_pages(ROOM, NULL);
	spin_lock(&r->lock);
	va = pagetree_find(&r->pages, index_of(pos));
	if (!va && ramfs_memory_left())
		va = pagetree_fill(&r->pages, index_of(pos));
	if (va) {
		pfn = machine_va_page(va);
		page_get(pfn);
	}
	spin_unlock(&r->lock);
	return pfn;
}

static long file_read_bytes(struct file *f, struct iter *to, uint64_t *pos)
{
	struct inode *i = f->path.inode;
	size_t done = 0;

	while (to->left && *pos < i->size) {
		size_t off = *pos % PAGE_SIZE, got;
		uint64_t rest = i->size - *pos;
		size_t n = min(PAGE_SIZE - off, to->left);
		pfn_t pfn = get_page(ramfs_of(i), *pos);

		n = rest < n ? (size_t)rest : n;
		if (pfn_is_none(pfn)) {
			got = iter_zero(to, n);
		} else {
			got = iter_write(to, (char *)machine_page_va(pfn) + off, n);
			page_put(pfn);
		}
		*pos += got;
		done += got;
		if (got < n)
			return done ? (long)done : -EFAULT;
		cond_resched();
	}
	if (!(f->flags & O_NOATIME) && !(f->path.mnt->flags & MS_NOATIME))
		i->atime = inode_now();
	return (long)done;
}

/* How large a file current may make it (ulimit -f). */
static uint64_t size_limit(void)
{
	if (current->kthread) /* writes for others: a loop device */
		return FILE_SIZE_MAX;
	return min(current->proc->rlimit[RLIMIT_FSIZE].cur, (uint64_t)FILE_SIZE_MAX);
}

static long write_locked(struct inode *i, struct iter *from, uint64_t *pos)
{
	uint64_t limit = size_limit();
	size_t done = 0;

	while (from->left) {
		size_t off = *pos % PAGE_SIZE, n = min(PAGE_SIZE - off, from->left), got;
		pfn_t pfn;

		if (*pos >= limit) {
			if (!done && limit < FILE_SIZE_MAX)
				signal_send_task(current, SIGXFSZ, NULL);
			return done ? (long)done : -EFBIG;
		}
		n = min((uint64_t)n, limit - *pos);
		pfn = fill_page(ramfs_of(i), *pos);
		if (pfn_is_none(pfn))
			return done ? (long)done : -ENOSPC;
		got = iter_read(from, (char *)machine_page_va(pfn) + off, n);
		page_put(pfn);
		*pos += got;
		done += got;
		if (*pos > i->size)
			i->size = *pos;
		if (got < n)
			return done ? (long)done : -EFAULT;
		cond_resched();
	}
	return (long)done;
}

static long file_write_bytes(struct file *f, struct iter *from, uint64_t *pos)
{
	struct inode *i = f->path.inode;
	long r;

	if (!from->left)
		return 0;
	mutex_lock(&i->lock);
	if (f->flags & O_APPEND)
		*pos = i->size;
	r = write_locked(i, from, pos);
	if (r > 0)
		inode_written(i);
	mutex_unlock(&i->lock);
	return r;
}

static long long seek_data(struct file *f, uint64_t off, int whence)
{
	struct inode *i = f->path.inode;
	struct ramfs_inode *r = ramfs_of(i);
	uint32_t at, next;

	if (off >= i->size)
		return -ENXIO;
	spin_lock(&r->lock);
	at = index_of(off);
	if (whence == SEEK_DATA) {
		if (!pagetree_next(&r->pages, at, &next) ||
		    (uint64_t)next << PAGE_SHIFT >= i->size) {
			spin_unlock(&r->lock);
			return -ENXIO;
		}
	} else {
		for (next = at; pagetree_find(&r->pages, next); next++)
			;
	}
	spin_unlock(&r->lock);
	if (next != at)
		off = (uint64_t)next << PAGE_SHIFT;
	f->pos = min(off, i->size);
	return (long long)f->pos;
}

static long long file_seek_bytes(struct file *f, long long off, int whence)
{
	if (whence == SEEK_DATA || whence == SEEK_HOLE)
		return off < 0 ? -ENXIO : seek_data(f, (uint64_t)off, whence);
	return file_seek_sized(f, off, whence, f->path.inode->size);
}

static pfn_t map_page(struct file *f, uint64_t offset)
{
	struct inode *i = f->path.inode;

	if (offset >= i->size)
		return PFN_NONE;
	return fill_page(ramfs_of(i), offset);
}

const struct file_ops ramfs_file_fops = {
	.read = file_read_bytes,
	.write = file_write_bytes,
	.seek = file_seek_bytes,
	.map_page = map_page,
};

/* ---- size ---- */

/* Bytes from..to of one page become zeros, unless they are a hole. */
static void zero_part(struct ramfs_inode *r, uint64_t from, uint64_t to)
{
	char *va;

	if (from >= to)
		return;
	va = pagetree_find(&r->pages, index_of(from));
	if (va)
		memset(va + from % PAGE_SIZE, 0, (size_t)(to - from));
}

static void punch(struct ramfs_inode *r, uint64_t from, uint64_t to)
{
	uint64_t first = align_up(from, (uint64_t)PAGE_SIZE);
	uint64_t last = align_down(to, (uint64_t)PAGE_SIZE);

	spin_lock(&r->lock);
	if (first > last) {
		zero_part(r, from, to);
	} else {
		zero_part(r, from, first);
		zero_part(r, last, to);
		if (first < last)
			pagetree_drop(&r->pages, index_of(first), index_of(last - 1));
	}
	spin_unlock(&r->lock);
}

int ramfs_truncate(struct inode *i, uint64_t size)
{
	uint64_t old = i->size;

	i->size = size;
	/* The rest of the last page must read as zeros when the file grows again. */
	if (size < old)
		punch(ramfs_of(i), size, align_up(old, (uint64_t)PAGE_SIZE));
	return 0;
}

int ramfs_allocate(struct inode *i, int mode, uint64_t from, uint64_t len)
{
	struct ramfs_inode *r = ramfs_of(i);

	if (mode & ~(FALLOC_KEEP_SIZE | FALLOC_PUNCH_HOLE | FALLOC_ZERO_RANGE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_PUNCH_HOLE) && !(mode & FALLOC_KEEP_SIZE))
		return -EOPNOTSUPP;
	if (from + len > FILE_SIZE_MAX)
		return -EFBIG;
	if (mode & (FALLOC_PUNCH_HOLE | FALLOC_ZERO_RANGE))
		punch(r, from, min(from + len, align_up(i->size, (uint64_t)PAGE_SIZE)));
	if (!(mode & FALLOC_PUNCH_HOLE)) {
		for (uint64_t at = align_down(from, (uint64_t)PAGE_SIZE); at < from + len;
		     at += PAGE_SIZE) {
			pfn_t pfn = fill_page(r, at);

			if (pfn_is_none(pfn))
				return -ENOSPC;
			page_put(pfn);
			cond_resched();
		}
		if (!(mode & FALLOC_KEEP_SIZE) && from + len > i->size)
			i->size = from + len;
	}
	inode_changed(i);
	return 0;
}
