/* SPDX-License-Identifier: MIT */
/*
 * A guest of nothing but pages and grants, and as much of the kernel as a backend's data path asks for.
 *
 * The backends' threads run on the test's own stack: whenever one of them would sleep, fake_turn() is called
 * instead, which plays the guest, the disk and the clock.
 */
#ifndef TESTS_UNIT_XENBACK_FAKE_H
#define TESTS_UNIT_XENBACK_FAKE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "block.h"
#include "netdev.h"
#include "proc.h"
#include "xen.h"

#define GUEST_PAGES 64 /* its grants are 0 .. GUEST_PAGES - 1, each of one page */

extern uint8_t fake_guest[GUEST_PAGES][4096];
extern bool fake_granted[GUEST_PAGES], fake_readonly[GUEST_PAGES];
extern uint64_t fake_now;
extern unsigned fake_notifications, fake_messages;
extern long fake_pages, fake_blocks; /* in use: pages, and pieces of kmalloc */
extern void (*fake_turn)(void);

/* Where the backends' work goes. */
extern void (*fake_submit)(struct block_request *r);
extern int (*fake_flush)(void), (*fake_write)(uint64_t sector, const void *va, size_t len);
extern void (*fake_receive)(struct packet *p);

/* The thread that kthread_create was told of. */
extern void (*fake_thread)(void *data);
extern void *fake_thread_data;
/* Runs it until it ends. */
void fake_run_thread(void);

uint32_t fake_random(uint32_t below);

#endif
