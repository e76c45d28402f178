/* SPDX-License-Identifier: MIT */
/*
 * Bad pointers: every hypercall that takes one, with every kind of bad one.
 *
 * Mechanism: a pointer of a guest is followed with the guest's rights: it may be null, unmapped,
 * straddle the end of a mapping, lie at the top of the address space or in the hypervisor's part.
 * None of them may do more than return an error.
 * Steps: each call with each pointer; the error is -EFAULT, or another where the call looks at
 * something else first.
 * Fails by: the call and pointer.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

struct call {
	const char *name;
	unsigned int nr;
	long args[4];
	int pointer; /* which argument */
	int want;
};

static const struct call calls[] = {
	{ "set_trap_table", __HYPERVISOR_set_trap_table, { 0 }, 0, -XEN_EFAULT },
	{ "mmu_update", __HYPERVISOR_mmu_update, { 0, 1, 0, DOMID_SELF }, 0, -XEN_EFAULT },
	{ "set_gdt", __HYPERVISOR_set_gdt, { 0, 512 }, 0, -XEN_EFAULT },
	{ "multicall", __HYPERVISOR_multicall, { 0, 1 }, 0, -XEN_EFAULT },
	{ "mmuext_op", __HYPERVISOR_mmuext_op, { 0, 1, 0, DOMID_SELF }, 0, -XEN_EFAULT },
	{ "sched_op poll", __HYPERVISOR_sched_op, { SCHEDOP_poll, 0 }, 1, -XEN_EFAULT },
	{ "sched_op shutdown", __HYPERVISOR_sched_op, { SCHEDOP_shutdown, 0 }, 1, -XEN_EFAULT },
	{ "evtchn send", __HYPERVISOR_event_channel_op, { EVTCHNOP_send, 0 }, 1, -XEN_EFAULT },
	{ "evtchn bind_ipi",
	  __HYPERVISOR_event_channel_op,
	  { EVTCHNOP_bind_ipi, 0 },
	  1,
	  -XEN_EFAULT },
	{ "evtchn status", __HYPERVISOR_event_channel_op, { EVTCHNOP_status, 0 }, 1, -XEN_EFAULT },
	{ "physdev set_iopl", __HYPERVISOR_physdev_op, { PHYSDEVOP_set_iopl, 0 }, 1, -XEN_EFAULT },
	{ "callback register",
	  __HYPERVISOR_callback_op,
	  { CALLBACKOP_register, 0 },
	  1,
	  -XEN_EFAULT },
	{ "nmi register", __HYPERVISOR_nmi_op, { XENNMI_register_callback, 0 }, 1, -XEN_EFAULT },
	{ "current_reservation",
	  __HYPERVISOR_memory_op,
	  { XENMEM_current_reservation, 0 },
	  1,
	  -XEN_EFAULT },
	{ "machphys_mapping",
	  __HYPERVISOR_memory_op,
	  { XENMEM_machphys_mapping, 0 },
	  1,
	  -XEN_EFAULT },
	{ "exchange", __HYPERVISOR_memory_op, { XENMEM_exchange, 0 }, 1, -XEN_EFAULT },
	{ "console_io", __HYPERVISOR_console_io, { CONSOLEIO_write, 64, 0 }, 2, -XEN_EFAULT },
	{ "get_features", __HYPERVISOR_xen_version, { XENVER_get_features, 0 }, 1, -XEN_EFAULT },
	{ "commandline", __HYPERVISOR_xen_version, { XENVER_commandline, 0 }, 1, -XEN_EFAULT },
	{ "grant query_size",
	  __HYPERVISOR_grant_table_op,
	  { GNTTABOP_query_size, 0, 1 },
	  1,
	  -XEN_EFAULT },
	{ "grant setup_table",
	  __HYPERVISOR_grant_table_op,
	  { GNTTABOP_setup_table, 0, 1 },
	  1,
	  -XEN_EFAULT },
	{ "grant map",
	  __HYPERVISOR_grant_table_op,
	  { GNTTABOP_map_grant_ref, 0, 1 },
	  1,
	  -XEN_EFAULT },
	{ "grant unmap",
	  __HYPERVISOR_grant_table_op,
	  { GNTTABOP_unmap_grant_ref, 0, 1 },
	  1,
	  -XEN_EFAULT },
	{ "grant copy", __HYPERVISOR_grant_table_op, { GNTTABOP_copy, 0, 1 }, 1, -XEN_EFAULT },
	{ "get_runstate",
	  __HYPERVISOR_vcpu_op,
	  { VCPUOP_get_runstate_info, 0, 0 },
	  2,
	  -XEN_EFAULT },
	{ "set_periodic_timer",
	  __HYPERVISOR_vcpu_op,
	  { VCPUOP_set_periodic_timer, 0, 0 },
	  2,
	  -XEN_EFAULT },
	{ "register_vcpu_info",
	  __HYPERVISOR_vcpu_op,
	  { VCPUOP_register_vcpu_info, 0, 0 },
	  2,
	  -XEN_EFAULT },
};

void test_main(void)
{
	char *window = window_init();
	const struct {
		const char *name;
		unsigned long address;
	} pointers[] = {
		{ "null", 0 },
		{ "unmapped", (unsigned long)window + 16 * PAGE_SIZE },
		{ "end of a mapping", (unsigned long)window + PAGE_SIZE - 1 },
		{ "top", -2UL },
		{ "hole", PT_LEVELS == 3 ? 0xfffff000 : 0xffff830000000000 },
	};

	trap_init();
	map_va(window, pte(virt_to_mfn(page_alloc()), PTE_KERN));
	for (unsigned int c = 0; c < ARRAY_SIZE(calls); c++) {
		for (unsigned int p = 0; p < ARRAY_SIZE(pointers); p++) {
			long a[4];

			/* A null table is the way to clear all traps. */
			if (calls[c].nr == __HYPERVISOR_set_trap_table && !pointers[p].address)
				continue;
			memcpy(a, calls[c].args, sizeof(a));
			a[calls[c].pointer] = pointers[p].address;
			expect((int)hypercall(calls[c].nr, a[0], a[1], a[2], a[3], 0),
			       calls[c].want, "%s, %s", calls[c].name, pointers[p].name);
		}
	}
}
