/* SPDX-License-Identifier: MIT */
/* What a parent hears of its children: SIGCHLD and its information, or silence when it asks so. */
#include "observe.h"

static volatile int count;
static volatile int code, status_told, pid_told;

static void on_child(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	count++;
	code = info->si_code;
	status_told = info->si_status;
	pid_told = info->si_pid;
}

static void run(const char *what, void (*body)(void))
{
	sigset_t block, old;
	int status;
	pid_t pid;

	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, &old);
	count = 0;
	pid = fork();
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		body();
	}
	while (!count)
		sigsuspend(&old);
	waitpid(pid, &status, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	printf("%s: code %d, status %d, pid right %d; ", what, code, status_told, pid_told == pid);
	show_status("wait says", status);
}

static void exits(void)
{
	_exit(42);
}

static void is_killed(void)
{
	raise(SIGKILL);
}

static void terminates(void)
{
	raise(SIGTERM);
}

int main(void)
{
	struct sigaction act = { .sa_sigaction = on_child, .sa_flags = SA_SIGINFO };
	int status;

	sigaction(SIGCHLD, &act, NULL);
	run("exit", exits);
	run("kill", is_killed);
	run("term", terminates);

	/* Ignored: children vanish, and wait has nothing to report once all are gone. */
	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			_exit(i);
	TRY(wait(&status));

	act = (struct sigaction){ .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };
	sigaction(SIGCHLD, &act, NULL);
	if (fork() == 0)
		_exit(9);
	TRY(wait(&status));
	signal(SIGCHLD, SIG_DFL);
	if (fork() == 0)
		_exit(9);
	HOLDS(wait(&status) > 0);
	show_status("default again", status);
	return 0;
}
