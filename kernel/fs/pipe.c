/* SPDX-License-Identifier: MIT */
/*
 * Pipes and FIFOs.
 *
 * Both are an inode with a struct pipe while anyone has it open; pipe(2) makes an inode that has no
 * name. pipe->lock (a mutex) guards the bytes; the counts of readers and writers change under it too.
 * users_lock guards inode->fifo and who uses it. A waiter tests its condition without the lock and
 * again with it. Release takes no vfs_lock: the last reference may go where that is held.
 */
#include "fs/vfs.h"
#include "fs/pipebuf.h"
#include "proc.h"
#include "signal.h"
#include "vm.h"

#define FIONREAD 0x541b

struct pipe {
	int users; /* files; users_lock */
	struct mutex lock;
	struct waitq reading, writing; /* wait for bytes, for room */
	unsigned readers, writers;
	unsigned readers_seen, writers_seen; /* ever: what an opening end waits for */
	struct pipebuf buf;
};

static struct mutex users_lock = MUTEX_INIT(users_lock);

static struct pipe *pipe_get(struct inode *i)
{
	struct pipe *p;

	mutex_lock(&users_lock);
	p = i->fifo;
	if (!p) {
		p = kzalloc(sizeof(*p));
		if (p) {
			mutex_init(&p->lock);
			waitq_init(&p->reading);
			waitq_init(&p->writing);
			i->fifo = p;
		}
	}
	if (p)
		p->users++;
	mutex_unlock(&users_lock);
	return p;
}

static void pipe_put(struct inode *i, struct pipe *p)
{
	bool last;

	mutex_lock(&users_lock);
	last = !--p->users;
	if (last)
		i->fifo = NULL;
	mutex_unlock(&users_lock);
	if (last) {
		pipebuf_free(&p->buf);
		kfree(p);
	}
}

static void wake(struct pipe *p)
{
	waitq_wake(&p->reading);
	waitq_wake(&p->writing);
}

/* ---- reading and writing ---- */

static long pipe_read(struct file *f, struct iter *to, uint64_t *pos)
{
	struct pipe *p = f->priv;
	long r;

	(void)pos;
	if (!to->left)
		return 0;
	for (;;) {
		mutex_lock(&p->lock);
		if (pipebuf_used(&p->buf)) {
			r = pipebuf_read(&p->buf, to, to->left);
			break;
		}
		r = p->writers ? -EAGAIN : 0;
		if (!r || (f->flags & O_NONBLOCK))
			break;
		mutex_unlock(&p->lock);
		r = wait_event_interruptible(&p->reading, pipebuf_used(&p->buf) || !p->writers);
		if (r)
			return r;
	}
	mutex_unlock(&p->lock);
	if (r > 0)
		waitq_wake(&p->writing);
	return r;
}

/* How much room a writer of `left` bytes waits for: small writes are never split. */
static size_t room_wanted(size_t left)
{
	return left <= PIPE_BUF ? left : 1;
}

static long broken(void)
{
	signal_send_task(current, SIGPIPE, NULL);
	return -EPIPE;
}

/* One attempt: bytes, -EAGAIN when there is too little room, -EPIPE without readers. */
static long try_write(struct pipe *p, struct iter *from, size_t wanted)
{
	long r;

	mutex_lock(&p->lock);
	if (!p->readers)
		r = -EPIPE;
	else if (pipebuf_room(&p->buf) < wanted)
		r = -EAGAIN;
	else
		r = pipebuf_write(&p->buf, from, from->left);
	mutex_unlock(&p->lock);
	if (r > 0)
		waitq_wake(&p->reading);
	return r;
}

static long pipe_write(struct file *f, struct iter *from, uint64_t *pos)
{
	struct pipe *p = f->priv;
	size_t wanted = room_wanted(from->left), done = 0;
	long r = 0;

	(void)pos;
	while (from->left) {
		r = try_write(p, from, wanted);
		if (r > 0) {
			done += (size_t)r;
			continue;
		}
		if (r != -EAGAIN || (f->flags & O_NONBLOCK))
			break;
		r = wait_event_interruptible(&p->writing,
					     pipebuf_room(&p->buf) >= wanted || !p->readers);
		if (r)
			break;
	}
	if (r == -EPIPE)
		r = broken();
	return done ? (long)done : r;
}

static unsigned pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->priv;
	unsigned bits = 0;

	if (file_readable(f)) {
		poll_wait(pt, &p->reading);
		if (pipebuf_used(&p->buf))
			bits |= POLLIN | POLLRDNORM;
		if (!p->writers && f->pos != p->writers_seen)
			bits |= POLLHUP;
	}
	if (file_writable(f)) {
		poll_wait(pt, &p->writing);
		if (pipebuf_room(&p->buf) >= PIPE_BUF)
			bits |= POLLOUT | POLLWRNORM;
		if (!p->readers)
			bits |= POLLERR;
	}
	return bits;
}

