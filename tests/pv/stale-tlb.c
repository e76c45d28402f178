/* SPDX-License-Identifier: MIT */
/*
 * Stale translations: a page becomes a table while the TLB may still hold a writable mapping.
 *
 * Mechanism: a guest may clear its writable mapping without a flush and make the page a table in
 * the same breath; the hypervisor must flush before it trusts the page. The emulator keeps
 * translations long enough for this test to see one that was forgotten.
 * Steps: 1. touch a writable mapping, clear it by mmu_update with no flush, pin the page, store
 * through the old address; 2. the same by update_va_mapping in one multicall with the pin.
 * Fails by: a store that succeeded.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static char *window;

static void warm(mfn_t mfn)
{
	map_va(window, pte(mfn, PTE_KERN));
	*(volatile unsigned long *)window = 0;
}

static void check_mmu_update(uint64_t *page, mfn_t mfn)
{
	warm(mfn);
	expect(mmu_set(pt_entry_maddr((unsigned long)window, 1), 0), 0, "clear without a flush");
	expect(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0, "pin");
	expect(EXC_VECTOR(TRY("movq %%mm0, (%0)",
			      : "r"(window)
			      : "memory")),
	       VEC_PF, "vector of a store to the old address");
	expect_u64(page[0], 0, "the table");
	expect(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0, "unpin");
}

static void check_multicall(uint64_t *page, mfn_t mfn)
{
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = mfn.m };
	multicall_entry_t calls[2] = {
		{ .op = __HYPERVISOR_update_va_mapping, .args = { (unsigned long)window } },
		{ .op = __HYPERVISOR_mmuext_op, .args = { (unsigned long)&pin, 1, 0, DOMID_SELF } },
	};

	warm(mfn);
	expect(hv_multicall(calls, 2), 0, "unmap and pin in one multicall");
	expect((int)calls[0].result, 0, "the unmapping");
	expect((int)calls[1].result, 0, "the pin");
	expect(EXC_VECTOR(TRY("movq %%mm0, (%0)",
			      : "r"(window)
			      : "memory")),
	       VEC_PF, "vector of a store to the old address");
	expect_u64(page[0], 0, "the table");
	expect(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0, "unpin");
}

void test_main(void)
{
	uint64_t *page = page_alloc();

	trap_init();
	window = window_init();
	page_make_ro(page);
	check_mmu_update(page, virt_to_mfn(page));
	check_multicall(page, virt_to_mfn(page));
}
