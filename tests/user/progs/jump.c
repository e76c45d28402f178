/* SPDX-License-Identifier: MIT */
/* longjmp out of functions and out of signal handlers, a thousand times, registers intact. */
#include <setjmp.h>
#include "observe.h"

static jmp_buf env;
static volatile int faults;

static void on_segv(int sig)
{
	sigset_t set;

	faults++;
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	longjmp(env, faults);
}

static void __attribute__((noinline)) deep(int n)
{
	volatile char pad[100];

	pad[0] = n;
	if (n)
		deep(n - 1);
	else if (!pad[0])
		longjmp(env, 5);
	pad[1] = pad[0];
}

int main(void)
{
	volatile int round = 0;
	int value;

	value = setjmp(env);
	if (value == 0)
		deep(1000);
	SHOW(value);
	value = setjmp(env);
	if (round++ == 0)
		longjmp(env, 0);
	SHOW(value);

	signal(SIGSEGV, on_segv);
	value = setjmp(env);
	if (value < 1000)
		*(volatile int *)(unsigned long)(value & ~3) = 1;
	SHOW(value);
	SHOW(faults);
	return value & 0x7f;
}
