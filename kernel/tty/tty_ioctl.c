/* SPDX-License-Identifier: MIT */
/*
 * What programs ask of a terminal besides reading and writing: settings, size, groups, flushing.
 */
#include "tty/tty.h"
#include "proc.h"
#include "signal.h"
#include "vm.h"

/* clang-format off */
enum {
	TCGETS = 0x5401, TCSETS, TCSETSW, TCSETSF, TCGETA, TCSETA, TCSETAW, TCSETAF, TCSBRK,
	TCXONC, TCFLSH, TIOCEXCL, TIOCNXCL, TIOCSCTTY, TIOCGPGRP, TIOCSPGRP, TIOCOUTQ, TIOCSTI,
	TIOCGWINSZ, TIOCSWINSZ,
	FIONREAD = 0x541b, TIOCCONS = 0x541d, TIOCNOTTY = 0x5422, TIOCSETD = 0x5423,
	TIOCGETD = 0x5424, TCSBRKP = 0x5425, TIOCGSID = 0x5429,
	TIOCGDEV = 0x80045432,
};
#define TCGETS2	 0x802c542au
#define TCSETS2	 0x402c542bu
#define TCSETSW2 0x402c542cu
#define TCSETSF2 0x402c542du
/* clang-format on */

enum { TCIFLUSH, TCOFLUSH, TCIOFLUSH };
enum { TCOOFF, TCOON, TCIOFF, TCION };

#define UPPER_HALF 0xffff0000u

/* The old System V structure. */
struct termio {
	uint16_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line, c_cc[8];
};

static void get_settings(struct tty *t, struct termios *out)
{
	unsigned long state = spin_lock_irq(&t->lock);

	*out = t->ldisc.t;
	spin_unlock_irq(&t->lock, state);
}

static void flush_input(struct tty *t)
{
	unsigned long state = spin_lock_irq(&t->lock);

	ldisc_flush_input(&t->ldisc);
	spin_unlock_irq(&t->lock, state);
	if (t->driver->drained)
		t->driver->drained(t);
}

static void flush_output(struct tty *t)
{
	unsigned long state = spin_lock_irq(&t->lock);

	if (t->driver->flush)
		t->driver->flush(t);
	spin_unlock_irq(&t->lock, state);
	waitq_wake(&t->writing);
}

static long set_settings(struct tty *t, const struct termios *in, bool flush)
{
	unsigned long state;
	int r = tty_check_job(t, SIGTTOU);

	if (r)
		return r;
	if (flush)
		flush_input(t);
	state = spin_lock_irq(&t->lock);
	ldisc_set(&t->ldisc, in);
	spin_unlock_irq(&t->lock, state);
	waitq_wake(&t->reading); /* what a reader waits for may have changed */
	waitq_wake(&t->writing);
	return 0;
}

static long get_termio(struct tty *t, void *user)
{
	struct termios s;
	struct termio old;

	get_settings(t, &s);
	old = (struct termio){ (uint16_t)s.c_iflag,
			       (uint16_t)s.c_oflag,
			       (uint16_t)s.c_cflag,
			       (uint16_t)s.c_lflag,
			       s.c_line,
			       { 0 } };
	memcpy(old.c_cc, s.c_cc, sizeof(old.c_cc));
	return copy_to_user(user, &old, sizeof(old));
}

/* Only the lower halves and the first eight characters are there to be set. */
static long set_termio(struct tty *t, const void *user, bool flush)
{
	struct termios s;
	struct termio new;

	if (copy_from_user(&new, user, sizeof(new)))
		return -EFAULT;
	get_settings(t, &s);
	s.c_iflag = (s.c_iflag & UPPER_HALF) | new.c_iflag;
	s.c_oflag = (s.c_oflag & UPPER_HALF) | new.c_oflag;
	s.c_cflag = (s.c_cflag & UPPER_HALF) | new.c_cflag;
	s.c_lflag = (s.c_lflag & UPPER_HALF) | new.c_lflag;
	s.c_line = new.c_line;
	memcpy(s.c_cc, new.c_cc, sizeof(new.c_cc));
	return set_settings(t, &s, flush);
}

