/* SPDX-License-Identifier: MIT */
/* execve: arguments, environment, descriptors, signals over it; scripts; and all it refuses. */
#include <sys/auxv.h>
#include "observe.h"

static char *program;
static volatile unsigned long volatile_16 = 16; /* an address that is never mapped */

static void put(const char *name, const char *text, int mode)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	write(fd, text, strlen(text));
	close(fd);
	chmod(name, mode);
}

static int second_life(int argc, char **argv)
{
	struct sigaction act;
	sigset_t mask;

	printf("argc %d", argc);
	for (int i = 1; i < argc; i++)
		printf(" [%s]", argv[i]);
	printf("; end %d\n", argv[argc] == NULL);
	for (char **e = environ; *e; e++)
		printf("env %s\n", *e);
	TRY(fcntl(20, F_GETFD));
	TRY(fcntl(21, F_GETFD));
	sigaction(SIGUSR1, NULL, &act);
	HOLDS(act.sa_handler == SIG_DFL);
	sigaction(SIGUSR2, NULL, &act);
	HOLDS(act.sa_handler == SIG_IGN);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	SHOW(sigismember(&mask, SIGHUP));
	SHOW(getauxval(AT_PAGESZ));
	HOLDS(getauxval(AT_RANDOM) != 0);
	return 23;
}

static void again(void)
{
	char *argv[] = { program, "second", "", "a b", "x", NULL };
	char *envp[] = { "ONE=1", "TWO=", NULL };
	sigset_t set;

	dup2(1, 20);
	dup2(1, 21);
	fcntl(21, F_SETFD, FD_CLOEXEC);
	signal(SIGUSR1, (void (*)(int))again);
	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	execve(program, argv, envp);
	puts("not reached");
}

static void script(void)
{
	execl("./script", "script", "with", "arguments", NULL);
	TRY(-1);
}

static void many_arguments(void)
{
	char *argv[2003];

	argv[0] = program;
	argv[1] = "count";
	for (int i = 2; i < 2002; i++)
		argv[i] = "0123456789012345678901234567890";
	argv[2002] = NULL;
	execve(program, argv, (char *[]){ NULL });
	TRY(-1);
}

static void too_many(void)
{
	static char big[200000];
	char *argv[] = { program, big, NULL };

	memset(big, 'b', sizeof(big) - 1);
	TRY(execve(program, argv, environ));
}

int main(int argc, char **argv)
{
	program = argv[0];
	if (argc > 1 && strcmp(argv[1], "second") == 0)
		return second_life(argc, argv);
	if (argc > 1 && strcmp(argv[1], "count") == 0) {
		size_t length = 0;

		for (int i = 0; i < argc; i++)
			length += i > 1 ? strlen(argv[i]) : 0;
		printf("%d arguments, %zu characters\n", argc, length);
		return 0;
	}
	in_child("second life", again);
	put("script", "#!/bin/sh\necho script: $# $1 $2\nexit 4\n", 0700);
	in_child("script", script);
	in_child("many arguments", many_arguments);
	in_child("one too long", too_many);

	put("text", "just text\n", 0700);
	put("empty", "", 0700);
	put("plain", "#!/bin/sh\n", 0600);
	put("lost", "#!/no/such/interpreter\n", 0700);
	put("half", "\177ELF\1\1\1", 0700);
	TRY(execl("./missing", "x", NULL));
	TRY(execl("./text", "x", NULL));
	TRY(execl("./empty", "x", NULL));
	TRY(execl("./plain", "x", NULL));
	TRY(execl("./lost", "x", NULL));
	TRY(execl("./half", "x", NULL));
	TRY(execl(".", "x", NULL));
	TRY(execl("./text/x", "x", NULL));
	TRY(execve((char *)volatile_16, (char *[]){ NULL }, (char *[]){ NULL }));
	TRY(execve(program, (char **)volatile_16, environ));
	for (const char *const *n = (const char *const[]){ "script", "text", "empty", "plain",
							   "lost", "half", NULL };
	     *n; n++)
		unlink(*n);
	return 0;
}
