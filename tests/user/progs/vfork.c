/* SPDX-License-Identifier: MIT */
/* vfork: the child runs in the parent's memory and the parent waits until it execs or exits. */
#include "observe.h"

static volatile int shared;

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc > 1) {
		sleep_ms(300);
		return 31;
	}
	pid = vfork();
	if (pid == 0) {
		sleep_ms(30);
		shared = 5;
		_exit(2);
	}
	SHOW(shared);
	HOLDS(waitpid(pid, &status, 0) == pid);
	show_status("vfork, _exit", status);

	pid = vfork();
	if (pid == 0) {
		shared = 6;
		execl(argv[0], argv[0], "again", NULL);
		_exit(99);
	}
	SHOW(shared);
	TRY(waitpid(pid, &status, WNOHANG));
	waitpid(pid, &status, 0);
	show_status("vfork, exec", status);

	for (volatile int i = 0; i < 50; i++) {
		pid = vfork();
		if (pid == 0)
			_exit(i);
		waitpid(pid, &status, 0);
		shared += WEXITSTATUS(status);
	}
	SHOW(shared);
	pid = vfork();
	if (pid == 0) {
		execl("/no/such/program", "x", NULL);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	show_status("failed exec", status);
	return 0;
}
