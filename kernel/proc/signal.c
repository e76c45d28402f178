/* SPDX-License-Identifier: MIT */
/*
 * Signals: sending, and what a thread finds when it is about to return to its program.
 *
 * A signal for a process waits in the process until one of its threads takes it; one for a thread
 * waits there. proc_lock guards all of it. Job control is kept apart: a stop signal sets
 * process->stopped, and every thread of it sleeps on its way out of the kernel until SIGCONT clears
 * it. Likewise a fatal signal decides process->group_exit and every thread ends there.
 */
#include "sched.h"
#include "vm.h"

#define STOP_SIGNALS (SIGMASK(SIGSTOP) | SIGMASK(SIGTSTP) | SIGMASK(SIGTTIN) | SIGMASK(SIGTTOU))
#define IGNORED_BY_DEFAULT \
	(SIGMASK(SIGCHLD) | SIGMASK(SIGCONT) | SIGMASK(SIGURG) | SIGMASK(SIGWINCH))
#define FAULT_SIGNALS                                                              \
	(SIGMASK(SIGSEGV) | SIGMASK(SIGBUS) | SIGMASK(SIGILL) | SIGMASK(SIGTRAP) | \
	 SIGMASK(SIGFPE) | SIGMASK(SIGSYS))
#define UNBLOCKABLE (SIGMASK(SIGKILL) | SIGMASK(SIGSTOP))

static struct sigaction_k *action_of(const struct task *t, int sig)
{
	return &t->sighand->action[sig - 1];
}

static bool ignored(const struct task *t, int sig)
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

static void drop_pending(sigset64_t *set, struct siginfo **info, sigset64_t which)
{
	int sig;

	for (sig = 1; sig <= NSIG; sig++)
		if (*set & which & SIGMASK(sig)) {
			kfree(info[sig - 1]);
			info[sig - 1] = NULL;
		}
	*set &= ~which;
}

void signal_flush_task(struct task *t)
{
	drop_pending(&t->pending, t->pending_info, ~0ull);
}

void signal_flush_process(struct process *p)
{
	drop_pending(&p->pending, p->pending_info, ~0ull);
}

static void drop_everywhere(struct process *p, sigset64_t which)
{
	struct task *t;

	drop_pending(&p->pending, p->pending_info, which);
	list_for_each (t, &p->threads, thread_link)
		drop_pending(&t->pending, t->pending_info, which);
}

