/* SPDX-License-Identifier: MIT */
/*
 * syscall of a 32-bit program: callback type syscall32.
 *
 * Mechanism: syscall in ring 3 enters the registered callback as a trap from user mode, with the
 * return address in the frame (and in ecx, by the CPU). Without one it is #GP(0). The instruction
 * exists on AMD processors only.
 * Steps: 1. none registered; 2. a round trip and its frame; 3. masking.
 * Fails by: the field.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

extern char syscall_entry[], user_after[];

static struct regs seen;
static bool seen_masked;

USER_INSN(user_syscall,
	  "push %ebp; mov %eax, %esi; syscall; .global user_after\n user_after: pop %ebp");

static bool on_syscall(struct regs *regs)
{
	seen = *regs;
	seen_masked = upcall_masked();
	regs->ax = regs->si * 2;
	return true;
}

static int add(unsigned int flags)
{
	struct callback_register arg = { .type = CALLBACKTYPE_syscall32,
					 .flags = flags,
					 .address = { FLAT_KERNEL_CS,
						      (unsigned long)syscall_entry } };

	return hv_callback_op(CALLBACKOP_register, &arg);
}

void test_main(void)
{
	unsigned long result = 0;
	exc_t e;

	trap_init();
	shared_info_map();
	user_init();
	trap_handle(VEC_SYSCALL, on_syscall);
	e = user_call(user_syscall, 1, NULL);
	if (e == EXC(VEC_UD, 0)) {
		test_skip("this processor has no syscall for 32-bit code");
		return;
	}
	expect_exc(e, EXC(VEC_GP, 0), "syscall, none registered");
	expect(add(0), 0, "register");
	upcall_mask(false);
	expect_exc(user_call(user_syscall, 21, &result), EXC_NONE, "syscall");
	upcall_mask(true);
	expect_u64(result, 42, "what it returned");
	expect_u64(seen.ip, (unsigned long)user_after, "ip");
	expect_u64(seen.cs, FLAT_USER_CS, "cs");
	expect_u64(seen.ss, FLAT_USER_SS, "ss");
	ensure(seen.flags & FLAG_IF, "IF in the frame");
	expect(seen_masked, false, "mask in the handler");
	expect(add(CALLBACKF_mask_events), 0, "register, masking");
	upcall_mask(false);
	expect_exc(user_call(user_syscall, 4, NULL), EXC_NONE, "syscall");
	expect(upcall_masked(), false, "mask after the return");
	upcall_mask(true);
	expect(seen_masked, true, "mask in the handler");
}
