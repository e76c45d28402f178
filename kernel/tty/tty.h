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
	void (*write)(struct tty *t, const uint8_t *text, size_t n);
};

extern const struct file_ops tty_current_fops, tty_console_fops;

/* tty_ioctl.c */
long tty_ioctl(struct file *f, unsigned cmd, unsigned long arg);

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
/* For /proc/PID/stat: the device number and the foreground group, 0 and -1 without a terminal. */
void tty_of_process(const struct process *p, uint32_t *rdev, int *pgrp);

/* For those who hold t->lock and let the discipline work: send the noted signals after release. */
void tty_unlock(struct tty *t, unsigned long state);

/* A hung-up file: reads end, writes and ioctls fail. */
bool tty_file_dead(const struct file *f);

#endif
