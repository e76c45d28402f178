/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_exchange: frames for other frames, in one step.
 *
 * Mechanism: the guest gives the extents of one list and gets extents of another size; the totals
 * must be equal. An input frame must be its own and unused. What was done is in nr_exchanged.
 * Steps: 1. one page for another; 2. four single pages for one extent of four; 3. refusals, after
 * which the input frames are still the guest's.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static int exchange(xen_pfn_t *in, unsigned long n_in, unsigned int in_order, xen_pfn_t *out,
		    unsigned long n_out, unsigned int out_order, unsigned long *done)
{
	struct xen_memory_exchange x = {
		.in = { .nr_extents = n_in, .extent_order = in_order, .domid = DOMID_SELF },
		.out = { .nr_extents = n_out, .extent_order = out_order, .domid = DOMID_SELF },
	};
	int rc;

	set_xen_guest_handle(x.in.extent_start, in);
	set_xen_guest_handle(x.out.extent_start, out);
	rc = hv_memory_op(XENMEM_exchange, &x);
	*done = x.nr_exchanged;
	return rc;
}

static void refuse(mfn_t frame, const char *what)
{
	xen_pfn_t in = frame.m, out = pfn_alloc().p;
	unsigned long done = 77;

	expect(exchange(&in, 1, 0, &out, 1, 0, &done), -XEN_EINVAL, "%s", what);
	expect_u64(done, 0, "%s: done", what);
}

void test_main(void)
{
	pfn_t pfn = pfn_alloc();
	xen_pfn_t in[4] = { pfn_to_mfn(pfn).m }, out[4] = { pfn.p };
	unsigned long done = 0;

	trap_init();
	expect(exchange(in, 1, 0, out, 1, 0, &done), 0, "one for one");
	expect_u64(done, 1, "done");
	ensure(out[0] != in[0], "the same frame came back");
	expect_u64(mfn_to_pfn(MFN(out[0])).p, pfn.p, "the M2P's entry of the new frame");
	pfn_set_mfn(pfn, MFN(out[0]));
	expect(map_va(window_init(), pte(MFN(out[0]), PTE_KERN)), 0, "map the new frame");
	expect(map_va(window_init(), pte(MFN(in[0]), PTE_KERN)), -XEN_EBUSY, "map the old one");

	for (unsigned int i = 0; i < 4; i++)
		in[i] = pfn_to_mfn(pfn_alloc()).m;
	out[0] = start_info->nr_pages - 16;
	expect(exchange(in, 4, 0, out, 1, 2, &done), 0, "four for one of four");
	expect_u64(done, 4, "done");
	for (unsigned int i = 0; i < 4; i++)
		expect_u64(mfn_to_pfn(MFN(out[0] + i)).p, start_info->nr_pages - 16 + i,
			   "M2P of page %u", i);

	refuse(root_mfn(), "the root");
	refuse(virt_to_mfn(page_alloc()), "a mapped page");
	refuse(hypervisor_mfn(), "a hypervisor frame");
	refuse(freed_mfn(), "a frame given back");
	in[0] = pfn_to_mfn(pfn_alloc()).m;
	out[0] = 100;
	expect(exchange(in, 1, 0, out, 2, 0, &done), -XEN_EINVAL, "totals differ");
	expect(map_va(window_init(), pte(MFN(in[0]), PTE_KERN)), 0, "the input is still ours");
	expect(map_va(window_init(), 0), 0, "unmap it");
	expect(exchange(in, 1, 0, NULL, 1, 0, &done), -XEN_EFAULT, "null output list");
}
