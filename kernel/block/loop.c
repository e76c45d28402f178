/* SPDX-License-Identifier: MIT */
/*
 * Loop devices: a file as a disk, /dev/loop0 to loop7.
 *
 * The file may be of any file system, and reading it may sleep, so each bound device has a thread; requests
 * wait in a list. A flush is the file's fsync. The ioctls are Linux's, as losetup uses them. The file is held
 * open by the device until it is cleared, and it is not cleared while the disk is in use. With LO_FLAGS_AUTOCLEAR it is
 * cleared when its last user has gone, however that one ended.
 *
 * Locks: `setup` (a mutex) for binding and clearing, loop.lock for the list.
 */
#include "block/internal.h"
#include "fs/dev.h"
#include "proc.h"
#include "vm.h"

#define LOOP_MAJOR 7
#define LOOP_COUNT 8
#define NAME_BYTES 64
#define KEY_BYTES  32

enum {
	LOOP_SET_FD = 0x4c00,
	LOOP_CLR_FD = 0x4c01,
	LOOP_SET_STATUS64 = 0x4c04,
	LOOP_GET_STATUS64 = 0x4c05,
	LOOP_SET_CAPACITY = 0x4c07,
	LOOP_CONFIGURE = 0x4c0a,
	LOOP_CTL_GET_FREE = 0x4c82,
};

enum { LO_FLAGS_READ_ONLY = 1, LO_FLAGS_AUTOCLEAR = 4 };

/* loop_info64 of Linux. */
struct loop_info {
	uint64_t device, inode, rdevice, offset, size_limit;
	uint32_t number, encrypt_type, encrypt_key_size, flags;
	uint8_t file_name[NAME_BYTES], crypt_name[NAME_BYTES], encrypt_key[KEY_BYTES];
	uint64_t init[2];
};

/* loop_config of Linux: bound and described at once, so that nobody can be killed in between. */
struct loop_config {
	uint32_t fd, block_size;
	struct loop_info info;
	uint64_t reserved[8];
};

struct loop {
	struct blockdev dev;
	struct file *file; /* NULL: free */
	struct loop_info info;
	struct spinlock lock;
	struct list requests;
	struct waitq wake;
	bool stop, stopped;
};

static struct loop loops[LOOP_COUNT];
static struct mutex setup = MUTEX_INIT(setup);

/* ---- requests ---- */

static int move_segment(struct loop *l, const struct block_request *r, unsigned n, uint64_t *pos)
{
	struct iter it;
	long done;

	iter_kernel(&it, r->segment[n].va, r->segment[n].len);
	done = r->op == BLOCK_READ ? l->file->ops->read(l->file, &it, pos)
				   : l->file->ops->write(l->file, &it, pos);
	if (done < 0)
		return (int)done;
	if (r->op == BLOCK_READ && it.left) /* the file is shorter than it was */
		iter_zero(&it, it.left);
	return r->op == BLOCK_WRITE && (size_t)done != r->segment[n].len ? -ENOSPC : 0;
}

static int sync_file(struct loop *l)
{
	return l->file->ops->sync ? l->file->ops->sync(l->file) : 0;
}

static int perform(struct loop *l, const struct block_request *r)
{
	uint64_t pos = (r->sector << SECTOR_SHIFT) + l->info.offset;
	int rc = 0;

	if (r->op == BLOCK_FLUSH)
		return sync_file(l);
	for (unsigned i = 0; i < r->segments && !rc; i++)
		rc = move_segment(l, r, i, &pos);
	return !rc && r->fua ? sync_file(l) : rc;
}

static void submit(struct blockdev *d, struct block_request *r)
{
	struct loop *l = d->priv;

	spin_lock(&l->lock);
	list_add_tail(&l->requests, &r->link);
	spin_unlock(&l->lock);
	waitq_wake(&l->wake);
}

static struct block_request *next_request(struct loop *l)
{
	struct block_request *r = NULL;

	spin_lock(&l->lock);
	if (!list_empty(&l->requests)) {
		r = list_first(&l->requests, struct block_request, link);
		list_del(&r->link);
	}
	spin_unlock(&l->lock);
	return r;
}

static void thread(void *data)
{
	struct loop *l = data;
	struct block_request *r;

	while (!l->stop) {
		wait_event(&l->wake, l->stop || !list_empty(&l->requests));
		while ((r = next_request(l)))
			block_done(r, perform(l, r));
	}
	l->stopped = true;
	waitq_wake(&l->wake);
	kthread_exit();
}

/* ---- binding; Locks: setup ---- */

static uint64_t sectors_of(const struct loop *l)
{
	uint64_t size = file_size(l->file);

	size = size > l->info.offset ? size - l->info.offset : 0;
	if (l->info.size_limit)
		size = min(size, l->info.size_limit);
	return size >> SECTOR_SHIFT;
}

