/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_mmuext_op: pins, roots, flushes, the LDT and operations on whole pages.
 *
 * One entry of the batch at a time, as in mmu_update. What belongs to the caller's own processor (roots,
 * flushes, LDT) is refused with -EPERM when another domain is named; what concerns frames works on that
 * domain's frames.
 */
#include "console/console.h"
#include "cpu/smap.h"
#include "lib/string.h"
#include "mm/batch.h"
#include "mm/flush.h"
#include "pv/pv.h"

#define LDT_ENTRIES_MAX 8192

static enum frame_type pin_type(unsigned int cmd)
{
	return (enum frame_type)(cmd - MMUEXT_PIN_L1_TABLE + FT_L1);
}

static long pin(struct domain *d, unsigned int cmd, mfn_t mfn)
{
	/* A PAE guest has no level 4: real Xen lets it ask, and does nothing. */
	if (d->is_32bit && cmd == MMUEXT_PIN_L4_TABLE)
		return 0;
	return frame_pin(d, mfn, pin_type(cmd));
}

static long set_root(struct vcpu *v, unsigned int cmd, mfn_t mfn)
{
	if (cmd == MMUEXT_NEW_BASEPTR)
		return root_set_kernel(v, mfn);
	if (v->domain->is_32bit)
		return refuse(-EINVAL, "a 32-bit guest has no user root");
	return root_set_user(v, mfn);
}

static long flush_some(struct vcpu *v, const struct mmuext_op *op)
{
	bool one = op->cmd == MMUEXT_INVLPG_MULTI;
	uint64_t vcpus;

	if (flush_read_mask(v->domain, guest_handle(op->arg2.vcpumask), &vcpus))
		return refuse(-EINVAL, "the vCPU bitmap cannot be read");
	flush_vcpus(v->domain, vcpus, one, op->arg1.linear_addr);
	return 0;
}

static long flush_cache(const struct vcpu *v)
{
	if (!v->domain->privileged)
		return refuse(-EACCES, "flushing caches is for domains with devices");
	asm volatile("wbinvd" : : : "memory");
	return 0;
}

static long set_ldt(struct vcpu *v, uint64_t base, unsigned int entries)
{
	if (entries > LDT_ENTRIES_MAX || (entries && base & ~PAGE_MASK))
		return refuse(-EINVAL, "LDT at %lx with %u entries: page aligned, 8192 at most",
			      base, entries);
	return pv_set_ldt(v, base, entries);
}

/* What only concerns the processor that calls. */
static long on_vcpu(struct vcpu *v, const struct mmuext_op *op)
{
	switch (op->cmd) {
	case MMUEXT_NEW_BASEPTR:
	case MMUEXT_NEW_USER_BASEPTR:
		return set_root(v, op->cmd, _mfn(op->arg1.mfn));
	case MMUEXT_TLB_FLUSH_LOCAL:
		tlb_flush_local();
		return 0;
	case MMUEXT_INVLPG_LOCAL:
		tlb_flush_one_local(op->arg1.linear_addr);
		return 0;
	case MMUEXT_TLB_FLUSH_MULTI:
	case MMUEXT_INVLPG_MULTI:
		return flush_some(v, op);
	case MMUEXT_TLB_FLUSH_ALL:
		flush_vcpus(v->domain, ~0ULL, false, 0);
		return 0;
	case MMUEXT_INVLPG_ALL:
		flush_vcpus(v->domain, ~0ULL, true, op->arg1.linear_addr);
		return 0;
	case MMUEXT_FLUSH_CACHE:
	case MMUEXT_FLUSH_CACHE_GLOBAL:
		return flush_cache(v);
	default:
		return set_ldt(v, op->arg1.linear_addr, (uint32_t)op->arg2.src_mfn);
	}
}

