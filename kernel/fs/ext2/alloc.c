/* SPDX-License-Identifier: MIT */
/*
 * ext2: giving out blocks and inodes.
 *
 * Bit n of a group's bitmap is its n-th block or inode; counts of free ones are in the group's descriptor and,
 * in sum, in the superblock. A block is looked for from a goal on, so that a file stays together; a new
 * directory goes into the group with the most free inodes, a file beside its directory.
 *
 * Locks: alloc, taken here.
 */
#include "fs/ext2/ext2.h"

enum kind { BLOCKS, INODES };

/* Adds to the counts of a group and of the whole. */
static void count(struct ext2 *fs, uint32_t group, enum kind kind, int free, int dirs)
{
	struct ext2_ref r;

	if (!ext2_get_group(fs, group, &r)) {
		struct ext2_disk_group *g = r.at;

		*(kind == BLOCKS ? &g->free_blocks : &g->free_inodes) += (uint16_t)free;
		g->dirs += (uint16_t)dirs;
		ext2_changed(fs, &r);
		ext2_put(&r);
	}
	if (!ext2_get_super(fs, &r)) {
		struct ext2_disk_super *s = r.at;

		*(kind == BLOCKS ? &s->free_blocks : &s->free_inodes) += (uint32_t)free;
		ext2_changed(fs, &r);
		ext2_put(&r);
	}
}

/* Blocks or inodes that this group has: the last one may be shorter. */
static unsigned group_size(const struct ext2 *fs, uint32_t group, enum kind kind)
{
	if (kind == INODES)
		return fs->inodes_per_group;
	return min(fs->blocks_per_group,
		   fs->blocks - fs->first_data_block - group * fs->blocks_per_group);
}

static int get_bitmap(struct ext2 *fs, uint32_t group, enum kind kind, struct ext2_ref *bitmap,
		      unsigned *free)
{
	struct ext2_ref r;
	const struct ext2_disk_group *g;
	uint32_t block;
	int rc = ext2_get_group(fs, group, &r);

	if (rc)
		return rc;
	g = r.at;
	block = kind == BLOCKS ? g->block_bitmap : g->inode_bitmap;
	*free = kind == BLOCKS ? g->free_blocks : g->free_inodes;
	ext2_put(&r);
	return ext2_get(fs, block, bitmap);
}

/* The first clear bit in from..end; end: none. */
static unsigned find_clear(const uint8_t *bits, unsigned from, unsigned end)
{
	while (from < end) {
		if (!(from & 7) && bits[from / 8] == 0xff)
			from += 8;
		else if (bits[from / 8] >> (from & 7) & 1)
			from++;
		else
			break;
	}
	return min(from, end);
}

/* A bit of this group, from `from` on and then from its start; -1: all are taken, or -errno. */
static int take_in_group(struct ext2 *fs, uint32_t group, enum kind kind, unsigned from, bool dir)
{
	unsigned size = group_size(fs, group, kind), n, free;
	struct ext2_ref bitmap;
	int rc = get_bitmap(fs, group, kind, &bitmap, &free);

	if (rc)
		return rc;
	from = min(from, size);
	n = free ? find_clear(bitmap.at, from, size) : size;
	if (n == size && free) {
		n = find_clear(bitmap.at, 0, from);
		n = n < from ? n : size;
	}
	if (n < size) {
		((uint8_t *)bitmap.at)[n / 8] |= (uint8_t)(1u << (n & 7));
		ext2_changed(fs, &bitmap);
		count(fs, group, kind, -1, dir);
	}
	ext2_put(&bitmap);
	return n < size ? (int)n : -1;
}

static void give_back(struct ext2 *fs, uint32_t group, enum kind kind, unsigned n, bool dir)
{
	struct ext2_ref bitmap;
	unsigned free;
	uint8_t *byte, bit = (uint8_t)(1u << (n & 7));

	if (get_bitmap(fs, group, kind, &bitmap, &free))
		return;
	byte = (uint8_t *)bitmap.at + n / 8;
	if (*byte & bit) {
		*byte &= (uint8_t)~bit;
		ext2_changed(fs, &bitmap);
		count(fs, group, kind, 1, -dir);
	} else {
		ext2_error(fs, "%s %u of group %u is freed twice",
			   kind == BLOCKS ? "block" : "inode", n, group);
	}
	ext2_put(&bitmap);
}

uint32_t ext2_block_alloc(struct ext2 *fs, uint32_t goal, int *rc)
{
	uint32_t first, group, block = 0;
	int n = -1;

	if (goal < fs->first_data_block || goal >= fs->blocks)
		goal = fs->first_data_block;
	first = (goal - fs->first_data_block) / fs->blocks_per_group;
	mutex_lock(&fs->alloc);
	for (uint32_t i = 0; i < fs->groups && n == -1; i++) {
		group = (first + i) % fs->groups;
		n = take_in_group(fs, group, BLOCKS,
				  i ? 0 : (goal - fs->first_data_block) % fs->blocks_per_group,
				  false);
		if (n >= 0)
			block = fs->first_data_block + group * fs->blocks_per_group + (uint32_t)n;
	}
	mutex_unlock(&fs->alloc);
	*rc = n == -1 ? -ENOSPC : min(n, 0);
	return block;
}

void ext2_block_free(struct ext2 *fs, uint32_t block)
{
	uint32_t n = block - fs->first_data_block;

	if (block < fs->first_data_block || block >= fs->blocks) {
		ext2_error(fs, "block %u is freed, which does not exist", block);
		return;
	}
	mutex_lock(&fs->alloc);
	give_back(fs, n / fs->blocks_per_group, BLOCKS, n % fs->blocks_per_group, false);
	mutex_unlock(&fs->alloc);
}

/* The group with the most free inodes. */
static uint32_t emptiest_group(struct ext2 *fs)
{
	uint32_t best = 0;
	unsigned most = 0;

	for (uint32_t group = 0; group < fs->groups; group++) {
		struct ext2_ref r;

		if (ext2_get_group(fs, group, &r))
			continue;
		if (((struct ext2_disk_group *)r.at)->free_inodes > most) {
			most = ((struct ext2_disk_group *)r.at)->free_inodes;
			best = group;
		}
		ext2_put(&r);
	}
	return best;
}

uint32_t ext2_inode_alloc(struct ext2 *fs, uint32_t parent, bool dir, int *rc)
{
	uint32_t first, group, ino = 0;
	int n = -1;

	mutex_lock(&fs->alloc);
	first = dir ? emptiest_group(fs) : (parent - 1) / fs->inodes_per_group;
	for (uint32_t i = 0; i < fs->groups && n == -1; i++) {
		group = (first + i) % fs->groups;
		/* The first ones of group 0 are reserved, and so marked as taken by mke2fs. */
		n = take_in_group(fs, group, INODES, 0, dir);
		if (n >= 0)
			ino = group * fs->inodes_per_group + (uint32_t)n + 1;
	}
	mutex_unlock(&fs->alloc);
	*rc = n == -1 ? -ENOSPC : min(n, 0);
	return ino;
}

void ext2_inode_free(struct ext2 *fs, uint32_t ino, bool dir)
{
	mutex_lock(&fs->alloc);
	give_back(fs, (ino - 1) / fs->inodes_per_group, INODES, (ino - 1) % fs->inodes_per_group,
		  dir);
	mutex_unlock(&fs->alloc);
}
