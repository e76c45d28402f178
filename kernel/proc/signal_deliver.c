/* SPDX-License-Identifier: MIT */
/*
 * Signals: what a thread finds when it is about to return to its program.
 *
 * In this order: the process ends; the process is stopped; a signal is taken and ignored, ends or
 * stops the process, or a handler's frame is laid on the program's stack. At last the system call
 * that was interrupted is settled: repeated, or EINTR.
 */
#include "signal_internal.h"
#include "vm.h"

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
		signal_end_process(t->proc, sig);
	} else {
		pending_drop(&t->pending, &t->pending_details, SIGMASK(sig));
		pending_add(&t->pending, &t->pending_details, sig, &info);
	}
	spin_unlock(&proc_lock);
}

int signal_take(struct task *t, sigset64_t wanted, struct siginfo *info)
{
	int sig;

	spin_lock(&proc_lock);
	sig = pending_take(&t->pending, &t->pending_details, wanted, info);
	if (!sig)
		sig = pending_take(&t->proc->pending, &t->proc->pending_details, wanted, info);
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
	int sig = signal_take(t, ~t->blocked, &info);

	if (!sig)
		return false;
	spin_lock(&proc_lock);
	a = *action_of(t, sig);
	if (a.flags & SA_RESETHAND && a.handler > SIG_IGN)
		action_of(t, sig)->handler = SIG_DFL;
	spin_unlock(&proc_lock);
	if (a.handler == SIG_IGN || (a.handler == SIG_DFL && SIGMASK(sig) & IGNORED_BY_DEFAULT))
		return true;
	/* It waited while it was blocked; the first process ends of nothing that others send. */
	if (a.handler == SIG_DFL && t->proc == proc_init)
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