static long clear_page(struct domain *d, mfn_t mfn)
{
	if (!d || frame_get_typed(mfn, d, FT_WRITABLE))
		return refuse(-EINVAL, "frame %lx is no memory that could be written", mfn_x(mfn));
	memset(mfn_to_virt(mfn), 0, PAGE_SIZE);
	frame_put_typed(mfn_to_frame(mfn));
	return 0;
}

static long copy_page(struct domain *d, mfn_t to, mfn_t from)
{
	if (!d || !frame_get(from, d))
		return refuse(-EINVAL, "frame %lx is no memory to copy from", mfn_x(from));
	if (frame_get_typed(to, d, FT_WRITABLE)) {
		frame_put(mfn_to_frame(from));
		return refuse(-EINVAL, "frame %lx is no memory that could be written", mfn_x(to));
	}
	memcpy(mfn_to_virt(to), mfn_to_virt(from), PAGE_SIZE);
	frame_put_typed(mfn_to_frame(to));
	frame_put(mfn_to_frame(from));
	return 0;
}

static long pin_or_unpin(struct batch *b, const struct mmuext_op *op)
{
	struct domain *d = b->who.owner;
	mfn_t mfn = _mfn(op->arg1.mfn);

	if (!d)
		return refuse(-EINVAL, "frame %lx: no tables there", mfn_x(mfn));
	return op->cmd == MMUEXT_UNPIN_TABLE ? frame_unpin(d, mfn) : pin(d, op->cmd, mfn);
}

static long one(struct batch *b, const struct mmuext_op *op)
{
	struct vcpu *v = current;

	switch (op->cmd) {
	case MMUEXT_PIN_L1_TABLE:
	case MMUEXT_PIN_L2_TABLE:
	case MMUEXT_PIN_L3_TABLE:
	case MMUEXT_PIN_L4_TABLE:
	case MMUEXT_UNPIN_TABLE:
		return pin_or_unpin(b, op);
	case MMUEXT_NEW_BASEPTR:
	case MMUEXT_NEW_USER_BASEPTR:
	case MMUEXT_TLB_FLUSH_LOCAL:
	case MMUEXT_INVLPG_LOCAL:
	case MMUEXT_TLB_FLUSH_MULTI:
	case MMUEXT_INVLPG_MULTI:
	case MMUEXT_TLB_FLUSH_ALL:
	case MMUEXT_INVLPG_ALL:
	case MMUEXT_FLUSH_CACHE:
	case MMUEXT_FLUSH_CACHE_GLOBAL:
	case MMUEXT_SET_LDT:
		if (b->who.owner != v->domain)
			return refuse(-EPERM, "command %u works on one's own processor only",
				      op->cmd);
		return on_vcpu(v, op);
	case MMUEXT_CLEAR_PAGE:
		return clear_page(b->who.owner, _mfn(op->arg1.mfn));
	case MMUEXT_COPY_PAGE:
		return copy_page(b->who.owner, _mfn(op->arg1.mfn), _mfn(op->arg2.src_mfn));
	case MMUEXT_MARK_SUPER:
	case MMUEXT_UNMARK_SUPER:
		return -EOPNOTSUPP;
	default:
		return refuse(-ENOSYS, "no command %u", op->cmd);
	}
}

static long run(struct batch *b)
{
	while (b->done < b->count) {
		struct mmuext_op op;
		long rc;

		hc_element(b->done);
		if (guest_get_mmuext_op(&op, b->requests, b->done))
			return refuse(-EFAULT, "the request cannot be read");
		rc = one(b, &op);
		if (rc)
			return rc;
		b->done++;
		rc = b->done < b->count ? batch_settle(b) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

long do_mmuext_op(gptr_t ops, unsigned int count, gptr_t done, unsigned int foreign)
{
	struct batch b;
	long rc = batch_begin(&b, ops, count, done, (uint16_t)foreign, true);

	if (rc)
		return rc;
	return batch_end(&b, b.ended ? b.rc : run(&b));
}
