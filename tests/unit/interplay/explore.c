/* SPDX-License-Identifier: MIT */
/*
 * The explorer. Its state is in memory of its own, since the world's variables are put back before
 * each run.
 */
#include "tests/unit/interplay/explore.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CPUS_MAX   3
#define STACK	   (64 << 10)
#define POINTS_MAX 5000 /* of one run; more is a loop that never ends */
#define NOTES	   400

enum state { READY, WAITS_LOCK, WAITS_WRITE, ENDED };

struct cpu {
	void *sp;
	enum state state;
	volatile uint8_t *lock;
	unsigned long writes; /* as it began to wait */
	uint8_t *stack;
};

struct explorer {
	const struct exploration *what;
	struct cpu cpu[CPUS_MAX];
	void *main_sp;
	bool running;
	unsigned int now; /* the processor that runs */
	unsigned long writes, runs;
	unsigned int points, interrupted;
	/* the tree: the choice made at each fork, and how many there were */
	unsigned int depth, known;
	uint8_t choice[POINTS_MAX], choices[POINTS_MAX];
	char context[120];
	char note[NOTES][80];
	unsigned int notes;
	bool noting, again; /* the run that failed is made once more, with notes */
};

/* Set once, before the world's variables are first remembered. */
static struct explorer *x;

/* Saves what a call must keep on the old stack, and goes on where the new one was left. */
void coroutine_switch(void **save, void *load);
asm(".text\n"
    "coroutine_switch:\n\t"
    "push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n\t"
    "mov %rsp, (%rdi)\n\t"
    "mov %rsi, %rsp\n\t"
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp\n\t"
    "ret\n");

void explore_note(const char *fmt, ...)
{
	va_list args;
	int n;

	if (!x->noting || x->notes == NOTES)
		return;
	n = snprintf(x->note[x->notes], sizeof(x->note[0]), "cpu %u at %u: ", x->now, x->points);
	va_start(args, fmt);
	vsnprintf(x->note[x->notes] + n, sizeof(x->note[0]) - (size_t)n, fmt, args);
	va_end(args);
	x->notes++;
}

void explore_context(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(x->context, sizeof(x->context), fmt, args);
	va_end(args);
}

static void run(void);

void explore_failed(const char *fmt, ...)
{
	va_list args;

	if (!x->noting && x->what) {
		x->noting = x->again = true;
		if (x->running)
			coroutine_switch(&x->cpu[x->now].sp, x->main_sp);
		run();
	}
	printf("%s, run %lu: ", x->context, x->runs);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	for (unsigned int i = 0; i < x->notes; i++)
		printf("  %s\n", x->note[i]);
	fflush(stdout);
	_exit(1);
}

unsigned int explore_cpu(void)
{
	return x->running ? x->now : 0;
}

/* ---- which processor goes on ----------------------------------------------------------------------- */

static bool can_run(unsigned int cpu)
{
	const struct cpu *c = &x->cpu[cpu];

	if (c->state == WAITS_LOCK)
		return !*c->lock;
	if (c->state == WAITS_WRITE)
		return c->writes != x->writes;
	return c->state == READY;
}

static unsigned int choose(unsigned int choices)
{
	unsigned int i = x->depth++;

	if (i >= x->known) {
		x->choice[i] = 0;
		x->choices[i] = (uint8_t)choices;
		x->known = i + 1;
	}
	return x->choice[i];
}

static void go_to(unsigned int cpu)
{
	unsigned int from = x->now;

	x->now = cpu;
	x->cpu[cpu].state = READY;
	explore_note("goes on");
	coroutine_switch(&x->cpu[from].sp, x->cpu[cpu].sp);
}

/* The others that can run, in turn from this one. */
static unsigned int others(unsigned int *list)
{
	unsigned int n = 0;

	for (unsigned int i = 1; i < x->what->cpus; i++)
		if (can_run((x->now + i) % x->what->cpus))
			list[n++] = (x->now + i) % x->what->cpus;
	return n;
}

/* This one cannot go on. */
static void leave(void)
{
	unsigned int list[CPUS_MAX], n = others(list);

	if (n) {
		go_to(list[n > 1 ? choose(n) : 0]);
	} else if (can_run(x->now)) {
		x->cpu[x->now].state = READY;
	} else {
		for (unsigned int i = 0; i < x->what->cpus; i++)
			if (x->cpu[i].state != ENDED)
				explore_failed("nobody can go on: processor %u waits", i);
		coroutine_switch(&x->cpu[x->now].sp, x->main_sp);
	}
}

void explore_point(void)
{
	unsigned int list[CPUS_MAX], n, i;

	if (!x->running)
		return;
	if (++x->points == POINTS_MAX)
		explore_failed("this never ends");
	x->what->step();
	if (x->interrupted == x->what->bound)
		return;
	n = others(list);
	if (!n)
		return;
	i = choose(n + 1);
	if (!i)
		return;
	x->interrupted++;
	go_to(list[i - 1]);
}

void explore_told(void)
{
	x->writes++;
}

void explore_wrote(void)
{
	explore_point();
	explore_told();
}

void explore_lock(volatile uint8_t *taken)
{
	explore_point();
	while (*taken) {
		if (!x->running)
			explore_failed("a lock is left taken");
		x->cpu[x->now].state = WAITS_LOCK;
		x->cpu[x->now].lock = taken;
		leave();
	}
	*taken = 1;
}

void explore_relax(void)
{
	if (!x->running)
		explore_failed("waiting for nobody");
	x->cpu[x->now].state = WAITS_WRITE;
	x->cpu[x->now].writes = x->writes;
	leave();
}

/* ---- runs --------------------------------------------------------------------------------------------- */

static void body(void)
{
	x->what->program[x->now]();
	x->cpu[x->now].state = ENDED;
	explore_note("has ended");
	x->writes++;
	leave();
	/* Nobody comes back to one that has ended. */
	abort();
}

static void start_cpu(struct cpu *c)
{
	uint64_t *top;

	if (!c->stack)
		c->stack = malloc(STACK);
	top = (uint64_t *)(((uintptr_t)c->stack + STACK) & ~15UL);
	*--top = 0; /* body()'s own return address: none */
	*--top = (uint64_t)body;
	top -= 6;
	memset(top, 0, 6 * sizeof(*top));
	c->sp = top;
	c->state = READY;
}

static void run(void)
{
	x->notes = x->points = x->interrupted = x->depth = 0;
	x->writes = 0;
	x->what->before();
	for (unsigned int i = 0; i < x->what->cpus; i++)
		start_cpu(&x->cpu[i]);
	x->now = choose(x->what->cpus);
	x->running = true;
	coroutine_switch(&x->main_sp, x->cpu[x->now].sp);
	x->running = false;
	if (x->again) {
		x->again = false;
		run();
	}
	x->what->after();
	x->runs++;
}

/* The next branch, depth first. False: that was all. */
static bool next_branch(void)
{
	while (x->known) {
		unsigned int i = x->known - 1;

		if (++x->choice[i] < x->choices[i])
			return true;
		x->known = i;
	}
	return false;
}

void explore_init(void)
{
	x = calloc(1, sizeof(*x));
}

unsigned long explore(const struct exploration *what)
{
	x->what = what;
	x->known = 0;
	x->runs = 0;
	do
		run();
	while (next_branch());
	return x->runs;
}
