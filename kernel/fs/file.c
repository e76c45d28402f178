/* SPDX-License-Identifier: MIT */
/*
 * Open files: references, the position, and the checks that every read and write shares.
 *
 * A file's access mode and operations are fixed when it is opened. pos_lock makes reading (or
 * writing) and moving the position one step; files without a position do not take it, since a reader
 * that waits there must not keep a writer out.
 */
#include "fs/filelock.h"
#include "fs/vfs.h"
#include "proc.h"

struct file *file_create(const struct file_ops *ops, unsigned flags, const struct path *p,
			 void *priv)
{
	struct file *f = kzalloc(sizeof(*f));

	if (!f) {
		struct path gone = *p;

		path_put(&gone);
		return NULL;
	}
	f->refs = 1;
	f->flags = flags;
	f->ops = ops;
	f->path = *p;
	f->priv = priv;
	mutex_init(&f->pos_lock);
	return f;
}

void file_get(struct file *f)
{
	__atomic_add_fetch(&f->refs, 1, __ATOMIC_RELAXED);
}

void file_put(struct file *f)
{
	if (__atomic_sub_fetch(&f->refs, 1, __ATOMIC_ACQ_REL))
		return;
	filelock_drop(f->path.inode, f);
	if (f->ops->release)
		f->ops->release(f);
	path_put(&f->path);
	kfree(f);
}

bool file_readable(const struct file *f)
{
	return (f->flags & O_ACCMODE) != O_WRONLY && !(f->flags & O_PATH);
}

bool file_writable(const struct file *f)
{
	return (f->flags & O_ACCMODE) != O_RDONLY;
}

static int check_read(const struct file *f)
{
	if (!file_readable(f))
		return -EBADF;
	return f->ops->read ? 0 : -EINVAL;
}

static int check_write(const struct file *f)
{
	if (!file_writable(f))
		return -EBADF;
	return f->ops->write ? 0 : -EINVAL;
}

long file_read(struct file *f, struct iter *to)
{
	long r = check_read(f);

	if (r)
		return r;
	if (f->ops->stream)
		return f->ops->read(f, to, &f->pos);
	mutex_lock(&f->pos_lock);
	r = f->ops->read(f, to, &f->pos);
	mutex_unlock(&f->pos_lock);
	return r;
}

long file_write(struct file *f, struct iter *from)
{
	long r = check_write(f);

	if (r)
		return r;
	if (f->ops->stream)
		return f->ops->write(f, from, &f->pos);
	mutex_lock(&f->pos_lock);
	r = f->ops->write(f, from, &f->pos);
	mutex_unlock(&f->pos_lock);
	return r;
}

long file_read_at(struct file *f, struct iter *to, uint64_t pos)
{
	long r = check_read(f);

	if (f->ops->stream)
		return -ESPIPE;
	return r ? r : f->ops->read(f, to, &pos);
}

long file_write_at(struct file *f, struct iter *from, uint64_t pos)
{
	long r = check_write(f);

	if (f->ops->stream)
		return -ESPIPE;
	return r ? r : f->ops->write(f, from, &pos);
}

long file_pread(struct file *f, void *kernel_buf, size_t n, uint64_t pos)
{
	struct iter to;

	if (!f->ops->read)
		return -EINVAL;
	iter_kernel(&to, kernel_buf, n);
	return f->ops->read(f, &to, &pos);
}

uint64_t file_size(struct file *f)
{
	/* A device that can be mapped says page by page where it ends. */
	return inode_is(f->path.inode, S_IFCHR) ? FILE_SIZE_MAX : f->path.inode->size;
}

long long file_seek_sized(struct file *f, long long off, int whence, uint64_t size)
{
	long long to;

	switch (whence) {
	case SEEK_SET:
		to = off;
		break;
	case SEEK_CUR:
		to = (long long)f->pos + off;
		break;
	case SEEK_END:
		to = (long long)size + off;
		break;
	case SEEK_DATA: /* whoever keeps no account of holes may say that there are none */
	case SEEK_HOLE:
		if (off < 0 || (uint64_t)off >= size)
			return -ENXIO;
		to = whence == SEEK_DATA ? off : (long long)size;
		break;
	default:
		return -EINVAL;
	}
	if (to < 0 || (uint64_t)to > FILE_SIZE_MAX)
		return -EINVAL;
	f->pos = (uint64_t)to;
	return to;
}

long long file_seek(struct file *f, long long off, int whence)
{
	long long r;

	if (f->flags & O_PATH)
		return -EBADF;
	if (whence < SEEK_SET || whence > SEEK_HOLE)
		return -EINVAL;
	if (!f->ops->seek)
		return -ESPIPE;
	mutex_lock(&f->pos_lock);
	r = f->ops->seek(f, off, whence);
	mutex_unlock(&f->pos_lock);
	return r;
}

unsigned file_poll(struct file *f, struct poll_table *pt)
{
	if (f->ops->poll)
		return f->ops->poll(f, pt);
	return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
}

pfn_t file_map_page(struct file *f, uint64_t offset)
{
	return f->ops->map_page ? f->ops->map_page(f, offset) : PFN_NONE;
}

int file_may_map(struct file *f, unsigned prot, bool shared)
{
	if (!file_readable(f))
		return -EACCES;
	if (shared && (prot & PROT_WRITE) && !file_writable(f))
		return -EACCES;
	if (!f->ops->map_page && !f->ops->map_foreign)
		return -ENODEV;
	if ((prot & PROT_EXEC) && (f->path.mnt->flags & MS_NOEXEC))
		return -EPERM;
	return 0;
}

char *file_name(struct file *f)
{
	char *buf = kmalloc(PATH_LONGEST), *s, *copy = NULL;

	if (!buf)
		return NULL;
	mutex_lock(&vfs_lock);
	s = path_name(&f->path, buf, PATH_LONGEST);
	mutex_unlock(&vfs_lock);
	if (!is_err(s))
		copy = kstrdup(s);
	kfree(buf);
	return copy;
}
