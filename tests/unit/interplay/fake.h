/* SPDX-License-Identifier: MIT */
/*
 * mm/ on three processors that are coroutines: between any two accesses that other processors could
 * see, the explorer may go on with another one.
 *
 * Stands in place of cpu/cpu.h and mm/layout.h. The code under test is compiled unchanged: what it reads
 * or writes atomically are builtins and READ_ONCE(), which are macros here that ask the explorer first.
 * Memory is sequentially consistent between these points, so weak ordering is not looked at (x86 has
 * little of it).
 */
#ifndef TESTS_UNIT_INTERPLAY_FAKE_H
#define TESTS_UNIT_INTERPLAY_FAKE_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hypervisor-stub/base.h"
/* The host's own functions are in shared libraries. */
#pragma GCC visibility pop

#include "tests/unit/interplay/explore.h"

#define CPU_CPU_H
#define MM_LAYOUT_H

#define CPUS	    3
#define FAKE_FRAMES 272

extern uint8_t *fake_ram;
extern uint8_t *fake_frame_table;

#define L4_SLOT_FIRST	 256
#define L4_SLOT_LAST	 271
#define FRAME_TABLE_VA	 ((uint64_t)fake_frame_table)
#define DIRECT_MAP_VA	 ((uint64_t)fake_ram)
#define COMPAT_HOLE_END	 0xffe00000U
#define WINDOW_GDT_PAGES 16

struct vcpu;
struct pcpu {
	unsigned int id;
	uint32_t tlb_epoch;
	bool tlb_clean;
};

extern struct pcpu pcpus[CPUS];
extern unsigned int pcpu_count;
struct vcpu *fake_current(void);
#define current	    fake_current()
#define this_pcpu() (&pcpus[explore_cpu()])

extern bool fake_preempt;
static inline bool preempt_wanted(void)
{
	return fake_preempt;
}

/* ---- what other processors may see ------------------------------------------------------------- */

#undef READ_ONCE
#undef WRITE_ONCE
#define READ_ONCE(x)	 (explore_point(), *(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (explore_wrote(), *(volatile __typeof__(x) *)&(x) = (v))

#define __atomic_load_n(p, order)	 (explore_point(), __atomic_load_n(p, order))
#define __atomic_store_n(p, v, order)	 (explore_wrote(), __atomic_store_n(p, v, order))
#define __atomic_fetch_add(p, v, order)	 (explore_wrote(), __atomic_fetch_add(p, v, order))
#define __atomic_fetch_sub(p, v, order)	 (explore_wrote(), __atomic_fetch_sub(p, v, order))
#define __atomic_fetch_and(p, v, order)	 (explore_wrote(), __atomic_fetch_and(p, v, order))
#define __atomic_fetch_or(p, v, order)	 (explore_wrote(), __atomic_fetch_or(p, v, order))
#define __atomic_add_fetch(p, v, order)	 (explore_wrote(), __atomic_add_fetch(p, v, order))
#define __atomic_exchange_n(p, v, order) (explore_wrote(), __atomic_exchange_n(p, v, order))
#define __atomic_compare_exchange_n(...) (explore_wrote(), __atomic_compare_exchange_n(__VA_ARGS__))

/* A lock is one step, and who waits for it does not run. */
#define spin_lock   real_spin_lock
#define spin_unlock real_spin_unlock
#include "cpu/spinlock.h"
#undef spin_lock
#undef spin_unlock

static inline void spin_lock(struct spinlock *l)
{
	lock_order_enter(l);
	explore_lock((volatile uint8_t *)&l->taken);
}

static inline void spin_unlock(struct spinlock *l)
{
	lock_order_leave(l);
	*(volatile uint8_t *)&l->taken = 0;
	explore_told();
}

#include "cpu/asm.h"
#define cpu_relax explore_relax

#endif
