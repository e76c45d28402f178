/* SPDX-License-Identifier: MIT */
/*
 * System calls that move bytes: read, write and their vectors, positions, sendfile, sync.
 */
#include "cache.h"
#include "linux/linux.h"

#define BYTES_MOST 0x7ffff000u /* of one call, as on Linux: the result stays positive */
#define IOV_MOST   1024u

struct iovec32 {
	uint32_t base, len;
};

static long read_user(struct file *f, void *buf, uint32_t n)
{
	struct iter to;

	iter_user(&to, buf, min(n, BYTES_MOST));
	return file_read(f, &to);
}

static long write_user(struct file *f, void *buf, uint32_t n)
{
	struct iter from;

	iter_user(&from, buf, min(n, BYTES_MOST));
	return file_write(f, &from);
}

long sys_read(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), read_user(f, arg_ptr(a, 1), a->v[2]));
}

long sys_write(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), write_user(f, arg_ptr(a, 1), a->v[2]));
}

/* ---- at a position ---- */

static long read_at_user(struct file *f, void *buf, uint32_t n, uint64_t pos)
{
	struct iter to;

	iter_user(&to, buf, min(n, BYTES_MOST));
	return file_read_at(f, &to, pos);
}

static long write_at_user(struct file *f, void *buf, uint32_t n, uint64_t pos)
{
	struct iter from;

	iter_user(&from, buf, min(n, BYTES_MOST));
	return file_write_at(f, &from, pos);
}

long sys_pread64(const struct args *a)
{
	uint64_t pos = arg_u64(a, 3);

	if (pos >> 63)
		return -EINVAL;
	return WITH_FILE(arg_int(a, 0), read_at_user(f, arg_ptr(a, 1), a->v[2], pos));
}

long sys_pwrite64(const struct args *a)
{
	uint64_t pos = arg_u64(a, 3);

	if (pos >> 63)
		return -EINVAL;
	return WITH_FILE(arg_int(a, 0), write_at_user(f, arg_ptr(a, 1), a->v[2], pos));
}

/* ---- vectors ---- */

/* Reads and checks the vector; *vec is kmalloc. The number of bytes, or -errno. */
static long vector_get(const void *user, uint32_t count, struct span **vec)
{
	struct iovec32 *in;
	uint32_t total = 0;
	long r = 0;

	*vec = NULL;
	if (count > IOV_MOST)
		return -EINVAL;
	if (!count)
		return 0;
	*vec = kmalloc(count * sizeof(**vec));
	in = kmalloc(count * sizeof(*in));
	if (!*vec || !in)
		r = -ENOMEM;
	else if (copy_from_user(in, user, count * sizeof(*in)))
		r = -EFAULT;
	for (uint32_t i = 0; !r && i < count; i++) {
		void *base = (void *)(uintptr_t)in[i].base;
		uint32_t len = in[i].len;

		if (len >> 31)
			r = -EINVAL;
		else if (!access_ok(base, len))
			r = -EFAULT;
		len = min(len, BYTES_MOST - total);
		(*vec)[i] = (struct span){ base, len };
		total += len;
	}
	kfree(in);
	if (!r)
		return (long)total;
	kfree(*vec);
	*vec = NULL;
	return r;
}

enum direction { READ, WRITE };

static long vector_move(struct file *f, const void *user, uint32_t count, enum direction d,
			const uint64_t *pos)
{
	struct span *vec;
	struct iter it;
	long r;

	if (d == READ ? !file_readable(f) : !file_writable(f))
		return -EBADF;
	r = vector_get(user, count, &vec);
	if (r < 0)
		return r;
	iter_user_vec(&it, vec, vec ? count : 0);
	if (pos)
		r = d == READ ? file_read_at(f, &it, *pos) : file_write_at(f, &it, *pos);
	else
		r = d == READ ? file_read(f, &it) : file_write(f, &it);
	kfree(vec);
	return r;
}

long sys_readv(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), vector_move(f, arg_ptr(a, 1), a->v[2], READ, NULL));
}

long sys_writev(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), vector_move(f, arg_ptr(a, 1), a->v[2], WRITE, NULL));
}

long sys_preadv(const struct args *a)
{
	uint64_t pos = arg_u64(a, 3);

	if (pos >> 63)
		return -EINVAL;
	return WITH_FILE(arg_int(a, 0), vector_move(f, arg_ptr(a, 1), a->v[2], READ, &pos));
}

long sys_pwritev(const struct args *a)
{
	uint64_t pos = arg_u64(a, 3);

	if (pos >> 63)
		return -EINVAL;
	return WITH_FILE(arg_int(a, 0), vector_move(f, arg_ptr(a, 1), a->v[2], WRITE, &pos));
}

/* ---- positions ---- */

static long seek(struct file *f, long long off, int whence)
{
	long long r = file_seek(f, off, whence);

	return r > 0x7fffffff ? -EOVERFLOW : (long)r;
}

