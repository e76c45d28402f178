/* SPDX-License-Identifier: MIT */
/*
 * Terminals as files and as the controlling terminals of sessions.
 */
#ifndef KERNEL_TTY_TTY_H
#define KERNEL_TTY_TTY_H

#include "fs.h"
#include "fs/vfs.h"
#include "tty/ldisc.h"

#define TTY_CURRENT_DEV DEV(5, 0)
#define TTY_SYSCONS_DEV \
	DEV(5, 1) /* /dev/console: never becomes a controlling terminal by opening */
#define TTY_CONSOLE_DEV DEV(229, 0) /* hvc0, the hypervisor's console, as Linux numbers it */
#define TTY_PTMX_DEV	DEV(5, 2)
#define TTY_PTS_MAJOR	136

struct tty;

/* What a terminal is made of, behind the line discipline. Functions that may be missing do nothing. */
struct tty_driver {
	/* t->lock held. Takes all of it; what is beyond room() may be lost (echoes). */
	void (*write)(struct tty *t, const uint8_t *text, size_t n);
	size_t (*room)(struct tty *t); /* bytes that a program may write now; t->writing is woken */
	void (*flush)(struct tty *t);  /* forget output that nobody has seen yet; t->lock held */
	void (*drained)(struct tty *t); /* a program has read: there is room for input */
	void (*get)(struct tty *t);	/* one more file, one less */
	void (*put)(struct tty *t);
	/*
	 * A program holds the other end: the end of the session's leader is then no hang-up, and whoever
	 * reads while the other end goes gets EIO.
	 */
	bool two_ended;
};

/*
 * lock guards everything but the queues. It is a spinlock with interrupts masked, since input
 * arrives in an interrupt; so user memory is never touched under it, and signals that the line
 * discipline asks for are noted and sent when it is released.
 */
struct tty {
	struct spinlock lock;
	struct ldisc ldisc;
	struct waitq reading, writing;
	struct winsize size;
	uint32_t rdev;
	int session, pgrp;	/* 0: none */
	unsigned hangups;	/* files opened before the last one are dead */
	unsigned signals_noted; /* bits: 1 << signal */
	const struct tty_driver *driver;
};

extern const struct file_ops tty_current_fops, tty_console_fops;
extern const struct file_ops pty_master_fops, pty_slave_fops; /* pty.c */

/* tty.c: for the drivers */
void tty_setup(struct tty *t, const struct tty_driver *driver, uint32_t rdev);
/* The file becomes one of this terminal's; the caller has got it from the driver. */
void tty_file_begin(struct file *f, struct tty *t);
long tty_read(struct file *f, struct iter *to, uint64_t *pos);
long tty_write(struct file *f, struct iter *from, uint64_t *pos);
unsigned tty_poll(struct file *f, struct poll_table *pt);
void tty_release(struct file *f);
void tty_type(struct tty *t, const uint8_t *text, size_t n); /* input, from the other end */

/* tty_ioctl.c */
long tty_ioctl(struct file *f, unsigned cmd, unsigned long arg);
/* The same for a terminal that is alive, whoever asks: the settings that both ends share. */
long tty_request(struct tty *t, unsigned cmd, unsigned long arg);

/* tty_job.c: sessions and process groups */

/*
 * May current use its terminal now? 0 also when t is not its controlling terminal. In the background:
 * sends `sig` (SIGTTIN, SIGTTOU) to its group and returns -ERESTARTSYS, or -EIO if that cannot help.
 */
int tty_check_job(struct tty *t, int sig);
void tty_open_by_leader(struct tty *t);
int tty_set_controlling(struct tty *t, bool steal);
int tty_give_up(struct tty *t); /* TIOCNOTTY */
int tty_get_pgrp(struct tty *t, int *pgrp);
int tty_set_pgrp(struct tty *t, int pgrp);
int tty_get_session(struct tty *t, int *session);
void tty_signal(struct tty *t, int sig); /* to the foreground; no lock held */
/* The other end is gone: every open file dies, the session loses its terminal and its leader hears SIGHUP. */
void tty_hang_up(struct tty *t);
/* For /proc/PID/stat: the device number and the foreground group, 0 and -1 without a terminal. */
void tty_of_process(const struct process *p, uint32_t *rdev, int *pgrp);

/* For those who hold t->lock and let the discipline work: send the noted signals after release. */
void tty_unlock(struct tty *t, unsigned long state);

/* A hung-up file: reads end, writes and ioctls fail. */
bool tty_file_dead(const struct file *f);

#endif
