/* SPDX-License-Identifier: MIT */
/* The heap's end: grows zeroed, shrinks, faults beyond, and a fork copies it. */
#include <sys/syscall.h>
#include "observe.h"

#define MB (1 << 20)
static char *start;

static char *set(char *to)
{
	return (char *)syscall(SYS_brk, to);
}

static void beyond(void)
{
	start[4 * MB + 4096] = 1;
}

static void child_grows(void)
{
	HOLDS(set(start + 8 * MB) == start + 8 * MB);
	start[7 * MB] = 1;
}

int main(void)
{
	unsigned long nonzero = 0;

	start = (char *)(((unsigned long)set(0) + 4095) & ~4095UL);
	HOLDS(set(start + 4 * MB) == start + 4 * MB);
	for (int i = 0; i < 4 * MB; i += 64)
		nonzero += start[i];
	SHOW(nonzero);
	memset(start, 'h', 4 * MB);
	in_child("beyond", beyond);
	in_child("child grows", child_grows);
	HOLDS(set(0) == start + 4 * MB);
	in_child("beyond again", beyond);

	/* What was given back and taken again is zero again. */
	HOLDS(set(start + MB) == start + MB);
	HOLDS(set(start + 4 * MB) == start + 4 * MB);
	printf("kept %c, new %d\n", start[MB - 1], start[MB]);
	for (int i = MB; i < 4 * MB; i += 64)
		nonzero += start[i];
	SHOW(nonzero);
	HOLDS(set((char *)4096) == start + 4 * MB);
	HOLDS(set((char *)0xfffff000) == start + 4 * MB);
	return 0;
}
