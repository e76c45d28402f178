/* SPDX-License-Identifier: MIT */
/* A shell on a pseudo-terminal, driven as a person would: prompt, editing, ^C, ^D, window size. */
#include "observe.h"
#include <poll.h>
#include <pty.h>

static int master;

/* All that comes until `mark` was seen, without carriage returns. */
static void until(const char *mark)
{
	static char all[8192];
	size_t n = 0;
	struct pollfd p = { .fd = master, .events = POLLIN };

	while (n < sizeof(all) - 1 && poll(&p, 1, 10000) > 0) {
		int one = read(master, all + n, 1);

		if (one <= 0)
			break;
		if (all[n] != '\r')
			n++;
		all[n] = 0;
		if (n >= strlen(mark) && !strcmp(all + n - strlen(mark), mark))
			break;
	}
	printf("[%s]\n", all);
}

static void type(const char *text)
{
	write(master, text, strlen(text));
	until("ready> ");
}

int main(void)
{
	struct winsize size = { 30, 90, 0, 0 };
	int slave, status;
	pid_t pid;

	alarm(40);
	HOLDS(openpty(&master, &slave, NULL, NULL, &size) == 0);
	pid = fork();
	if (pid == 0) {
		signal(SIGINT, SIG_DFL); /* whoever started this program may have ignored it */
		signal(SIGQUIT, SIG_DFL);
		close(master);
		HOLDS(login_tty(slave) == 0);
		setenv("PS1", "ready> ", 1);
		unsetenv("ENV");
		execlp("sh", "sh", "-i", NULL);
		_exit(127);
	}
	close(slave);
	until("ready> ");
	type("stty size\r");
	type("tty | sed 's/[0-9]*$/N/'\r");
	type("stty -a | sed 's/speed [0-9]* baud; //'\r");
	write(master, "sleep 100\r", 10);
	until("\n");
	sleep_ms(1000);
	type("\003");
	type("echo status $?\r");
	write(master, "cat\r", 4);
	until("\n");
	sleep_ms(1000); /* the shell's editor would read ahead */
	write(master, "text\r", 5);
	until("text\ntext\n");
	type("\004");
	write(master, "exit 5\r", 7);
	until("never");
	HOLDS(waitpid(pid, &status, 0) == pid);
	show_status("shell", status);
	return 0;
}
