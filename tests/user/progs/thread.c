/* SPDX-License-Identifier: MIT */
/* Threads made of clone and futex: a lock, a join, a segment of its own for each. */
#include <limits.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "observe.h"

#define THREADS 4
#define ROUNDS	5000
#define STACK	65536

static volatile int lock;
static volatile unsigned long counter;
static int tids[THREADS];
static int blocks[THREADS][4];
static volatile int tls_right;

/* 0 free, 1 taken, 2 taken and somebody sleeps. */
static void acquire(void)
{
	int c = __sync_val_compare_and_swap(&lock, 0, 1);

	while (c != 0) {
		if (c == 2 || __sync_val_compare_and_swap(&lock, 1, 2) != 0)
			syscall(SYS_futex, &lock, FUTEX_WAIT, 2, NULL);
		c = __sync_val_compare_and_swap(&lock, 0, 2);
	}
}

static void release(void)
{
	if (__sync_fetch_and_sub(&lock, 1) != 1) {
		lock = 0;
		syscall(SYS_futex, &lock, FUTEX_WAKE, 1);
	}
}

static int work(void *argument)
{
	int n = (long)argument, own;

	for (int i = 0; i < ROUNDS; i++) {
		acquire();
		unsigned long c = counter;
		if (i % 64 == 0)
			sched_yield();
		counter = c + 1;
		release();
	}
	__asm__ volatile("movl %%gs:4, %0" : "=r"(own));
	acquire();
	tls_right += own == 1000 + n;
	release();
	return n;
}

/* The kernel clears the word and wakes us when the thread is gone. */
static void join(volatile int *tid)
{
	int t;

	while ((t = *tid) != 0)
		syscall(SYS_futex, tid, FUTEX_WAIT, t, NULL);
}

int main(void)
{
	struct timespec soon = { 0, 20000000 };
	struct user_desc desc = { .entry_number = (unsigned int)-1,
				  .limit = 0xfffff,
				  .seg_32bit = 1,
				  .limit_in_pages = 1,
				  .useable = 1 };
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		    CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	long selector;

	desc.base_addr = (unsigned long)blocks[0];
	TRY(syscall(SYS_set_thread_area, &desc));
	selector = desc.entry_number * 8 + 3;
	__asm__ volatile("movw %w0, %%gs" : : "r"(selector));
	for (int i = 0; i < THREADS; i++) {
		char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				   -1, 0);

		blocks[i][1] = 1000 + i;
		desc.base_addr = (unsigned long)blocks[i];
		if (clone(work, stack + STACK, flags, (void *)(long)i, &tids[i], &desc, &tids[i]) <
		    0)
			perror("clone");
	}
	for (int i = 0; i < THREADS; i++)
		join(&tids[i]);
	SHOW(counter);
	SHOW(tls_right);
	SHOW(lock);

	int word = 5;
	TRY(syscall(SYS_futex, &word, FUTEX_WAIT, 6, NULL));
	struct {
		long sec, nsec;
	} limit = { soon.tv_sec, soon.tv_nsec };
	TRY(syscall(SYS_futex, &word, FUTEX_WAIT, 5, &limit));
	TRY(syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX));
	TRY(syscall(SYS_futex, 16, FUTEX_WAKE, 1));
	HOLDS(gettid() == getpid());
	TRY(wait(NULL));
	return 0;
}
