/* SPDX-License-Identifier: MIT */
/*
 * A machine for tests of mm/: a few megabytes of "RAM", a frame table, one pCPU without registers.
 *
 * Stands in place of cpu/cpu.h and mm/layout.h, so that the code under test is compiled unchanged; what
 * it calls outside mm/ is in fake.c. Preemption comes when the test says so.
 */
#ifndef TESTS_UNIT_MM_FAKE_H
#define TESTS_UNIT_MM_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "hypervisor-stub/base.h"
/* The host's own functions are in shared libraries. */
#pragma GCC visibility pop

#define CPU_CPU_H
#define MM_LAYOUT_H

#define FAKE_FRAMES 2048

extern uint8_t *fake_ram;
extern uint8_t *fake_frame_table;

#define L4_SLOT_FIRST	 256
#define L4_SLOT_LAST	 271
#define FRAME_TABLE_VA	 ((uint64_t)fake_frame_table)
#define DIRECT_MAP_VA	 ((uint64_t)fake_ram)
#define COMPAT_HOLE_END	 0xffe00000U
#define WINDOW_GDT_PAGES 16

/* What stands in our slots of an L4 and of a top L2. */
#define FAKE_ROOT_ENTRY (0x1000 | 3)
#define FAKE_M2P_ENTRY	(0x1000 | 0x81)

/* Where another processor might come in between: before each access to what they share. */
extern void (*fake_step)(void);
#define FAKE_STEP()			 (fake_step ? fake_step() : (void)0)
#define __atomic_load_n(...)		 (FAKE_STEP(), __atomic_load_n(__VA_ARGS__))
#define __atomic_store_n(...)		 (FAKE_STEP(), __atomic_store_n(__VA_ARGS__))
#define __atomic_exchange_n(...)	 (FAKE_STEP(), __atomic_exchange_n(__VA_ARGS__))
#define __atomic_fetch_add(...)		 (FAKE_STEP(), __atomic_fetch_add(__VA_ARGS__))
#define __atomic_fetch_sub(...)		 (FAKE_STEP(), __atomic_fetch_sub(__VA_ARGS__))
#define __atomic_compare_exchange_n(...) (FAKE_STEP(), __atomic_compare_exchange_n(__VA_ARGS__))

#define FAKE_PCPUS 3

struct vcpu;
struct pcpu {
	unsigned int id;
	uint32_t tlb_epoch;
	bool tlb_clean;
};

extern struct pcpu pcpus[FAKE_PCPUS];
extern unsigned int pcpu_count;
extern struct vcpu *fake_current;
#define current	    fake_current
#define this_pcpu() (&pcpus[fake_cpu])
extern unsigned int fake_cpu; /* which of them runs */

/* Of 256 questions, so many are answered by yes. */
extern unsigned int fake_preempt_rate;
bool preempt_wanted(void);

static inline void cpus_park_others(void)
{
}

static inline void cpus_unpark(void)
{
}

/* xorshift: the same numbers everywhere for a seed. */
extern uint64_t fake_seed;
uint32_t fake_random(uint32_t below);

/* A domain that exists for frame_owner(); and all of them gone, RAM zeroed, frames free. */
struct domain;
struct domain *fake_domain(domid_t id, bool is_32bit, bool privileged);
void fake_reset(void);

/* A processor flushed; NULL: nobody wants to know. */
extern void (*fake_on_cpu_flush)(unsigned int cpu);
/* Full flushes so far; one more; and who wants to know of each. */
extern unsigned int fake_flushes;
void fake_flush(void);
extern void (*fake_on_flush)(void);

#endif
