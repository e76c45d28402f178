/* SPDX-License-Identifier: MIT */
/*
 * Traps from user mode: the kernel sees what its program did.
 *
 * Mechanism: an exception in user mode switches to the stack that stack_switch named and pushes a
 * frame with the user's stack. Privileged instructions are #GP(0) there and never emulated; the
 * kernel's pages are not accessible.
 * Steps: 1. a function runs and returns its value; 2. one exception of each kind; 3. the frame's
 * selectors, stack and flags; 4. privileged instructions.
 * Fails by: the exception that came instead, or the field.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

USER_INSN(user_ud2, "ud2");
USER_INSN(user_int3, "int3");
USER_INSN(user_cli, "cli");
USER_INSN(user_sti, "sti");
USER_INSN(user_hlt, "hlt");
USER_INSN(user_in, "mov $0x80, %edx; in %dx, %al");
USER_INSN(user_clts, "clts");
USER_INSN(user_wbinvd, "wbinvd");
#ifdef __i386__
USER_INSN(user_div, "xor %edx, %edx; xor %ecx, %ecx; div %ecx");
USER_INSN(user_cr0, "mov %cr0, %eax");
USER_INSN(user_cr3, "mov %eax, %cr3");
USER_INSN(user_dr7, "mov %dr7, %eax");
USER_INSN(user_rdmsr, "mov $0x10, %ecx; rdmsr");
USER_INSN(user_read, "mov (%eax), %eax");
USER_INSN(user_write, "mov %eax, (%eax)");
USER_INSN(user_jump, "jmp *%eax");
USER_INSN(user_add, "add $1, %eax");
USER_INSN(user_step, "pushf; orl $0x100, (%esp); popf; nop; nop");
USER_INSN(user_ds, "mov %eax, %ds");
#else
USER_INSN(user_div, "xor %edx, %edx; xor %ecx, %ecx; div %ecx");
USER_INSN(user_cr0, "mov %cr0, %rax");
USER_INSN(user_cr3, "mov %rdi, %cr3");
USER_INSN(user_dr7, "mov %dr7, %rax");
USER_INSN(user_rdmsr, "mov $0x10, %ecx; rdmsr");
USER_INSN(user_read, "mov (%rdi), %rax");
USER_INSN(user_write, "mov %rax, (%rdi)");
USER_INSN(user_jump, "jmp *%rdi");
USER_INSN(user_add, "lea 1(%rdi), %rax");
USER_INSN(user_step, "pushf; orl $0x100, (%rsp); popf; nop; nop");
USER_INSN(user_ds, "mov %edi, %ds");
#endif

static void check_privileged(void)
{
	static const struct {
		user_fn fn;
		const char *name;
	} tries[] = {
		{ user_cli, "cli" },	 { user_sti, "sti" },	     { user_hlt, "hlt" },
		{ user_in, "in" },	 { user_clts, "clts" },	     { user_wbinvd, "wbinvd" },
		{ user_cr0, "mov cr0" }, { user_cr3, "mov to cr3" }, { user_dr7, "mov dr7" },
		{ user_rdmsr, "rdmsr" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(tries); i++)
		expect_exc(user_call(tries[i].fn, 0, NULL), EXC(VEC_GP, 0), "%s in user mode",
			   tries[i].name);
}

static void check_page_faults(void)
{
	char *window = window_init();
	unsigned long w = (unsigned long)window;

	expect_exc(user_call(user_read, w, NULL), EXC(VEC_PF, PF_USER), "read, not present");
	expect_u64(exc_last.cr2, w, "cr2");
	expect_exc(user_call(user_write, w, NULL), EXC(VEC_PF, PF_USER | PF_WRITE),
		   "write, not present");
	expect_exc(user_call(user_jump, w, NULL), EXC(VEC_PF, PF_USER | PF_FETCH),
		   "fetch, not present");
	map_va(window, pte(virt_to_mfn(page_alloc()), PTE_KERN_R | PTE_US | PTE_NX));
	expect_exc(user_call(user_read, w, NULL), EXC_NONE, "read a user page");
	expect_exc(user_call(user_write, w, NULL), EXC(VEC_PF, PF_USER | PF_WRITE | PF_PRESENT),
		   "write a read-only user page");
	expect_exc(user_call(user_jump, w, NULL), EXC(VEC_PF, PF_USER | PF_FETCH | PF_PRESENT),
		   "fetch from a no-execute page");
#ifdef __i386__
	/* 64-bit user mode has a root of its own to keep the kernel's pages out. */
	map_va(window, pte(virt_to_mfn(page_alloc()), PTE_KERN));
	expect_exc(user_call(user_read, w, NULL), EXC(VEC_PF, PF_USER | PF_PRESENT),
		   "read a kernel page");
	expect_exc(user_call(user_read, m2p_va(), NULL), EXC(VEC_PF, PF_USER | PF_PRESENT),
		   "read the M2P");
	expect_exc(user_call(user_read, 0xffffe000, NULL), EXC(VEC_PF, PF_USER),
		   "read the hypervisor's hole");
#endif
}

static void check_frame(void)
{
	expect_exc(user_call(user_ud2, 0, NULL), EXC(VEC_UD, 0), "ud2");
	expect_u64(exc_last.ip, (unsigned long)user_ud2, "ip in the frame");
	expect_u64(exc_last.cs, FLAT_USER_CS, "cs in the frame");
	expect_u64(exc_last.ss, FLAT_USER_SS, "ss in the frame");
	expect_u64(exc_last.sp, (unsigned long)user_stack_top - 16, "sp in the frame");
	expect_u64(exc_last.saved_mask, 1, "mask in the frame, masked");
	expect_u64(exc_last.flags & FLAG_IF, 0, "IF in the frame, masked");
	shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
	expect_exc(user_call(user_ud2, 0, NULL), EXC(VEC_UD, 0), "ud2, unmasked");
	shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
	expect_u64(exc_last.saved_mask, 0, "mask in the frame, unmasked");
	expect_u64(exc_last.flags & FLAG_IF, FLAG_IF, "IF in the frame, unmasked");
}

void test_main(void)
{
	unsigned long result = 0;

	trap_init();
	shared_info_map();
	user_init();
	expect_exc(user_call(user_add, 41, &result), EXC_NONE, "a function in user mode");
	expect_u64(result, 42, "its result");
	expect_exc(user_call(user_div, 0, NULL), EXC(VEC_DE, 0), "division by 0");
	expect_exc(user_call(user_int3, 0, NULL), EXC(VEC_BP, 0), "int3");
	expect_u64(exc_last.ip, (unsigned long)user_int3 + 1, "ip behind int3");
	expect_exc(user_call(user_step, 0, NULL), EXC(VEC_DB, 0), "single step");
	expect_exc(user_call(user_ds, 8, NULL), EXC(VEC_GP, 8), "ds <- 8");
#ifdef __i386__
	expect_exc(user_call(user_ds, FLAT_KERNEL_DS, NULL), EXC(VEC_GP, SEL_ERROR(FLAT_KERNEL_DS)),
		   "ds <- kernel's data segment");
#endif
	check_frame();
	check_page_faults();
	check_privileged();
}
