/* SPDX-License-Identifier: MIT */
/*
 * /dev/NAME of a block device: its bytes as a file, by way of its cache.
 *
 * Reading and writing /dev/vda and a file system's metadata on it share one cache, so they agree. The
 * end of the device is a hard one: nothing is written beyond it, and a write that begins there is ENOSPC.
 */
#include "block/internal.h"
#include "fs/dev.h"
#include "proc.h"
#include "vm.h"

enum {
	BLKROGET = 0x125e,
	BLKRRPART = 0x125f,
	BLKGETSIZE = 0x1260,
	BLKFLSBUF = 0x1261,
	BLKSSZGET = 0x1268,
	BLKPBSZGET = 0x127b,
	BLKGETSIZE64 = 0x80041272, /* of i386, where size_t has 4 bytes; the value has 8 */
	BLKBSZGET = 0x80041270,
};

/* ---- the cache of a device ---- */

/* Bytes of a run of pages that are on the device at all. */
static size_t run_bytes(const struct blockdev *d, uint32_t index, unsigned count)
{
	uint64_t start = (uint64_t)index << PAGE_SHIFT, size = d->sectors << SECTOR_SHIFT;
	uint64_t want = (uint64_t)count << PAGE_SHIFT;

	return start >= size ? 0 : (size_t)min(want, size - start);
}

static int read_pages(struct cache *c, uint32_t index, void *const pages[], unsigned count)
{
	struct blockdev *d = c->owner;
	size_t len = run_bytes(d, index, count);

	/* What of the last page is not on the device reads as zeros. */
	for (unsigned i = (unsigned)(len >> PAGE_SHIFT); i < count; i++)
		memset(pages[i], 0, PAGE_SIZE);
	return block_transfer_pages(d, BLOCK_READ, (uint64_t)index << (PAGE_SHIFT - SECTOR_SHIFT),
				    pages, 0, len);
}

#define SECTORS_A_PAGE (PAGE_SIZE / SECTOR_SIZE)

/* One run of changed sectors of one page. */
static int write_sectors(struct blockdev *d, uint64_t sector, char *page, unsigned first,
			 unsigned count)
{
	uint64_t at = sector + first;

	if (at >= d->sectors)
		return 0;
	return block_write(d, at, page + first * SECTOR_SIZE,
			   (size_t)min((uint64_t)count, d->sectors - at) << SECTOR_SHIFT);
}

static int write_parts(struct blockdev *d, uint64_t sector, char *page, uint8_t parts)
{
	int rc = 0;

	for (unsigned n, first = 0; first < SECTORS_A_PAGE && !rc; first += n + 1) {
		for (n = 0; first + n < SECTORS_A_PAGE && parts >> (first + n) & 1; n++)
			;
		if (n)
			rc = write_sectors(d, sector, page, first, n);
	}
	return rc;
}

/* Whole pages go together, others sector by sector. */
static int write_pages(struct cache *c, uint32_t index, void *const pages[], const uint8_t parts[],
		       unsigned count)
{
	struct blockdev *d = c->owner;
	int rc = 0;

	for (unsigned i = 0, n; i < count && !rc; i += n) {
		uint64_t sector = (uint64_t)(index + i) << (PAGE_SHIFT - SECTOR_SHIFT);

		for (n = 0; i + n < count && parts[i + n] == 0xff; n++)
			;
		if (n) {
			rc = block_transfer_pages(d, BLOCK_WRITE, sector, pages + i, 0,
						  run_bytes(d, index + i, n));
			continue;
		}
		rc = write_parts(d, sector, pages[i], parts[i]);
		n = 1;
	}
	return rc;
}

static const struct cache_ops device_cache_ops = { read_pages, write_pages };

void block_cache_init(struct blockdev *d)
{
	cache_init(&d->cache, &device_cache_ops, d);
}

/* ---- the file ---- */

static int open(struct file *f, struct inode *i)
{
	struct blockdev *d = blockdev_get(i->rdev);

	if (!d)
		return -ENXIO;
	if (d->read_only && file_writable(f)) {
		blockdev_put(d);
		return -EROFS;
	}
	f->priv = d;
	return 0;
}

static void release(struct file *f)
{
	struct blockdev *d = f->priv;

	/* As Linux: the last one that wrote leaves nothing behind in memory only. */
	if (file_writable(f))
		(void)cache_sync(&d->cache);
	blockdev_put(d);
}

static uint64_t size_of(const struct blockdev *d)
{
	return d->sectors << SECTOR_SHIFT;
}

