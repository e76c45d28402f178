/* SPDX-License-Identifier: MIT */
/*
 * TLB epochs: which pCPU may still use a translation that is gone from the page tables.
 *
 * A clock counts full flushes, of all pCPUs together. A pCPU notes the clock at its last flush
 * (pcpu.tlb_epoch); a frame notes it when its last use ends (frame.epoch). A pCPU that flushed after
 * that holds no translation to the frame; one that did not is asked to, when the frame becomes
 * something that stale translations could harm. CR4.PGE is off, so each CR3 load is a full flush.
 *
 * The clock may wrap: ages are compared by signed difference, which can only err to one flush more.
 */
#ifndef MM_TLB_H
#define MM_TLB_H

#include "cpu/cpu.h"
#include "mm/mm.h"

extern _Atomic uint32_t tlb_clock;

static inline uint32_t tlb_now(void)
{
	return __atomic_load_n((uint32_t *)&tlb_clock, __ATOMIC_RELAXED);
}

static inline bool tlb_cpu_stale(unsigned int cpu, uint32_t epoch)
{
	return (int32_t)(READ_ONCE(pcpus[cpu].tlb_epoch) - epoch) <= 0;
}

static inline bool tlb_stale(uint32_t epoch)
{
	for (unsigned int cpu = 0; cpu < pcpu_count; cpu++)
		if (tlb_cpu_stale(cpu, epoch))
			return true;
	return false;
}

/* Flush each pCPU that has not flushed since `epoch`. */
void tlb_flush_stale(uint32_t epoch);

/* To be called after CR3 was loaded: that flushed this pCPU. */
static inline void tlb_mark_flushed(void)
{
	this_pcpu()->tlb_epoch = __atomic_add_fetch((uint32_t *)&tlb_clock, 1, __ATOMIC_RELAXED);
}

#endif
