/* SPDX-License-Identifier: MIT */
/* fork and wait: who is whose child, exit values, waiting for one or any, and for nobody. */
#include "observe.h"

#define CHILDREN 20

int main(void)
{
	pid_t self = getpid(), pid, children[CHILDREN];
	int status, sum = 0;

	pid = fork();
	if (pid == 0)
		exit(getppid() == self && getpid() != self ? 7 : 8);
	HOLDS(waitpid(pid, &status, 0) == pid);
	show_status("child", status);

	for (int i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (children[i] == 0)
			exit(i);
	}
	for (int i = CHILDREN - 1; i >= 0; i -= 2) {
		if (waitpid(children[i], &status, 0) != children[i])
			puts("wrong child");
		sum += WEXITSTATUS(status);
	}
	SHOW(sum);
	while ((pid = wait(&status)) > 0)
		sum += WEXITSTATUS(status);
	SHOW(sum);
	TRY(pid);

	TRY(waitpid(-1, &status, WNOHANG));
	TRY(waitpid(self, &status, 0));
	pid = fork();
	if (pid == 0) {
		sleep_ms(500);
		exit(256 + 5);
	}
	TRY(waitpid(pid, &status, WNOHANG));
	HOLDS(waitpid(0, &status, 0) == pid);
	show_status("late child", status);

	/* A grandchild that outlives its parent gets another parent, and its exit is not ours. */
	pid = fork();
	if (pid == 0) {
		if (fork() == 0) {
			sleep_ms(300);
			_exit(getppid() != self ? 0 : 1);
		}
		_exit(3);
	}
	HOLDS(waitpid(pid, &status, 0) == pid);
	show_status("middle", status);
	TRY(wait(&status));
	return 17;
}
