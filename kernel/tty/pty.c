/* SPDX-License-Identifier: MIT */
/*
 * Pseudo-terminals: a terminal whose other end is a program too.
 *
 * The slave (/dev/pts/N) is a struct tty like the console, with its line discipline, session and groups. The
 * master (a file made by opening /dev/ptmx) is the wire: what is written there is typed, what the slave and
 * its echo print is read there, from a ring. The master has neither discipline nor job control; requests
 * about settings and size act on the slave.
 *
 *	program -> write -> ldisc_output -> out ring -> master's read
 *	program <- read  <- ldisc input buffer      <- master's write
 *
 * Each end keeps its own promise when the other goes. No slave is open any more: the master reads what is
 * left and then gets EIO, until a slave is opened again. The master closes: every slave file is hung up, its
 * session's leader gets SIGHUP, and the name is gone. The pair is freed with the last file on either end.
 *
 * The ring is guarded by the slave's tty lock. The table and the counts change in system calls that do not
 * sleep meanwhile, which on this one CPU is a lock.
 */
#include "tty/pty.h"
#include "proc.h"
#include "signal.h"
#include "vm.h"

#define OUT_SIZE  8192u /* a power of two */
#define ECHO_ROOM 512u	/* that programs leave to echoes, so that typing stays visible */
#define CHUNK	  256

/* clang-format off */
enum { TCFLSH = 0x540b, TIOCGPGRP = 0x540f, FIONREAD = 0x541b, TIOCGSID = 0x5429 };
#define TIOCGPTN   0x80045430u
#define TIOCSPTLCK 0x40045431u
#define TIOCGPTLCK 0x80045439u
#define TIOCSIG	   0x40045436u
/* clang-format on */

struct pty {
	struct tty slave;
	struct waitq out_waiting; /* the master: for output, or for room to type */
	struct inode *inode;	  /* NULL: the master is closed */
	unsigned slaves;	  /* open files */
	bool locked;		  /* until TIOCSPTLCK 0 */
	bool was_used;		  /* a slave has been opened since the last time that none was */
	uint32_t out_head, out_tail;
	uint8_t out[OUT_SIZE];
};

static struct pty *ptys[PTY_MOST];

static struct pty *pty_of(struct tty *t)
{
	return container_of(t, struct pty, slave);
}

struct inode *pty_inode(unsigned n)
{
	return ptys[n] && ptys[n]->inode ? inode_get(ptys[n]->inode) : NULL;
}

/* ---- the slave's side of the wire ---- */

static size_t out_used(const struct pty *p)
{
	return p->out_head - p->out_tail;
}

static void slave_write(struct tty *t, const uint8_t *text, size_t n)
{
	struct pty *p = pty_of(t);

	while (n-- && out_used(p) < OUT_SIZE)
		p->out[p->out_head++ % OUT_SIZE] = *text++;
	waitq_wake(&p->out_waiting);
}

static size_t slave_room(struct tty *t)
{
	size_t used = out_used(pty_of(t)) + ECHO_ROOM;

	return used < OUT_SIZE ? OUT_SIZE - used : 0;
}

static void slave_flush(struct tty *t)
{
	struct pty *p = pty_of(t);

	p->out_tail = p->out_head;
}

static void slave_drained(struct tty *t)
{
	waitq_wake(&pty_of(t)->out_waiting);
}

static void free_if_unused(struct pty *p)
{
	if (p->inode || p->slaves)
		return;
	ptys[DEV_MINOR(p->slave.rdev)] = NULL;
	kfree(p);
}

static void slave_get(struct tty *t)
{
	struct pty *p = pty_of(t);

	p->slaves++;
	p->was_used = true;
}

static void slave_put(struct tty *t)
{
	struct pty *p = pty_of(t);

	if (!--p->slaves)
		waitq_wake(&p->out_waiting);
	free_if_unused(p);
}

static const struct tty_driver pty_driver = {
	.write = slave_write,
	.room = slave_room,
	.flush = slave_flush,
	.drained = slave_drained,
	.get = slave_get,
	.put = slave_put,
	.two_ended = true,
};

static int slave_open(struct file *f, struct inode *i)
{
	unsigned n = DEV_MINOR(i->rdev);
	struct pty *p = n < PTY_MOST ? ptys[n] : NULL;

	if (!p || !p->inode || p->locked)
		return -EIO;
	slave_get(&p->slave);
	tty_file_begin(f, &p->slave);
	if (!(f->flags & O_NOCTTY))
		tty_open_by_leader(&p->slave);
	return 0;
}

const struct file_ops pty_slave_fops = {
	.open = slave_open,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
	.release = tty_release,
	.stream = true,
};

/* ---- the master ---- */

static int master_open(struct file *f, struct inode *i)
{
	struct pty *p;
	unsigned n = 0;

	(void)i;
	while (n < PTY_MOST && ptys[n])
		n++;
	if (n == PTY_MOST)
		return -ENOSPC;
	p = kzalloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->inode = devpts_new(n);
	if (!p->inode) {
		kfree(p);
		return -ENOMEM;
	}
	tty_setup(&p->slave, &pty_driver, DEV(TTY_PTS_MAJOR, n));
	p->slave.ldisc.t.c_cflag &= ~(uint32_t)HUPCL; /* there is no line to drop */
	waitq_init(&p->out_waiting);
	p->locked = true;
	ptys[n] = p;
	f->priv = p;
	return 0;
}

