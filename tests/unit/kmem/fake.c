/* SPDX-License-Identifier: MIT */
/*
 * The machine below the allocators: see fake.h.
 */
#include "fake.h"
#include "lock.h"
#include <stdio.h>
#include <stdlib.h>

static uint8_t arena[FAKE_PAGES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
struct machine_info machine_info;

void *machine_page_va(pfn_t pfn)
{
	return arena[pfn_x(pfn)];
}

pfn_t machine_va_page(const void *va)
{
	return pfn_of((unsigned long)((const uint8_t *)va - &arena[0][0]) / PAGE_SIZE);
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

void fake_reset(unsigned long hole_first, unsigned long hole_end)
{
	memset(&machine_info, 0, sizeof(machine_info));
	machine_info.page_count = machine_info.page_limit = FAKE_PAGES;
	machine_info.free[0] = (struct pfn_range){ 1, hole_first };
	machine_info.free[1] = (struct pfn_range){ hole_end, FAKE_PAGES };
	page_table = NULL;
	page_init();
	kmalloc_init();
}
