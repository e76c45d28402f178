/* SPDX-License-Identifier: MIT */
/*
 * SET_LDT: local descriptors, validated when they are first used.
 *
 * Mechanism: the guest names an address and a count; frames come in on demand, when a selector
 * needs them, and only then must the page be fit to be a descriptor page. One that is mapped
 * writable gives the guest a page fault at the address of the descriptor.
 * Steps: 1. use an entry; 2. beyond the count; 3. a page that is still writable; 4. update an entry;
 * 5. take the LDT away.
 * Fails by: the exception that came instead.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define DATA_RW 0x00cff2000000ffffULL
#define SEL(n)	((n) << 3 | 7)

void test_main(void)
{
	uint64_t *page = page_alloc();
	unsigned long base = (unsigned long)page;

	trap_init();
	shared_info_map();
	page[1] = DATA_RW;
	expect(mmuext_addr(MMUEXT_SET_LDT, base, 3), 0, "SET_LDT, page mapped writable");
	expect(EXC_VECTOR(TRY("mov %w0, %%fs", : "r"(SEL(1)))), VEC_PF, "vector of its use");
	expect_u64(exc_last.cr2, base + 8, "cr2: the descriptor in the guest's own page");

	page_make_ro(page);
	expect_exc(TRY("mov %w0, %%fs", : "r"(SEL(1))), EXC_NONE, "fs <- entry 1");
	expect(page_make_rw(page), -XEN_EBUSY, "map the live page writable");
	expect_exc(TRY("mov %w0, %%fs",
		       : "r"(SEL(2))),
		   EXC(VEC_GP, 2 << 3 | 4), "fs <- an empty one");
	expect_exc(TRY("mov %w0, %%fs", : "r"(SEL(3))), EXC(VEC_GP, 3 << 3 | 4), "fs <- beyond");
	expect(hv_update_descriptor(virt_to_maddr(page + 2), DATA_RW), 0, "update_descriptor");
	expect_exc(TRY("mov %w0, %%fs", : "r"(SEL(2))), EXC_NONE, "fs <- the new entry");
	expect_exc(TRY("mov %w0, %%fs", : "r"(0)), EXC_NONE, "fs <- 0");

	expect(mmuext_addr(MMUEXT_SET_LDT, 0, 0), 0, "no LDT");
	expect_exc(TRY("mov %w0, %%fs",
		       : "r"(SEL(1))),
		   EXC(VEC_GP, 1 << 3 | 4), "fs <- entry 1, gone");
	expect(page_make_rw(page), 0, "the page is writable again");

	expect(mmuext_addr(MMUEXT_SET_LDT, (unsigned long)window_init() + 8 * PAGE_SIZE, 3), 0,
	       "SET_LDT where nothing is mapped");
	expect(EXC_VECTOR(TRY("mov %w0, %%fs", : "r"(SEL(1)))), VEC_PF, "vector of its use");
	expect(mmuext_addr(MMUEXT_SET_LDT, 0, 0), 0, "no LDT");
}
