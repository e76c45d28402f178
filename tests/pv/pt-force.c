/* SPDX-License-Identifier: MIT */
/*
 * pt_assist=force: a kernel that stores into its level-2 tables without having asked for the assist.
 *
 * Mechanism: there are kernels (GNU Mach's is one) that write to their page directory as if it were
 * memory; real Xen gives them a page fault, and they die without a word. The hypervisor's option
 * makes their stores checked updates.
 * Steps: 1. unlink and link a level-1 table by plain stores; 2. a value that is refused still faults
 * and changes nothing; 3. an ordinary read-only page stays one.
 * Fails by: the step, and the entry that was left.
 * Also runs on: real Xen, no (it has no such option).
 * Run with: hv=pt_assist=force
 */
#include "lib/pv.h"

#define WRITE_FAULT EXC(VEC_PF, PF_PRESENT | PF_WRITE)

void test_main(void)
{
	char *window, *page = page_alloc();
	volatile uint64_t *entry;
	unsigned long value;
	uint64_t link;

	trap_init();
	window = window_init();
	expect(map_va(window, pte(virt_to_mfn(page), PTE_KERN)), 0, "map a page");
	entry = (volatile uint64_t *)pt_entry((unsigned long)window, 2);
	link = *entry;

	expect_exc(try_write((void *)entry, 0), EXC_NONE, "unlink the table");
	expect(mmuext_addr(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0, "flush");
	expect_exc(try_read(window, &value), EXC(VEC_PF, 0), "a page that is not linked");
	expect_exc(try_write((void *)entry, (unsigned long)link), EXC_NONE, "link it again");
	expect_exc(try_read(window, &value), EXC_NONE, "a page that is linked");

	link = *entry;
	expect_exc(try_write((void *)entry, (unsigned long)pte(root_mfn(), PTE_P)), WRITE_FAULT,
		   "the root as a table of level 1");
	expect_u64(*entry, link, "the entry after that");

	page_make_ro(page);
	expect_exc(try_write(page, 1), WRITE_FAULT, "a read-only page");
}
