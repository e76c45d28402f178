/* SPDX-License-Identifier: MIT */
/*
 * Terminals: the console, reading, writing, and what wakes whom.
 *
 * The line discipline (ldisc.c) is a pure machine; this file feeds it from the console's interrupt
 * and from programs, waits for it, and passes its signals on. struct tty in tty.h says what is locked.
 */
#include "tty/tty.h"
#include "proc.h"
#include "signal.h"
#include "timer.h"

#define CHUNK 256 /* bytes of output for which interrupts stay masked */

static struct tty console;

static struct tty *tty_of_ldisc(struct ldisc *l)
{
	return container_of(l, struct tty, ldisc);
}

static void ldisc_out(struct ldisc *l, const uint8_t *text, size_t n)
{
	struct tty *t = tty_of_ldisc(l);

	t->driver->write(t, text, n);
}

static void ldisc_signal(struct ldisc *l, int sig)
{
	tty_of_ldisc(l)->signals_noted |= 1u << sig;
}

static void ldisc_flush(struct ldisc *l)
{
	struct tty *t = tty_of_ldisc(l);

	if (t->driver->flush)
		t->driver->flush(t);
}

static const struct ldisc_ops tty_ldisc = { ldisc_out, ldisc_signal, ldisc_flush };

static void console_write(struct tty *t, const uint8_t *text, size_t n)
{
	(void)t;
	machine_console_write((const char *)text, n);
}

static size_t console_room(struct tty *t)
{
	(void)t;
	return machine_console_room();
}

static const struct tty_driver console_driver = { .write = console_write, .room = console_room };

void tty_setup(struct tty *t, const struct tty_driver *driver, uint32_t rdev)
{
	ldisc_init(&t->ldisc, &tty_ldisc);
	waitq_init(&t->reading);
	waitq_init(&t->writing);
	t->rdev = rdev;
	t->driver = driver;
}

void tty_init(void)
{
	tty_setup(&console, &console_driver, TTY_CONSOLE_DEV);
}

void tty_unlock(struct tty *t, unsigned long state)
{
	unsigned noted = t->signals_noted;
	int pgrp = t->pgrp;

	t->signals_noted = 0;
	spin_unlock_irq(&t->lock, state);
	for (int sig = 1; noted >> sig; sig++)
		if ((noted >> sig & 1) && pgrp)
			signal_send_pgrp(pgrp, sig, NULL);
}

void tty_type(struct tty *t, const uint8_t *text, size_t n)
{
	unsigned long state = spin_lock_irq(&t->lock);

	ldisc_input(&t->ldisc, text, n);
	tty_unlock(t, state);
	waitq_wake(&t->reading);
	waitq_wake(&t->writing);
}

void tty_input(const char *s, size_t n)
{
	tty_type(&console, (const uint8_t *)s, n);
}

void tty_console_room(void)
{
	waitq_wake(&console.writing);
}

/* ---- opening ---- */

/* A terminal has no position: f->pos notes how many hangups there had been. */
#define NEVER_HUNG_UP (~0ull)

bool tty_file_dead(const struct file *f)
{
	const struct tty *t = f->priv;

	return f->pos != NEVER_HUNG_UP && f->pos != t->hangups;
}

void tty_file_begin(struct file *f, struct tty *t)
{
	f->priv = t;
	f->pos = t->hangups;
}

static int open_console(struct file *f, struct inode *i)
{
	struct tty *t = &console;

	tty_file_begin(f, t);
	if (i->rdev == TTY_SYSCONS_DEV)
		f->pos = NEVER_HUNG_UP;
	if (i->rdev != TTY_SYSCONS_DEV && !(f->flags & O_NOCTTY))
		tty_open_by_leader(t);
	return 0;
}

static int open_current(struct file *f, struct inode *i)
{
	struct tty *t = current->proc->tty;

	(void)i;
	if (!t)
		return -ENXIO;
	if (t->driver->get)
		t->driver->get(t);
	tty_file_begin(f, t);
	return 0;
}

void tty_release(struct file *f)
{
	struct tty *t = f->priv;

	if (t->driver->put)
		t->driver->put(t);
}

/* ---- reading ---- */

/* When a read is satisfied, from ICANON, VMIN and VTIME as they are now. */
struct patience {
	size_t min;	  /* characters to wait for */
	uint64_t first;	  /* ns to wait for the first of them; WAIT_FOREVER */
	uint64_t between; /* ns to wait for each other */
};

static struct patience patience_of(const struct ldisc *l, size_t n)
{
	uint64_t time = l->t.c_cc[VTIME] * 100 * NSEC_PER_MS;
	size_t min = l->t.c_cc[VMIN];

	if (l->t.c_lflag & ICANON)
		return (struct patience){ 1, WAIT_FOREVER, WAIT_FOREVER };
	if (!min)
		return (struct patience){ 1, time, time };
	return (struct patience){ min(min, n), WAIT_FOREVER, time ? time : WAIT_FOREVER };
}

static size_t take(struct tty *t, uint8_t *buf, size_t n, bool *ready)
{
	unsigned long state = spin_lock_irq(&t->lock);
	size_t got = 0;

	*ready = ldisc_ready(&t->ldisc, 1);
	if (*ready)
		got = ldisc_read(&t->ldisc, buf, n);
	spin_unlock_irq(&t->lock, state);
	if (got && t->driver->drained)
		t->driver->drained(t);
	return got;
}

