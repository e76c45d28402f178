/* SPDX-License-Identifier: MIT */
/*
 * ext2: blocks of metadata, where they are in the device's cache.
 *
 * A block is never larger than a page and never crosses one, so a pointer into the cached page is all there
 * is to a buffer. It is valid as long as the reference is held.
 */
#include "fs/ext2/ext2.h"

static void place(const struct ext2 *fs, uint32_t block, struct ext2_ref *r)
{
	uint64_t at = (uint64_t)block << fs->block_shift;

	r->index = (uint32_t)(at >> PAGE_SHIFT);
	r->offset = (unsigned)(at & (PAGE_SIZE - 1));
	r->len = fs->block_size;
}

static int get(struct ext2 *fs, struct ext2_ref *r)
{
	r->page = cache_page(&fs->dev->cache, r->index, 0);
	if (is_err(r->page))
		return (int)ptr_err(r->page);
	r->at = (char *)r->page + r->offset;
	return 0;
}

int ext2_get(struct ext2 *fs, uint32_t block, struct ext2_ref *r)
{
	if (block < fs->first_data_block || block >= fs->blocks) {
		ext2_error(fs, "metadata in block %u, which does not exist", block);
		return -EIO;
	}
	place(fs, block, r);
	return get(fs, r);
}

int ext2_get_new(struct ext2 *fs, uint32_t block, struct ext2_ref *r)
{
	int rc = ext2_get(fs, block, r);

	if (rc)
		return rc;
	memset(r->at, 0, r->len);
	ext2_changed(fs, r);
	return 0;
}

void ext2_changed(struct ext2 *fs, const struct ext2_ref *r)
{
	cache_dirty_bytes(&fs->dev->cache, r->index, r->offset, r->len);
}

void ext2_put(struct ext2_ref *r)
{
	page_put(machine_va_page(r->page));
}

void ext2_forget(struct ext2 *fs, uint32_t block)
{
	struct ext2_ref r;

	place(fs, block, &r);
	cache_forget_bytes(&fs->dev->cache, r.index, r.offset, r.len);
}

int ext2_get_super(struct ext2 *fs, struct ext2_ref *r)
{
	/* Always 1024 bytes from the start of the device, 1024 bytes long. */
	r->index = 0;
	r->offset = 1024;
	r->len = 1024;
	return get(fs, r);
}

int ext2_get_group(struct ext2 *fs, uint32_t group, struct ext2_ref *r)
{
	unsigned a_block = fs->block_size / sizeof(struct ext2_disk_group);
	int rc = ext2_get(fs, fs->first_data_block + 1 + group / a_block, r);

	if (!rc)
		r->at = (struct ext2_disk_group *)r->at + group % a_block;
	return rc;
}

/* What is found broken is said and remembered on the disk, so that a check follows. */
void ext2_error(struct ext2 *fs, const char *fmt, ...)
{
	char sentence[128];
	struct ext2_ref r;
	va_list args;

	va_start(args, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	printk("ext2 on %s: %s: run e2fsck\n", fs->dev->name, sentence);
	if (fs->read_only || ext2_get_super(fs, &r))
		return;
	((struct ext2_disk_super *)r.at)->state |= STATE_ERRORS;
	ext2_changed(fs, &r);
	ext2_put(&r);
}
