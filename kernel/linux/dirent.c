/* SPDX-License-Identifier: MIT */
/*
 * getdents, getdents64: directory entries as records of variable length.
 *
 * A record is { ino, off, reclen, name, type } with widths and order of its own kind. off is the
 * position from which a later call continues behind this entry.
 */
#include "linux/dirent.h"
#include "linux/linux.h"

struct dirent64_head {
	uint64_t ino, off;
	uint16_t reclen;
	uint8_t type;
	char name[];
} __attribute__((packed));

struct dirent32_head { /* the type is the last byte of the record */
	uint32_t ino, off;
	uint16_t reclen;
	char name[];
} __attribute__((packed));

/* C libraries offer 32 KiB; a page at a time does as well, and is always to be had. */
#define BUFFER_MOST ((uint32_t)PAGE_SIZE)

static size_t record_size(const struct dirent_pack *p, size_t len)
{
	if (p->wide)
		return align_up(sizeof(struct dirent64_head) + len + 1, sizeof(uint64_t));
	return align_up(sizeof(struct dirent32_head) + len + 2, sizeof(uint32_t));
}

static bool put(struct dir_sink *s, const char *name, size_t len, uint32_t ino, unsigned type,
		uint64_t next_pos)
{
	struct dirent_pack *p = container_of(s, struct dirent_pack, sink);
	size_t n = record_size(p, len);
	char *at = p->buf + p->used;

	if (n > p->size - p->used) {
		p->refused = true;
		return false;
	}
	memset(at, 0, n);
	if (p->wide) {
		struct dirent64_head *h = (void *)at;

		h->ino = ino;
		h->off = next_pos;
		h->reclen = (uint16_t)n;
		h->type = (uint8_t)type;
		memcpy(h->name, name, len);
	} else {
		struct dirent32_head *h = (void *)at;

		h->ino = ino;
		h->off = (uint32_t)next_pos;
		h->reclen = (uint16_t)n;
		memcpy(h->name, name, len);
		at[n - 1] = (char)type;
	}
	p->used += n;
	return true;
}

void dirent_pack_init(struct dirent_pack *p, char *buf, size_t size, bool wide)
{
	*p = (struct dirent_pack){ .sink = { put }, .buf = buf, .size = size, .wide = wide };
}

static long fill(struct file *f, struct dirent_pack *p)
{
	int r;

	if (!f->path.inode->nlink)
		return -ENOENT;
	mutex_lock(&vfs_lock);
	r = f->ops->readdir(f, &p->sink);
	mutex_unlock(&vfs_lock);
	if (r)
		return r;
	if (!p->used && p->refused)
		return -EINVAL;
	return (long)p->used;
}

static long read_entries(struct file *f, void *user, uint32_t count, bool wide)
{
	size_t size = min(count, BUFFER_MOST);
	struct dirent_pack p;
	uint64_t before;
	char *buf;
	long r;

	if (!f->ops->readdir)
		return -ENOTDIR;
	buf = kmalloc(size ? size : 1);
	if (!buf)
		return -ENOMEM;
	dirent_pack_init(&p, buf, size, wide);
	mutex_lock(&f->pos_lock);
	before = f->pos;
	r = fill(f, &p);
	if (r > 0 && copy_to_user(user, buf, (size_t)r)) {
		f->pos = before;
		r = -EFAULT;
	}
	mutex_unlock(&f->pos_lock);
	kfree(buf);
	return r;
}

long sys_getdents64(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), read_entries(f, arg_ptr(a, 1), a->v[2], true));
}

long sys_getdents(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), read_entries(f, arg_ptr(a, 1), a->v[2], false));
}
