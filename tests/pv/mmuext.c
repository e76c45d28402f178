/* SPDX-License-Identifier: MIT */
/*
 * mmuext_op: flushes, whole-page operations and the commands that do not exist.
 *
 * Mechanism: flushes always succeed; CLEAR_PAGE and COPY_PAGE write a frame that the guest owns and
 * that is not a table, mapped or not; SET_LDT checks shape only.
 * Steps: 1. every flush; 2. clear and copy, and their refusals; 3. SET_LDT's limits; 4. unknown
 * commands.
 * Fails by: the command with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static int copy_page(mfn_t dst, mfn_t src)
{
	struct mmuext_op op = { .cmd = MMUEXT_COPY_PAGE, .arg1.mfn = dst.m, .arg2.src_mfn = src.m };

	return hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static int flush_multi(unsigned int cmd, void *mask)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.linear_addr = VIRT_BASE };

	set_xen_guest_handle(op.arg2.vcpumask, mask);
	return hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void check_flushes(void)
{
	unsigned long cpus = 1;
	/* What is not cached differently need not be flushed: only owners of devices may. */
	int cache = is_dom0() ? 0 : -XEN_EACCES;

	expect(mmuext_addr(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0, "TLB_FLUSH_LOCAL");
	expect(mmuext_addr(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0, "TLB_FLUSH_ALL");
	expect(mmuext_addr(MMUEXT_INVLPG_LOCAL, VIRT_BASE, 0), 0, "INVLPG_LOCAL");
	expect(mmuext_addr(MMUEXT_INVLPG_LOCAL, m2p_va(), 0), 0, "INVLPG_LOCAL of the M2P");
	expect(mmuext_addr(MMUEXT_INVLPG_ALL, VIRT_BASE, 0), 0, "INVLPG_ALL");
	expect(mmuext_addr(MMUEXT_FLUSH_CACHE, 0, 0), cache, "FLUSH_CACHE");
	expect(mmuext_addr(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0), cache, "FLUSH_CACHE_GLOBAL");
	expect(flush_multi(MMUEXT_TLB_FLUSH_MULTI, &cpus), 0, "TLB_FLUSH_MULTI");
	expect(flush_multi(MMUEXT_INVLPG_MULTI, &cpus), 0, "INVLPG_MULTI");
	expect(flush_multi(MMUEXT_TLB_FLUSH_MULTI, (void *)16), -XEN_EINVAL,
	       "TLB_FLUSH_MULTI, bad pointer");
}

static void check_pages(void)
{
	unsigned long *a = page_alloc(), *b = page_alloc(), *ro = page_alloc();
	pfn_t unmapped = pfn_alloc();

	memset(a, 0x5a, PAGE_SIZE);
	expect(copy_page(virt_to_mfn(b), virt_to_mfn(a)), 0, "COPY_PAGE");
	expect(memcmp(a, b, PAGE_SIZE), 0, "the copy");
	expect(mmuext(MMUEXT_CLEAR_PAGE, virt_to_mfn(b)), 0, "CLEAR_PAGE");
	expect_u64(b[0] | b[511], 0, "the cleared page");
	expect(copy_page(pfn_to_mfn(unmapped), virt_to_mfn(a)), 0, "COPY_PAGE to an unmapped page");
	expect(copy_page(virt_to_mfn(b), pfn_to_mfn(unmapped)), 0, "and back");
	expect(memcmp(a, b, PAGE_SIZE), 0, "the copy of the copy");
	page_make_ro(ro);
	expect(mmuext(MMUEXT_CLEAR_PAGE, virt_to_mfn(ro)), 0, "CLEAR_PAGE, mapped read-only");

	expect(mmuext(MMUEXT_CLEAR_PAGE, root_mfn()), -XEN_EINVAL, "CLEAR_PAGE of the root");
	expect(mmuext(MMUEXT_CLEAR_PAGE, hypervisor_mfn()), -XEN_EINVAL,
	       "CLEAR_PAGE of hypervisor");
	expect(mmuext(MMUEXT_CLEAR_PAGE, MFN(1UL << 28)), -XEN_EINVAL, "CLEAR_PAGE beyond memory");
	expect(copy_page(root_mfn(), virt_to_mfn(a)), -XEN_EINVAL, "COPY_PAGE to the root");
	expect(copy_page(hypervisor_mfn(), virt_to_mfn(a)), -XEN_EINVAL, "COPY_PAGE to hypervisor");
	expect(copy_page(virt_to_mfn(a), hypervisor_mfn()), -XEN_EINVAL,
	       "COPY_PAGE from hypervisor");
	expect(copy_page(virt_to_mfn(a), freed_mfn()), -XEN_EINVAL,
	       "COPY_PAGE from one given back");
	expect(copy_page(virt_to_mfn(b), root_mfn()), 0, "COPY_PAGE from the root");
	expect(memcmp(b, (void *)start_info->pt_base, 32), 0, "the copied root");
}

void test_main(void)
{
	trap_init();
	check_flushes();
	check_pages();
	expect(mmuext_addr(MMUEXT_SET_LDT, 0, 0), 0, "SET_LDT, none");
	expect(mmuext_addr(MMUEXT_SET_LDT, 1, 1), -XEN_EINVAL, "SET_LDT, base not aligned");
	expect(mmuext_addr(MMUEXT_SET_LDT, VIRT_BASE, 8193), -XEN_EINVAL, "SET_LDT, 8193 entries");
	expect(mmuext_addr(MMUEXT_SET_LDT, VIRT_BASE, ~0U), -XEN_EINVAL, "SET_LDT, -1 entries");
	expect(mmuext_addr(MMUEXT_SET_LDT, VIRT_BASE, 8192), 0, "SET_LDT, 8192 entries");
	expect(mmuext_addr(MMUEXT_SET_LDT, 0, 0), 0, "SET_LDT, none");
	expect(mmuext_addr(14, 0, 0), -XEN_ENOSYS, "command 14");
	expect(mmuext_addr(21, 0, 0), -XEN_ENOSYS, "command 21");
	expect(mmuext_addr(-1, 0, 0), -XEN_ENOSYS, "command -1");
	expect(mmuext(MMUEXT_MARK_SUPER, MFN(0)), -XEN_EOPNOTSUPP, "MARK_SUPER");
}
