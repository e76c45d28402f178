/* SPDX-License-Identifier: MIT */
/*
 * TLB epochs: which pCPU may still use a translation that is gone from the page tables.
 *
 * A clock counts full flushes, of all pCPUs together. A pCPU notes the clock at its last flush
 * (pcpu.tlb_epoch); a frame notes it when its last use ends (frame.epoch). A pCPU that flushed after
 * that holds no translation to the frame; one that did not is asked to, when the frame becomes
 * something that stale translations could harm. CR4.PGE is off, so each CR3 load is a full flush. A pCPU
 * that idles stands on our own root and holds no translation of a guest (pcpu.tlb_clean).
 *
 * d->tlb_dirty names the pCPUs that stand on a root of d. A pCPU says there, and in tlb_clean, where it
 * goes before it loads CR3; so whoever changes tables first and looks then misses nobody.
 *
 * The number is drawn before the flush and noted after it: what ends in between counts as not flushed.
 * Whoever ends a use makes the change of the page table visible first (a locked instruction), and
 * then looks at the clock, so that who flushes later than that finds the entry gone.
 *
 * The clock wraps. Ages are compared by signed difference: a frame that nobody touched for 2^31 flushes
 * costs one flush too many; a pCPU that did not flush for so long would seem to have done so, and
 * therefore all are made to, four times a turn.
 *
 * The same epochs guard what software reads of page tables without a lock: a pCPU that does not answer the
 * flush interrupt (interrupts off) holds up everybody who would turn a table, or a frame of another
 * owner, into something else. See walk.c and frame_is_table_of().
 */
#ifndef MM_TLB_H
#define MM_TLB_H

#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "mm/mm.h"

extern _Atomic uint32_t tlb_clock;

static inline uint32_t tlb_now(void)
{
	return __atomic_load_n((uint32_t *)&tlb_clock, __ATOMIC_RELAXED);
}

static inline bool tlb_cpu_stale(unsigned int cpu, uint32_t epoch)
{
	return (int32_t)(READ_ONCE(pcpus[cpu].tlb_epoch) - epoch) <= 0 &&
	       !READ_ONCE(pcpus[cpu].tlb_clean);
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

#define TLB_TURN_QUARTER (1u << 30)
void tlb_flush_others_soon(void);

/* Load CR3, which flushes this pCPU. */
static inline void tlb_load_cr3(uint64_t cr3)
{
	uint32_t *noted = &this_pcpu()->tlb_epoch, before = READ_ONCE(*noted);
	uint32_t epoch = __atomic_add_fetch((uint32_t *)&tlb_clock, 1, __ATOMIC_SEQ_CST);

	write_cr3(cr3);
	/* If the flush interrupt came in between, what it noted is later: keep that. One instruction. */
	asm volatile("cmpxchgl %2, %1" : "+a"(before), "+m"(*noted) : "r"(epoch) : "cc", "memory");
	if (unlikely(!(epoch & (TLB_TURN_QUARTER - 1))))
		tlb_flush_others_soon();
}

#endif
