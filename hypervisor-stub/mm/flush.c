/* SPDX-License-Identifier: MIT */
/*
 * Flushes that a guest asks for, by vCPU. A vCPU that runs nowhere loads CR3 before it runs, which
 * flushes, so only pCPUs that run one now matter. Another pCPU is not told addresses: it flushes all.
 */
#include "mm/flush.h"
#include "domain/domain.h"

int flush_read_mask(const struct domain *d, gptr_t at, uint64_t *vcpus)
{
	uint64_t word;

	if (d->is_32bit) {
		int rc = guest_get_ulong(vcpus, at, 0);

		if (rc || d->max_vcpus <= 32)
			return rc;
		rc = guest_get_ulong(&word, at, 1);
		*vcpus |= word << 32;
		return rc;
	}
	return guest_get_ulong(vcpus, at, 0);
}

void flush_vcpus(const struct domain *d, uint64_t vcpus, bool one, uint64_t va)
{
	uint64_t here = 1ULL << this_pcpu()->id, cpus = 0;

	/* The guest's change first, then the look at who runs: who begins to run later loads CR3. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		const struct vcpu *v = d->vcpu[i];

		if (v && (vcpus >> i & 1) && READ_ONCE(v->sched.running))
			cpus |= 1ULL << READ_ONCE(v->sched.cpu)->id;
	}
	if (cpus & here && one) {
		tlb_flush_one_local(va);
		cpus &= ~here;
	}
	tlb_flush_cpus(cpus);
}
