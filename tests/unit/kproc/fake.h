/* SPDX-License-Identifier: MIT */
/*
 * The rest of the kernel for tests of its pure parts: memory from the host, a clock that tests set.
 */
#ifndef TESTS_UNIT_KPROC_FAKE_H
#define TESTS_UNIT_KPROC_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "kernel.h"

extern long fake_blocks;	      /* kmalloc less kfree */
extern long fake_blocks_left;	      /* kmalloc fails when it reaches 0; -1: never */
extern long fake_files;		      /* file_get less file_put */
extern uint64_t fake_now, fake_timer; /* the clock, and when the one-shot timer is due */
extern unsigned fake_ticks;

/* What mm_unmap_pages was asked for last. */
extern unsigned long fake_unmapped_start, fake_unmapped_end;

#endif
