/* SPDX-License-Identifier: MIT */
/*
 * Floating point across context switches: several processes compute different things at once and
 * give way in the middle; control word, stack and SSE registers must be each process's own, survive
 * a signal handler that uses them too, and be copied by fork.
 */
#include <math.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include "observe.h"

static volatile int ticks;
static volatile double noise;

static void on_tick(int sig)
{
	(void)sig;
	ticks++;
	noise = sqrt(ticks) * 3.25;
	__asm__ volatile("fldpi; fldl2e; fmulp; fstp %%st(0)" : : : "memory");
}

static unsigned int control_word(void)
{
	unsigned short cw;

	__asm__ volatile("fnstcw %0" : "=m"(cw));
	return cw;
}

/* Thirty thousand steps that lose everything if one register is wrong once. */
static double series(int which)
{
	double x = 1.0 + which, sum = 0;

	for (int i = 1; i <= 30000; i++) {
		sum += sin(x) / i;
		x = x * 1.0000001 + which;
		if (i % 500 == 0)
			sched_yield();
	}
	return sum;
}

/* The eight registers of the x87 stack stay loaded while other processes run. */
static double stack_sum(double base)
{
	double sum;

	__asm__ volatile("fldl %0; fld1; fldpi; fldl2e; fldln2; fldlg2; fldl2t" : : "m"(base));
	for (int i = 0; i < 20; i++)
		sched_yield();
	__asm__ volatile("faddp; faddp; faddp; faddp; faddp; faddp; fstpl %0" : "=m"(sum));
	return sum;
}

/* Four SSE registers keep their pattern over twenty switches; sched_yield changes eax alone. */
static int sse_kept(unsigned int mark)
{
	unsigned int before[16], after[16];

	for (int i = 0; i < 16; i++)
		before[i] = after[15 - i] = mark * 0x9e3779b9u + i;
	__asm__ volatile("movups (%0), %%xmm0; movups 16(%0), %%xmm1\n"
			 "movups 32(%0), %%xmm6; movups 48(%0), %%xmm7\n"
			 "movl $20, %%ecx\n"
			 "1: movl %2, %%eax; int $0x80; decl %%ecx; jnz 1b\n"
			 "movups %%xmm0, (%1); movups %%xmm1, 16(%1)\n"
			 "movups %%xmm6, 32(%1); movups %%xmm7, 48(%1)"
			 :
			 : "S"(before), "D"(after), "i"(SYS_sched_yield)
			 : "eax", "ecx", "memory");
	return memcmp(before, after, sizeof(before)) == 0;
}

int main(void)
{
	struct itimerval timer = { { 0, 2000 }, { 0, 2000 } };
	unsigned short cw;
	double alone[4];

	printf("control word %#x\n", control_word());
	for (int i = 0; i < 4; i++)
		alone[i] = series(i);
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			signal(SIGALRM, on_tick);
			setitimer(ITIMER_REAL, &timer, NULL);
			int wrong = 0;

			while (ticks < 3)
				wrong |= series(i) != alone[i] || stack_sum(i) != stack_sum(i) ||
					 !sse_kept(i);
			_exit(wrong);
		}
	}
	for (int i = 0; i < 4; i++) {
		int status;

		wait(&status);
		show_status("series", status);
	}
	for (int i = 0; i < 4; i++)
		printf("%.15g\n", alone[i]);
	printf("%.15g\n", stack_sum(2.5));

	/* Rounding toward zero is inherited by a child and leaves the parent's setting alone. */
	cw = control_word() | 0xc00;
	__asm__ volatile("fldcw %0" : : "m"(cw));
	if (fork() == 0) {
		printf("child %#x, rint(2.7) = %g\n", control_word(), rint(2.7));
		cw = 0x37f;
		__asm__ volatile("fldcw %0" : : "m"(cw));
		_exit(0);
	}
	wait(NULL);
	printf("parent %#x, rint(2.7) = %g\n", control_word(), rint(2.7));

	/* An unmasked division by zero is a signal. */
	if (fork() == 0) {
		volatile double zero = 0;

		cw = 0x37f & ~4;
		__asm__ volatile("fldcw %0" : : "m"(cw));
		noise = 1 / zero;
		__asm__ volatile("fwait");
		_exit(0);
	}
	int status;
	wait(&status);
	show_status("unmasked", status);
	return 0;
}
