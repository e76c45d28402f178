/* SPDX-License-Identifier: MIT */
/*
 * ext2: the bytes of files.
 *
 * Reading and writing go through the pages of the inode's cache. A write first has the page (a hole reads
 * as zeros), then gets blocks for the bytes that it touches, then changes the page: so a block that is new
 * never shows what was in it before, and a full disk is an error of the write, not of the write-back.
 */
#include "fs/ext2/ext2.h"
#include "proc.h"
#include "signal.h"

#define FAULT_AHEAD  7 /* pages of a program that is being loaded by faults */
#define RLIMIT_FSIZE 1

/* ---- between the cache and the disk ---- */

static uint64_t sector_of(const struct ext2 *fs, uint32_t block)
{
	return (uint64_t)block << (fs->block_shift - SECTOR_SHIFT);
}

/* From the file's block `at` on, `most` at most: those that follow each other on the disk, or are all holes. */
static int find_run(struct ext2_inode *e, uint32_t at, unsigned most, uint32_t *block,
		    unsigned *count)
{
	int rc = ext2_map(e, at, false, block);
	uint32_t next;

	for (*count = 1; !rc && *count < most; (*count)++) {
		rc = ext2_map(e, at + *count, false, &next);
		if (next != (*block ? *block + *count : 0))
			break;
	}
	return rc;
}

static void clear_bytes(void *const pages[], size_t offset, size_t len)
{
	while (len) {
		size_t in_page = offset % PAGE_SIZE, n = min(len, PAGE_SIZE - in_page);

		memset((char *)pages[offset / PAGE_SIZE] + in_page, 0, n);
		offset += n;
		len -= n;
	}
}

/* Blocks that follow each other on the disk go together, over the borders of pages. */
static int move(struct ext2_inode *e, enum block_op op, uint32_t index, void *const pages[],
		unsigned count)
{
	struct ext2 *fs = e->fs;
	unsigned shift = fs->block_shift, blocks = count << (PAGE_SHIFT - shift), n;
	uint32_t first = index << (PAGE_SHIFT - shift), block;
	int rc = 0;

	for (unsigned at = 0; at < blocks && !rc; at += n) {
		size_t offset = (size_t)at << shift, len;

		rc = find_run(e, first + at, blocks - at, &block, &n);
		len = (size_t)n << shift;
		if (!rc && block)
			rc = block_transfer_pages(fs->dev, op, sector_of(fs, block),
						  pages + offset / PAGE_SIZE, offset % PAGE_SIZE,
						  len);
		else if (!rc && op == BLOCK_READ)
			clear_bytes(pages, offset, len);
	}
	return rc;
}

/* What is behind the end reads as zeros, whatever is on the disk. */
static void clear_tail(const struct inode *i, uint32_t index, void *const pages[], unsigned count)
{
	for (unsigned n = 0; n < count; n++) {
		uint64_t start = (uint64_t)(index + n) << PAGE_SHIFT;

		if (start >= i->size)
			memset(pages[n], 0, PAGE_SIZE);
		else if (i->size - start < PAGE_SIZE)
			memset((char *)pages[n] + (i->size - start), 0,
			       (size_t)(PAGE_SIZE - (i->size - start)));
	}
}

static int read_pages(struct cache *c, uint32_t index, void *const pages[], unsigned count)
{
	struct ext2_inode *e = c->owner;
	int rc = move(e, BLOCK_READ, index, pages, count);

	if (!rc)
		clear_tail(&e->i, index, pages, count);
	return rc;
}

static int write_pages(struct cache *c, uint32_t index, void *const pages[], const uint8_t parts[],
		       unsigned count)
{
	(void)parts;
	return move(c->owner, BLOCK_WRITE, index, pages, count);
}

const struct cache_ops ext2_cache_ops = { read_pages, write_pages };

/* ---- reading ---- */

