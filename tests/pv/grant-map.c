/* SPDX-License-Identifier: MIT */
/*
 * map_grant_ref and unmap_grant_ref: a granted page through the grant.
 *
 * Mechanism: the granter writes {access, domain, frame} into its table; the other end maps the
 * reference at an address and gets a handle. While it is mapped, the entry's flags say reading and
 * writing, and the page cannot become a table. Unmapping wants handle and address.
 * Steps: 1. map, use, unmap, with the entry's flags; 2. read-only; 3. by the address of the entry
 * (GNTMAP_contains_pte); 4. what may not be mapped; 5. bad unmaps; 6. a table cannot be granted
 * for writing.
 * Fails by: the case with the status that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/grant.h"
#include "lib/pv.h"

static grant_entry_v1_t *table;
static char *window;

#define HOST   (unsigned long)window
#define IN_USE (GTF_reading | GTF_writing)

static void check_cycle(unsigned long *page)
{
	grant_handle_t h;
	unsigned long value = 0;

	grant_access(8, grant_dom, virt_to_mfn(page), false);
	expect(grant_map(8, grant_dom, HOST, GNTMAP_host_map, &h), GNTST_okay, "map");
	expect(table[8].flags, GTF_permit_access | IN_USE, "flags while mapped");
	*page = 0xfeed;
	expect_exc(try_read(window, &value), EXC_NONE, "read");
	expect_u64(value, 0xfeed, "value");
	expect_exc(try_write(window, 0xbeee), EXC_NONE, "write");
	expect_u64(*page, 0xbeee, "value through the granter");
	expect(page_make_ro(page), 0, "the granter's own mapping read-only");
	expect(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page)), -XEN_EINVAL,
	       "pin it, mapped by grant");
	expect(grant_unmap(h, HOST), GNTST_okay, "unmap");
	expect(table[8].flags, GTF_permit_access, "flags after");
	expect(EXC_VECTOR(try_read(window, NULL)), VEC_PF, "vector of a read");
	expect(grant_unmap(h, HOST), GNTST_bad_handle, "unmap twice");
	expect(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page)), 0, "pin it now");

	/* Now it is a table: reading may be granted, writing not. */
	expect(grant_map(8, grant_dom, HOST, GNTMAP_host_map, &h), GNTST_general_error,
	       "map a table");
	expect(table[8].flags, GTF_permit_access, "flags after the failure");
	expect(grant_map(8, grant_dom, HOST, GNTMAP_host_map | GNTMAP_readonly, &h), GNTST_okay,
	       "map a table read-only");
	expect(grant_unmap(h, HOST), GNTST_okay, "unmap it");
	expect(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page)), 0, "unpin");
	expect(page_make_rw(page), 0, "writable again");
}

static void check_readonly(unsigned long *page)
{
	grant_handle_t h;

	grant_access(9, grant_dom, virt_to_mfn(page), true);
	expect(grant_map(9, grant_dom, HOST, GNTMAP_host_map, &h), GNTST_general_error,
	       "map a read-only grant writable");
	expect(grant_map(9, grant_dom, HOST, GNTMAP_host_map | GNTMAP_readonly, &h), GNTST_okay,
	       "map it read-only");
	expect(table[9].flags, GTF_permit_access | GTF_readonly | GTF_reading, "flags");
	expect_exc(try_read(window, NULL), EXC_NONE, "read");
	expect(EXC_VECTOR(try_write(window, 1)), VEC_PF, "vector of a write");
	expect(grant_unmap(h, HOST), GNTST_okay, "unmap");
}

static void check_pte_form(unsigned long *page)
{
	grant_handle_t h;
	uint64_t slot = pt_entry_maddr(HOST, 1);

	grant_access(10, grant_dom, virt_to_mfn(page), false);
	expect(grant_map(10, grant_dom, slot, GNTMAP_host_map | GNTMAP_contains_pte, &h),
	       GNTST_okay, "map by entry");
	expect_exc(try_write(window, 0x55), EXC_NONE, "write");
	expect_u64(*page, 0x55, "value");
	expect(grant_unmap(h, slot), GNTST_okay, "unmap by entry");
	expect(grant_map(10, grant_dom, slot + 4, GNTMAP_host_map | GNTMAP_contains_pte, &h),
	       GNTST_general_error, "map by an entry that is not aligned");
}

static void refuse(grant_ref_t ref, domid_t dom, unsigned int flags, int want, const char *what)
{
	grant_handle_t h;

	expect(grant_map(ref, dom, HOST, flags, &h), want, "%s", what);
	expect_u64(window_l1[0], 0, "%s: the entry", what);
}

static void check_refusals(unsigned long *page)
{
	grant_handle_t h;

	grant_access(11, grant_dom, virt_to_mfn(page), false);
	refuse(11, grant_dom, 0, GNTST_bad_gntref, "no flags");
	refuse(12, grant_dom, GNTMAP_host_map, GNTST_general_error, "an empty entry");
	refuse(~0U, grant_dom, GNTMAP_host_map, GNTST_bad_gntref, "reference 2^32 - 1");
	refuse(11, DOMID_SELF, GNTMAP_host_map, GNTST_bad_domain, "DOMID_SELF");
	refuse(11, 5, GNTMAP_host_map, GNTST_bad_domain, "domain 5");
	grant_access(11, 5, virt_to_mfn(page), false);
	refuse(11, grant_dom, GNTMAP_host_map, GNTST_general_error, "granted to somebody else");
	grant_access(11, grant_dom, hypervisor_mfn(), false);
	refuse(11, grant_dom, GNTMAP_host_map, GNTST_bad_page, "a hypervisor frame");
	grant_access(11, grant_dom, virt_to_mfn(page), false);
	expect(grant_map(11, grant_dom, HOST + 0x400000, GNTMAP_host_map, &h), GNTST_general_error,
	       "no level-1 table there");
	expect(grant_map(11, grant_dom, m2p_va(), GNTMAP_host_map, &h), GNTST_general_error,
	       "in the M2P");
	expect(table[11].flags, GTF_permit_access, "flags after all that");

	expect(grant_map(11, grant_dom, HOST, GNTMAP_host_map, &h), GNTST_okay, "map");
	expect(grant_unmap(h + 1000, HOST), GNTST_bad_handle, "unmap, wrong handle");
	expect(grant_unmap(~0U, HOST), GNTST_bad_handle, "unmap, handle 2^32 - 1");
	expect(grant_unmap(h, HOST + PAGE_SIZE), GNTST_general_error, "unmap, wrong address");
	expect(grant_unmap(h, HOST), GNTST_okay, "unmap");
}

void test_main(void)
{
	unsigned long *page = page_alloc();

	trap_init();
	window = window_init();
	table = grant_init();
	check_cycle(page);
	check_readonly(page);
	check_pte_form(page);
	check_refusals(page);
}