long sys_lseek(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), seek(f, arg_int(a, 1), arg_int(a, 2)));
}

static long seek_wide(struct file *f, long long off, uint64_t *user, int whence)
{
	long long r = file_seek(f, off, whence);

	if (r < 0)
		return (long)r;
	return put_user((uint64_t)r, user);
}

long sys__llseek(const struct args *a)
{
	long long off = (long long)((uint64_t)a->v[1] << 32 | a->v[2]);

	return WITH_FILE(arg_int(a, 0), seek_wide(f, off, arg_ptr(a, 3), arg_int(a, 4)));
}

/* ---- sendfile: from a file to anything, through a page ---- */

static long send_part(struct file *in, struct file *out, char *page, size_t n, uint64_t *pos)
{
	uint64_t at = *pos;
	struct iter it;
	long got, put;

	iter_kernel(&it, page, n);
	got = in->ops->read(in, &it, &at);
	if (got <= 0)
		return got;
	iter_kernel(&it, page, (size_t)got);
	put = file_write(out, &it);
	if (put > 0)
		*pos += (uint64_t)put;
	return put;
}

static long send(struct file *in, struct file *out, uint64_t *pos, uint32_t count)
{
	char *page = kmalloc(PAGE_SIZE);
	uint32_t done = 0;
	long r = page ? 1 : -ENOMEM;

	while (r > 0 && done < count && !signal_pending()) {
		size_t n = min(count - done, (uint32_t)PAGE_SIZE);

		r = send_part(in, out, page, n, pos);
		if (r > 0)
			done += (uint32_t)r;
		if (r > 0 && (size_t)r < n && in->ops->stream)
			break;
	}
	kfree(page);
	if (!done && r > 0 && count)
		return -ERESTARTSYS;
	return done ? (long)done : min(r, 0l);
}

static long send_between(struct file *out, struct file *in, uint64_t *pos, uint32_t count)
{
	if (!file_readable(in) || !file_writable(out))
		return -EBADF;
	if (in->ops->stream && pos != &in->pos)
		return -ESPIPE;
	/* Linux sends pages: of files that have some, to a place that is not the moving end. */
	if (!in->ops->map_page || !out->ops->write || (out->flags & O_APPEND))
		return -EINVAL;
	return send(in, out, pos, min(count, BYTES_MOST));
}

static long sendfile_fds(const struct args *a, uint64_t *pos)
{
	struct file *in = fd_get(arg_int(a, 1));
	long r;

	if (!in)
		return -EBADF;
	r = WITH_FILE(arg_int(a, 0), send_between(f, in, pos ? pos : &in->pos, a->v[3]));
	file_put(in);
	return r;
}

long sys_sendfile(const struct args *a)
{
	int32_t *user = arg_ptr(a, 2), narrow;
	uint64_t pos;
	long r;

	if (!user)
		return sendfile_fds(a, NULL);
	if (get_user(narrow, user))
		return -EFAULT;
	if (narrow < 0)
		return -EINVAL;
	pos = (uint64_t)narrow;
	r = sendfile_fds(a, &pos);
	return put_user((int32_t)pos, user) ? -EFAULT : r;
}

long sys_sendfile64(const struct args *a)
{
	uint64_t *user = arg_ptr(a, 2), pos;
	long r;

	if (!user)
		return sendfile_fds(a, NULL);
	if (get_user(pos, user))
		return -EFAULT;
	if (pos >> 63)
		return -EINVAL;
	r = sendfile_fds(a, &pos);
	return put_user(pos, user) ? -EFAULT : r;
}

/* ---- what goes to a disk ---- */

static long sync_file(struct file *f)
{
	const struct inode *i = f->path.inode;

	if (f->ops->sync)
		return f->ops->sync(f);
	return (inode_is(i, S_IFREG) || inode_is(i, S_IFDIR)) && !i->ops->synthetic ? 0 : -EINVAL;
}

long sys_sync(const struct args *a)
{
	(void)a;
	cache_sync_all();
	return 0;
}

long sys_fsync(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), sync_file(f));
}

long sys_fdatasync(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), sync_file(f));
}

long sys_syncfs(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), 0);
}

static long read_ahead(const struct file *f)
{
	if (!file_readable(f))
		return -EBADF;
	return inode_is(f->path.inode, S_IFREG) ? 0 : -EINVAL;
}

long sys_readahead(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), read_ahead(f));
}

static long advise(struct file *f, int advice)
{
	if (f->ops->stream)
		return -ESPIPE;
	return advice >= 0 && advice <= 5 ? 0 : -EINVAL;
}

long sys_fadvise64(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), advise(f, arg_int(a, 4)));
}

long sys_fadvise64_64(const struct args *a)
{
	return WITH_FILE(arg_int(a, 0), advise(f, arg_int(a, 5)));
}
