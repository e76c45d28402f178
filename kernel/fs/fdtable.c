/* SPDX-License-Identifier: MIT */
/*
 * Descriptors: small numbers for open files, one table a process (or shared, CLONE_FILES).
 *
 * The table grows by doubling. Its lock is a spinlock that guards the slots only: a file is put
 * after it is released, since that may sleep.
 */
#include "fs/filelock.h"
#include "fs/vfs.h"
#include "proc.h"

#define FIRST_SIZE 32u
#define SIZE_MOST  65536u

struct fd_slot {
	struct file *file;
	bool cloexec;
};

struct fdtable {
	int refs;
	struct spinlock lock;
	unsigned size;
	struct fd_slot *slot;
};

struct fdtable *fdtable_create(void)
{
	struct fdtable *t = kzalloc(sizeof(*t));

	if (!t)
		return NULL;
	t->refs = 1;
	t->size = FIRST_SIZE;
	t->slot = kzalloc(t->size * sizeof(*t->slot));
	if (!t->slot) {
		kfree(t);
		return NULL;
	}
	return t;
}

struct fdtable *fdtable_copy(struct fdtable *from)
{
	struct fdtable *t = kzalloc(sizeof(*t));

	if (!t)
		return NULL;
	spin_lock(&from->lock);
	t->refs = 1;
	t->size = from->size;
	t->slot = kmalloc(t->size * sizeof(*t->slot));
	if (t->slot) {
		memcpy(t->slot, from->slot, t->size * sizeof(*t->slot));
		for (unsigned i = 0; i < t->size; i++)
			if (t->slot[i].file)
				file_get(t->slot[i].file);
	}
	spin_unlock(&from->lock);
	if (!t->slot) {
		kfree(t);
		return NULL;
	}
	return t;
}

struct fdtable *fdtable_get(struct fdtable *t)
{
	__atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}

/* A descriptor of t for f is gone: with any of them go all POSIX locks that t holds on the file. */
static void put_closed(struct fdtable *t, struct file *f)
{
	filelock_drop(f->path.inode, t);
	file_put(f);
}

void fdtable_put(struct fdtable *t)
{
	if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL))
		return;
	for (unsigned i = 0; i < t->size; i++)
		if (t->slot[i].file)
			put_closed(t, t->slot[i].file);
	kfree(t->slot);
	kfree(t);
}

int fdtable_unshare(struct task *t)
{
	struct fdtable *own;

	if (t->files->refs == 1)
		return 0;
	own = fdtable_copy(t->files);
	if (!own)
		return -ENOMEM;
	fdtable_put(t->files);
	t->files = own;
	return 0;
}

/* Empties a slot; the caller puts what it returns. */
static struct file *take(struct fdtable *t, unsigned fd, bool only_cloexec)
{
	struct file *f = NULL;

	spin_lock(&t->lock);
	if (fd < t->size && (!only_cloexec || t->slot[fd].cloexec)) {
		f = t->slot[fd].file;
		t->slot[fd] = (struct fd_slot){ NULL, false };
	}
	spin_unlock(&t->lock);
	return f;
}

static void close_range(struct fdtable *t, unsigned first, unsigned last, bool only_cloexec)
{
	for (unsigned fd = first; fd < t->size && fd <= last; fd++) {
		struct file *f = take(t, fd, only_cloexec);

		if (f)
			put_closed(t, f);
	}
}

void fdtable_close_on_exec(struct fdtable *t)
{
	close_range(t, 0, ~0u, true);
}

int fd_close_range(unsigned first, unsigned last, bool only_cloexec)
{
	if (first > last)
		return -EINVAL;
	close_range(current->files, first, last, only_cloexec);
	return 0;
}

struct file *fd_get_path(int fd)
{
	struct fdtable *t = current->files;
	struct file *f = NULL;

	spin_lock(&t->lock);
	if (fd >= 0 && (unsigned)fd < t->size)
		f = t->slot[fd].file;
	if (f)
		file_get(f);
	spin_unlock(&t->lock);
	return f;
}

struct file *fd_get(int fd)
{
	struct file *f = fd_get_path(fd);

	if (f && (f->flags & O_PATH)) {
		file_put(f);
		return NULL;
	}
	return f;
}

struct file *fdtable_next(struct fdtable *t, int *fd)
{
	struct file *f = NULL;

	spin_lock(&t->lock);
	while (*fd >= 0 && (unsigned)*fd < t->size && !f) {
		f = t->slot[*fd].file;
		if (f)
			file_get(f);
		else
			(*fd)++;
	}
	spin_unlock(&t->lock);
	return f;
}

static unsigned fd_limit(void)
{
	uint64_t limit = current->proc->rlimit[RLIMIT_NOFILE].cur;

	return limit < SIZE_MOST ? (unsigned)limit : SIZE_MOST;
}

/* Lock held: makes slot fd exist. */
static int grow(struct fdtable *t, unsigned fd)
{
	unsigned size = t->size;
	struct fd_slot *slot;

	while (size <= fd)
		size *= 2;
	if (size == t->size)
		return 0;
	slot = krealloc(t->slot, size * sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	memset(slot + t->size, 0, (size - t->size) * sizeof(*slot));
	t->slot = slot;
	t->size = size;
	return 0;
}

int fd_install(struct file *f, int from, bool cloexec)
{
	struct fdtable *t = current->files;
	unsigned fd = (unsigned)from, limit = fd_limit();
	int r;

	spin_lock(&t->lock);
	while (fd < limit && fd < t->size && t->slot[fd].file)
		fd++;
	r = fd < limit ? grow(t, fd) : -EMFILE;
	if (!r) {
		t->slot[fd] = (struct fd_slot){ f, cloexec };
		r = (int)fd;
	}
	spin_unlock(&t->lock);
	return r;
}

int fd_close(int fd)
{
	struct file *f = fd < 0 ? NULL : take(current->files, (unsigned)fd, false);

	if (!f)
		return -EBADF;
	put_closed(current->files, f);
	return 0;
}

int fd_replace(int fd, struct file *f, bool cloexec)
{
	struct fdtable *t = current->files;
	struct file *old = NULL;
	int r = -EBADF;

	spin_lock(&t->lock);
	if (fd >= 0 && (unsigned)fd < fd_limit())
		r = grow(t, (unsigned)fd);
	if (!r) {
		old = t->slot[fd].file;
		file_get(f);
		t->slot[fd] = (struct fd_slot){ f, cloexec };
		r = fd;
	}
	spin_unlock(&t->lock);
	if (old)
		put_closed(t, old);
	return r;
}

int fd_cloexec_get(int fd)
{
	struct fdtable *t = current->files;
	int r = -EBADF;

	spin_lock(&t->lock);
	if (fd >= 0 && (unsigned)fd < t->size && t->slot[fd].file)
		r = t->slot[fd].cloexec;
	spin_unlock(&t->lock);
	return r;
}

int fd_cloexec_set(int fd, bool on)
{
	struct fdtable *t = current->files;
	int r = -EBADF;

	spin_lock(&t->lock);
	if (fd >= 0 && (unsigned)fd < t->size && t->slot[fd].file) {
		t->slot[fd].cloexec = on;
		r = 0;
	}
	spin_unlock(&t->lock);
	return r;
}
