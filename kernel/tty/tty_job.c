/* SPDX-License-Identifier: MIT */
/*
 * Job control: sessions, their controlling terminal, and its foreground group.
 *
 * t->lock guards t->session and t->pgrp; proc_lock guards the groups of processes and, under it,
 * process->tty. They are never held together.
 */
#include "tty/tty.h"
#include "proc.h"
#include "signal.h"

static bool is_leader(const struct process *p)
{
	return p->session == p->pid;
}

void tty_signal(struct tty *t, int sig)
{
	int pgrp = t->pgrp;

	if (pgrp)
		signal_send_pgrp(pgrp, sig, NULL);
}

int tty_check_job(struct tty *t, int sig)
{
	struct process *p = current->proc;

	if (p->tty != t || !t->pgrp || p->pgrp == t->pgrp)
		return 0;
	if (signal_ignored_or_blocked(sig))
		return sig == SIGTTIN ? -EIO : 0;
	if (proc_pgrp_orphaned(p->pgrp))
		return -EIO;
	signal_send_pgrp(p->pgrp, sig, NULL);
	return -ERESTARTSYS;
}

static void take_terminal(struct tty *t)
{
	struct process *p = current->proc;
	unsigned long state = spin_lock_irq(&t->lock);

	t->session = p->session;
	t->pgrp = p->pgrp;
	p->tty = t;
	spin_unlock_irq(&t->lock, state);
}

/* Nobody of this session has a terminal any more. */
static void leave_terminal(int session)
{
	unsigned long state = spin_lock_irq(&proc_lock);
	struct process *p;

	list_for_each (p, &proc_all, all_link)
		if (p->session == session)
			p->tty = NULL;
	spin_unlock_irq(&proc_lock, state);
}

void tty_open_by_leader(struct tty *t)
{
	struct process *p = current->proc;

	if (is_leader(p) && !p->tty && !t->session)
		take_terminal(t);
}

int tty_set_controlling(struct tty *t, bool steal)
{
	struct process *p = current->proc;

	if (is_leader(p) && t->session == p->session)
		return 0;
	if (!is_leader(p) || p->tty)
		return -EPERM;
	if (t->session) {
		if (!steal || p->cred.euid)
			return -EPERM;
		leave_terminal(t->session);
	}
	take_terminal(t);
	return 0;
}

/* The leader lets go: everyone in the foreground learns of it. */
static void disassociate(struct tty *t, int session, bool go_on)
{
	unsigned long state;

	tty_signal(t, SIGHUP);
	if (go_on)
		tty_signal(t, SIGCONT);
	state = spin_lock_irq(&t->lock);
	t->session = t->pgrp = 0;
	spin_unlock_irq(&t->lock, state);
	leave_terminal(session);
}

int tty_give_up(struct tty *t)
{
	struct process *p = current->proc;

	if (p->tty != t)
		return -ENOTTY;
	if (is_leader(p))
		disassociate(t, p->session, true);
	p->tty = NULL;
	return 0;
}

void tty_session_exit(struct process *p)
{
	struct tty *t = p->tty;

	if (!t) {
		/* The terminal went first: its last foreground learns of it now. */
		if (p->lost_pgrp) {
			signal_send_pgrp(p->lost_pgrp, SIGHUP, NULL);
			signal_send_pgrp(p->lost_pgrp, SIGCONT, NULL);
		}
		return;
	}
	disassociate(t, p->session, !t->driver->two_ended);
	if (t->driver->two_ended)
		return;
	t->hangups++;
	waitq_wake(&t->reading);
	waitq_wake(&t->writing);
}

void tty_hang_up(struct tty *t)
{
	unsigned long state = spin_lock_irq(&t->lock);
	int session = t->session, pgrp = t->pgrp;
	struct process *p;

	t->session = t->pgrp = 0;
	t->hangups++;
	spin_unlock_irq(&t->lock, state);
	state = spin_lock_irq(&proc_lock);
	list_for_each (p, &proc_all, all_link) {
		if (!session || p->session != session)
			continue;
		p->tty = NULL;
		if (is_leader(p))
			p->lost_pgrp = pgrp;
	}
	p = session ? proc_find(session) : NULL;
	spin_unlock_irq(&proc_lock, state);
	if (p) {
		signal_send(p, SIGHUP, NULL);
		signal_send(p, SIGCONT, NULL);
	}
	waitq_wake(&t->reading);
	waitq_wake(&t->writing);
}

int tty_get_pgrp(struct tty *t, int *pgrp)
{
	if (current->proc->tty != t)
		return -ENOTTY;
	*pgrp = t->pgrp;
	return 0;
}

static bool group_exists(int pgrp)
{
	unsigned long state = spin_lock_irq(&proc_lock);
	struct process *p;
	bool found = false;

	list_for_each (p, &proc_all, all_link)
		found |= p->pgrp == pgrp;
	spin_unlock_irq(&proc_lock, state);
	return found;
}

int tty_set_pgrp(struct tty *t, int pgrp)
{
	struct process *p = current->proc;
	unsigned long state;
	int r = tty_check_job(t, SIGTTOU);

	if (r)
		return r;
	if (p->tty != t || t->session != p->session)
		return -ENOTTY;
	if (pgrp < 0)
		return -EINVAL;
	if (!group_exists(pgrp))
		return -ESRCH;
	if (!proc_pgrp_in_session(pgrp, p->session))
		return -EPERM;
	state = spin_lock_irq(&t->lock);
	t->pgrp = pgrp;
	spin_unlock_irq(&t->lock, state);
	return 0;
}

int tty_get_session(struct tty *t, int *session)
{
	if (current->proc->tty != t)
		return -ENOTTY;
	*session = t->session;
	return 0;
}

void tty_of_process(const struct process *p, uint32_t *rdev, int *pgrp)
{
	const struct tty *t = p->tty;

	*rdev = t ? t->rdev : 0;
	*pgrp = t ? t->pgrp : -1;
}
