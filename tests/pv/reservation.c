/* SPDX-License-Identifier: MIT */
/*
 * Reservation: a domain gives frames back and takes new ones.
 *
 * Mechanism: decrease_reservation releases frames by number, increase_reservation gets frames that
 * have no pfn yet, populate_physmap gets frames for given pfns and says so in the M2P. The value
 * returned is the number of extents that were done, not an error.
 * Steps: 1. down and up again, watching current_reservation and the M2P; 2. frames that are not
 * ours; 3. the third of four is bad; 4. bad pointers, counts and orders; 5. a frame that is still
 * mapped lives until it is unmapped.
 * Fails by: the case with the count that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static long reserve(unsigned int op, void *frames, unsigned long n, unsigned int order, domid_t dom)
{
	struct xen_memory_reservation r = { .nr_extents = n, .extent_order = order, .domid = dom };

	set_xen_guest_handle(r.extent_start, frames);
	return hv_memory_op(op, &r);
}

static long current(void)
{
	domid_t self = DOMID_SELF;

	return hv_memory_op(XENMEM_current_reservation, &self);
}

static void check_cycle(void)
{
	pfn_t pfn = pfn_alloc();
	xen_pfn_t frame = pfn_to_mfn(pfn).m, old = frame;
	long pages = current();

	expect(reserve(XENMEM_decrease_reservation, &frame, 1, 0, DOMID_SELF), 1, "decrease");
	expect(current(), pages - 1, "pages after it");
	expect_u64(mfn_to_pfn(MFN(old)).p, ~0UL, "the M2P's entry after it");
	expect(reserve(XENMEM_decrease_reservation, &frame, 1, 0, DOMID_SELF), 0, "decrease again");

	frame = pfn.p;
	expect(reserve(XENMEM_populate_physmap, &frame, 1, 0, DOMID_SELF), 1, "populate");
	expect(current(), pages, "pages after it");
	ensure(frame != pfn.p, "populate did not return a frame");
	expect_u64(mfn_to_pfn(MFN(frame)).p, pfn.p, "the M2P's entry of the new frame");
	pfn_set_mfn(pfn, MFN(frame));
	expect(map_va(window_init(), pte(MFN(frame), PTE_KERN)), 0, "map it");
	expect_exc(try_write(window_init(), 1), EXC_NONE, "write to it");
	expect(map_va(window_init(), 0), 0, "unmap it");

	frame = pfn_to_mfn(pfn).m;
	expect(reserve(XENMEM_decrease_reservation, &frame, 1, 0, DOMID_SELF), 1, "decrease");
	expect(reserve(XENMEM_increase_reservation, &frame, 1, 0, DOMID_SELF), 1, "increase");
	expect_u64(mfn_to_pfn(MFN(frame)).p, ~0UL, "the M2P's entry: increase gives no pfn");
	pfn_set_mfn(pfn, MFN(frame));
	expect(current(), pages, "pages at the end");
}

static void check_refusals(void)
{
	xen_pfn_t list[4];
	xen_pfn_t frame = hypervisor_mfn().m;

	expect(reserve(XENMEM_decrease_reservation, &frame, 1, 0, DOMID_SELF), 0,
	       "hypervisor frame");
	frame = 1UL << 28;
	expect(reserve(XENMEM_decrease_reservation, &frame, 1, 0, DOMID_SELF), 0, "beyond memory");
	for (unsigned int i = 0; i < 4; i++)
		list[i] = pfn_to_mfn(pfn_alloc()).m;
	list[2] = hypervisor_mfn().m;
	expect(reserve(XENMEM_decrease_reservation, list, 4, 0, DOMID_SELF), 2,
	       "third of four bad");
	expect(reserve(XENMEM_decrease_reservation, NULL, 1, 0, DOMID_SELF), 0, "null list");
	expect(reserve(XENMEM_decrease_reservation, (void *)-8UL, 1, 0, DOMID_SELF), 0,
	       "list at top");
	expect(reserve(XENMEM_decrease_reservation, list, 0, 0, DOMID_SELF), 0, "none");
	expect(reserve(XENMEM_decrease_reservation, list, 1, 0, 5), 0, "domain 5");
	frame = pfn_alloc().p;
	expect(reserve(XENMEM_populate_physmap, &frame, 1, 32, DOMID_SELF), 0, "order 32");
	expect(reserve(XENMEM_populate_physmap, &frame, 1, 63, DOMID_SELF), 0, "order 63");
	expect(reserve(XENMEM_populate_physmap, &frame, 1, 0, DOMID_INVALID), 0, "DOMID_INVALID");
	expect(hv_memory_op(XENMEM_populate_physmap, NULL), 0, "null argument: no extent was done");
}

static void check_in_use(void)
{
	char *window = window_init();
	pfn_t pfn = pfn_alloc();
	xen_pfn_t frame = pfn_to_mfn(pfn).m;

	expect(map_va(window, pte(MFN(frame), PTE_KERN)), 0, "map");
	*(volatile unsigned long *)window = 0x77;
	expect(reserve(XENMEM_decrease_reservation, &frame, 1, 0, DOMID_SELF), 1,
	       "decrease, mapped");
	expect_u64(*(volatile unsigned long *)window, 0x77, "the page, still mapped");
	expect(map_va(window, 0), 0, "unmap");
	expect(map_va(window, pte(MFN(frame), PTE_KERN)), -XEN_EBUSY, "map it again");
}

void test_main(void)
{
	trap_init();
	window_init();
	check_cycle();
	check_refusals();
	check_in_use();
}
