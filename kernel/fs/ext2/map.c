/* SPDX-License-Identifier: MIT */
/*
 * ext2: the block map of a file.
 *
 * Blocks 0 to 11 are named by the inode. Then one block full of names (12: single indirect), one full of
 * names of such blocks (13: double), and one of those (14: triple). A name of 0 is a hole. A way to a
 * block is at most four steps, so it is an array:
 *
 *	steps[0] = index in the inode, steps[1..depth] = index in each indirect block
 */
#include "fs/ext2/ext2.h"

#define DEEPEST 3

/* Returns the depth, 0 to 3, or -EFBIG. */
static int find_way(const struct ext2 *fs, uint32_t index, unsigned steps[])
{
	uint64_t span = 1, left = index;

	if (left < EXT2_DIRECT) {
		steps[0] = (unsigned)left;
		return 0;
	}
	left -= EXT2_DIRECT;
	for (int depth = 1; depth <= DEEPEST; depth++) {
		span *= fs->pointers;
		if (left >= span) {
			left -= span;
			continue;
		}
		steps[0] = EXT2_DIRECT + (unsigned)depth - 1;
		for (int i = 1; i <= depth; i++) {
			span /= fs->pointers;
			steps[i] = (unsigned)(left / span);
			left %= span;
		}
		return depth;
	}
	return -EFBIG;
}

/* A new block behind the last one; an indirect one is metadata of zeros. 0: *rc says why. */
static uint32_t grow(struct ext2_inode *e, bool indirect, int *rc)
{
	struct ext2 *fs = e->fs;
	uint32_t group = (e->i.ino - 1) / fs->inodes_per_group, block;
	uint32_t goal = e->last_block ? e->last_block + 1
				      : fs->first_data_block + group * fs->blocks_per_group;
	struct ext2_ref r;

	block = ext2_block_alloc(fs, goal, rc);
	if (!block)
		return 0;
	if (indirect) {
		*rc = ext2_get_new(fs, block, &r);
		if (*rc) {
			ext2_block_free(fs, block);
			return 0;
		}
		ext2_put(&r);
	} else {
		ext2_forget(fs, block); /* the device's cache may have it as something older */
	}
	e->last_block = block;
	e->sectors += fs->block_size / SECTOR_SIZE;
	return block;
}

/* Locks: map. */
static int map_locked(struct ext2_inode *e, uint32_t index, bool make, uint32_t *block)
{
	unsigned steps[DEEPEST + 1];
	int depth = find_way(e->fs, index, steps), rc = 0;
	uint32_t at;

	*block = 0;
	if (depth < 0)
		return depth;
	at = e->block[steps[0]];
	if (!at && make) {
		at = grow(e, depth > 0, &rc);
		e->block[steps[0]] = at;
	}
	for (int i = 1; i <= depth && at; i++) {
		struct ext2_ref r;
		uint32_t *name;

		rc = ext2_get(e->fs, at, &r);
		if (rc)
			return rc;
		name = (uint32_t *)r.at + steps[i];
		at = *name;
		if (!at && make) {
			at = grow(e, i < depth, &rc);
			*name = at;
			ext2_changed(e->fs, &r);
		}
		ext2_put(&r);
	}
	*block = at;
	return rc;
}

int ext2_map(struct ext2_inode *e, uint32_t index, bool make, uint32_t *block)
{
	int rc;

	mutex_lock(&e->map);
	rc = map_locked(e, index, make, block);
	mutex_unlock(&e->map);
	return rc;
}

/* ---- giving back ---- */

static void free_block(struct ext2_inode *e, uint32_t block)
{
	ext2_block_free(e->fs, block);
	e->sectors -= min(e->sectors, (uint32_t)(e->fs->block_size / SECTOR_SIZE));
}

/*
 * Below `block`, `depth` levels of indirect blocks, each level's names span as many blocks: free what lies at
 * index `from` or behind. True: nothing is left, and the block itself has been freed. The recursion is as
 * deep as the map: three.
 */
static bool free_below(struct ext2_inode *e, uint32_t block, unsigned depth, uint64_t from)
{
	uint64_t span = 1;
	struct ext2_ref r;
	bool empty = true, changed = false;
	uint32_t *names;

	if (!depth) {
		free_block(e, block);
		return true;
	}
	if (ext2_get(e->fs, block, &r))
		return false;
	for (unsigned i = 1; i < depth; i++)
		span *= e->fs->pointers;
	names = r.at;
	for (unsigned i = 0; i < e->fs->pointers; i++) {
		uint64_t first = i * span;

		if (names[i] && first + span > from &&
		    free_below(e, names[i], depth - 1, from > first ? from - first : 0)) {
			names[i] = 0;
			changed = true;
		}
		empty &= !names[i];
	}
	if (changed && !empty)
		ext2_changed(e->fs, &r);
	ext2_put(&r);
	if (!empty)
		return false;
	ext2_forget(e->fs, block);
	free_block(e, block);
	return true;
}

void ext2_unmap_from(struct ext2_inode *e, uint32_t index)
{
	uint64_t first = EXT2_DIRECT, span = 1;

	mutex_lock(&e->map);
	for (unsigned i = index; i < EXT2_DIRECT; i++)
		if (e->block[i]) {
			free_block(e, e->block[i]);
			e->block[i] = 0;
		}
	for (unsigned depth = 1; depth <= DEEPEST; depth++) {
		uint32_t *name = &e->block[EXT2_DIRECT + depth - 1];

		span *= e->fs->pointers;
		if (*name && first + span > index &&
		    free_below(e, *name, depth, index > first ? index - first : 0))
			*name = 0;
		first += span;
	}
	e->last_block = 0;
	mutex_unlock(&e->map);
}