static long settings_ioctl(struct tty *t, unsigned cmd, void *user)
{
	struct termios2 s = { .c_ispeed = 38400, .c_ospeed = 38400 };
	size_t size = cmd == TCGETS || (cmd >= TCSETS && cmd <= TCSETSF) ? sizeof(s.t) : sizeof(s);

	if (cmd == TCGETS || cmd == TCGETS2) {
		get_settings(t, &s.t);
		return copy_to_user(user, &s, size);
	}
	if (copy_from_user(&s, user, size))
		return -EFAULT;
	return set_settings(t, &s.t, cmd == TCSETSF || cmd == TCSETSF2);
}

static long set_size(struct tty *t, const void *user)
{
	struct winsize new;
	bool changed;

	if (copy_from_user(&new, user, sizeof(new)))
		return -EFAULT;
	changed = memcmp(&new, &t->size, sizeof(new)) != 0;
	t->size = new;
	if (changed)
		tty_signal(t, SIGWINCH);
	return 0;
}

static void set_stopped(struct tty *t, bool stopped)
{
	unsigned long state = spin_lock_irq(&t->lock);

	t->ldisc.stopped = stopped;
	spin_unlock_irq(&t->lock, state);
	waitq_wake(&t->writing);
}

static long flow_control(struct tty *t, unsigned long how)
{
	int r = tty_check_job(t, SIGTTOU);

	if (r)
		return r;
	switch (how) {
	case TCOOFF:
	case TCOON:
		set_stopped(t, how == TCOOFF);
		return 0;
	case TCIOFF:
	case TCION:
		return 0; /* nobody at the other end would listen to a stop character */
	}
	return -EINVAL;
}

static long flush(struct tty *t, unsigned long which)
{
	int r = tty_check_job(t, SIGTTOU);

	if (r)
		return r;
	if (which > TCIOFLUSH)
		return -EINVAL;
	if (which != TCOFLUSH)
		flush_input(t);
	if (which != TCIFLUSH)
		flush_output(t);
	return 0;
}

static long type_ahead(struct tty *t, const void *user)
{
	uint8_t c;

	if (current->proc->tty != t && current->proc->cred.euid)
		return -EPERM;
	if (get_user(c, (const uint8_t *)user))
		return -EFAULT;
	tty_type(t, &c, 1);
	return 0;
}

static long job_ioctl(struct tty *t, unsigned cmd, unsigned long arg)
{
	int n = 0, r;

	switch (cmd) {
	case TIOCSCTTY:
		return tty_set_controlling(t, arg == 1);
	case TIOCNOTTY:
		return tty_give_up(t);
	case TIOCSPGRP:
		if (get_user(n, (const int *)arg))
			return -EFAULT;
		return tty_set_pgrp(t, n);
	case TIOCGPGRP:
		r = tty_get_pgrp(t, &n);
		break;
	case TIOCGSID:
		r = tty_get_session(t, &n);
		break;
	default:
		return -ENOTTY;
	}
	return r ? r : put_user(n, (int *)arg);
}

long tty_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	if (tty_file_dead(f))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	return tty_request(f->priv, cmd, arg);
}

long tty_request(struct tty *t, unsigned cmd, unsigned long arg)
{
	void *user = (void *)arg;

	switch (cmd) {
	case TCGETS:
	case TCGETS2:
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return settings_ioctl(t, cmd, user);
	case TCGETA:
		return get_termio(t, user);
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		return set_termio(t, user, cmd == TCSETAF);
	case TIOCGWINSZ:
		return copy_to_user(user, &t->size, sizeof(t->size));
	case TIOCSWINSZ:
		return set_size(t, user);
	case TCXONC:
		return flow_control(t, arg);
	case TCFLSH:
		return flush(t, arg);
	case TCSBRK: /* output is never behind */
	case TCSBRKP:
		return tty_check_job(t, SIGTTOU);
	case TIOCEXCL:
	case TIOCNXCL:
		return 0;
	case FIONREAD:
		return put_user((int)ldisc_pending(&t->ldisc), (int *)user);
	case TIOCOUTQ:
	case TIOCGETD:
		return put_user(0, (int *)user);
	case TIOCGDEV:
		return put_user(t->rdev, (uint32_t *)user);
	case TIOCSTI:
		return type_ahead(t, user);
	}
	return job_ioctl(t, cmd, arg);
}
