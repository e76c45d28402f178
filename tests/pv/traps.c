/* SPDX-License-Identifier: MIT */
/*
 * Traps in the kernel: each exception that an instruction can raise reaches its handler.
 *
 * Mechanism: ring 0 takes every exception and bounces it to the handler that set_trap_table named,
 * with the vector's error code where there is one. Faults show the instruction's address, traps
 * the next one. CR2 is in vcpu_info. A 64-bit kernel runs in ring 3, yet its own page faults show
 * no user bit: that bit tells its user mode from itself.
 * Steps: one instruction for each of #DE #DB #BP #OF #UD #NM #GP #PF and more, comparing vector,
 * error code, address and CR2.
 * Fails by: the exception that came instead.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static void check_faults(void)
{
	expect_exc(TRY("div %%ecx", : "a"(1), "d"(0), "c"(0)), EXC(VEC_DE, 0), "division by 0");
	expect_exc(TRY("div %%ecx", : "a"(0), "d"(2), "c"(1)), EXC(VEC_DE, 0), "quotient overflow");
	expect_exc(TRY("ud2", :), EXC(VEC_UD, 0), "ud2");
	expect_exc(TRY("int3", :), EXC(VEC_BP, 0), "int3");
#ifdef __i386__
	expect_exc(TRY("movb $0x7f, %%al; incb %%al; into", : : "eax"), EXC(VEC_OF, 0), "into");
	{
		static const long limits[2] = { 0, 9 };

		expect_exc(TRY("bound %0, %1", : "r"(10L), "m"(limits)), EXC(VEC_BR, 0), "bound");
	}
#endif
	/* Single step: the trap comes after the instruction that follows the popf. */
	expect_exc(TRY("pushf; orl $0x100, (%%" SP "); popf; nop; nop",
		       :
		       : "cc"),
		   EXC(VEC_DB, 0), "single step");
	expect_exc(TRY("hlt", :), EXC(VEC_GP, 0), "hlt");
	expect_exc(TRY("lgdt %0", : "m"(entry_regs)), EXC(VEC_GP, 0), "lgdt");
	expect_exc(TRY("ltr %w0", : "r"(0)), EXC(VEC_GP, 0), "ltr");
	expect_exc(TRY("mov %w0, %%ds", : "r"(8)), EXC(VEC_GP, 8), "ds <- 8");
	expect_exc(TRY("mov %w0, %%ds", : "r"(0xfff8)), EXC(VEC_GP, 0xfff8), "ds <- fff8");
	expect_exc(TRY("mov %w0, %%fs", : "r"(7)), EXC(VEC_GP, 4), "fs <- 7, no LDT");
}

static void check_page_faults(void)
{
	char *window = window_init();
	unsigned long value;

	expect_exc(try_read(window, NULL), EXC(VEC_PF, 0), "read, not present");
	expect_u64(exc_last.cr2, (unsigned long)window, "cr2");
	expect_exc(try_write(window + 8, 0), EXC(VEC_PF, PF_WRITE), "write, not present");
	expect_u64(exc_last.cr2, (unsigned long)window + 8, "cr2");
	expect_exc(try_jump((unsigned long)window + 16), EXC(VEC_PF, PF_FETCH),
		   "fetch, not present");
	expect_u64(exc_last.cr2, (unsigned long)window + 16, "cr2");
	expect_u64(exc_last.ip, (unsigned long)window + 16, "ip of the fetch");

	map_va(window, pte(virt_to_mfn(page_alloc()), PTE_KERN_R | PTE_NX));
	expect_exc(try_read(window, &value), EXC_NONE, "read, read-only");
	expect_exc(try_write(window, 1), EXC(VEC_PF, PF_PRESENT | PF_WRITE), "write, read-only");
	expect_exc(try_jump((unsigned long)window), EXC(VEC_PF, PF_PRESENT | PF_FETCH),
		   "fetch, no-execute");
	expect_u64(*(unsigned long *)window, 0, "the page is unchanged");
}

static exc_t ip_of_ud2(unsigned long *ip)
{
	unsigned long at;
	exc_t e = TRY("mov $774f, %0; 774: ud2", "=&r"(at));

	*ip = at;
	return e;
}

static exc_t ip_of_int3(unsigned long *ip)
{
	unsigned long at;
	exc_t e = TRY("mov $774f, %0; int3; 774: nop", "=&r"(at));

	*ip = at;
	return e;
}

void test_main(void)
{
	unsigned long ip;

	trap_init();
	shared_info_map();
	check_faults();
	check_page_faults();

	expect_exc(ip_of_ud2(&ip), EXC(VEC_UD, 0), "ud2");
	expect_u64(exc_last.ip, ip, "a fault shows its instruction");
	expect_exc(ip_of_int3(&ip), EXC(VEC_BP, 0), "int3");
	expect_u64(exc_last.ip, ip, "a trap shows the next instruction");
}
