/* SPDX-License-Identifier: MIT */
/*
 * From the entry to main(): find the environment and the auxiliary vector, run the constructors.
 * Trusts the kernel for the layout of the initial stack (see crt0.S).
 */
#include <stdlib.h>
#include <errno.h>
#include <sys/auxv.h>

char *__env[1] = { NULL };
char **environ = __env;
static const unsigned long *auxv;

int main(int argc, char **argv, char **envp);
void __libc_init_array(void);
void __start_c(long *stack) __attribute__((noreturn));

unsigned long getauxval(unsigned long type)
{
	for (const unsigned long *a = auxv; a[0] != AT_NULL; a += 2)
		if (a[0] == type)
			return a[1];
	errno = ENOENT;
	return 0;
}

void __start_c(long *stack)
{
	int argc = stack[0];
	char **argv = (char **)(stack + 1), **end;

	environ = argv + argc + 1;
	for (end = environ; *end; end++)
		;
	auxv = (const unsigned long *)(end + 1);
	__libc_init_array();
	exit(main(argc, argv, environ));
}