static long read(struct file *f, struct iter *to, uint64_t *pos)
{
	struct inode *i = f->path.inode;
	struct ext2_inode *e = ext2_of(i);
	size_t done = 0;

	while (to->left && *pos < i->size) {
		size_t off = *pos % PAGE_SIZE, n = min(PAGE_SIZE - off, to->left), got;
		char *va = cache_page_read(&e->cache, (uint32_t)(*pos >> PAGE_SHIFT), to->left,
					   i->size - *pos);

		if (is_err(va))
			return done ? (long)done : ptr_err(va);
		n = (size_t)min((uint64_t)n, i->size - *pos);
		got = iter_write(to, va + off, n);
		page_put(machine_va_page(va));
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

/* ---- writing ---- */

static uint64_t largest(const struct ext2 *fs)
{
	uint64_t n = fs->pointers, blocks = EXT2_DIRECT + n + n * n + n * n * n;
	uint64_t most = min(blocks << fs->block_shift, (uint64_t)FILE_SIZE_MAX);

	/* A kernel thread writes for others: a loop device. */
	return current->kthread ? most : min(most, current->proc->rlimit[RLIMIT_FSIZE].cur);
}

/* Blocks for the bytes off..off+n of page `index`. */
static int make_blocks(struct ext2_inode *e, uint32_t index, size_t off, size_t n)
{
	unsigned shift = e->fs->block_shift;
	uint32_t first = index << (PAGE_SHIFT - shift), block;
	int rc = 0;

	for (size_t b = off >> shift; b <= (off + n - 1) >> shift && !rc; b++)
		rc = ext2_map(e, first + (uint32_t)b, true, &block);
	return rc;
}

/* Within one page. Bytes written or -errno. Locks: inode->lock. */
static long write_piece(struct ext2_inode *e, struct iter *from, uint64_t pos, size_t n)
{
	uint32_t index = (uint32_t)(pos >> PAGE_SHIFT);
	size_t off = pos % PAGE_SIZE, got;
	bool all = n == PAGE_SIZE || (!off && pos + n >= e->i.size);
	char *va = all ? cache_page_new(&e->cache, index) : cache_page(&e->cache, index, 0);
	int rc;

	if (is_err(va))
		return ptr_err(va);
	rc = make_blocks(e, index, off, n);
	if (rc) {
		page_put(machine_va_page(va));
		return rc;
	}
	got = iter_read(from, va + off, n);
	if (pos + got > e->i.size)
		e->i.size = pos + got;
	cache_dirty_bytes(&e->cache, index, (unsigned)off, (unsigned)n);
	page_put(machine_va_page(va));
	return got == n ? (long)n : got ? (long)got : -EFAULT;
}

static long write_locked(struct inode *i, struct iter *from, uint64_t *pos)
{
	uint64_t limit = largest(ext2_fs(i));
	size_t done = 0;

	while (from->left) {
		size_t n = min(PAGE_SIZE - (size_t)(*pos % PAGE_SIZE), from->left);
		long rc;

		if (*pos >= limit) {
			if (!done && limit == current->proc->rlimit[RLIMIT_FSIZE].cur)
				signal_send_task(current, SIGXFSZ, NULL);
			return done ? (long)done : -EFBIG;
		}
		n = (size_t)min((uint64_t)n, limit - *pos);
		rc = write_piece(ext2_of(i), from, *pos, n);
		if (rc < 0)
			return done ? (long)done : rc;
		*pos += (uint64_t)rc;
		done += (size_t)rc;
		if ((size_t)rc < n)
			break;
		cache_balance(&ext2_of(i)->cache);
		cond_resched();
	}
	return (long)done;
}

static int sync(struct file *f)
{
	struct ext2 *fs = ext2_fs(f->path.inode);
	int rc = ext2_sync_inode(f->path.inode), other;

	/* The bitmaps and indirect blocks that it needs are among the device's pages. */
	other = cache_sync(&fs->dev->cache);
	rc = rc ? rc : other;
	other = block_flush(fs->dev);
	return rc ? rc : other;
}

static long write(struct file *f, struct iter *from, uint64_t *pos)
{
	struct inode *i = f->path.inode;
	long n;
	int rc;

	if (!from->left)
		return 0;
	mutex_lock(&i->lock);
	if (f->flags & O_APPEND)
		*pos = i->size;
	n = write_locked(i, from, pos);
	if (n > 0)
		inode_written(i);
	mutex_unlock(&i->lock);
	rc = n > 0 && f->flags & O_DSYNC ? sync(f) : 0;
	return rc ? rc : n;
}

static long long seek(struct file *f, long long off, int whence)
{
	return file_seek_sized(f, off, whence, f->path.inode->size);
}

static pfn_t map_page(struct file *f, uint64_t offset)
{
	struct inode *i = f->path.inode;
	void *va;

	if (offset >= i->size)
		return PFN_NONE;
	va = cache_page(&ext2_of(i)->cache, (uint32_t)(offset >> PAGE_SHIFT), FAULT_AHEAD);
	return is_err(va) ? PFN_NONE : machine_va_page(va);
}

/* Has each block of the page a place on the disk? -EAGAIN: no. */
static int find_blocks(struct ext2_inode *e, uint32_t index)
{
	unsigned blocks = 1u << (PAGE_SHIFT - e->fs->block_shift);
	int rc = 0;

	for (unsigned n = 0; n < blocks && !rc; n++) {
		uint32_t block;

		rc = ext2_map(e, index * blocks + n, false, &block);
		if (!rc && !block)
			rc = -EAGAIN;
	}
	return rc;
}

/*
 * The page gets all its blocks, also those behind the end of the file: it may grow while the mapping is writable
 * already. (Blocks up to the end of a page are no error to e2fsck.)
 */
static int page_write(struct file *f, uint64_t offset, bool make)
{
	struct inode *i = f->path.inode;
	uint32_t index = (uint32_t)(offset >> PAGE_SHIFT);
	int rc = -EFAULT; /* truncated meanwhile */

	if (make) {
		mutex_lock(&i->lock);
		if (offset < i->size)
			rc = make_blocks(ext2_of(i), index, 0, PAGE_SIZE);
		mutex_unlock(&i->lock);
		return rc;
	}
	rc = find_blocks(ext2_of(i), index);
	if (rc)
		return rc;
	cache_dirty_mapped(&ext2_of(i)->cache, index);
	inode_written(i);
	return 0;
}

const struct file_ops ext2_file_fops = {
	.read = read,
	.write = write,
	.seek = seek,
	.sync = sync,
	.map_page = map_page,
	.page_write = page_write,
};

/* ---- size ---- */

/* The rest of the last page must read as zeros when the file grows again. */
static int clear_last_page(struct ext2_inode *e, uint64_t size)
{
	uint32_t index = (uint32_t)(size >> PAGE_SHIFT);
	unsigned off = (unsigned)(size % PAGE_SIZE);
	char *va;

	if (!off)
		return 0;
	va = cache_page(&e->cache, index, 0);
	if (is_err(va))
		return (int)ptr_err(va);
	memset(va + off, 0, PAGE_SIZE - off);
	cache_dirty_bytes(&e->cache, index, off, PAGE_SIZE - off);
	page_put(machine_va_page(va));
	return 0;
}

int ext2_truncate(struct inode *i, uint64_t size)
{
	struct ext2_inode *e = ext2_of(i);
	unsigned shift = e->fs->block_shift;
	uint64_t old = i->size;
	int rc = 0;

	if (size > largest(e->fs))
		return -EFBIG;
	if (size < old)
		rc = clear_last_page(e, size);
	if (rc)
		return rc;
	i->size = size;
	if (size < old) {
		cache_drop(&e->cache, (uint32_t)((size + PAGE_SIZE - 1) >> PAGE_SHIFT), ~0u);
		ext2_unmap_from(e, (uint32_t)((size + e->fs->block_size - 1) >> shift));
	}
	return ext2_store(i);
}
