/* SPDX-License-Identifier: MIT */
/* The stack grows by touching it, up to its limit; beyond, a handler on another stack hears of it. */
#include <sys/resource.h>
#include "observe.h"

static char other[32768];
static volatile int level;

static unsigned int __attribute__((noinline)) recurse(int depth)
{
	volatile unsigned char frame[4096];

	frame[0] = depth;
	frame[4095] = depth >> 8;
	level = depth;
	return depth == 0 ? 1 : recurse(depth - 1) * 31 + frame[0] + frame[4095];
}

static void on_overflow(int sig)
{
	char here;

	printf("signal %d, on the other stack %d\n", sig,
	       &here >= other && &here < other + sizeof(other));
	_exit(12);
}

static void overflow(void)
{
	struct sigaction act = { .sa_handler = on_overflow, .sa_flags = SA_ONSTACK };
	stack_t stack = { .ss_sp = other, .ss_size = sizeof(other) };

	TRY(sigaltstack(&stack, NULL));
	sigaction(SIGSEGV, &act, NULL);
	recurse(1 << 24);
}

static void overflow_unheard(void)
{
	recurse(1 << 24);
}

int main(void)
{
	struct rlimit limit;
	stack_t stack;

	getrlimit(RLIMIT_STACK, &limit);
	HOLDS(limit.rlim_cur >= 8 << 20);
	printf("6 MB deep: %08x\n", recurse(1500));
	printf("again: %08x\n", recurse(1500));
	in_child("overflow, handled", overflow);
	in_child("overflow", overflow_unheard);
	TRY(sigaltstack(NULL, &stack));
	SHOW(stack.ss_flags);
	stack = (stack_t){ .ss_sp = other, .ss_size = 100 };
	TRY(sigaltstack(&stack, NULL));
	return 0;
}
