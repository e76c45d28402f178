/* SPDX-License-Identifier: MIT */
/*
 * Frames that are nobody's memory: devices, and the hypervisor's read-only gift.
 *
 * Mechanism: a privileged domain maps frames outside RAM, by DOMID_IO or as its own; they are
 * uncached and never tables. The M2P's frames may be mapped read-only by naming DOMID_XEN.
 * Steps: 1. the VGA text memory; 2. it is no table; 3. the M2P by DOMID_XEN; 4. the local APIC is
 * refused.
 * Fails by: the case with the error that came.
 * Runs as: domain 0.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define VGA_FRAME   0xb8UL
#define LAPIC_FRAME 0xfee00UL

static char *window;

static int map_as(domid_t dom, mfn_t mfn, uint64_t flags)
{
	map_va(window, 0);
	return hv_update_va_mapping_otherdomain((unsigned long)window, pte(mfn, flags), UVMF_INVLPG,
						dom);
}

void test_main(void)
{
	mfn_t m2p_frame;
	unsigned long value = 0;
	xen_pfn_t frames[1] = { 0 };
	struct xen_machphys_mfn_list list = { .max_extents = 1 };

	trap_init();
	window = window_init();
	expect(map_as(DOMID_IO, MFN(VGA_FRAME), PTE_KERN), 0, "VGA memory as DOMID_IO");
	expect_exc(try_write(window, 0x07410741), EXC_NONE, "write to it");
	expect(map_as(DOMID_SELF, MFN(VGA_FRAME), PTE_KERN), 0, "VGA memory as one's own");
	ensure(window_l1[0] & PTE_PCD, "a device frame is mapped cached: %#llx",
	       (unsigned long long)window_l1[0]);
	expect(mmuext(MMUEXT_PIN_L1_TABLE, MFN(VGA_FRAME)), -XEN_EINVAL, "pin it");
	expect(map_as(DOMID_IO, virt_to_mfn(page_alloc()), PTE_KERN), -XEN_EBUSY,
	       "one's own memory as DOMID_IO");
	expect(map_as(DOMID_SELF, MFN(LAPIC_FRAME), PTE_KERN), -XEN_EPERM, "the local APIC");
	expect(map_as(DOMID_SELF, MFN(LAPIC_FRAME), PTE_KERN_R), -XEN_EPERM, "it read-only");

	set_xen_guest_handle(list.extent_start, frames);
	expect(hv_memory_op(XENMEM_machphys_mfn_list, &list), 0, "machphys_mfn_list");
	m2p_frame = MFN(frames[0]);
	expect(map_as(DOMID_XEN, m2p_frame, PTE_KERN_R), 0, "an M2P frame as DOMID_XEN");
	expect_exc(try_read(window, &value), EXC_NONE, "read it");
	expect_u64(value, *(unsigned long *)m2p_va(), "its first entry");
	expect(map_as(DOMID_XEN, m2p_frame, PTE_KERN), -XEN_EBUSY, "an M2P frame, writable");
	expect(map_as(DOMID_SELF, m2p_frame, PTE_KERN_R), -XEN_EBUSY, "an M2P frame as one's own");
	expect(map_as(5, virt_to_mfn(window_l1), PTE_KERN_R), -XEN_ESRCH, "domain 5");
	map_va(window, 0);
}
