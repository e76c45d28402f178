/* SPDX-License-Identifier: MIT */
/*
 * set_trap_table: the guest's own IDT, entry by entry.
 *
 * Mechanism: entries are taken until one has address 0; each sets its vector. A null pointer clears
 * the whole table. Selectors are forced into the kernel's ring.
 * Steps: 1. one entry changes, the others stay; 2. an array that ends in an unmapped page: what
 * came before stays; 3. bad pointers; 4. selectors with RPL 0; 5. the cleared table, set again.
 * Fails by: the case with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static unsigned int strange;

static bool on_strange(struct regs *regs)
{
	strange++;
	regs->ip += 2;
	return true;
}

static void check_partial(void)
{
	char *window = window_init(), *page = page_alloc();
	struct trap_info *end = (struct trap_info *)(window + PAGE_SIZE) - 1;

	map_va(window, pte(virt_to_mfn(page), PTE_KERN));
	*end = (struct trap_info){ VEC_UD, 0, FLAT_KERNEL_CS, trap_stub(0x40) };
	expect(hv_set_trap_table(end), -XEN_EFAULT, "second entry unreadable");
	trap_handle(0x40, on_strange);
	asm volatile("ud2");
	expect(strange, 1, "the first entry was taken");
	expect(trap_set(VEC_UD, 0), 0, "set it back");
}

void test_main(void)
{
	const struct trap_info rpl0[2] = {
		{ VEC_UD, 0, FLAT_KERNEL_CS & ~3, trap_stub(VEC_UD) },
	};

	trap_init();
	shared_info_map();
	check_partial();
	expect_exc(TRY("ud2", :), EXC(VEC_UD, 0), "ud2");
	expect_exc(TRY("int3", :), EXC(VEC_BP, 0), "int3, an entry that was not named");
	expect(hv_set_trap_table(rpl0), 0, "a selector with RPL 0");
	expect_exc(TRY("ud2", :), EXC(VEC_UD, 0), "ud2 through it");
	expect(hv_set_trap_table((void *)-16UL), -XEN_EFAULT, "array at the top");
	expect(hv_set_trap_table((void *)16), -XEN_EFAULT, "array that is not mapped");
	expect(hv_set_trap_table(NULL), 0, "clear the table");
	trap_init();
	expect_exc(TRY("ud2", :), EXC(VEC_UD, 0), "ud2 with the table set again");
}
