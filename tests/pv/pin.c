/* SPDX-License-Identifier: MIT */
/*
 * Pinning: a page becomes a table of a level, and stays one until it is unpinned.
 *
 * Mechanism: MMUEXT_PIN_Ln validates a whole page as a table and keeps a reference. A page that is
 * mapped writable cannot become a table, a table cannot be mapped writable, and a page is a table of
 * one level only. A failed validation leaves the page as it was.
 * Steps: 1. pin, map writable, unpin, map writable; 2. twice, other levels, not pinned; 3. bad
 * entries inside; 4. a table that names itself; 5. frames that are not the guest's; 6. batches.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static void check_cycle(void *page, mfn_t mfn)
{
	expect(mmuext(MMUEXT_PIN_L1_TABLE, mfn), -XEN_EINVAL, "pin a page that is mapped writable");
	expect(page_make_ro(page), 0, "make it read-only");
	expect(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0, "pin");
	expect(page_make_rw(page), -XEN_EBUSY, "map a pinned table writable");
	expect(mmuext(MMUEXT_PIN_L1_TABLE, mfn), -XEN_EINVAL, "pin twice");
	expect(mmuext(MMUEXT_PIN_L2_TABLE, mfn), -XEN_EINVAL, "pin as another level");
	expect(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0, "unpin");
	expect(mmuext(MMUEXT_UNPIN_TABLE, mfn), -XEN_EINVAL, "unpin twice");
	expect(page_make_rw(page), 0, "writable after the unpin");
}

/* A page whose content is not a table, in one entry of 512. */
static void check_content(uint64_t *page, mfn_t mfn, uint64_t bad, int rc, const char *what)
{
	static const unsigned int at[] = { 0, 64, 511 };

	for (unsigned int i = 0; i < ARRAY_SIZE(at); i++) {
		memset(page, 0, PAGE_SIZE);
		page[at[i]] = bad;
		expect(page_make_ro(page), 0, "%s: read-only", what);
		expect(mmuext(MMUEXT_PIN_L1_TABLE, mfn), rc, "%s at %u: pin", what, at[i]);
		if (!rc)
			expect(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0, "%s: unpin", what);
		expect(page_make_rw(page), 0, "%s: writable again", what);
		expect_u64(page[at[i]] & ~(PTE_US | PTE_G | 1ULL << 52),
			   bad & ~(PTE_US | PTE_G | 1ULL << 52), "%s: the entry is as it was",
			   what);
	}
	memset(page, 0, PAGE_SIZE);
}

static void check_frames(void)
{
	static const unsigned int cmds[] = { MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE,
					     MMUEXT_PIN_L3_TABLE };

	for (unsigned int i = 0; i < ARRAY_SIZE(cmds); i++) {
		expect(mmuext(cmds[i], hypervisor_mfn()), -XEN_EINVAL, "pin L%u hypervisor", i + 1);
		expect(mmuext(cmds[i], freed_mfn()), -XEN_EINVAL, "pin L%u given back", i + 1);
		expect(mmuext(cmds[i], MFN(1UL << 28)), -XEN_EINVAL, "pin L%u beyond memory",
		       i + 1);
		expect(mmuext(cmds[i], MFN(start_info->shared_info >> PAGE_SHIFT)), -XEN_EINVAL,
		       "pin L%u shared_info", i + 1);
	}
	expect(mmuext(MMUEXT_UNPIN_TABLE, hypervisor_mfn()), -XEN_EINVAL, "unpin hypervisor");
	expect(mmuext(MMUEXT_UNPIN_TABLE, MFN(~0UL)), -XEN_EINVAL, "unpin -1");
}

static void check_batch(void *page, mfn_t mfn)
{
	struct mmuext_op ops[4] = {
		{ .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = mfn.m },
		{ .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = mfn.m },
		{ .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = mfn.m },
		{ .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = mfn.m },
	};
	unsigned int done = 77;

	expect(page_make_ro(page), 0, "read-only");
	expect(hv_mmuext_op(ops, 4, &done, DOMID_SELF), -XEN_EINVAL, "third of four is bad");
	expect(done, 2, "done");
	expect(hv_mmuext_op(ops, 0, &done, DOMID_SELF), 0, "no operations");
	expect(hv_mmuext_op(NULL, 1, &done, DOMID_SELF), -XEN_EFAULT, "null array");
	expect(hv_mmuext_op(ops, 1, NULL, 5), -XEN_ESRCH, "domain 5");
	expect(hv_mmuext_op(ops, 1, NULL, own_domid()), -XEN_ESRCH, "the own number");
	expect(page_make_rw(page), 0, "writable again");
}

void test_main(void)
{
	uint64_t *page = page_alloc();
	mfn_t mfn = virt_to_mfn(page), data = virt_to_mfn(page_alloc());

	trap_init();
	check_cycle(page, mfn);
	check_content(page, mfn, pte(data, PTE_P | PTE_RW), 0, "a writable mapping");
	check_content(page, mfn, 0xfffffffffffffffe, 0, "not present");
	check_content(page, mfn, pte(root_mfn(), PTE_P | PTE_RW), -XEN_EBUSY, "RW to the root");
	check_content(page, mfn, pte(mfn, PTE_P | PTE_RW), -XEN_EBUSY, "RW to itself");
	check_content(page, mfn, pte(hypervisor_mfn(), PTE_P), -XEN_EBUSY, "a hypervisor frame");
	check_content(page, mfn, ~0ULL, -XEN_EINVAL, "all ones");
	check_frames();
	check_batch(page, mfn);
	expect(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(window_init() ? window_l1 : 0)), 0,
	       "pin a linked table");
	expect(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(window_l1)), 0, "unpin it");
	expect(page_make_rw(window_l1), -XEN_EBUSY, "it is still linked");
}
