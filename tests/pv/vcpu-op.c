/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op: the vCPU's state and where its info lives.
 *
 * Mechanism: is_up tells whether a vCPU runs; initialise refuses one that exists already.
 * register_vcpu_info moves a vCPU's part of shared_info to the guest's own memory, once: the new
 * place starts with an event pending, so that nothing is lost in between.
 * Steps: 1. is_up; 2. refusals of initialise and others; 3. a bad place for the info; 4. a good one,
 * and events through it.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

static int register_info(mfn_t mfn, unsigned int offset)
{
	struct vcpu_register_vcpu_info arg = { .mfn = mfn.m, .offset = offset };

	return hv_vcpu_op(VCPUOP_register_vcpu_info, 0, &arg);
}

static void check_register(void)
{
	char *page = page_alloc();
	volatile struct vcpu_info *info = (struct vcpu_info *)(page + 128);
	int port = evtchn_bind_ipi(0);

	expect(register_info(virt_to_mfn(page), 4090), -XEN_ENXIO, "info crosses the page");
	expect(register_info(virt_to_mfn(page), 1), -XEN_ENXIO, "offset 1");
	expect(register_info(hypervisor_mfn(), 0), -XEN_EINVAL, "a hypervisor frame");
	expect(register_info(root_mfn(), 0), -XEN_EINVAL, "a page table");
	upcall_clear();
	expect(register_info(virt_to_mfn(page), 128), 0, "a good place");
	expect(info->evtchn_upcall_pending, 1, "pending at first");
	expect(info->evtchn_upcall_mask, 1, "mask is copied");
	expect(register_info(virt_to_mfn(page), 128), -XEN_EINVAL, "a second time");
	info->evtchn_upcall_pending = 0;
	info->evtchn_pending_sel = 0;
	evtchn_send(port);
	expect(info->evtchn_upcall_pending, 1, "an event arrives in the new place");
	expect(shared_info->vcpu_info[0].evtchn_upcall_pending, 0, "and not in the old one");
	ensure(info->time.version != 0, "no time in the new place");
	/* Stays the guest's to write, and can be no table any more. */
	page_make_ro(page);
	expect(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page)), -XEN_EINVAL, "pin its page");
}

void test_main(void)
{
	static struct vcpu_guest_context context;

	trap_init();
	shared_info_map();
	expect(hv_vcpu_op(VCPUOP_is_up, 0, NULL), 1, "is_up");
	expect(hv_vcpu_op(VCPUOP_is_up, 5000, NULL), -XEN_ENOENT, "is_up of vcpu 5000");
	expect(hv_vcpu_op(VCPUOP_initialise, 0, &context), -XEN_EEXIST,
	       "initialise the running one");
	expect(hv_vcpu_op(VCPUOP_initialise, 5000, &context), -XEN_ENOENT, "initialise vcpu 5000");
	expect(hv_vcpu_op(VCPUOP_up, 0, NULL), 0, "up, already");
	expect(hv_vcpu_op(99, 0, NULL), -XEN_ENOSYS, "command 99");
	check_register();
}
