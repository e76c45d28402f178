/* SPDX-License-Identifier: MIT */
/*
 * Moving a vcpu_info out of shared_info into a page of the guest (VCPUOP_register_vcpu_info).
 *
 * The page gets a writable reference for as long as the vCPU lives, so that it stays memory and never
 * becomes a page table. The guest may not move it twice. Events that arrive in between are not lost:
 * the new place begins with everything pending, so that the guest looks everywhere once.
 * Locks: evtchn of the domain, between vCPUs that want to move the same one.
 */
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "event/event.h"
#include "lib/string.h"
#include "sched/sched.h"

/* A 64-bit vcpu_info has 8-byte words that must not straddle anything; a 32-bit one 4-byte ones. */
static bool offset_ok(const struct domain *d, uint32_t offset)
{
	unsigned int align = d->is_32bit ? 4 : 8;

	return offset % align == 0 && offset <= PAGE_SIZE - sizeof(struct vcpu_info);
}

/*
 * What is sent meanwhile: a sender that still finds the old place has set the port's pending bit before,
 * and the guest looks at all of those when it finds everything pending in the new place. So that is
 * complete before anybody finds it.
 */
static void fill(const struct vcpu *v, uint8_t *info)
{
	memset(info, 0, sizeof(struct vcpu_info));
	vcpu_info_init(v->domain, info, vcpu_upcall_mask(v));
}

/* False: another vCPU was faster. Locks: evtchn, taken here. */
static bool move_to(struct vcpu *v, uint8_t *info, struct frame *f)
{
	bool first;

	evtchn_lock(v->domain);
	first = !v->vcpu_info_frame;
	if (first) {
		fill(v, info);
		v->vcpu_info_frame = f;
		__atomic_store_n(&v->vcpu_info, (void *)info, __ATOMIC_SEQ_CST);
	}
	evtchn_unlock(v->domain);
	return first;
}

long vcpu_register_info(struct vcpu *v, mfn_t mfn, uint32_t offset)
{
	uint8_t *page;

	if (!offset_ok(v->domain, offset))
		return refuse(-ENXIO, "a vcpu_info at offset %x is misaligned or leaves its page",
			      offset);
	if (v->vcpu_info_frame)
		return refuse(-EINVAL, "vCPU %u has registered its vcpu_info already", v->id);
	if (v != current && !v->sched.down)
		return refuse(-EINVAL, "vCPU %u is running: only it may do this now", v->id);
	if (frame_get_typed(mfn, v->domain, FT_WRITABLE))
		return refuse(-EINVAL, "mfn %lx is not plain memory of this domain", mfn_x(mfn));
	page = mfn_to_virt(mfn);
	if (!move_to(v, page + offset, mfn_to_frame(mfn))) {
		frame_put_typed(mfn_to_frame(mfn));
		return refuse(-EINVAL, "vCPU %u has registered its vcpu_info already", v->id);
	}
	time_update_vcpu(v);
	return 0;
}

void vcpu_drop_info(struct vcpu *v)
{
	struct frame *f = v->vcpu_info_frame;

	if (!f)
		return;
	v->vcpu_info = shared_vcpu_info(v->domain, v->id);
	v->vcpu_info_frame = NULL;
	frame_put_typed(f);
}