static void continue_process(struct process *p)
{
	struct task *t;

	drop_everywhere(p, STOP_SIGNALS);
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

/* A signal that stays pending needs no second record; without memory it comes without details. */
static void make_pending(sigset64_t *set, struct siginfo **slot, int sig,
			 const struct siginfo *info)
{
	if (*set & SIGMASK(sig))
		return;
	*set |= SIGMASK(sig);
	if (info) {
		*slot = kmalloc(sizeof(**slot));
		if (*slot)
			**slot = *info;
	}
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

static void kill_process(struct process *p, int status)
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
	kill_process(p, SIGKILL);
}

/* t: that thread; NULL: any of the process. */
void signal_send_locked(struct process *p, struct task *t, int sig, const struct siginfo *info)
{
	struct task *any = t ? t
			   : list_empty(&p->threads)
				   ? NULL
				   : list_first(&p->threads, struct task, thread_link);

	if (p->zombie || !any || !any->sighand || p == &proc_kernel)
		return;
	if (sig == SIGKILL && p != proc_init) {
		kill_process(p, SIGKILL);
		return;
	}
	if (sig == SIGCONT)
		continue_process(p);
	else if (SIGMASK(sig) & STOP_SIGNALS)
		drop_everywhere(p, SIGMASK(SIGCONT));
	if (ignored(any, sig) && !(any->blocked & SIGMASK(sig)))
		return;
	/* The first process gets what it has a handler for, nothing else. */
	if (p == proc_init && action_of(any, sig)->handler == SIG_DFL)
		return;
	if (t) {
		make_pending(&t->pending, &t->pending_info[sig - 1], sig, info);
	} else {
		make_pending(&p->pending, &p->pending_info[sig - 1], sig, info);
		t = choose_thread(p, sig);
	}
	if (t && !(t->blocked & SIGMASK(sig)))
		signal_wake(t, false);
}

/* ---- Sending ---- */

static bool valid(int sig)
{
	return sig >= 1 && sig <= NSIG;
}

int signal_send_task(struct task *t, int sig, const struct siginfo *info)
{
	if (!valid(sig))
		return -EINVAL;
	spin_lock(&proc_lock);
	signal_send_locked(t->proc, t, sig, info);
	spin_unlock(&proc_lock);
	return 0;
}

int signal_send(struct process *p, int sig, const struct siginfo *info)
{
	if (!valid(sig))
		return -EINVAL;
	spin_lock(&proc_lock);
	signal_send_locked(p, NULL, sig, info);
	spin_unlock(&proc_lock);
	return 0;
}

static int send_many(int pgrp, int session, int sig, const struct siginfo *info)
{
	struct process *p;
	int rc = -ESRCH;

	if (!valid(sig))
		return -EINVAL;
	spin_lock(&proc_lock);
	list_for_each (p, &proc_all, all_link) {
		if (p->zombie || (pgrp ? p->pgrp != pgrp : p->session != session))
			continue;
		signal_send_locked(p, NULL, sig, info);
		rc = 0;
	}
	spin_unlock(&proc_lock);
	return rc;
}

int signal_send_pgrp(int pgrp, int sig, const struct siginfo *info)
{
	return send_many(pgrp, 0, sig, info);
}

int signal_send_session(int session, int sig, const struct siginfo *info)
{
	return send_many(0, session, sig, info);
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

	if (sig && !valid(sig))
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

	if (tid <= 0 || tgid < 0 || (sig && !valid(sig)))
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

/* ---- Exceptions ---- */

void kernel_exception_info(unsigned trap, unsigned error, unsigned long address)
{
	current->fault_trap = trap;
	current->fault_error = error;
	current->fault_address = address;
}

#define REPORTS_A_SECOND 5

/* For the one who ports a program: what ended it, and where. */
static void report_fault(const struct task *t, int sig, unsigned long address)
{
	static uint64_t second;
	static unsigned reports;
	const struct regs *regs = machine_user_regs(t->stack);
	uint64_t now = machine_now() / NSEC_PER_SEC;

	if (second != now)
		reports = 0;
	second = now;
	if (reports++ < REPORTS_A_SECOND)
		printk("%s[%d]: signal %d: address %08lx, instruction %08lx, stack %08lx\n",
		       t->name, t->tid, sig, address, machine_regs_instruction(regs),
		       machine_regs_stack(regs));
}

/* A signal that the program caused itself: if it does not want it, it ends. */
void kernel_exception(int sig, int code, unsigned long address)
{
	struct siginfo info = { .signo = sig, .code = code, .address = address };
	struct task *t = current;
	struct sigaction_k *a = action_of(t, sig);

	if (a->handler == SIG_DFL && sig != SIGTRAP && sig != SIGKILL)
		report_fault(t, sig, address);
	spin_lock(&proc_lock);
	if (t->blocked & SIGMASK(sig) || a->handler == SIG_IGN) {
		a->handler = SIG_DFL;
		t->blocked &= ~SIGMASK(sig);
	}
	if (sig == SIGKILL || (t->proc == proc_init && a->handler == SIG_DFL)) {
		kill_process(t->proc, sig);
	} else {
		drop_pending(&t->pending, t->pending_info, SIGMASK(sig));
		make_pending(&t->pending, &t->pending_info[sig - 1], sig, &info);
	}
	spin_unlock(&proc_lock);
}

/* ---- Taking one ---- */

static int first_signal(sigset64_t set)
{
	uint32_t low = set;

	return low ? __builtin_ctz(low) + 1 : __builtin_ctz((uint32_t)(set >> 32)) + 33;
}

static int take_from(sigset64_t *set, struct siginfo **slots, sigset64_t wanted,
		     struct siginfo *info)
{
	sigset64_t ready = *set & wanted;
	int sig;

	if (!ready)
		return 0;
	/* What the program caused itself comes first: its registers are still those of the fault. */
	sig = first_signal(ready & FAULT_SIGNALS ? ready & FAULT_SIGNALS : ready);
	*set &= ~SIGMASK(sig);
	*info = slots[sig - 1] ? *slots[sig - 1]
			       : (struct siginfo){ .signo = sig, .code = SI_KERNEL };
	kfree(slots[sig - 1]);
	slots[sig - 1] = NULL;
	return sig;
}

static int take(struct task *t, sigset64_t wanted, struct siginfo *info)
{
	int sig;

	spin_lock(&proc_lock);
	sig = take_from(&t->pending, t->pending_info, wanted, info);
	if (!sig)
		sig = take_from(&t->proc->pending, t->proc->pending_info, wanted, info);
	spin_unlock(&proc_lock);
	return sig;
}

/* ---- Before the program runs on ---- */

/* Sleeps while the process is stopped. The first thread that gets here tells the parent. */
static void stop_here(struct task *t)
{
	struct process *p = t->proc;

	spin_lock(&proc_lock);
	if (p->stopped && !p->stop_announced) {
		p->stop_announced = true;
		p->stop_reported = false;
		proc_report_stop(p);
	}
	while (p->stopped && !p->group_exit) {
		t->state = TASK_STOPPED;
		spin_unlock(&proc_lock);
		schedule();
		spin_lock(&proc_lock);
	}
	t->state = TASK_RUNNABLE;
	spin_unlock(&proc_lock);
}

static void stop_process(struct process *p, int sig)
{
	struct task *t;

	/* An orphaned group has no shell that would continue it. */
	if (sig != SIGSTOP && proc_pgrp_orphaned(p->pgrp))
		return;
	spin_lock(&proc_lock);
	p->stopped = true;
	p->stop_announced = false;
	p->continued = false;
	p->stop_signal = sig;
	list_for_each (t, &p->threads, thread_link)
		signal_wake(t, false);
	spin_unlock(&proc_lock);
}

/* Nothing here writes core files, so no status says that there is one. */
static _Noreturn void die(int sig)
{
	proc_exit_group(sig);
}

/* The interrupted system call, if there is one: repeated or EINTR. a: the handler that will run. */
static void settle_syscall(struct regs *regs, const struct sigaction_k *a)
{
	int number;
	long result;

	if (!machine_regs_syscall(regs, &number, &result))
		return;
	switch (-result) {
	case ERESTARTSYS:
		if (a && !(a->flags & SA_RESTART))
			machine_regs_set_result(regs, -EINTR);
		else
			machine_syscall_restart(regs, number);
		break;
	case ERESTARTNOINTR:
		machine_syscall_restart(regs, number);
		break;
	case ERESTARTNOHAND:
	case ERESTART_BLOCK:
		if (a)
			machine_regs_set_result(regs, -EINTR);
		else
			machine_syscall_restart(regs,
						-result == ERESTART_BLOCK ? SYS_RESTART : number);
		break;
	}
	machine_syscall_done(regs);
}

static bool on_alt_stack(const struct task *t, unsigned long sp)
{
	return sp - t->alt_sp < t->alt_size;
}

static void run_handler(struct task *t, struct regs *regs, int sig, const struct siginfo *info,
			struct sigaction_k *a)
{
	unsigned long sp = machine_regs_stack(regs);
	struct signal_frame f = {
		.sig = sig,
		.info = info,
		.action = a,
		.old_mask = t->restore_blocked ? t->saved_blocked : t->blocked,
		.fault_trap = t->fault_trap,
		.fault_error = t->fault_error,
		.fault_address = t->fault_address,
		.alt_sp = t->alt_sp,
		.alt_size = t->alt_size,
		.alt_enter = a->flags & SA_ONSTACK && t->alt_size && !on_alt_stack(t, sp),
		.alt_flags = !t->alt_size	   ? SS_DISABLE
			     : on_alt_stack(t, sp) ? SS_ONSTACK
						   : 0,
	};

	if (machine_signal_enter(regs, &f)) {
		if (sig == SIGSEGV)
			die(SIGSEGV);
		kernel_exception(SIGSEGV, SI_KERNEL, sp);
		return;
	}
	spin_lock(&proc_lock);
	t->restore_blocked = false;
	t->blocked |= a->mask | (a->flags & SA_NODEFER ? 0 : SIGMASK(sig));
	t->blocked &= ~UNBLOCKABLE;
	spin_unlock(&proc_lock);
}

/* One signal. False: there was none. */
static bool deliver_one(struct task *t, struct regs *regs)
{
	struct sigaction_k a;
	struct siginfo info;
	int sig = take(t, ~t->blocked, &info);

	if (!sig)
		return false;
	spin_lock(&proc_lock);
	a = *action_of(t, sig);
	if (a.flags & SA_RESETHAND && a.handler > SIG_IGN)
		action_of(t, sig)->handler = SIG_DFL;
	spin_unlock(&proc_lock);
	if (a.handler == SIG_IGN || (a.handler == SIG_DFL && SIGMASK(sig) & IGNORED_BY_DEFAULT))
		return true;
	if (a.handler == SIG_DFL && SIGMASK(sig) & STOP_SIGNALS) {
		stop_process(t->proc, sig);
		return true;
	}
	if (a.handler == SIG_DFL)
		die(sig);
	settle_syscall(regs, &a);
	run_handler(t, regs, sig, &info, &a);
	return true;
}

void signal_deliver(struct regs *regs)
{
	struct task *t = current;
	struct process *p = t->proc;

	do {
		if (p->group_exit || (p->exec_task && p->exec_task != t))
			proc_exit_thread(p->exit_status);
		if (p->stopped)
			stop_here(t);
	} while (p->stopped || p->group_exit || deliver_one(t, regs));
	settle_syscall(regs, NULL);
	if (t->restore_blocked) {
		t->restore_blocked = false;
		t->blocked = t->saved_blocked;
	}
}

/* ---- System calls ---- */

long signal_action(int sig, const struct sigaction_k *act, struct sigaction_k *old)
{
	struct sigaction_k *a;

	if (!valid(sig) || (act && SIGMASK(sig) & UNBLOCKABLE))
		return -EINVAL;
	spin_lock(&proc_lock);
	a = action_of(current, sig);
	if (old)
		*old = *a;
	if (act) {
		*a = *act;
		a->mask &= ~UNBLOCKABLE;
		/* What waits and would now be ignored is forgotten. */
		if (ignored(current, sig))
			drop_everywhere(current->proc, SIGMASK(sig));
	}
	spin_unlock(&proc_lock);
	return 0;
}

long signal_mask(int how, const sigset64_t *set, sigset64_t *old)
{
	sigset64_t new;

	if (old)
		*old = current->blocked;
	if (!set)
		return 0;
	switch (how) {
	case SIG_BLOCK:
		new = current->blocked | *set;
		break;
	case SIG_UNBLOCK:
		new = current->blocked & ~*set;
		break;
	case SIG_SETMASK:
		new = *set;
		break;
	default:
		return -EINVAL;
	}
	spin_lock(&proc_lock);
	current->blocked = new & ~UNBLOCKABLE;
	spin_unlock(&proc_lock);
	return 0;
}

void signal_mask_temporary(sigset64_t set)
{
	spin_lock(&proc_lock);
	current->saved_blocked = current->blocked;
	current->restore_blocked = true;
	current->blocked = set & ~UNBLOCKABLE;
	spin_unlock(&proc_lock);
}

long signal_suspend(sigset64_t set)
{
	signal_mask_temporary(set);
	while (!signal_pending()) {
		wait_prepare(true);
		wait_sleep(WAIT_FOREVER);
		wait_finish();
	}
	return -ERESTARTNOHAND;
}

sigset64_t signal_pending_set(void)
{
	return (current->pending | current->proc->pending) & current->blocked;
}

long signal_timedwait(sigset64_t set, struct siginfo *info, uint64_t deadline)
{
	sigset64_t blocked = current->blocked;
	int sig, rc = 0;

	set &= ~UNBLOCKABLE;
	for (;;) {
		sig = take(current, set, info);
		if (sig || rc)
			break;
		/* While asleep they count as unblocked, so that they wake us. */
		signal_mask(SIG_UNBLOCK, &set, NULL);
		wait_prepare(true);
		rc = wait_sleep(deadline);
		wait_finish();
		signal_mask(SIG_SETMASK, &blocked, NULL);
	}
	if (sig)
		return sig;
	return rc == -ETIMEDOUT ? -EAGAIN : -EINTR;
}

#define ALT_STACK_MIN 2048

long signal_altstack(const unsigned long *sp, const unsigned long *size, const uint32_t *flags,
		     unsigned long *old_sp, unsigned long *old_size, uint32_t *old_flags)
{
	struct task *t = current;
	bool on = on_alt_stack(t, machine_regs_stack(machine_user_regs(t->stack)));

	if (old_sp) {
		*old_sp = t->alt_sp;
		*old_size = t->alt_size;
		*old_flags = !t->alt_size ? SS_DISABLE : on ? SS_ONSTACK : 0;
	}
	if (!sp)
		return 0;
	if (on)
		return -EPERM;
	if (*flags & ~(uint32_t)(SS_ONSTACK | SS_DISABLE))
		return -EINVAL;
	if (!(*flags & SS_DISABLE) && *size < ALT_STACK_MIN)
		return -ENOMEM;
	t->alt_sp = *flags & SS_DISABLE ? 0 : *sp;
	t->alt_size = *flags & SS_DISABLE ? 0 : *size;
	return 0;
}

long signal_return(struct regs *regs, bool rt)
{
	struct task *t = current;
	uint32_t sp, size, flags;
	sigset64_t mask;
	int number;
	long result;

	if (machine_signal_return(regs, rt, &mask, &sp, &size, &flags)) {
		kernel_exception(SIGSEGV, SI_KERNEL, machine_regs_stack(regs));
		return 0;
	}
	spin_lock(&proc_lock);
	t->blocked = mask & ~UNBLOCKABLE;
	spin_unlock(&proc_lock);
	if (rt) {
		t->alt_sp = flags & SS_DISABLE ? 0 : sp;
		t->alt_size = flags & SS_DISABLE ? 0 : size;
	}
	/* eax is the interrupted program's, not a result that might look like "repeat me". */
	machine_regs_syscall(regs, &number, &result);
	machine_syscall_done(regs);
	return result;
}

/* ---- Handlers as an object ---- */

struct sighand *sighand_copy(const struct sighand *from)
{
	struct sighand *s = kzalloc(sizeof(*s));

	if (!s)
		return NULL;
	if (from)
		memcpy(s->action, from->action, sizeof(s->action));
	s->refs = 1;
	return s;
}

struct sighand *sighand_get(struct sighand *s)
{
	unsigned long state = irq_save();

	s->refs++;
	irq_restore(state);
	return s;
}

void sighand_put(struct sighand *s)
{
	unsigned long state = irq_save();
	bool last = !--s->refs;

	irq_restore(state);
	if (last)
		kfree(s);
}

/* exec: handlers are gone with the program that had them; what was ignored stays so. */
void signal_exec_reset(struct task *t)
{
	unsigned i;

	spin_lock(&proc_lock);
	for (i = 0; i < NSIG; i++) {
		struct sigaction_k *a = &t->sighand->action[i];

		*a = (struct sigaction_k){ .handler = a->handler == SIG_IGN ? SIG_IGN : SIG_DFL };
	}
	t->alt_sp = t->alt_size = 0;
	spin_unlock(&proc_lock);
}
