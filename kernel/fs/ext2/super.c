/* SPDX-License-Identifier: MIT */
/*
 * ext2: mounting, and what belongs to the whole.
 *
 * Every number of the superblock is checked before it is used: a disk comes from anywhere. Features that change
 * the format in ways not known here are refused by name; those that only matter to writers make the
 * mount read-only. While it is mounted for writing the state on the disk is "not clean", and clean
 * again when it is unmounted or becomes read-only.
 */
#include "fs/ext2/ext2.h"
#include "proc.h"

static bool is_power_of(uint32_t n, uint32_t base)
{
	while (n > 1 && !(n % base))
		n /= base;
	return n == 1;
}

static bool geometry_is_sound(const struct ext2 *fs, const struct ext2_disk_super *s)
{
	unsigned bits = fs->block_size * 8;
	uint64_t bytes = (uint64_t)fs->blocks << fs->block_shift;

	return s->log_block_size <= 2 && fs->blocks_per_group && fs->blocks_per_group <= bits &&
	       fs->inodes_per_group && fs->inodes_per_group <= bits &&
	       fs->blocks > fs->first_data_block &&
	       fs->first_data_block == (fs->block_size == 1024 ? 1u : 0u) &&
	       fs->inode_size >= sizeof(struct ext2_disk_inode) &&
	       fs->inode_size <= fs->block_size && is_power_of(fs->inode_size, 2) &&
	       fs->inodes == fs->groups * fs->inodes_per_group && fs->inodes >= EXT2_ROOT_INO &&
	       bytes >> SECTOR_SHIFT <= fs->dev->sectors;
}

/* 0, -EINVAL: this is none, or a broken one; -EOPNOTSUPP. Says why. */
static int take_over(struct ext2 *fs, const struct ext2_disk_super *s)
{
	const char *name = fs->dev->name;

	if (s->magic != EXT2_MAGIC) {
		printk("%s: no ext2 file system\n", name);
		return -EINVAL;
	}
	fs->block_shift = 10 + min(s->log_block_size, 2u);
	fs->block_size = 1u << fs->block_shift;
	fs->pointers = fs->block_size / sizeof(uint32_t);
	fs->blocks = s->blocks;
	fs->inodes = s->inodes;
	fs->first_data_block = s->first_data_block;
	fs->blocks_per_group = s->blocks_per_group;
	fs->inodes_per_group = s->inodes_per_group;
	fs->inode_size = s->revision ? s->inode_size : sizeof(struct ext2_disk_inode);
	if (fs->blocks_per_group)
		fs->groups = (fs->blocks - fs->first_data_block + fs->blocks_per_group - 1) /
			     fs->blocks_per_group;
	if (!geometry_is_sound(fs, s)) {
		printk("%s: an ext2 superblock that makes no sense\n", name);
		return -EINVAL;
	}
	if (s->revision && s->incompat & ~INCOMPAT_KNOWN) {
		printk("%s: features %x that ext2 does not have (ext3, ext4?)\n", name,
		       s->incompat & ~INCOMPAT_KNOWN);
		return -EINVAL;
	}
	fs->has_types = s->revision && s->incompat & INCOMPAT_FILETYPE;
	if (s->revision && s->ro_compat & ~RO_COMPAT_KNOWN && !fs->read_only) {
		printk("%s: features %x only allow it to be read\n", name,
		       s->ro_compat & ~RO_COMPAT_KNOWN);
		return -EROFS;
	}
	if (!(s->state & STATE_CLEAN) || s->state & STATE_ERRORS)
		printk("%s: was not unmounted, or had errors: e2fsck is recommended\n", name);
	return 0;
}

/* On the disk, at once. */
static int set_clean(struct ext2 *fs, bool clean)
{
	struct ext2_ref r;
	int rc = ext2_get_super(fs, &r);

	if (!rc) {
		struct ext2_disk_super *s = r.at;

		s->state = (uint16_t)(clean ? s->state | STATE_CLEAN : s->state & ~STATE_CLEAN);
		s->wtime = (uint32_t)(inode_now() / NSEC_PER_SEC);
		if (!clean) {
			s->mtime = s->wtime;
			s->mounts++;
		}
		ext2_changed(fs, &r);
		ext2_put(&r);
		rc = cache_sync(&fs->dev->cache);
	}
	return rc ? rc : block_flush(fs->dev);
}

