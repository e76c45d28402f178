/* SPDX-License-Identifier: MIT */
/*
 * ext2: directories.
 *
 * A directory is a file of records that fill its blocks: inode, length of the record, length of the name,
 * kind, name. A record reaches up to the next one or the end of the block, so the room behind a short name
 * is free for another. Removing gives a record's room to the one before it.
 *
 * Everything is checked before it is followed: a record that does not fit its block ends the walk with an
 * error. Locks: vfs_lock.
 */
#include "fs/ext2/ext2.h"

/* One record, in the page that holds it. */
struct place {
	struct inode *dir;
	char *page;
	uint64_t pos;				/* in the directory */
	struct ext2_disk_entry *entry, *before; /* before: in the same block, or NULL */
};

static const uint8_t type_of_kind[16] = { [S_IFREG >> 12] = 1, [S_IFDIR >> 12] = 2,
					  [S_IFCHR >> 12] = 3, [S_IFBLK >> 12] = 4,
					  [S_IFIFO >> 12] = 5, [S_IFSOCK >> 12] = 6,
					  [S_IFLNK >> 12] = 7 };
static const uint8_t dt_of_type[8] = { DT_UNKNOWN, DT_REG,  DT_DIR, DT_CHR,
				       DT_BLK,	   DT_FIFO, 12,	    DT_LNK };

static struct ext2_disk_entry *entry_at(char *page, uint64_t pos)
{
	return (void *)(page + pos % PAGE_SIZE);
}

static bool is_sound(const struct ext2 *fs, const struct ext2_disk_entry *e, uint64_t pos)
{
	unsigned rest = fs->block_size - (unsigned)(pos & (fs->block_size - 1));

	return rest >= sizeof(*e) && e->record_len >= EXT2_ENTRY_ROOM(e->name_len) &&
	       e->record_len <= rest && !(e->record_len & 3) && e->ino <= fs->inodes;
}

static void changed(struct inode *dir, uint64_t pos)
{
	unsigned bs = ext2_fs(dir)->block_size;

	cache_dirty_bytes(&ext2_of(dir)->cache, (uint32_t)(pos >> PAGE_SHIFT),
			  (unsigned)(pos % PAGE_SIZE) & ~(bs - 1), bs);
}

static void leave(struct place *p)
{
	if (p->page)
		page_put(machine_va_page(p->page));
	p->page = NULL;
}

/*
 * To the record at p->pos. 1: it is there; 0: the end of the directory; or -errno. The page stays
 * referenced until leave().
 */
static int enter(struct place *p)
{
	struct ext2 *fs = ext2_fs(p->dir);

	if (p->pos >= p->dir->size) {
		leave(p);
		return 0;
	}
	if (!p->page || !(p->pos % PAGE_SIZE)) {
		leave(p);
		p->page = cache_page(&ext2_of(p->dir)->cache, (uint32_t)(p->pos >> PAGE_SHIFT), 3);
		if (is_err(p->page)) {
			int rc = (int)ptr_err(p->page);

			p->page = NULL;
			return rc;
		}
	}
	if (!(p->pos & (fs->block_size - 1)))
		p->entry = NULL;
	p->before = p->entry;
	p->entry = entry_at(p->page, p->pos);
	if (is_sound(fs, p->entry, p->pos))
		return 1;
	ext2_error(fs, "directory %u is broken at byte %llu", p->dir->ino,
		   (unsigned long long)p->pos);
	leave(p);
	return -EIO;
}

static int step(struct place *p)
{
	p->pos += p->entry->record_len;
	return enter(p);
}

/* Each record of a directory; the body may `break` only after leave(). */
#define for_each_entry(p, rc, directory) \
	for (*(p) = (struct place){ .dir = (directory) }, rc = enter(p); rc > 0; rc = step(p))

static bool is_named(const struct ext2_disk_entry *e, const char *name, size_t len)
{
	return e->ino && e->name_len == len && !memcmp(e->name, name, len);
}

/* 1: p is there, and to be left; 0: there is none; -errno. */
static int find(struct inode *dir, const char *name, size_t len, struct place *p)
{
	int rc;

	for_each_entry(p, rc, dir) if (is_named(p->entry, name, len)) return 1;
	return rc;
}

int ext2_dir_find(struct inode *dir, const char *name, size_t len, uint32_t *ino)
{
	struct place p;
	int rc = find(dir, name, len, &p);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	*ino = p.entry->ino;
	leave(&p);
	return 0;
}

int ext2_dir_name_of(struct inode *dir, uint32_t ino, char *name)
{
	struct place p;
	int rc;

	for_each_entry(&p, rc, dir)
	{
		if (p.entry->ino != ino || p.entry->name[0] == '.')
			continue;
		memcpy(name, p.entry->name, p.entry->name_len);
		name[p.entry->name_len] = '\0';
		leave(&p);
		return 0;
	}
	return rc ? rc : -ENOENT;
}

/* ---- adding ---- */

static void fill(const struct ext2 *fs, struct ext2_disk_entry *e, const char *name, size_t len,
		 uint32_t ino, uint32_t mode)
{
	e->ino = ino;
	e->name_len = (uint8_t)len;
	e->type = fs->has_types ? type_of_kind[mode >> 12 & 15] : 0;
	memcpy(e->name, name, len);
}

/* A directory that changes has no hash any more. */
static void dir_changed(struct inode *dir)
{
	ext2_of(dir)->flags &= ~EXT2_INDEX_FLAG;
	dir->mtime = dir->ctime = inode_now();
	(void)ext2_store(dir);
}

