/* SPDX-License-Identifier: MIT */
/*
 * The end of threads and processes, and waiting for it.
 *
 * A thread gives back what it holds, leaves the tree and is freed by whoever runs next on the CPU.
 * With its last thread a process becomes a zombie: a pid and a status, until its parent asks.
 */
#include "sched.h"
#include "fs.h"
#include "vm.h"

#define STATUS_STOPPED(sig) ((sig) << 8 | 0x7f)
#define STATUS_CONTINUED    0xffff
#define STATUS_SIGNAL(s)    ((s)&0x7f)

void process_free(struct process *p)
{
	signal_flush_process(p);
	if (p->exe)
		file_put(p->exe);
	kfree(p->exe_path);
	kfree(p);
}

/* ---- What parents are told; proc_lock held ---- */

static void notify_parent(struct process *p, int sig, int code, int status)
{
	struct siginfo info = { .signo = sig, .code = code, .status = status };

	info.pid = p->pid;
	info.uid = p->cred.uid;
	if (sig)
		signal_send_locked(p->parent, NULL, sig, &info);
	waitq_wake(&p->parent->wait);
}

static bool wants_stop_news(struct process *parent)
{
	struct task *t = parent->leader;

	return !t || !t->sighand || !(t->sighand->action[SIGCHLD - 1].flags & SA_NOCLDSTOP);
}

void proc_report_stop(struct process *p)
{
	notify_parent(p, wants_stop_news(p->parent) ? SIGCHLD : 0, CLD_STOPPED, p->stop_signal);
}

void proc_report_continue(struct process *p)
{
	notify_parent(p, wants_stop_news(p->parent) ? SIGCHLD : 0, CLD_CONTINUED, SIGCONT);
}

/* The parent said that it will never ask. */
static bool parent_ignores(struct process *p)
{
	const struct task *t = p->parent->leader;
	const struct sigaction_k *a;

	if (p->parent == &proc_kernel)
		return true;
	if (p->exit_signal != SIGCHLD || !t || !t->sighand)
		return false;
	a = &t->sighand->action[SIGCHLD - 1];
	return a->handler == SIG_IGN || a->flags & SA_NOCLDWAIT;
}

static void report_exit(struct process *p)
{
	int sig = STATUS_SIGNAL(p->exit_status);
	int code = sig ? CLD_KILLED : CLD_EXITED;

	notify_parent(p, p->exit_signal, code, sig ? sig : p->exit_status >> 8);
}

/* Out of the tree; the caller frees it after proc_lock. */
static void process_unlink(struct process *p)
{
	struct process *parent = p->parent;

	parent->child_user += p->dead_user + p->child_user;
	parent->child_system += p->dead_system + p->child_system;
	list_del(&p->sibling);
	list_del(&p->all_link);
}

/* ---- The end of a process; proc_lock held ---- */

/* A stopped group that nobody can continue any more is told so, as POSIX wants it. */
static void hangup_orphans(int pgrp)
{
	struct process *p;
	bool stopped = false;

	if (!proc_pgrp_orphaned_locked(pgrp))
		return;
	list_for_each (p, &proc_all, all_link)
		stopped |= p->pgrp == pgrp && p->stopped;
	if (!stopped)
		return;
	list_for_each (p, &proc_all, all_link) {
		if (p->pgrp != pgrp)
			continue;
		signal_send_locked(p, NULL, SIGHUP, NULL);
		signal_send_locked(p, NULL, SIGCONT, NULL);
	}
}

static void reparent_children(struct process *p)
{
	struct process *c, *tmp;

	list_for_each_safe (c, tmp, &p->children, sibling) {
		list_del(&c->sibling);
		c->parent = proc_init;
		if (c->exit_signal)
			c->exit_signal = SIGCHLD;
		list_add_tail(&proc_init->children, &c->sibling);
		if (c->zombie)
			report_exit(c);
		if (c->pgrp != p->pgrp)
			hangup_orphans(c->pgrp);
	}
}

/* Returns true when nobody will wait for it: then it is unlinked already. */
static bool process_exit(struct process *p)
{
	bool gone;

	timer_cancel(&p->real_timer);
	reparent_children(p);
	p->zombie = true;
	p->stopped = false;
	gone = parent_ignores(p);
	report_exit(p);
	hangup_orphans(p->pgrp);
	if (gone)
		process_unlink(p);
	return gone;
}

/* ---- The end of a thread ---- */

void proc_vfork_done(struct task *t)
{
	struct process *parent;

	spin_lock(&proc_lock);
	if (t->vfork_done) {
		parent = t->proc->parent;
		*t->vfork_done = true;
		t->vfork_done = NULL;
		waitq_wake(&parent->wait);
	}
	spin_unlock(&proc_lock);
}

static void clear_tid(struct task *t)
{
	uint32_t zero = 0, *user = t->clear_tid;

	t->clear_tid = NULL;
	if (user && !copy_to_user(user, &zero, sizeof(zero)))
		futex_wake(user, 1, ~0u);
}

static void drop_memory(struct task *t)
{
	struct mm *mm = t->mm;
	unsigned long state = irq_save();

	t->mm = NULL;
	irq_restore(state);
	mm_put(mm);
}

static void charge(struct task *t)
{
	uint64_t user = 0, system = 0;

	task_times(t, &user, &system);
	t->proc->dead_user += user;
	t->proc->dead_system += system;
}

