/* SPDX-License-Identifier: MIT */
/*
 * See fake.h.
 */
#include "fake.h"
#include "lock.h"
#include "mm/vma.h"
#include "sched.h"
#include "fs.h"
#include <stdio.h>
#include <stdlib.h>

long fake_blocks, fake_blocks_left = -1, fake_files;
uint64_t fake_now, fake_timer = ~0ull;
unsigned fake_ticks;
unsigned long fake_unmapped_start, fake_unmapped_end;

void *kmalloc(size_t size)
{
	if (!fake_blocks_left)
		return NULL;
	if (fake_blocks_left > 0)
		fake_blocks_left--;
	fake_blocks++;
	return malloc(size);
}

void kfree(const void *p)
{
	if (p)
		fake_blocks--;
	free((void *)p);
}

void spin_lock(struct spinlock *l)
{
	assert_false(l->held);
	l->held = true;
}

void spin_unlock(struct spinlock *l)
{
	assert_true(l->held);
	l->held = false;
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	abort();
}

uint64_t machine_now(void)
{
	return fake_now;
}

uint64_t machine_wall_clock(void)
{
	return 0;
}

void machine_timer_set(uint64_t deadline)
{
	fake_timer = deadline;
}

void sched_tick(uint64_t now)
{
	assert_int_equal(now, fake_now);
	fake_ticks++;
}

void file_get(struct file *f)
{
	(void)f;
	fake_files++;
}

void file_put(struct file *f)
{
	(void)f;
	fake_files--;
}

void mm_unmap_pages(struct mm *mm, unsigned long start, unsigned long end)
{
	(void)mm;
	fake_unmapped_start = start;
	fake_unmapped_end = end;
}
