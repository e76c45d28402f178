/* SPDX-License-Identifier: MIT */
/*
 * Signals over the rt_ calls, whose sets have 64 bits. Every handler gets a restorer of ours: then
 * the kernel needs to put no code on the stack, which may not be executable.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include "glue.h"

#define SET_SIZE sizeof(sigset_t)

struct kernel_sigaction {
	_sig_func_ptr handler;
	unsigned long flags;
	void (*restorer)(void);
	sigset_t mask;
};

void __sigreturn(void);
void __rt_sigreturn(void);

int sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	struct kernel_sigaction new_k, old_k;

	if (act) {
		new_k.handler = act->sa_handler;
		new_k.flags = act->sa_flags | SA_RESTORER;
		new_k.restorer = act->sa_flags & SA_SIGINFO ? __rt_sigreturn : __sigreturn;
		new_k.mask = act->sa_mask;
	}
	if (syscall(SYS_rt_sigaction, sig, act ? &new_k : NULL, old ? &old_k : NULL, SET_SIZE) < 0)
		return -1;
	if (old) {
		old->sa_handler = old_k.handler;
		old->sa_flags = old_k.flags & ~SA_RESTORER;
		old->sa_mask = old_k.mask;
	}
	return 0;
}

/* As BSD and glibc have it: the handler stays, and interrupted calls go on. */
_sig_func_ptr signal(int sig, _sig_func_ptr handler)
{
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_RESTART }, old;

	return sigaction(sig, &act, &old) < 0 ? SIG_ERR : old.sa_handler;
}

int siginterrupt(int sig, int flag)
{
	struct sigaction act;

	if (sigaction(sig, NULL, &act) < 0)
		return -1;
	act.sa_flags = flag ? act.sa_flags & ~SA_RESTART : act.sa_flags | SA_RESTART;
	return sigaction(sig, &act, NULL);
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return syscall(SYS_rt_sigprocmask, how, set, old, SET_SIZE);
}

int sigpending(sigset_t *set)
{
	return syscall(SYS_rt_sigpending, set, SET_SIZE);
}

int sigsuspend(const sigset_t *set)
{
	return syscall(SYS_rt_sigsuspend, set, SET_SIZE);
}

int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	struct kernel_timespec k;

	if (timeout)
		k = (struct kernel_timespec){ timeout->tv_sec, timeout->tv_nsec };
	return syscall(SYS_rt_sigtimedwait, set, info, timeout ? &k : NULL, SET_SIZE);
}

int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	return sigtimedwait(set, info, NULL);
}

int sigwait(const sigset_t *set, int *sig)
{
	int n;

	do
		n = sigwaitinfo(set, NULL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno;
	*sig = n;
	return 0;
}

int sigqueue(pid_t pid, int sig, const union sigval value)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_QUEUE };

	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value = value;
	return syscall(SYS_rt_sigqueueinfo, pid, sig, &info);
}

int sigaltstack(const stack_t *__restrict stack, stack_t *__restrict old)
{
	return syscall(SYS_sigaltstack, stack, old);
}

int kill(pid_t pid, int sig)
{
	return syscall(SYS_kill, pid, sig);
}

int killpg(pid_t group, int sig)
{
	return kill(-group, sig);
}

int raise(int sig)
{
	return syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig);
}

int _raise_r(struct _reent *reent, int sig)
{
	(void)reent;
	return raise(sig);
}

int pause(void)
{
	return syscall(SYS_pause);
}

/* A set: bit n-1 for signal n. Numbers outside 1..64 are refused, as POSIX allows. */
static int valid(int sig)
{
	if (sig > 0 && sig < NSIG)
		return 1;
	errno = EINVAL;
	return 0;
}

int sigaddset(sigset_t *set, const int sig)
{
	if (!valid(sig))
		return -1;
	*set |= 1ULL << (sig - 1);
	return 0;
}

int sigdelset(sigset_t *set, const int sig)
{
	if (!valid(sig))
		return -1;
	*set &= ~(1ULL << (sig - 1));
	return 0;
}

int sigismember(const sigset_t *set, int sig)
{
	return valid(sig) ? (int)(*set >> (sig - 1)) & 1 : -1;
}

int sigfillset(sigset_t *set)
{
	*set = ~0ULL;
	return 0;
}

int sigemptyset(sigset_t *set)
{
	*set = 0;
	return 0;
}
