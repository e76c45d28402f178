/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_update_va_mapping: one L1 entry, named by the address that it maps, with the flush that
 * usually follows.
 *
 * The entry is found by walking the caller's live tables; where there is no L1 table, there is nothing
 * to update. The flush happens even if the update failed: it is what the guest asked for.
 */
#include "abi/abi.h"
#include "console/console.h"
#include "domain/privilege.h"
#include "mm/flush.h"
#include "mm/foreign.h"
#include "mm/types.h"

static long update(struct vcpu *v, uint64_t va, pte_t pte, domid_t from)
{
	struct domain *d = v->domain;
	pte_t *at;
	long rc;

	spin_lock(&d->mm_lock);
	if (unlikely(d->undo_head) && types_settle(d)) {
		spin_unlock(&d->mm_lock);
		return -ERESTART;
	}
	at = walk_l1e(v, va);
	rc = likely(at != NULL) ? l1_update(d, at, pte, from, false)
				: refuse(-EINVAL, "no L1 table maps %lx", va);
	spin_unlock(&d->mm_lock);
	return rc;
}

static long flush(struct vcpu *v, uint64_t va, uint64_t flags)
{
	bool one = (flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG;
	uint64_t which = flags & ~UVMF_FLUSHTYPE_MASK, vcpus;
	long rc;

	if (which == UVMF_LOCAL) {
		if (one)
			tlb_flush_one_local(va);
		else
			tlb_flush_local();
		return 0;
	}
	if (which == UVMF_ALL) {
		flush_vcpus(v->domain, ~0ULL, one, va);
		return 0;
	}
	rc = flush_read_mask(v->domain, _gptr(which), &vcpus);
	if (rc)
		return refuse(-EFAULT, "the vCPU bitmap at %lx cannot be read", which);
	flush_vcpus(v->domain, vcpus, one, va);
	return 0;
}

static inline long update_and_flush(struct vcpu *v, uint64_t va, pte_t pte, uint64_t flags,
				    domid_t from)
{
	uint64_t type = flags & UVMF_FLUSHTYPE_MASK;
	long rc = update(v, va, pte, from);

	if (unlikely(rc == -ERESTART))
		return rc;
	if (type == UVMF_TLB_FLUSH || type == UVMF_INVLPG) {
		long flush_rc = flush(v, va, flags);

		rc = rc ? rc : flush_rc;
	}
	return rc;
}

long do_update_va_mapping(uint64_t va, uint64_t pte, uint64_t flags)
{
	struct vcpu *v = current;

	return update_and_flush(v, va, pte, flags, v->domain->id);
}

long do_update_va_mapping_otherdomain(uint64_t va, uint64_t pte, uint64_t flags, domid_t foreign)
{
	struct foreign who;
	long rc = foreign_resolve(&who, foreign);

	if (rc)
		return rc;
	if (who.from == DOMID_IO)
		rc = privilege_check(__HYPERVISOR_update_va_mapping_otherdomain, EVERY_OP, NULL);
	if (!rc)
		rc = update_and_flush(current, va, pte, flags, who.from);
	foreign_release(&who);
	return rc;
}
