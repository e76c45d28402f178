/* SPDX-License-Identifier: MIT */
/*
 * Pages without memory: a page of ours gives its frame back to the hypervisor, and gets another one.
 *
 * The page keeps its number and its address; between the two its P2M entry is empty and nothing is mapped there. It
 * must not be in use by anybody, which is the caller's promise.
 */
#include "xen-x86.h"

bool machine_page_give(pfn_t pfn)
{
	unsigned long state = irq_save();
	xen_pfn_t frame = mfn_x(pfn_to_mfn(pfn));
	struct xen_memory_reservation op = { .nr_extents = 1, .domid = DOMID_SELF };
	bool given;

	set_xen_guest_handle(op.extent_start, &frame);
	/* Unmapped first: a frame that is still mapped stays ours. */
	given = !hypercall_update_va_mapping((unsigned long)machine_page_va(pfn), 0, UVMF_INVLPG) &&
		hypercall_memory_op(XENMEM_decrease_reservation, &op) == 1;
	if (given)
		p2m[pfn_x(pfn)] = P2M_EMPTY;
	irq_restore(state);
	return given;
}

bool machine_page_take(pfn_t pfn)
{
	unsigned long state = irq_save();
	xen_pfn_t frame = pfn_x(pfn);
	struct xen_memory_reservation op = { .nr_extents = 1, .domid = DOMID_SELF };
	bool taken;

	set_xen_guest_handle(op.extent_start, &frame);
	taken = hypercall_memory_op(XENMEM_populate_physmap, &op) == 1;
	if (taken) {
		p2m[pfn_x(pfn)] =
			frame; /* the hypervisor has written which one it is, and the M2P */
		if (hypercall_update_va_mapping((unsigned long)machine_page_va(pfn),
						pte_make(mfn_of(frame),
							 PTE_P | PTE_RW | PTE_A | PTE_D | mm_nx),
						UVMF_INVLPG))
			panic("balloon: a page that we were given cannot be mapped");
	}
	irq_restore(state);
	return taken;
}
