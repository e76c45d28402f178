/* SPDX-License-Identifier: MIT */
/*
 * Advisory locks as programs ask for them: fcntl's struct flock and flock(2).
 */
#include "linux/lock.h"
#include "fs/filelock.h"
#include "linux/linux.h"

struct flock32 {
	int16_t type, whence;
	int32_t start, len, pid;
};

struct flock64 {
	int16_t type, whence;
	int64_t start, len;
	int32_t pid;
} __attribute__((packed));

_Static_assert(sizeof(struct flock64) == 24, "struct flock64 of i386");

static int flock_get(struct flock64 *l, const void *user, bool wide)
{
	struct flock32 n;

	if (wide)
		return copy_from_user(l, user, sizeof(*l));
	if (copy_from_user(&n, user, sizeof(n)))
		return -EFAULT;
	*l = (struct flock64){ n.type, n.whence, n.start, n.len, n.pid };
	return 0;
}

static int flock_put(const struct flock64 *l, void *user, bool wide)
{
	struct flock32 n = { l->type, l->whence, (int32_t)l->start, (int32_t)l->len, l->pid };

	return wide ? copy_to_user(user, l, sizeof(*l)) : copy_to_user(user, &n, sizeof(n));
}

/* Length 0 reaches to the end of all files, a negative one backwards. */
static int to_range(const struct file *f, const struct flock64 *l, struct lock_range *r)
{
	int64_t base = 0, start, end;

	if (l->type < LOCK_READ || l->type > LOCK_NONE)
		return -EINVAL;
	if (l->whence == SEEK_CUR)
		base = (int64_t)f->pos;
	else if (l->whence == SEEK_END)
		base = (int64_t)f->path.inode->size;
	else if (l->whence != SEEK_SET)
		return -EINVAL;
	if (__builtin_add_overflow(base, l->start, &start))
		return -EOVERFLOW;
	end = INT64_MAX;
	if (l->len > 0 && __builtin_add_overflow(start, l->len - 1, &end))
		return -EOVERFLOW;
	if (l->len < 0) {
		end = start - 1;
		start += l->len;
	}
	if (start < 0)
		return -EINVAL;
	*r = (struct lock_range){ (enum lock_type)l->type, (uint64_t)start, (uint64_t)end,
				  current->proc->pid };
	return 0;
}

static long test(struct file *f, struct flock64 *l, struct lock_range *r, void *user, bool wide)
{
	if (r->type == LOCK_NONE)
		return -EINVAL;
	filelock_test(f->path.inode, current->files, false, r);
	l->type = (int16_t)r->type;
	if (r->type != LOCK_NONE) {
		l->whence = SEEK_SET;
		l->start = (int64_t)r->start;
		l->len = r->end == INT64_MAX ? 0 : (int64_t)(r->end - r->start + 1);
		l->pid = r->pid;
	}
	return flock_put(l, user, wide);
}

long lock_control(struct file *f, void *user, bool wide, enum lock_op op)
{
	struct flock64 l;
	struct lock_range r;
	int err = flock_get(&l, user, wide);

	if (!err)
		err = to_range(f, &l, &r);
	if (err)
		return err;
	if (op == LOCK_GET)
		return test(f, &l, &r, user, wide);
	if ((r.type == LOCK_READ && !file_readable(f)) ||
	    (r.type == LOCK_WRITE && !file_writable(f)))
		return -EBADF;
	return filelock_set(f->path.inode, current->files, false, &r, op == LOCK_SET_WAIT);
}

enum { LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8 };

static long lock_whole(struct file *f, unsigned how)
{
	struct lock_range r = { LOCK_NONE, 0, INT64_MAX, current->proc->pid };

	switch (how & ~(unsigned)LOCK_NB) {
	case LOCK_SH:
		r.type = LOCK_READ;
		break;
	case LOCK_EX:
		r.type = LOCK_WRITE;
		break;
	}
	return filelock_set(f->path.inode, f, true, &r, !(how & LOCK_NB));
}

long sys_flock(const struct args *a)
{
	uint32_t how = a->v[1] & ~(uint32_t)LOCK_NB;

	if (how != LOCK_SH && how != LOCK_EX && how != LOCK_UN)
		return -EINVAL;
	return WITH_FILE(arg_int(a, 0), lock_whole(f, a->v[1]));
}
