/* SPDX-License-Identifier: MIT */
/*
 * Signals: sending, actions, masks, and what the tty needs for job control.
 *
 * A set is 64 bits, bit n-1 for signal n. Senders may be interrupts unless a function sleeps.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include "kernel.h"
#include <uapi/signal.h>

struct task;
struct process;

typedef uint64_t sigset64_t;

#define SIGMASK(sig) (1ull << ((sig)-1))

/* Linux's siginfo, as far as it is known before it is laid out for the program. */
struct siginfo {
	int signo, code, error;
	int pid, uid;	       /* of the sender, or the child */
	int status;	       /* SIGCHLD */
	unsigned long address; /* faults */
	long value;	       /* sigqueue */
};

#define SIG_DFL 0ul
#define SIG_IGN 1ul

struct sigaction_k {
	unsigned long handler; /* SIG_DFL, SIG_IGN or a user address */
	uint32_t flags;	       /* SA_ */
	unsigned long restorer;
	sigset64_t mask;
};

/* What machine_signal_enter lays out on the user stack. */
struct signal_frame {
	int sig;
	const struct siginfo *info;
	const struct sigaction_k *action;
	sigset64_t old_mask;
	unsigned long fault_trap, fault_error, fault_address; /* of the last exception */
	unsigned long alt_sp, alt_size; /* the alternate stack; size 0: none */
	bool alt_enter;			/* the frame goes there */
	uint32_t alt_flags;		/* for the frame's uc_stack */
};

/* ---- kernel/proc/signal.c ---- */

/* To a thread or a whole process. info may be NULL (then SI_KERNEL). 0, or -EINVAL for a bad number. */
int signal_send_task(struct task *t, int sig, const struct siginfo *info);
int signal_send(struct process *p, int sig, const struct siginfo *info);
/* To every process of a group; -ESRCH when there is none. For the tty. */
int signal_send_pgrp(int pgrp, int sig, const struct siginfo *info);

/* Ends it, whatever it does; proc_lock held. For oom. */
void signal_kill_locked(struct process *p);

/* The system calls kill, tkill/tgkill (tgid 0 = any), rt_sigqueueinfo; with permission checks. */
long signal_kill(int pid, int sig);
long signal_tgkill(int tgid, int tid, int sig);

/* Is a signal waiting that the current thread does not block? Long operations end on it. */
bool signal_pending(void);
/* Only SIGKILL counts. */
bool signal_fatal_pending(void);
bool signal_ignored_or_blocked(int sig); /* by current: what the tty asks for TTOU, TTIN */

long signal_action(int sig, const struct sigaction_k *act, struct sigaction_k *old);
long signal_mask(int how, const sigset64_t *set, sigset64_t *old);
/* Replaces the mask until the next handler has run (sigsuspend, ppoll, pselect). */
void signal_mask_temporary(sigset64_t set);
long signal_suspend(sigset64_t set); /* -ERESTARTNOHAND */
sigset64_t signal_pending_set(void);
/* Signal number, -EAGAIN at the deadline, -EINTR. */
long signal_timedwait(sigset64_t set, struct siginfo *info, uint64_t deadline);
long signal_altstack(const unsigned long *sp, const unsigned long *size, const uint32_t *flags,
		     unsigned long *old_sp, unsigned long *old_size, uint32_t *old_flags);
/* sigreturn and rt_sigreturn: restores everything, returns the eax of the interrupted code. */
long signal_return(struct regs *regs, bool rt);

#endif