/* One more block, all of it one unused record. 0 or -errno. */
static int extend(struct inode *dir)
{
	struct ext2_inode *e = ext2_of(dir);
	struct ext2 *fs = e->fs;
	uint64_t pos = dir->size;
	uint32_t block;
	char *page;
	int rc;

	page = pos % PAGE_SIZE ? cache_page(&e->cache, (uint32_t)(pos >> PAGE_SHIFT), 0)
			       : cache_page_new(&e->cache, (uint32_t)(pos >> PAGE_SHIFT));
	if (is_err(page))
		return (int)ptr_err(page);
	rc = ext2_map(e, (uint32_t)(pos >> fs->block_shift), true, &block);
	if (!rc) {
		struct ext2_disk_entry *empty = entry_at(page, pos);

		memset(empty, 0, fs->block_size);
		empty->record_len = (uint16_t)fs->block_size;
		dir->size += fs->block_size;
		changed(dir, pos);
	}
	page_put(machine_va_page(page));
	return rc;
}

static unsigned room_in(const struct ext2_disk_entry *e)
{
	return e->ino ? e->record_len - EXT2_ENTRY_ROOM(e->name_len) : e->record_len;
}

/* Splits a record with room: its own part, and a new one behind it. */
static void insert(struct place *p, const char *name, size_t len, const struct inode *i)
{
	struct ext2_disk_entry *e = p->entry;

	if (e->ino) {
		unsigned own = EXT2_ENTRY_ROOM(e->name_len), rest = e->record_len - own;

		e->record_len = (uint16_t)own;
		e = (void *)((char *)e + own);
		e->record_len = (uint16_t)rest;
	}
	fill(ext2_fs(p->dir), e, name, len, i->ino, i->mode);
	changed(p->dir, p->pos);
}

int ext2_dir_add(struct inode *dir, const char *name, size_t len, const struct inode *i)
{
	struct place p;
	int rc;

	for_each_entry(&p, rc, dir) if (room_in(p.entry) >= EXT2_ENTRY_ROOM(len)) break;
	if (!rc) { /* no room: the new block begins where the walk ended */
		rc = extend(dir);
		if (!rc) {
			p.entry = NULL;
			rc = enter(&p);
		}
	}
	if (rc < 0)
		return rc;
	insert(&p, name, len, i);
	leave(&p);
	dir_changed(dir);
	return 0;
}

/* ---- changing and removing ---- */

int ext2_dir_set(struct inode *dir, const char *name, size_t len, const struct inode *i)
{
	struct place p;
	int rc = find(dir, name, len, &p);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	fill(ext2_fs(dir), p.entry, name, len, i->ino, i->mode);
	changed(dir, p.pos);
	leave(&p);
	dir_changed(dir);
	return 0;
}

int ext2_dir_remove(struct inode *dir, const char *name, size_t len)
{
	struct place p;
	int rc = find(dir, name, len, &p);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	if (p.before)
		p.before->record_len += p.entry->record_len;
	p.entry->ino = 0;
	changed(dir, p.pos);
	leave(&p);
	dir_changed(dir);
	return 0;
}

int ext2_dir_init(struct inode *dir, uint32_t parent)
{
	struct ext2 *fs = ext2_fs(dir);
	struct ext2_disk_entry *e;
	char *page;
	int rc = extend(dir);

	if (rc)
		return rc;
	page = cache_page(&ext2_of(dir)->cache, 0, 0);
	if (is_err(page))
		return (int)ptr_err(page);
	e = entry_at(page, 0);
	fill(fs, e, ".", 1, dir->ino, S_IFDIR);
	e->record_len = EXT2_ENTRY_ROOM(1);
	e = entry_at(page, EXT2_ENTRY_ROOM(1));
	e->record_len = (uint16_t)(fs->block_size - EXT2_ENTRY_ROOM(1));
	fill(fs, e, "..", 2, parent, S_IFDIR);
	changed(dir, 0);
	page_put(machine_va_page(page));
	return ext2_store(dir);
}

static bool is_dots(const struct ext2_disk_entry *e)
{
	return e->name[0] == '.' && (e->name_len == 1 || (e->name_len == 2 && e->name[1] == '.'));
}

bool ext2_dir_is_empty(struct inode *dir)
{
	struct place p;
	int rc;

	for_each_entry(&p, rc, dir) if (p.entry->ino && !is_dots(p.entry))
	{
		leave(&p);
		return false;
	}
	return true;
}

/* ---- a directory as a file ---- */

/*
 * The position is a byte of the directory. Records come and go while somebody reads, so a position is
 * only trusted to be somewhere in its block: the walk begins at the block's start.
 */
static int readdir(struct file *f, struct dir_sink *sink)
{
	struct inode *dir = f->path.inode;
	struct place p = { .dir = dir, .pos = f->pos & ~(uint64_t)(ext2_fs(dir)->block_size - 1) };
	int rc;

	for (rc = enter(&p); rc > 0; rc = step(&p)) {
		const struct ext2_disk_entry *e = p.entry;
		uint64_t next = p.pos + e->record_len;

		if (p.pos < f->pos || !e->ino)
			continue;
		if (!sink->put(sink, e->name, e->name_len, e->ino, dt_of_type[e->type & 7], next)) {
			leave(&p);
			return 0;
		}
		f->pos = next;
	}
	dir->atime = inode_now();
	return rc;
}

static long read(struct file *f, struct iter *to, uint64_t *pos)
{
	(void)f, (void)to, (void)pos;
	return -EISDIR;
}

static long long seek(struct file *f, long long off, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	return file_seek_sized(f, off, whence, 0);
}

static int sync(struct file *f)
{
	return ext2_file_fops.sync(f);
}

const struct file_ops ext2_dir_fops = {
	.read = read, .seek = seek, .readdir = readdir, .sync = sync
};
