/* SPDX-License-Identifier: MIT */
/*
 * Cached pages: the contents of block devices and of files on them, in memory, written back later.
 *
 * A cache belongs to a block device (its bytes in order: metadata of file systems, reads of /dev/vda) or to
 * an inode of a disk file system (its bytes in order). Its owner says how a page is read and written;
 * all else is done here: finding, waiting for a read under way, dirty pages and their age, write-back
 * by a thread, giving clean pages back when memory is short.
 *
 * A page is found with a reference (page_put() gives it back), and whoever has one may read it. Contents are
 * changed under the owner's lock, and then the page is marked dirty. A page that changes while it is being
 * written is written again. The owner's read and write functions are called with whatever locks the
 * caller of this interface holds, or with none by the write-back thread: so they must not take a lock
 * that is held around cache_page(), cache_sync() or cache_balance().
 *
 * Locks: one spinlock in cache.c, inside every mutex.
 */
#ifndef KERNEL_CACHE_H
#define KERNEL_CACHE_H

#include "kernel.h"
#include "lock.h"

#define CACHE_RUN 32 /* pages that are read or written at once, at most */

struct cache;

struct cache_ops {
	/* Fill consecutive pages, zeros beyond the end; sleeps. 0 or -errno: then none is believed. */
	int (*read)(struct cache *c, uint32_t index, void *const pages[], unsigned count);
	/*
	 * Write what changed of consecutive pages and wait; sleeps. Bit n of parts[i] is the page's n-th
	 * eighth (a sector). 0 or -errno.
	 */
	int (*write)(struct cache *c, uint32_t index, void *const pages[], const uint8_t parts[],
		     unsigned count);
};

struct cache {
	struct list link;  /* of all caches */
	struct list pages; /* all of it */
	struct list dirty; /* by index */
	struct waitq wait; /* for reads and writes under way */
	const struct cache_ops *ops;
	void *owner;
	uint64_t dirty_since; /* when the oldest of its dirty pages became so */
	uint32_t page_count, dirty_count;
	int users; /* write-back is inside: destroy waits */
	int error; /* of a write-back, until cache_sync() reports it once */
};

void cache_init(struct cache *c, const struct cache_ops *ops, void *owner);
/* Writes nothing: dirty pages are dropped. No other caller may be inside. May sleep. */
void cache_destroy(struct cache *c);

/*
 * The page with a reference, read if need be, together with the `ahead` pages behind it that are likely to
 * be wanted next; err_ptr. May sleep.
 */
void *cache_page(struct cache *c, uint32_t index, unsigned ahead);
/*
 * The same for somebody who reads `wanted` bytes from there on, of `left` that there are: what he wants is read at
 * once, and more if he seems to go along the file.
 */
void *cache_page_read(struct cache *c, uint32_t index, size_t wanted, uint64_t left);
/* The same for one that will be overwritten whole: it is not read; zeros if it is new. */
void *cache_page_new(struct cache *c, uint32_t index);
/* Only if it is there already and valid: with a reference, or NULL. Does not sleep. */
void *cache_page_find(struct cache *c, uint32_t index);
/* Its contents changed, or only these bytes of it: what else is there may belong to others on the device. */
void cache_dirty(struct cache *c, uint32_t index);
void cache_dirty_bytes(struct cache *c, uint32_t index, unsigned offset, unsigned len);
/*
 * The page may be written at any moment, by a program that has it mapped: it is dirty, and stays so when it is written,
 * until the write-back thread has taken the right away from all programs (vm_protect_shared).
 */
void cache_dirty_mapped(struct cache *c, uint32_t index);
/* These bytes belong to somebody else from now on: they are not written any more. Waits for a write under way. */
void cache_forget_bytes(struct cache *c, uint32_t index, unsigned offset, unsigned len);
/* What lies in from..last (inclusive) is void: truncate. Waits for writes under way. */
void cache_drop(struct cache *c, uint32_t from, uint32_t last);

/* Write all dirty pages and wait. 0 or an error: this one's, or an earlier write-back's, once. */
int cache_sync(struct cache *c);
/* Call now and then while making pages dirty: writes some if there are too many. */
void cache_balance(struct cache *c);
/* All caches, as sync(2) does. */
void cache_sync_all(void);
/* The write-back thread begins at once. Any context. */
void cache_write_back(void);
/* Give back about so many clean pages of any cache: how many it was. Any context. */
unsigned long cache_reclaim(unsigned long pages);
/* For /proc/meminfo. */
unsigned long cache_page_count(void);
unsigned long cache_dirty_count(void);
/* The write-back thread; once. */
void cache_start(void);

#endif
