/* SPDX-License-Identifier: MIT */
/*
 * The rest of the kernel, as far as the file system needs it, on the host.
 *
 * One thread, one process; what would wait is interrupted at once; memory and pages are counted.
 */
#ifndef TESTS_UNIT_FS_FAKE_H
#define TESTS_UNIT_FS_FAKE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fs/vfs.h"
#include "proc.h"

extern struct task fake_task;
extern struct process fake_process;
extern unsigned fake_signals;	     /* bits: 1 << signal, that were sent to current */
extern long fake_pages, fake_blocks; /* in use: pages, and pieces of kmalloc */
extern long fake_pages_left;	     /* page_alloc fails at 0; negative: never */
extern uint64_t fake_clock;	     /* ns since 1970; moves on by itself */

/* cmocka set-up and tear-down: an empty root, then nothing may be left over. */
int fs_setup(void **state);
int fs_teardown(void **state);

void become(uint32_t uid);
/* An open file's descriptor for tests that need one. */
int open_fd(const char *name, unsigned flags);
long write_text(const char *name, const char *text); /* makes it; bytes or -errno */
/* The file's text; static. */
const char *read_text(const char *name);
int make_dir(const char *name);
uint32_t links_of(const char *name);
int exists(const char *name); /* 0 or -errno, without following a link */

#endif
