/* SPDX-License-Identifier: MIT */
/*
 * The program's side of the kit: what newlib's glue calls, and the start.
 *
 * These replace functions of the same names in the glue for ring 3 (lib/newlib/glue), which trap. The kernel's
 * command line is main()'s: words, the first is the program's own name.
 */
#include "lib/kit/kit.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_MOST 32

int main(int argc, char **argv, char **envp);
void kit_network(const char *address);
long syscall(long number, ...);
void *sbrk(ptrdiff_t increment);

long syscall(long number, ...)
{
	long v[6], result;
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		v[i] = va_arg(args, long);
	va_end(args);
	result = kit_call(number, v);
	if (result >= 0 || result < -4095)
		return result;
	errno = (int)-result;
	return -1;
}

/* One piece of the kernel's memory, taken when the first byte is wanted. */
void *sbrk(ptrdiff_t increment)
{
	static char *start, *end;
	static unsigned long size;
	char *old;

	if (!start)
		start = end = kit_memory(&size);
	if (!start || increment < start - end || increment > (ptrdiff_t)(start + size - end)) {
		errno = ENOMEM;
		return (void *)-1;
	}
	old = end;
	end += increment;
	return old;
}

/* The image has no constructors: there is no C++ here. */
void __libc_init_array(void);
void __libc_fini_array(void);

void __libc_init_array(void)
{
}

void __libc_fini_array(void)
{
}

KIT_ABI void kit_main(const char *command_line)
{
	static char line[1024], *argv[ARGUMENTS_MOST + 1], *envp[] = { NULL };
	const char *address = NULL;
	int argc = 1;

	argv[0] = (char *)"app";
	strncpy(line, command_line, sizeof(line) - 1);
	for (char *w = strtok(line, " "); w && argc < ARGUMENTS_MOST; w = strtok(NULL, " "))
		argv[argc++] = w;
	signal(SIGPIPE, SIG_IGN); /* a connection that ended is EPIPE */
	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "ip=", 3))
			address = argv[i] + 3;
	kit_network(address);
	exit(main(argc, argv, envp));
}