/* The current thread ends. `status` is its process's unless that is decided already. */
static _Noreturn void thread_exit(int status)
{
	struct task *t = current;
	struct process *p = t->proc;
	bool last, gone = false;

	if (p == proc_init && p->thread_count == 1)
		panic("process 1 (%s) ended with status %x", t->name,
		      p->group_exit ? p->exit_status : status);
	t->exiting = true;
	futex_robust_exit(t);
	clear_tid(t);
	drop_memory(t);
	proc_vfork_done(t);
	fdtable_put(t->files);
	t->files = NULL;
	fs_context_put(t->fs);
	t->fs = NULL;
	if (p->session == p->pid && p->thread_count == 1)
		tty_session_exit(p);

	spin_lock(&proc_lock);
	charge(t);
	signal_flush_task(t);
	sighand_put(t->sighand);
	t->sighand = NULL;
	task_unlink(t);
	if (p->leader == t)
		p->leader = NULL;
	last = !p->thread_count;
	if (last) {
		if (!p->group_exit)
			p->exit_status = status;
		gone = process_exit(p);
	} else {
		waitq_wake(&p->wait);
	}
	t->proc = &proc_kernel;
	spin_unlock(&proc_lock);
	if (gone)
		process_free(p);
	sched_exit();
}

_Noreturn void kthread_exit(void)
{
	spin_lock(&proc_lock);
	task_unlink(current);
	current->proc = &proc_kernel;
	spin_unlock(&proc_lock);
	sched_exit();
}

_Noreturn void proc_exit_thread(int status)
{
	thread_exit(status);
}

/* proc_lock held. */
static void wake_threads(struct process *p)
{
	struct task *t;

	list_for_each (t, &p->threads, thread_link) {
		if (t != current)
			signal_wake(t, true);
	}
}

_Noreturn void proc_exit_group(int status)
{
	struct process *p = current->proc;

	spin_lock(&proc_lock);
	if (!p->group_exit) {
		p->group_exit = true;
		p->exit_status = status;
		wake_threads(p);
	}
	spin_unlock(&proc_lock);
	thread_exit(status);
}

/* exec: the others end; the caller becomes the leader. -EAGAIN: the process is ending anyway. */
int proc_become_only_thread(void)
{
	struct process *p = current->proc;

	spin_lock(&proc_lock);
	if (p->group_exit || p->exec_task) {
		spin_unlock(&proc_lock);
		return -EAGAIN;
	}
	if (p->thread_count > 1) {
		p->exec_task = current;
		wake_threads(p);
		spin_unlock(&proc_lock);
		wait_event(&p->wait, *(volatile int *)&p->thread_count == 1);
		spin_lock(&proc_lock);
		p->exec_task = NULL;
	}
	current->tid = p->pid;
	p->leader = current;
	spin_unlock(&proc_lock);
	return 0;
}

/* ---- wait4 ---- */

static bool matches(const struct process *p, int pid, int options)
{
	bool clone = p->exit_signal != SIGCHLD;

	if (!(options & (int)__WALL) && clone != !!(options & (int)__WCLONE))
		return false;
	if (pid > 0)
		return p->pid == pid;
	if (pid == -1)
		return true;
	return p->pgrp == (pid ? -pid : current->proc->pgrp);
}

struct wait_result {
	int pid, status;
	struct rusage_k usage;
	struct process *reaped;
};

static void fill(struct wait_result *r, struct process *p, int status)
{
	r->pid = p->pid;
	r->status = status;
	proc_times(p, &r->usage.user, &r->usage.system);
	r->usage.user += p->child_user;
	r->usage.system += p->child_system;
}

/* Has this child news? proc_lock held. */
static bool take_news(struct process *p, int options, struct wait_result *r)
{
	bool keep = options & WNOWAIT;

	if (p->zombie) {
		fill(r, p, p->exit_status);
		if (!keep) {
			process_unlink(p);
			r->reaped = p;
		}
		return true;
	}
	if (p->stopped && options & WUNTRACED && !p->stop_reported) {
		fill(r, p, STATUS_STOPPED(p->stop_signal));
		p->stop_reported = !keep;
		return true;
	}
	if (p->continued && options & WCONTINUED) {
		fill(r, p, STATUS_CONTINUED);
		p->continued = keep;
		return true;
	}
	return false;
}

/* 1: news in *r, 0: none yet, -ECHILD: there is no such child. */
static int look(int pid, int options, struct wait_result *r)
{
	struct process *p;
	int rc = -ECHILD;

	spin_lock(&proc_lock);
	list_for_each (p, &current->proc->children, sibling) {
		if (!matches(p, pid, options))
			continue;
		rc = 0;
		if (take_news(p, options, r)) {
			rc = 1;
			break;
		}
	}
	spin_unlock(&proc_lock);
	return rc;
}

long proc_wait4(int pid, int *status, int options, struct rusage_k *ru)
{
	struct wait_result r = { 0 };
	int found = 0, rc;

	if (pid == (int)0x80000000)
		return -ESRCH;
	rc = wait_event_interruptible(&current->proc->wait,
				      (found = look(pid, options, &r)) || options & WNOHANG);
	if (rc || found <= 0)
		return rc ? rc : found;
	if (r.reaped)
		process_free(r.reaped);
	if (status)
		*status = r.status;
	if (ru)
		*ru = r.usage;
	return r.pid;
}