static void master_release(struct file *f)
{
	struct pty *p = f->priv;
	struct inode *i = p->inode;

	p->inode = NULL;
	i->nlink = 0;
	inode_put(i);
	tty_hang_up(&p->slave);
	free_if_unused(p);
}

static bool slave_gone(const struct pty *p)
{
	return p->was_used && !p->slaves;
}

static size_t take_output(struct pty *p, uint8_t *buf, size_t n)
{
	unsigned long state = spin_lock_irq(&p->slave.lock);
	size_t done = 0;

	while (done < n && out_used(p))
		buf[done++] = p->out[p->out_tail++ % OUT_SIZE];
	spin_unlock_irq(&p->slave.lock, state);
	if (done)
		waitq_wake(&p->slave.writing);
	return done;
}

static long master_read(struct file *f, struct iter *to, uint64_t *pos)
{
	struct pty *p = f->priv;
	uint8_t buf[CHUNK];
	size_t done = 0, n;
	long r;

	(void)pos;
	if (!to->left)
		return 0;
	while (!out_used(p)) {
		if (slave_gone(p))
			return -EIO;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		r = wait_event_interruptible(&p->out_waiting, out_used(p) || slave_gone(p));
		if (r)
			return r;
	}
	while (to->left && (n = take_output(p, buf, min(to->left, sizeof(buf))))) {
		if (iter_write(to, buf, n) < n)
			return done ? (long)done : -EFAULT;
		done += n;
	}
	return (long)done;
}

/* How many of n characters can be typed now. */
static size_t typeable(struct pty *p, size_t n)
{
	return min(n, ldisc_room(&p->slave.ldisc));
}

/* 0 when the slave can take at least one character. */
static long wait_to_type(struct file *f, struct pty *p)
{
	if (typeable(p, 1))
		return 0;
	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(&p->out_waiting, typeable(p, 1));
}

static long master_write(struct file *f, struct iter *from, uint64_t *pos)
{
	struct pty *p = f->priv;
	uint8_t buf[CHUNK];
	size_t done = 0;
	long r = 0;

	(void)pos;
	while (from->left && !(r = wait_to_type(f, p))) {
		size_t wanted = min(from->left, typeable(p, sizeof(buf)));
		size_t n = iter_read(from, buf, wanted);

		tty_type(&p->slave, buf, n);
		done += n;
		if (n < wanted) {
			r = -EFAULT;
			break;
		}
		cond_resched();
	}
	return done ? (long)done : r;
}

static unsigned master_poll(struct file *f, struct poll_table *pt)
{
	struct pty *p = f->priv;
	unsigned bits = 0;

	poll_wait(pt, &p->out_waiting);
	if (out_used(p))
		bits |= POLLIN | POLLRDNORM;
	if (slave_gone(p))
		bits |= POLLHUP;
	if (typeable(p, 1))
		bits |= POLLOUT | POLLWRNORM;
	return bits;
}

static long set_lock(struct pty *p, const int *user)
{
	int on;

	if (get_user(on, user))
		return -EFAULT;
	p->locked = on != 0;
	return 0;
}

static long flush(struct pty *p, unsigned long which)
{
	unsigned long state;

	if (which > 2)
		return -EINVAL;
	state = spin_lock_irq(&p->slave.lock);
	if (which != 1) /* what waits to be read here is what the slave has put out */
		slave_flush(&p->slave);
	if (which != 0)
		ldisc_flush_input(&p->slave.ldisc);
	spin_unlock_irq(&p->slave.lock, state);
	waitq_wake(&p->slave.writing);
	waitq_wake(&p->out_waiting);
	return 0;
}

static long send_signal(struct pty *p, unsigned long sig)
{
	if (sig != SIGINT && sig != SIGQUIT && sig != SIGTSTP)
		return -EINVAL;
	tty_signal(&p->slave, (int)sig);
	return 0;
}

/* Settings, size and groups are the slave's; who asks here need not be of its session. */
static long master_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	struct pty *p = f->priv;
	int *user = (int *)arg;

	switch (cmd) {
	case TIOCGPTN:
		return put_user((int)DEV_MINOR(p->slave.rdev), user);
	case TIOCSPTLCK:
		return set_lock(p, user);
	case TIOCGPTLCK:
		return put_user((int)p->locked, user);
	case TIOCSIG:
		return send_signal(p, arg);
	case TIOCGPGRP:
		return put_user(p->slave.pgrp, user);
	case TIOCGSID:
		return p->slave.session ? put_user(p->slave.session, user) : -ENOTTY;
	case FIONREAD:
		return put_user((int)out_used(p), user);
	case TCFLSH:
		return flush(p, arg);
	}
	return tty_request(&p->slave, cmd, arg);
}

const struct file_ops pty_master_fops = {
	.open = master_open,
	.read = master_read,
	.write = master_write,
	.poll = master_poll,
	.ioctl = master_ioctl,
	.release = master_release,
	.stream = true,
};
