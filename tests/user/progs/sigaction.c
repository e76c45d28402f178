/* SPDX-License-Identifier: MIT */
/* Handlers: what they are told, what is blocked while they run, one-shot and nested ones. */
#include "observe.h"

static int depth, deepest, calls;

static void count(int sig)
{
	(void)sig;
	calls++;
}

static void info(int sig, siginfo_t *i, void *context)
{
	printf("signal %d, si_signo %d, SI_USER %d, from self %d, context %d\n", sig, i->si_signo,
	       i->si_code == SI_USER, i->si_pid == getpid(), context != NULL);
}

/* Raises itself twice from inside: with SA_NODEFER it nests, without it comes after. */
static void nest(int sig)
{
	if (++depth > deepest)
		deepest = depth;
	if (++calls < 3)
		raise(sig);
	depth--;
}

static void blocked_inside(int sig)
{
	sigset_t now;

	sigprocmask(SIG_BLOCK, NULL, &now);
	printf("in handler: own %d, USR2 %d, TERM %d\n", sigismember(&now, sig),
	       sigismember(&now, SIGUSR2), sigismember(&now, SIGTERM));
}

int main(void)
{
	struct sigaction act = { .sa_handler = count }, old;
	sigset_t now;

	TRY(sigaction(SIGUSR1, &act, NULL));
	for (int i = 0; i < 1000; i++)
		kill(getpid(), SIGUSR1);
	SHOW(calls);
	TRY(sigaction(SIGUSR1, NULL, &old));
	HOLDS(old.sa_handler == count);

	act = (struct sigaction){ .sa_sigaction = info, .sa_flags = SA_SIGINFO };
	sigaction(SIGUSR1, &act, NULL);
	kill(getpid(), SIGUSR1);

	act = (struct sigaction){ .sa_handler = nest };
	sigaction(SIGUSR1, &act, NULL);
	calls = 0;
	raise(SIGUSR1);
	printf("deferred: %d calls, depth %d\n", calls, deepest);
	act.sa_flags = SA_NODEFER;
	sigaction(SIGUSR1, &act, NULL);
	calls = deepest = 0;
	raise(SIGUSR1);
	printf("nested: %d calls, depth %d\n", calls, deepest);

	act = (struct sigaction){ .sa_handler = blocked_inside };
	sigaddset(&act.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &act, NULL);
	raise(SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	HOLDS(now == 0);

	act = (struct sigaction){ .sa_handler = count, .sa_flags = SA_RESETHAND };
	sigaction(SIGUSR1, &act, NULL);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &old);
	HOLDS(old.sa_handler == SIG_DFL);

	TRY(sigaction(SIGKILL, &act, NULL));
	TRY(sigaction(SIGSTOP, &act, NULL));
	TRY(sigaction(65, &act, NULL));
	TRY(sigaction(0, &act, NULL));
	TRY(kill(getpid(), 65));
	TRY(kill(getpid(), 0));
	TRY(kill(999999, 0));
	fflush(stdout);
	raise(SIGTERM);
	return 0;
}
