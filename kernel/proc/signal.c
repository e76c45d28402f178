/* SPDX-License-Identifier: MIT */
/*
 * Signals: sending.
 *
 * A signal for a process waits in the process until one of its threads takes it; one for a thread
 * waits there. proc_lock guards all of it. Job control is kept apart: a stop signal sets
 * process->stopped, and every thread of it sleeps on its way out of the kernel until SIGCONT clears
 * it. Likewise a fatal signal decides process->group_exit and every thread ends there.
 */
#include "signal_internal.h"

bool signal_ignored(const struct task *t, int sig)
{
	unsigned long handler = action_of(t, sig)->handler;

	return handler == SIG_IGN || (handler == SIG_DFL && SIGMASK(sig) & IGNORED_BY_DEFAULT);
}

static sigset64_t waiting(const struct task *t)
{
	return (t->pending | t->proc->pending) & ~t->blocked;
}

bool signal_pending(void)
{
	const struct process *p = current->proc;

	return waiting(current) || p->group_exit || p->stopped ||
	       (p->exec_task && p->exec_task != current);
}

bool signal_fatal_pending(void)
{
	const struct process *p = current->proc;

	return p->group_exit || (p->exec_task && p->exec_task != current) ||
	       waiting(current) & SIGMASK(SIGKILL);
}

bool signal_work(const struct task *t)
{
	const struct process *p = t->proc;

	return waiting(t) || p->group_exit || p->stopped || t->restore_blocked ||
	       (p->exec_task && p->exec_task != t);
}

bool signal_ignored_or_blocked(int sig)
{
	return current->blocked & SIGMASK(sig) || action_of(current, sig)->handler == SIG_IGN;
}

/* ---- Sending; proc_lock held ---- */

void signal_wake(struct task *t, bool fatal)
{
	if (t->state == TASK_INTERRUPTIBLE || (fatal && t->state == TASK_STOPPED))
		task_wake(t);
	/* A vfork's parent sleeps uninterruptibly but wants to know of its end. */
	if (fatal)
		waitq_wake(&t->proc->wait);
}

static void continue_process(struct process *p)
{
	struct task *t;

	pending_drop_everywhere(p, STOP_SIGNALS);
	if (!p->stopped)
		return;
	p->stopped = false;
	p->continued = true;
	list_for_each (t, &p->threads, thread_link) {
		if (t->state == TASK_STOPPED)
			task_wake(t);
	}
	proc_report_continue(p);
}

static struct task *choose_thread(struct process *p, int sig)
{
	struct task *t, *found = NULL;

	list_for_each (t, &p->threads, thread_link) {
		if (t->blocked & SIGMASK(sig) || t->exiting)
			continue;
		if (!found || t->state == TASK_INTERRUPTIBLE)
			found = t;
	}
	return found;
}

void signal_end_process(struct process *p, int status)
{
	struct task *t;

	if (!p->group_exit) {
		p->group_exit = true;
		p->exit_status = status;
	}
	list_for_each (t, &p->threads, thread_link)
		signal_wake(t, true);
}

void signal_kill_locked(struct process *p)
{
	signal_end_process(p, SIGKILL);
}

/* t: that thread; NULL: any of the process. */
void signal_send_locked(struct process *p, struct task *t, int sig, const struct siginfo *info)
{
	struct task *any = t ? t
			   : list_empty(&p->threads)
				   ? NULL
				   : list_first(&p->threads, struct task, thread_link);
	bool ignored;

	if (p->zombie || !any || !any->sighand || p == &proc_kernel)
		return;
	if (sig == SIGKILL && p != proc_init) {
		signal_end_process(p, SIGKILL);
		return;
	}
	if (sig == SIGCONT)
		continue_process(p);
	else if (SIGMASK(sig) & STOP_SIGNALS)
		pending_drop_everywhere(p, SIGMASK(SIGCONT));
	/* The first process gets what it has a handler for, or waits for, and nothing else. */
	ignored = signal_ignored(any, sig) ||
		  (p == proc_init && action_of(any, sig)->handler == SIG_DFL);
	if (ignored && !((any->blocked | any->awaited) & SIGMASK(sig)))
		return;
	if (t) {
		pending_add(&t->pending, &t->pending_details, sig, info);
	} else {
		pending_add(&p->pending, &p->pending_details, sig, info);
		t = choose_thread(p, sig);
	}
	if (t && !(t->blocked & SIGMASK(sig)))
		signal_wake(t, false);
}

/* ---- Sending ---- */

int signal_send_task(struct task *t, int sig, const struct siginfo *info)
{
	if (!signal_valid(sig))
		return -EINVAL;
	spin_lock(&proc_lock);
	signal_send_locked(t->proc, t, sig, info);
	spin_unlock(&proc_lock);
	return 0;
}

int signal_send(struct process *p, int sig, const struct siginfo *info)
{
	if (!signal_valid(sig))
		return -EINVAL;
	spin_lock(&proc_lock);
	signal_send_locked(p, NULL, sig, info);
	spin_unlock(&proc_lock);
	return 0;
}

int signal_send_pgrp(int pgrp, int sig, const struct siginfo *info)
{
	struct process *p;
	int rc = -ESRCH;

	if (!signal_valid(sig))
		return -EINVAL;
	spin_lock(&proc_lock);
	list_for_each (p, &proc_all, all_link) {
		if (p->zombie || p->pgrp != pgrp)
			continue;
		signal_send_locked(p, NULL, sig, info);
		rc = 0;
	}
	spin_unlock(&proc_lock);
	return rc;
}

bool proc_may_signal(const struct process *p)
{
	const struct cred *me = &current->proc->cred, *you = &p->cred;

	return !me->euid || me->euid == you->uid || me->euid == you->suid || me->uid == you->uid ||
	       me->uid == you->suid;
}

static struct siginfo info_from_current(int sig, int code)
{
	struct siginfo info = { .signo = sig, .code = code };

	info.pid = current->proc->pid;
	info.uid = current->proc->cred.uid;
	return info;
}

static bool kill_selects(const struct process *p, int pid)
{
	if (pid > 0)
		return p->pid == pid;
	if (pid == -1)
		return p != proc_init && p != current->proc;
	return p->pgrp == (pid ? -pid : current->proc->pgrp);
}

long signal_kill(int pid, int sig)
{
	struct siginfo info = info_from_current(sig, SI_USER);
	bool found = false, sent = false;
	struct process *p;

	if (sig && !signal_valid(sig))
		return -EINVAL;
	spin_lock(&proc_lock);
	list_for_each (p, &proc_all, all_link) {
		if (!kill_selects(p, pid))
			continue;
		found = true;
		if (!proc_may_signal(p) &&
		    !(sig == SIGCONT && p->session == current->proc->session))
			continue;
		sent = true;
		if (sig)
			signal_send_locked(p, NULL, sig, &info);
	}
	spin_unlock(&proc_lock);
	return sent ? 0 : found ? -EPERM : -ESRCH;
}

long signal_tgkill(int tgid, int tid, int sig)
{
	struct siginfo info = info_from_current(sig, SI_TKILL);
	struct task *t;
	long rc = -ESRCH;

	if (tid <= 0 || tgid < 0 || (sig && !signal_valid(sig)))
		return -EINVAL;
	spin_lock(&proc_lock);
	t = task_find(tid);
	if (t && !t->kthread && (!tgid || t->proc->pid == tgid)) {
		rc = proc_may_signal(t->proc) ? 0 : -EPERM;
		if (!rc && sig)
			signal_send_locked(t->proc, t, sig, &info);
	}
	spin_unlock(&proc_lock);
	return rc;
}
