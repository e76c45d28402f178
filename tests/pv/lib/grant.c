/* SPDX-License-Identifier: MIT */
/*
 * Setup of the grant table and the map and unmap operations.
 *
 * An entry's flags are written after its other fields, behind a barrier: from then on the other
 * end may use it at any time.
 */
#include "grant.h"
#include "pv.h"

domid_t grant_dom;

static char table_page[PAGE_SIZE] __attribute__((aligned(4096)));
static grant_entry_v1_t *table;

grant_entry_v1_t *grant_init(void)
{
	xen_pfn_t frame = 0;
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };

	set_xen_guest_handle(setup.frame_list, &frame);
	if (hv_grant_table_op(GNTTABOP_setup_table, &setup, 1) || setup.status ||
	    map_va(table_page, pte(MFN(frame), PTE_KERN | PTE_US))) {
		test_error("setup_table: status %d", setup.status);
		test_exit();
	}
	grant_dom = own_domid();
	table = (grant_entry_v1_t *)table_page;
	return table;
}

void grant_access(grant_ref_t ref, domid_t dom, mfn_t frame, bool readonly)
{
	table[ref].domid = dom;
	table[ref].frame = frame.m;
	barrier();
	*(volatile uint16_t *)&table[ref].flags = GTF_permit_access | (readonly ? GTF_readonly : 0);
}

void grant_end(grant_ref_t ref)
{
	*(volatile uint16_t *)&table[ref].flags = 0;
}

int grant_map(grant_ref_t ref, domid_t dom, uint64_t host_addr, uint32_t flags,
	      grant_handle_t *handle)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = host_addr, .flags = flags, .ref = ref, .dom = dom, .handle = -1
	};
	int rc = hv_grant_table_op(GNTTABOP_map_grant_ref, &op, 1);

	if (rc)
		test_failure("map_grant_ref returned %d", rc);
	*handle = op.handle;
	return op.status;
}

int grant_unmap(grant_handle_t handle, uint64_t host_addr)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = host_addr, .handle = handle };
	int rc = hv_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1);

	if (rc)
		test_failure("unmap_grant_ref returned %d", rc);
	return op.status;
}
