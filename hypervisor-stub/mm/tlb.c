/* SPDX-License-Identifier: MIT */
/*
 * Flushing. See tlb.h for the epochs that decide when.
 */
#include "mm/tlb.h"
#include "cpu/asm.h"
#include "cpu/irq.h"
#include "domain/domain.h"

/* pCPUs start at epoch 0, so at first nobody has flushed. */
_Atomic uint32_t tlb_clock = 1;

void tlb_flush_local(void)
{
	tlb_load_cr3(read_cr3());
}

void tlb_flush_one_local(uint64_t va)
{
	invlpg(va);
}

/*
 * Others are told by an interrupt and flush in its handler: interrupts are on in the hypervisor, also
 * where a lock is held or waited for, so an answer never depends on anybody's lock. All are told
 * before the first is waited for.
 */
static void flush_cpus(uint64_t cpus, uint32_t epoch)
{
	uint64_t here = 1ULL << this_pcpu()->id, left;

	for (left = cpus & ~here; left; left &= left - 1)
		lapic_send(pcpus[__builtin_ctzll(left)].apic_id, VECTOR_FLUSH);
	if (cpus & here)
		tlb_flush_local();
	for (left = cpus & ~here; left; left &= left - 1)
		while (tlb_cpu_stale((unsigned int)__builtin_ctzll(left), epoch))
			cpu_relax();
}

static uint64_t stale_cpus(uint32_t epoch)
{
	uint64_t cpus = 0;

	for (unsigned int cpu = 0; cpu < pcpu_count; cpu++)
		if (tlb_cpu_stale(cpu, epoch))
			cpus |= 1ULL << cpu;
	return cpus;
}

void tlb_flush_stale(uint32_t epoch)
{
	uint64_t cpus = stale_cpus(epoch);

	/* Compared with now: an epoch of long ago seems to lie ahead, and nobody would ever reach it. */
	if (cpus)
		flush_cpus(cpus, tlb_now());
}

void tlb_flush_cpus(uint64_t cpus)
{
	if (cpus)
		flush_cpus(cpus, tlb_now());
}

void tlb_flush_others_soon(void)
{
	for (unsigned int cpu = 0; cpu < pcpu_count; cpu++)
		if (cpu != this_pcpu()->id)
			lapic_send(pcpus[cpu].apic_id, VECTOR_FLUSH);
}

void tlb_flush_domain(struct domain *d)
{
	/* What was changed in tables is there for all to see before we look who might not have seen it. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	tlb_flush_cpus(__atomic_load_n((uint64_t *)&d->tlb_dirty, __ATOMIC_RELAXED));
}

void tlb_start_pcpu(void)
{
	this_pcpu()->tlb_clean = true;
	tlb_load_cr3(maddr_x(hv_root));
}

void tlb_init(void)
{
	irq_register(VECTOR_FLUSH, tlb_flush_local);
}
