/* SPDX-License-Identifier: MIT */
/*
 * What the files of kernel/block share.
 */
#ifndef KERNEL_BLOCK_INTERNAL_H
#define KERNEL_BLOCK_INTERNAL_H

#include "block.h"
#include "fs/vfs.h"

extern struct spinlock block_lock;
extern struct list block_devices;

/* block.c: a device without a look at its partitions; and the way back (waits for its users). */
int blockdev_add(struct blockdev *d);
void blockdev_drop(struct blockdev *d);

/* node.c: /dev/NAME. */
void block_node_add(struct blockdev *d);
void block_node_remove(struct blockdev *d);
void block_cache_init(struct blockdev *d);

/* partition.c. The scan reads the disk, so a thread does it. */
void partition_scan(struct blockdev *d);
void partition_drop_all(struct blockdev *d);
int partition_rescan(struct blockdev *d); /* 0, -EBUSY; reads the disk itself */

#endif
