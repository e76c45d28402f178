/* SPDX-License-Identifier: MIT */
/*
 * Between the files of signals: signal.c (sending), signal_deliver.c (what a thread finds before its
 * program runs on) and signal_calls.c (masks, actions, waiting). proc_lock guards all signal state.
 */
#ifndef PROC_SIGNAL_INTERNAL_H
#define PROC_SIGNAL_INTERNAL_H

#include "sched.h"

#define STOP_SIGNALS (SIGMASK(SIGSTOP) | SIGMASK(SIGTSTP) | SIGMASK(SIGTTIN) | SIGMASK(SIGTTOU))
#define IGNORED_BY_DEFAULT \
	(SIGMASK(SIGCHLD) | SIGMASK(SIGCONT) | SIGMASK(SIGURG) | SIGMASK(SIGWINCH))
#define UNBLOCKABLE (SIGMASK(SIGKILL) | SIGMASK(SIGSTOP))

static inline struct sigaction_k *action_of(const struct task *t, int sig)
{
	return &t->sighand->action[sig - 1];
}

static inline bool signal_valid(int sig)
{
	return sig >= 1 && sig <= NSIG;
}

/* Would it be thrown away if it were not blocked? */
bool signal_ignored(const struct task *t, int sig);

/* What waits: a bit a signal, and the details in a list, oldest first. proc_lock held. */
void pending_add(sigset64_t *set, struct list *details, int sig, const struct siginfo *info);
void pending_drop(sigset64_t *set, struct list *details, sigset64_t which);
void pending_drop_everywhere(struct process *p, sigset64_t which);
/* Takes the most urgent of `wanted`; 0: none. */
int pending_take(sigset64_t *set, struct list *details, sigset64_t wanted, struct siginfo *info);

/* The same for a thread and its process, taking proc_lock. */
int signal_take(struct task *t, sigset64_t wanted, struct siginfo *info);

/* All its threads end; proc_lock held. */
void signal_end_process(struct process *p, int status);

#endif
