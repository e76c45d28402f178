/* SPDX-License-Identifier: MIT */
/*
 * Moving a vcpu_info out of shared_info into a page of the guest (VCPUOP_register_vcpu_info).
 *
 * The page gets a writable reference for as long as the vCPU lives, so that it stays memory and never
 * becomes a page table. The guest may not move it twice. Events that arrive in between are not lost:
 * the new place begins with everything pending, so that the guest looks everywhere once.
 * Locks: evtchn of the domain, so that no event is written to the old place afterwards.
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

static void move_to(struct vcpu *v, uint8_t *info, struct frame *f)
{
	bool mask = vcpu_upcall_mask(v);

	memset(info, 0, sizeof(struct vcpu_info));
	evtchn_lock(v->domain);
	v->vcpu_info = info;
	v->vcpu_info_frame = f;
	vcpu_set_upcall_mask(v, mask);
	vcpu_set_pending_sel_all(v);
	vcpu_set_upcall_pending(v, true);
	evtchn_unlock(v->domain);
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
	move_to(v, page + offset, mfn_to_frame(mfn));
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
