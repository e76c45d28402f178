/* SPDX-License-Identifier: MIT */
/* A signal meets a sleeping system call: EINTR, or the call goes on, as SA_RESTART says. */
#include <sys/time.h>
#include "observe.h"

static volatile int hits;

static void hit(int sig)
{
	(void)sig;
	hits++;
}

/* Again and again: one that fires before the call has begun to sleep must not be the last. */
static void arm(int flags, long ms)
{
	struct sigaction act = { .sa_handler = hit, .sa_flags = flags };
	struct itimerval timer = { { 0, ms * 1000 }, { 0, ms * 1000 } };

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	hits = 0;
}

int main(void)
{
	struct timespec time = { 5, 0 }, rest = { 0, 0 };
	int p[2], status;
	char c = 0;
	pid_t pid;

	pipe(p);
	arm(0, 30);
	TRY(read(p[0], &c, 1));
	HOLDS(hits > 0);

	pid = fork();
	if (pid == 0) {
		sleep_ms(200);
		write(p[1], "R", 1);
		_exit(0);
	}
	arm(SA_RESTART, 30);
	TRY(read(p[0], &c, 1));
	printf("got %c after a hit: %d\n", c, hits > 0);
	waitpid(pid, NULL, 0);

	/* Sleeping is never restarted; what is left is told. */
	arm(SA_RESTART, 30);
	TRY(nanosleep(&time, &rest));
	HOLDS(rest.tv_sec == 4 && rest.tv_nsec > 0);
	arm(0, 30);
	TRY(pause());
	arm(SA_RESTART, 30);
	TRY(pause());

	pid = fork();
	if (pid == 0) {
		sleep_ms(600);
		_exit(6);
	}
	arm(0, 30);
	TRY(waitpid(pid, &status, 0));
	arm(SA_RESTART, 30);
	HOLDS(waitpid(pid, &status, 0) == pid);
	show_status("child", status);

	arm(0, 0);

	/* An ignored signal interrupts nothing. */
	signal(SIGUSR1, SIG_IGN);
	pid = fork();
	if (pid == 0) {
		sleep_ms(30);
		kill(getppid(), SIGUSR1);
		sleep_ms(60);
		write(p[1], "I", 1);
		_exit(0);
	}
	TRY(read(p[0], &c, 1));
	printf("got %c\n", c);
	wait(NULL);
	return 0;
}
