/* SPDX-License-Identifier: MIT */
/*
 * Flushing. See tlb.h for the epochs that decide when.
 */
#include "mm/tlb.h"
#include "cpu/asm.h"
#include "domain/domain.h"

/* pCPUs start at epoch 0, so at first nobody has flushed. */
_Atomic uint32_t tlb_clock = 1;

void tlb_flush_local(void)
{
	write_cr3(read_cr3());
	tlb_mark_flushed();
}

void tlb_flush_one_local(uint64_t va)
{
	invlpg(va);
}

/* Make another pCPU flush and wait until it has. */
static void flush_remote(unsigned int cpu, uint32_t epoch)
{
	softirq_raise_on(&pcpus[cpu], SOFTIRQ_TLB);
	while (tlb_cpu_stale(cpu, epoch))
		cpu_relax();
}

static void flush_if_stale(unsigned int cpu, uint32_t epoch)
{
	if (!tlb_cpu_stale(cpu, epoch))
		return;
	if (cpu == this_pcpu()->id)
		tlb_flush_local();
	else
		flush_remote(cpu, epoch);
}

void tlb_flush_stale(uint32_t epoch)
{
	for (unsigned int cpu = 0; cpu < pcpu_count; cpu++)
		flush_if_stale(cpu, epoch);
}

void tlb_flush_domain(struct domain *d)
{
	uint64_t dirty = __atomic_load_n((uint64_t *)&d->tlb_dirty, __ATOMIC_RELAXED);
	uint32_t epoch = tlb_now();

	for (unsigned int cpu = 0; cpu < pcpu_count; cpu++)
		if (dirty >> cpu & 1)
			flush_if_stale(cpu, epoch);
}
