/* SPDX-License-Identifier: MIT */
/*
 * GNTTABOP_copy: bytes between two pages, each named by frame or by grant.
 *
 * Mechanism: source and destination are {own frame or reference, domain, offset}; the copy stays
 * inside a page. Destinations that are tables are refused. Elements are independent.
 * Steps: 1. frame to frame; 2. from and to references; 3. limits of offset and length;
 * 4. refusals; 5. four elements, the third bad.
 * Fails by: the case with the status that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/grant.h"
#include "lib/pv.h"

static unsigned char *a, *b;

static struct gnttab_copy op(mfn_t src, mfn_t dst, unsigned int len)
{
	struct gnttab_copy c = { .len = len };

	c.source.u.gmfn = src.m;
	c.source.domid = DOMID_SELF;
	c.dest.u.gmfn = dst.m;
	c.dest.domid = DOMID_SELF;
	return c;
}

static int run(struct gnttab_copy c)
{
	c.status = 77;
	expect(hv_grant_table_op(GNTTABOP_copy, &c, 1), 0, "copy");
	return c.status;
}

static void check_refs(void)
{
	struct gnttab_copy c = op(virt_to_mfn(a), virt_to_mfn(b), PAGE_SIZE);

	grant_access(8, grant_dom, virt_to_mfn(a), true);
	grant_access(9, grant_dom, virt_to_mfn(b), false);
	c.source.u.ref = 8;
	c.source.domid = c.dest.domid = grant_dom;
	c.dest.u.ref = 9;
	c.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
	memset(b, 0, PAGE_SIZE);
	expect(run(c), GNTST_okay, "reference to reference");
	expect(memcmp(a, b, PAGE_SIZE), 0, "the copy");
	c.dest.u.ref = 8;
	expect(run(c), GNTST_general_error, "to a read-only reference");
	c.dest.u.ref = 10;
	expect(run(c), GNTST_general_error, "to an empty reference");
	c.dest.u.ref = ~0U;
	expect(run(c), GNTST_bad_gntref, "to reference 2^32 - 1");
	c.dest.u.ref = 9;
	c.source.domid = 5;
	expect(run(c), GNTST_bad_domain, "from domain 5");
}

static void check_limits(void)
{
	struct gnttab_copy c = op(virt_to_mfn(a), virt_to_mfn(b), 16);

	memset(b, 0, PAGE_SIZE);
	c.source.offset = 4080;
	c.dest.offset = 1;
	expect(run(c), GNTST_okay, "last 16 bytes");
	expect(memcmp(a + 4080, b + 1, 16), 0, "the copy");
	expect(b[0] | b[17], 0, "bytes beside it");
	c.source.offset = 4081;
	expect(run(c), GNTST_bad_copy_arg, "source crosses the page");
	c.source.offset = 0;
	c.dest.offset = 4090;
	expect(run(c), GNTST_bad_copy_arg, "destination crosses the page");
	c.dest.offset = 0;
	c.len = 4097;
	expect(run(c), GNTST_bad_copy_arg, "4097 bytes");
	c.len = 0;
	expect(run(c), GNTST_okay, "no bytes");
}

static void check_batch(void)
{
	struct gnttab_copy c[4];

	for (unsigned int i = 0; i < 4; i++) {
		c[i] = op(virt_to_mfn(a), virt_to_mfn(b), 1);
		c[i].dest.offset = i;
		c[i].status = 77;
	}
	c[2].dest.u.gmfn = root_mfn().m;
	expect(hv_grant_table_op(GNTTABOP_copy, c, 4), 0, "four elements");
	expect(c[0].status, GNTST_okay, "element 0");
	expect(c[1].status, GNTST_okay, "element 1");
	ensure(c[2].status < 0, "element 2, to the root: status %d", c[2].status);
	expect(c[3].status, GNTST_okay, "element 3");
}

void test_main(void)
{
	trap_init();
	a = page_alloc();
	b = page_alloc();
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		a[i] = i * 3 + 1;
	expect(run(op(virt_to_mfn(a), virt_to_mfn(b), PAGE_SIZE)), GNTST_okay, "frame to frame");
	expect(memcmp(a, b, PAGE_SIZE), 0, "the copy");
	grant_init();
	check_refs();
	check_limits();
	ensure(run(op(virt_to_mfn(a), root_mfn(), 8)) < 0, "to the root");
	ensure(run(op(virt_to_mfn(a), hypervisor_mfn(), 8)) < 0, "to a hypervisor frame");
	ensure(run(op(virt_to_mfn(a), MFN(1UL << 28), 8)) < 0, "beyond memory");
	ensure(run(op(freed_mfn(), virt_to_mfn(b), 8)) <= 0, "from a frame given back");
	check_batch();
}
