/* SPDX-License-Identifier: MIT */
/* Groups, sessions, stopping and continuing: what a shell's job control rests on. */
#include "observe.h"

static volatile int continued;

static void on_cont(int sig)
{
	(void)sig;
	continued++;
}

static void sessions(void)
{
	HOLDS(getpgrp() != getpid());
	HOLDS(setsid() == getpid());
	HOLDS(getpgrp() == getpid() && getsid(0) == getpid());
	TRY(setsid());
	TRY(setpgid(0, 0));
	TRY(open("/dev/tty", O_RDWR));
}

int main(void)
{
	int status, p[2], go[2];
	pid_t pid, group, member;
	char c, byte;

	in_child("session", sessions);
	TRY(setpgid(0, -1));
	TRY(setpgid(999999, 0));
	TRY(getpgid(999999));

	/*
	 * A child that stops itself, is seen stopped, goes on, is seen going on, and ends. In a group
	 * of its own, whose parent is outside but in the session: TSTP does not stop an orphaned group.
	 * It stops again only when told: else the second stop may come before the first wait.
	 */
	HOLDS(pipe(go) == 0);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		signal(SIGCONT, on_cont);
		raise(SIGSTOP);
		while (read(go[0], &byte, 1) != 1)
			;
		raise(SIGTSTP);
		_exit(10 + continued);
	}
	HOLDS(waitpid(pid, &status, WUNTRACED) == pid);
	show_status("child", status);
	TRY(waitpid(pid, &status, WNOHANG | WUNTRACED));
	kill(pid, SIGCONT);
	HOLDS(waitpid(pid, &status, WUNTRACED | WCONTINUED) == pid);
	show_status("child", status);
	HOLDS(write(go[1], "g", 1) == 1);
	HOLDS(waitpid(pid, &status, WUNTRACED) == pid);
	show_status("child", status);
	kill(pid, SIGCONT);
	HOLDS(waitpid(pid, &status, 0) == pid);
	show_status("child", status);

	/* A stopped process keeps its signals until it goes on; KILL does not wait. */
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(1);
	}
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGTERM);
	TRY(waitpid(pid, &status, WNOHANG));
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	show_status("terminated", status);
	pid = fork();
	if (pid == 0) {
		raise(SIGSTOP);
		_exit(1);
	}
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	show_status("killed", status);

	/* A signal to a group reaches every member and nobody else. */
	pipe(p);
	group = fork();
	if (group == 0) {
		setpgid(0, 0);
		write(p[1], "g", 1);
		pause();
	}
	read(p[0], &c, 1);
	for (int i = 0; i < 2; i++) {
		member = fork();
		if (member == 0) {
			TRY(setpgid(0, group));
			write(p[1], "m", 1);
			pause();
		}
		read(p[0], &c, 1);
		HOLDS(getpgid(member) == group);
	}
	TRY(kill(-group, SIGUSR1));
	for (int i = 0; i < 3; i++) {
		HOLDS(waitpid(-group, &status, 0) > 0);
		show_status("member", status);
	}
	TRY(kill(-group, SIGUSR1));
	TRY(waitpid(-group, &status, 0));
	return 0;
}