static int bind(struct loop *l, int fd)
{
	struct file *f = fd_get(fd);

	if (!f)
		return -EBADF;
	if (l->file || !inode_is(f->path.inode, S_IFREG) || !f->ops->read) {
		file_put(f);
		return l->file ? -EBUSY : -EINVAL;
	}
	l->file = f;
	l->stop = l->stopped = false;
	memset(&l->info, 0, sizeof(l->info));
	l->dev.read_only = !file_writable(f) || !f->ops->write;
	if (!kthread_create(l->dev.name, thread, l)) {
		l->file = NULL;
		file_put(f);
		return -ENOMEM;
	}
	l->dev.sectors = sectors_of(l);
	return 0;
}

static int clear(struct loop *l)
{
	if (!l->file)
		return -ENXIO;
	if (l->dev.users > 1 || l->dev.exclusive) /* whoever asks has it open */
		return -EBUSY;
	(void)cache_sync(&l->dev.cache);
	cache_drop(&l->dev.cache, 0, ~0u);
	l->stop = true;
	waitq_wake(&l->wake);
	wait_event(&l->wake, *(volatile bool *)&l->stopped);
	l->dev.sectors = 0;
	file_put(l->file);
	l->file = NULL;
	return 0;
}

static int set_status(struct loop *l, const struct loop_info *user)
{
	struct loop_info i;

	if (!l->file)
		return -ENXIO;
	if (copy_from_user(&i, user, sizeof(i)))
		return -EFAULT;
	if (i.encrypt_type || i.offset % SECTOR_SIZE)
		return -EINVAL;
	l->info.offset = i.offset;
	l->info.size_limit = i.size_limit;
	l->info.flags = i.flags & LO_FLAGS_AUTOCLEAR;
	memcpy(l->info.file_name, i.file_name, sizeof(i.file_name));
	l->info.file_name[NAME_BYTES - 1] = '\0';
	l->dev.sectors = sectors_of(l);
	return 0;
}

static int configure(struct loop *l, const struct loop_config *user)
{
	uint32_t fd;
	int rc;

	if (copy_from_user(&fd, &user->fd, sizeof(fd)))
		return -EFAULT;
	rc = bind(l, (int)fd);
	if (rc)
		return rc;
	rc = set_status(l, &user->info);
	if (rc)
		(void)clear(l);
	return rc;
}

static int get_status(struct loop *l, struct loop_info *user)
{
	struct loop_info i = l->info;

	if (!l->file)
		return -ENXIO;
	i.number = (uint32_t)(l - loops);
	i.device = l->file->path.inode->sb->dev;
	i.inode = l->file->path.inode->ino;
	i.flags |= l->dev.read_only ? LO_FLAGS_READ_ONLY : 0;
	return copy_to_user(user, &i, sizeof(i));
}

static long ioctl(struct blockdev *d, unsigned cmd, unsigned long arg)
{
	struct loop *l = d->priv;
	long rc = -ENOTTY;

	mutex_lock(&setup);
	if (cmd == LOOP_SET_FD) {
		rc = bind(l, (int)arg);
	} else if (cmd == LOOP_CONFIGURE) {
		rc = configure(l, (void *)arg);
	} else if (cmd == LOOP_CLR_FD) {
		rc = clear(l);
	} else if (cmd == LOOP_SET_STATUS64) {
		rc = set_status(l, (void *)arg);
	} else if (cmd == LOOP_GET_STATUS64) {
		rc = get_status(l, (void *)arg);
	} else if (cmd == LOOP_SET_CAPACITY) {
		rc = l->file ? 0 : -ENXIO;
		if (!rc)
			l->dev.sectors = sectors_of(l);
	}
	mutex_unlock(&setup);
	return rc;
}

static void release(struct blockdev *d)
{
	struct loop *l = d->priv;

	mutex_lock(&setup);
	if (l->info.flags & LO_FLAGS_AUTOCLEAR && !d->users)
		(void)clear(l);
	mutex_unlock(&setup);
}

static const struct blockdev_ops loop_ops = {
	.submit = submit,
	.release = release,
	.ioctl = ioctl,
};

/* ---- /dev/loop-control ---- */

static long control_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	(void)f, (void)arg;
	if (cmd != LOOP_CTL_GET_FREE)
		return -ENOTTY;
	for (int i = 0; i < LOOP_COUNT; i++)
		if (!loops[i].file)
			return i;
	return -ENODEV;
}

const struct file_ops loop_control_fops = { .ioctl = control_ioctl };

void loop_init(void)
{
	for (unsigned i = 0; i < LOOP_COUNT; i++) {
		struct loop *l = &loops[i];

		list_init(&l->requests);
		waitq_init(&l->wake);
		snprintf(l->dev.name, sizeof(l->dev.name), "loop%u", i);
		l->dev.rdev = DEV(LOOP_MAJOR, i);
		l->dev.can_flush = true;
		l->dev.ops = &loop_ops;
		l->dev.priv = l;
		if (blockdev_add(&l->dev))
			printk("loop: /dev/%s cannot be made\n", l->dev.name);
	}
}