/* Bytes that can be moved at pos within one page. */
static size_t piece(const struct blockdev *d, uint64_t pos, size_t left)
{
	uint64_t rest = size_of(d) - pos;
	size_t n = min((size_t)(PAGE_SIZE - pos % PAGE_SIZE), left);

	return rest < n ? (size_t)rest : n;
}

static long read(struct file *f, struct iter *to, uint64_t *pos)
{
	struct blockdev *d = f->priv;
	size_t done = 0;

	while (to->left && *pos < size_of(d)) {
		size_t n = piece(d, *pos, to->left), got;
		char *va = cache_page_read(&d->cache, (uint32_t)(*pos >> PAGE_SHIFT), to->left,
					   size_of(d) - *pos);

		if (is_err(va))
			return done ? (long)done : ptr_err(va);
		got = iter_write(to, va + *pos % PAGE_SIZE, n);
		page_put(machine_va_page(va));
		*pos += got;
		done += got;
		if (got < n)
			return done ? (long)done : -EFAULT;
		cond_resched();
	}
	return (long)done;
}

static long write(struct file *f, struct iter *from, uint64_t *pos)
{
	struct blockdev *d = f->priv;
	size_t done = 0;

	if (from->left && *pos >= size_of(d))
		return -ENOSPC;
	while (from->left && *pos < size_of(d)) {
		size_t n = piece(d, *pos, from->left), got;
		uint32_t index = (uint32_t)(*pos >> PAGE_SHIFT);
		char *va = n == PAGE_SIZE ? cache_page_new(&d->cache, index)
					  : cache_page(&d->cache, index, 0);

		if (is_err(va))
			return done ? (long)done : ptr_err(va);
		got = iter_read(from, va + *pos % PAGE_SIZE, n);
		cache_dirty(&d->cache, index);
		page_put(machine_va_page(va));
		*pos += got;
		done += got;
		if (got < n)
			return done ? (long)done : -EFAULT;
		cache_balance(&d->cache);
		cond_resched();
	}
	return (long)done;
}

static long long seek(struct file *f, long long off, int whence)
{
	return file_seek_sized(f, off, whence, size_of(f->priv));
}

static int sync(struct file *f)
{
	struct blockdev *d = f->priv;
	int rc = cache_sync(&d->cache), flushed = block_flush(d);

	return rc ? rc : flushed;
}

static pfn_t map_page(struct file *f, uint64_t offset)
{
	struct blockdev *d = f->priv;
	void *va;

	if (offset >= size_of(d))
		return PFN_NONE;
	va = cache_page(&d->cache, (uint32_t)(offset >> PAGE_SHIFT), 0);
	return is_err(va) ? PFN_NONE : machine_va_page(va);
}

/* Every page of a device has its place. */
static int page_write(struct file *f, uint64_t offset, bool make)
{
	struct blockdev *d = f->priv;

	if (!make)
		cache_dirty_mapped(&d->cache, (uint32_t)(offset >> PAGE_SHIFT));
	return 0;
}

static long ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	struct blockdev *d = f->priv;
	uint64_t size = size_of(d);
	uint32_t word;

	switch (cmd) {
	case BLKGETSIZE64:
		return put_user(size, (uint64_t *)arg);
	case BLKGETSIZE:
		word = (uint32_t)d->sectors;
		return d->sectors >> 32 ? -EFBIG : put_user(word, (uint32_t *)arg);
	case BLKROGET:
		word = d->read_only;
		return put_user(word, (uint32_t *)arg);
	case BLKSSZGET:
	case BLKPBSZGET:
		word = d->sector_size;
		return put_user(word, (uint32_t *)arg);
	case BLKBSZGET:
		word = PAGE_SIZE;
		return put_user(word, (uint32_t *)arg);
	case BLKFLSBUF:
		return sync(f);
	case BLKRRPART:
		return d->whole ? -EINVAL : partition_rescan(d);
	default:
		return d->ops->ioctl ? d->ops->ioctl(d, cmd, arg) : -ENOTTY;
	}
}

const struct file_ops block_fops = {
	.open = open,
	.read = read,
	.write = write,
	.seek = seek,
	.sync = sync,
	.ioctl = ioctl,
	.map_page = map_page,
	.page_write = page_write,
	.release = release,
};

void block_node_add(struct blockdev *d)
{
	int rc = devfs_add(d->name, S_IFBLK | 0660, d->rdev);

	if (rc)
		printk("%s: cannot make /dev/%s: error %d\n", d->name, d->name, -rc);
}

void block_node_remove(struct blockdev *d)
{
	devfs_remove(d->name);
}
