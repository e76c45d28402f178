/* SPDX-License-Identifier: MIT */
/*
 * Cached pages: the contents of block devices and of files on them, in memory, written back later.
 *
 * A cache belongs to a block device (its bytes in order: file system metadata, reads of /dev/vda) or to an
 * inode of a disk file system (its bytes in order). Its owner says how a page is read and written;
 * everything else is done here: finding, waiting for a read under way, dirty pages and their age,
 * write-back by a thread, giving clean pages back when memory is short.
 *
 * A page is found with a reference (page_put() gives it back). Contents are changed under the cache's
 * mutex or by the owner's own lock; a page is marked dirty after the change. A page under write-back is
 * not changed under the device's feet: cache_dirty() waits for it.
 *
 * Locks: cache.lock (a spinlock) guards the tree and the flags of pages; it is inside every mutex.
 */
#ifndef KERNEL_CACHE_H
#define KERNEL_CACHE_H

#include "kernel.h"
#include "lock.h"
#include "fs/iter.h"
#include "fs/pagetree.h"

struct cache;

struct cache_ops {
	/* Fill count consecutive pages (all new) from index on; sleeps. 0 or -errno. */
	int (*read)(struct cache *c, uint32_t index, void *const pages[], unsigned count);
	/* Write these consecutive pages and wait; sleeps. 0 or -errno. */
	int (*write)(struct cache *c, uint32_t index, void *const pages[], unsigned count);
};

struct cache {
	struct list link; /* of all caches, for write-back and reclaim */
	struct spinlock lock;
	struct waitq wait;     /* for reads and writes under way */
	struct pagetree pages; /* of struct cache_page */
	const struct cache_ops *ops;
	void *owner;
	uint32_t dirty; /* pages */
	int error;	/* of a write-back, until fsync reports it once */
};

void cache_init(struct cache *c, const struct cache_ops *ops, void *owner);
/* Writes nothing: dirty pages are dropped. Nobody may be inside. */
void cache_destroy(struct cache *c);

/* The page with a reference, read if need be; readahead pages behind it are wanted soon. err_ptr. */
void *cache_page(struct cache *c, uint32_t index, unsigned readahead);
/* The same for one that will be overwritten whole: not read, zeros if new. */
void *cache_page_new(struct cache *c, uint32_t index);
/* Its contents changed. Waits while it is being written. */
void cache_dirty(struct cache *c, uint32_t index);
/* From index on there is nothing any more (truncate). */
void cache_drop(struct cache *c, uint32_t from, uint32_t last);

/* Write all dirty pages and wait. 0 or the first error (also an earlier write-back's, once). */
int cache_sync(struct cache *c);
/* All caches, as sync(2) does. */
void cache_sync_all(void);
/* Give back about this many clean pages of any cache; how many it was. For the page allocator's need. */
unsigned long cache_reclaim(unsigned long pages);
unsigned long cache_page_count(void), cache_dirty_count(void); /* for /proc/meminfo */

#endif
