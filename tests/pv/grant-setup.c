/* SPDX-License-Identifier: MIT */
/*
 * Grant tables: asking for the table, and the operations' general refusals.
 *
 * Mechanism: setup_table returns the machine frames of the domain's grant table, which it may map
 * writable; query_size tells how many there are and may be. Operations on an array report through
 * each element's status; the return value speaks of the array only.
 * Steps: 1. query, setup, query; 2. too many frames, other domains; 3. bad arrays and counts;
 * 4. unknown operations.
 * Fails by: the case with the status that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/grant.h"
#include "lib/pv.h"

static int setup(domid_t dom, unsigned int n, xen_pfn_t *frames)
{
	struct gnttab_setup_table op = { .dom = dom, .nr_frames = n, .status = 77 };

	set_xen_guest_handle(op.frame_list, frames);
	expect(hv_grant_table_op(GNTTABOP_setup_table, &op, 1), 0, "setup_table of %u", n);
	return op.status;
}

static struct gnttab_query_size query(domid_t dom)
{
	struct gnttab_query_size op = { .dom = dom, .status = 77 };

	expect(hv_grant_table_op(GNTTABOP_query_size, &op, 1), 0, "query_size");
	return op;
}

static void check_arrays(void)
{
	static struct gnttab_map_grant_ref ops[2];
	static const int known[] = { GNTTABOP_map_grant_ref, GNTTABOP_unmap_grant_ref,
				     GNTTABOP_copy };

	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++) {
		expect(hv_grant_table_op(known[i], NULL, 0), 0, "op %d, none", known[i]);
		expect(hv_grant_table_op(known[i], NULL, 1), -XEN_EFAULT, "op %d, null", known[i]);
		expect(hv_grant_table_op(known[i], ops, 0x80000000), -XEN_EINVAL, "op %d, 2^31",
		       known[i]);
		expect(hv_grant_table_op(known[i], ops, -1), -XEN_EINVAL, "op %d, 2^32 - 1",
		       known[i]);
	}
	expect(hv_grant_table_op(3, ops, 1), -XEN_ENOSYS, "op 3");
	expect(hv_grant_table_op(99, ops, 1), -XEN_ENOSYS, "op 99");
}

void test_main(void)
{
	xen_pfn_t frames[64];
	struct gnttab_query_size size;
	grant_entry_v1_t *table;

	trap_init();
	expect(query(DOMID_SELF).status, GNTST_okay, "query_size");
	expect(query(5).status, GNTST_bad_domain, "query_size, domain 5");
	expect(setup(DOMID_SELF, 1, frames), GNTST_okay, "setup of 1");
	size = query(DOMID_SELF);
	ensure(size.nr_frames >= 1 && size.nr_frames <= size.max_nr_frames, "%u of %u frames",
	       size.nr_frames, size.max_nr_frames);
	expect(setup(DOMID_SELF, 4, frames), GNTST_okay, "setup of 4");
	expect(query(DOMID_SELF).nr_frames, 4, "frames after it");
	expect(setup(DOMID_SELF, size.max_nr_frames + 1, frames), GNTST_general_error,
	       "one too many");
	expect(setup(DOMID_SELF, 100000, frames), GNTST_general_error, "100000");
	expect(setup(5, 1, frames), GNTST_bad_domain, "domain 5");
	expect(setup(DOMID_XEN, 1, frames), GNTST_bad_domain, "DOMID_XEN");

	table = grant_init();
	for (unsigned int i = 0; i < 8; i++)
		expect(table[i].flags, 0, "entry %u at start", i);
	/* Grant frames are the hypervisor's: writable for the guest, and no tables. */
	expect(mmuext(MMUEXT_PIN_L1_TABLE, MFN(frames[0])), -XEN_EINVAL, "pin a grant frame");
	check_arrays();
}