/* Everything in memory to the disk. Locks: vfs_lock or none. */
static int sync_all(struct ext2 *fs)
{
	struct ext2_inode *e;
	int rc;

	list_for_each (e, &fs->table, in_table)
		(void)ext2_store(&e->i);
	cache_sync_all();
	rc = cache_sync(&fs->dev->cache);
	return rc ? rc : block_flush(fs->dev);
}

static struct super *finish(struct ext2 *fs)
{
	struct super *sb = fs->sb;

	sb->root = ext2_iget(fs, EXT2_ROOT_INO);
	if (is_err(sb->root))
		return (void *)sb->root;
	if (!inode_is(sb->root, S_IFDIR)) {
		ext2_error(fs, "the root is no directory");
		return err_ptr(-EINVAL);
	}
	return sb;
}

static void release(struct ext2 *fs)
{
	ext2_drop_unused(fs, 0);
	blockdev_release(fs->dev);
	blockdev_put(fs->dev);
	kfree(fs->sb);
	kfree(fs);
}

static struct super *mount(struct blockdev *dev, bool read_only, const char *data)
{
	struct ext2 *fs = kzalloc(sizeof(*fs));
	struct super *sb = kzalloc(sizeof(*sb)), *done;
	struct ext2_ref r;
	int rc = -ENOMEM;

	(void)data;
	if (!fs || !sb) {
		kfree(fs);
		kfree(sb);
		blockdev_release(dev);
		blockdev_put(dev);
		return err_ptr(rc);
	}
	fs->dev = dev;
	fs->sb = sb;
	fs->read_only = read_only || dev->read_only;
	mutex_init(&fs->alloc);
	list_init(&fs->table);
	sb->refs = 1;
	sb->dev = dev->rdev;
	sb->type = &ext2_type;
	sb->priv = fs;
	rc = ext2_get_super(fs, &r);
	if (!rc) {
		rc = take_over(fs, r.at);
		ext2_put(&r);
	}
	if (!rc && !fs->read_only)
		rc = set_clean(fs, false);
	done = rc ? err_ptr(rc) : finish(fs);
	if (is_err(done))
		release(fs);
	return done;
}

static void kill(struct super *sb)
{
	struct ext2 *fs = sb->priv;

	inode_put(sb->root);
	ext2_drop_unused(fs, 0);
	if (!fs->read_only && (sync_all(fs) || set_clean(fs, true)))
		printk("ext2 on %s: could not be written to the end\n", fs->dev->name);
	release(fs);
}

static int remount(struct super *sb, bool read_only)
{
	struct ext2 *fs = sb->priv;
	int rc;

	if (read_only == fs->read_only)
		return 0;
	if (!read_only) {
		if (fs->dev->read_only)
			return -EROFS;
		fs->read_only = false;
		return set_clean(fs, false);
	}
	rc = sync_all(fs);
	if (!rc)
		rc = set_clean(fs, true);
	if (!rc)
		fs->read_only = true;
	return rc;
}

static void statfs(struct super *sb, struct statfs_k *st)
{
	struct ext2 *fs = sb->priv;
	struct ext2_ref r;

	st->type = EXT2_MAGIC;
	st->block_size = fs->block_size;
	st->name_max = NAME_LONGEST;
	st->blocks = fs->blocks;
	st->files = fs->inodes;
	if (ext2_get_super(fs, &r))
		return;
	st->blocks_free = ((struct ext2_disk_super *)r.at)->free_blocks;
	st->files_free = ((struct ext2_disk_super *)r.at)->free_inodes;
	ext2_put(&r);
}

const struct fs_type ext2_type = {
	.name = "ext2",
	.mount_device = mount,
	.remount = remount,
	.statfs = statfs,
	.kill = kill,
};