static long pipe_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	struct pipe *p = f->priv;

	if (cmd == FIONREAD)
		return put_user((int)pipebuf_used(&p->buf), (int *)arg);
	return -ENOTTY;
}

/* ---- opening and closing ---- */

static const struct inode_ops pipe_iops; /* of pipes without a name */

/*
 * f->pos is of no other use here. It notes how many writers had been seen when none was there: until
 * that changes, the lack of writers is no hang-up.
 */
static void join(struct file *f, struct pipe *p)
{
	mutex_lock(&p->lock);
	f->pos = p->writers ? ~0ull : p->writers_seen;
	if (file_readable(f)) {
		p->readers++;
		p->readers_seen++;
	}
	if (file_writable(f)) {
		p->writers++;
		p->writers_seen++;
	}
	mutex_unlock(&p->lock);
	wake(p);
}

static void leave(struct file *f, struct pipe *p)
{
	mutex_lock(&p->lock);
	if (file_readable(f))
		p->readers--;
	if (file_writable(f))
		p->writers--;
	mutex_unlock(&p->lock);
	wake(p);
}

static void pipe_release(struct file *f)
{
	struct pipe *p = f->priv;

	leave(f, p);
	pipe_put(f->path.inode, p);
}

static const struct file_ops pipe_fops = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.release = pipe_release,
	.stream = true,
};

/* An end that opens waits for the other, unless it is told not to or is both. */
static int meet(struct file *f, struct pipe *p)
{
	unsigned readers = p->readers_seen, writers = p->writers_seen;

	if ((f->flags & O_ACCMODE) == O_RDWR)
		return 0;
	if (file_readable(f)) {
		if (p->writers || (f->flags & O_NONBLOCK))
			return 0;
		return wait_event_interruptible(&p->reading, p->writers_seen != writers);
	}
	if (p->readers)
		return 0;
	if (f->flags & O_NONBLOCK)
		return -ENXIO;
	return wait_event_interruptible(&p->writing, p->readers_seen != readers);
}

static int fifo_open(struct file *f, struct inode *i)
{
	struct pipe *p = pipe_get(i);
	int r;

	if (!p)
		return -ENOMEM;
	f->priv = p;
	f->ops = &pipe_fops;
	join(f, p);
	r = i->ops == &pipe_iops ? 0 : meet(f, p); /* by /proc/PID/fd: nobody else will come */
	if (r) {
		leave(f, p);
		pipe_put(i, p);
	}
	return r;
}

const struct file_ops fifo_fops = { .open = fifo_open };

/* ---- pipe(2): an inode without a name, on a file system without a place ---- */

static void pipe_evict(struct inode *i)
{
	kfree(i);
}

static const struct inode_ops pipe_iops = { .evict = pipe_evict };
static const struct fs_type pipefs_type = { .name = "pipefs", .nodev = true };

static struct mount *pipe_mount(void)
{
	static struct super sb = { .refs = 1, .type = &pipefs_type };
	static struct mount mnt = { .refs = 1, .sb = &sb };

	if (!sb.dev)
		sb.dev = super_new_dev();
	return mount_get(&mnt);
}

static struct file *open_end(struct inode *i, struct pipe *p, unsigned flags)
{
	struct path at = { pipe_mount(), inode_get(i) };
	struct file *f = file_create(&pipe_fops, flags, &at, p);

	if (!f)
		return NULL;
	mutex_lock(&users_lock);
	p->users++;
	mutex_unlock(&users_lock);
	join(f, p);
	return f;
}

int pipe_create(struct file *ends[2], unsigned flags)
{
	struct mount *m = pipe_mount();
	struct inode *i = kmalloc(sizeof(*i));
	struct pipe *p;

	if (!i) {
		mount_put(m);
		return -ENOMEM;
	}
	inode_init(i, m->sb, S_IFIFO | 0600);
	mount_put(m);
	i->ops = &pipe_iops;
	p = pipe_get(i);
	if (!p) {
		inode_put(i);
		return -ENOMEM;
	}
	ends[0] = open_end(i, p, O_RDONLY | flags);
	ends[1] = ends[0] ? open_end(i, p, O_WRONLY | flags) : NULL;
	pipe_put(i, p);
	inode_put(i);
	if (!ends[1]) {
		if (ends[0])
			file_put(ends[0]);
		return -ENOMEM;
	}
	return 0;
}