static uint64_t deadline_in(uint64_t ns)
{
	return ns == WAIT_FOREVER ? WAIT_FOREVER : time_now() + ns;
}

/* Collects a line, or as many characters as VMIN and VTIME ask for. */
static long collect(struct file *f, uint8_t *buf, size_t n)
{
	struct tty *t = f->priv;
	size_t done = 0;
	bool waited = false;

	for (;;) {
		struct patience p = patience_of(&t->ldisc, n);
		bool ready;
		uint64_t wait;
		int r;

		if (tty_file_dead(f))
			return waited && !done && t->driver->two_ended ? -EIO : (long)done;
		r = tty_check_job(t, SIGTTIN);
		if (r)
			return done ? (long)done : r;
		done += take(t, buf + done, n - done, &ready);
		if (done >= min(p.min, n) || (ready && (t->ldisc.t.c_lflag & ICANON)))
			return (long)done;
		wait = done ? p.between : p.first;
		if (!wait)
			return (long)done;
		if (f->flags & O_NONBLOCK)
			return done ? (long)done : -EAGAIN;
		waited = true;
		r = wait_event_timeout(&t->reading, ldisc_ready(&t->ldisc, 1) || tty_file_dead(f),
				       deadline_in(wait));
		if (r == -ETIMEDOUT)
			return (long)done;
		if (r)
			return done ? (long)done : r;
	}
}

long tty_read(struct file *f, struct iter *to, uint64_t *pos)
{
	uint8_t small[CHUNK], *buf = small;
	size_t n = min(to->left, (size_t)LDISC_BUF);
	long r;

	(void)pos;
	if (!n)
		return 0;
	if (n > sizeof(small)) {
		buf = kmalloc(n);
		if (!buf)
			return -ENOMEM;
	}
	r = collect(f, buf, n);
	if (r > 0 && iter_write(to, buf, (size_t)r) < (size_t)r)
		r = -EFAULT;
	if (f->path.inode)
		f->path.inode->atime = inode_now();
	if (buf != small)
		kfree(buf);
	return r;
}

/* ---- writing ---- */

/* How many of n characters the terminal takes now: each may become eight (a tab in spaces). */
static size_t fits(struct tty *t, size_t n)
{
	size_t room;

	if (t->ldisc.stopped)
		return 0;
	if (!t->driver->room)
		return n;
	room = t->driver->room(t);
	return min(n, t->ldisc.t.c_oflag & OPOST ? room / 8 : room);
}

/* 0 when at least one character fits. */
static int wait_for_room(struct file *f)
{
	struct tty *t = f->priv;
	int r;

	if (tty_file_dead(f))
		return -EIO;
	if (fits(t, 1))
		return 0;
	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	r = wait_event_interruptible(&t->writing, fits(t, 1) || tty_file_dead(f));
	return !r && tty_file_dead(f) ? -EIO : r;
}

/* As much of it as can be written before an error; then *r says which. */
static size_t write_chunk(struct file *f, const uint8_t *buf, size_t n, long *r)
{
	struct tty *t = f->priv;
	size_t done = 0;

	while (done < n && !(*r = wait_for_room(f))) {
		unsigned long state = spin_lock_irq(&t->lock);
		size_t now = fits(t, n - done);

		ldisc_output(&t->ldisc, buf + done, now);
		spin_unlock_irq(&t->lock, state);
		done += now;
	}
	return done;
}

long tty_write(struct file *f, struct iter *from, uint64_t *pos)
{
	struct tty *t = f->priv;
	uint8_t buf[CHUNK];
	size_t done = 0;
	long r = 0;

	(void)pos;
	if (t->ldisc.t.c_lflag & TOSTOP)
		r = tty_check_job(t, SIGTTOU);
	while (!r && from->left) {
		size_t wanted = min(from->left, sizeof(buf)), n;

		r = wait_for_room(f);
		if (r)
			break;
		n = iter_read(from, buf, wanted);
		if (n < wanted)
			r = -EFAULT;
		if (n)
			done += write_chunk(f, buf, n, &r);
		cond_resched();
		if (!r && signal_pending())
			r = -ERESTARTSYS;
	}
	return done ? (long)done : r;
}

unsigned tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty *t = f->priv;
	const uint8_t *cc = t->ldisc.t.c_cc;
	unsigned bits = 0;

	poll_wait(pt, &t->reading);
	poll_wait(pt, &t->writing);
	if (tty_file_dead(f))
		return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM;
	if (ldisc_ready(&t->ldisc, cc[VTIME] ? 1 : cc[VMIN]))
		bits |= POLLIN | POLLRDNORM;
	if (fits(t, 1))
		bits |= POLLOUT | POLLWRNORM;
	return bits;
}

#define TTY_FOPS                                                                    \
	.read = tty_read, .write = tty_write, .poll = tty_poll, .ioctl = tty_ioctl, \
	.release = tty_release, .stream = true

const struct file_ops tty_console_fops = { .open = open_console, TTY_FOPS };
const struct file_ops tty_current_fops = { .open = open_current, TTY_FOPS };
