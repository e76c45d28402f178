/* SPDX-License-Identifier: MIT */
/* Blocked signals: pending, merged or queued, taken by sigsuspend and sigtimedwait, inherited. */
#include "observe.h"

static char order[64];

static void note(int sig)
{
	order[strlen(order)] = sig >= SIGRTMIN ? '0' + sig - SIGRTMIN : sig == SIGUSR1 ? 'a' : 'b';
}

static void show_inherited(void)
{
	sigset_t mask, pending;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigpending(&pending);
	printf("child: USR1 blocked %d, pending %d\n", sigismember(&mask, SIGUSR1),
	       sigismember(&pending, SIGUSR1));
}

int main(void)
{
	sigset_t set, empty = 0, pending, old;
	struct timespec soon = { 0, 20000000 };
	siginfo_t info;
	union sigval value;

	signal(SIGUSR1, note);
	signal(SIGUSR2, note);
	for (int i = 0; i < 4; i++)
		signal(SIGRTMIN + i, note);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	TRY(sigprocmask(SIG_BLOCK, &set, &old));
	for (int i = 0; i < 5; i++)
		raise(SIGUSR1);
	raise(SIGUSR2);
	sigpending(&pending);
	printf("pending: %d %d %d\n", sigismember(&pending, SIGUSR1),
	       sigismember(&pending, SIGUSR2), sigismember(&pending, SIGTERM));
	in_child("inherit", show_inherited);
	SHOW(strlen(order));
	TRY(sigsuspend(&empty));
	printf("after sigsuspend: %zu handled\n", strlen(order));
	sigprocmask(SIG_BLOCK, NULL, &old);
	SHOW(sigismember(&old, SIGUSR1));

	/* Standard signals merge; real-time ones queue, lowest number first. */
	memset(order, 0, sizeof(order));
	for (int i = 0; i < 4; i++)
		sigaddset(&set, SIGRTMIN + i);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 3; i >= 0; i--) {
		value.sival_int = i;
		sigqueue(getpid(), SIGRTMIN + i, value);
		sigqueue(getpid(), SIGRTMIN + i, value);
	}
	value.sival_int = 77;
	sigqueue(getpid(), SIGRTMIN + 1, value);
	for (int i = 0; i < 5; i++) {
		memset(&info, 0, sizeof(info));
		int sig = sigtimedwait(&set, &info, &soon);
		printf("taken: RTMIN+%d, value %d, SI_QUEUE %d\n", sig - SIGRTMIN,
		       info.si_value.sival_int, info.si_code == SI_QUEUE);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	SHOW(strlen(order));
	TRY(sigtimedwait(&set, &info, &soon));

	/* KILL and STOP cannot be blocked, though the call does not say so. */
	sigfillset(&set);
	TRY(sigprocmask(SIG_SETMASK, &set, NULL));
	sigprocmask(SIG_SETMASK, NULL, &old);
	printf("blocked: KILL %d, STOP %d, TERM %d\n", sigismember(&old, SIGKILL),
	       sigismember(&old, SIGSTOP), sigismember(&old, SIGTERM));
	TRY(sigprocmask(99, &set, NULL));
	/* One that would be ignored is not while somebody waits for it: what init and shells rest on. */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (fork() == 0) {
		sleep_ms(100);
		_exit(0);
	}
	HOLDS(sigwaitinfo(&set, &info) == SIGCHLD);
	HOLDS(waitpid(-1, NULL, 0) > 0);
	return 0;
}
