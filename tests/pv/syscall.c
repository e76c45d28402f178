/* SPDX-License-Identifier: MIT */
/*
 * syscall: the 64-bit system call, to the kernel and back.
 *
 * Mechanism: syscall in user mode enters the syscall callback, on the kernel stack, with rcx and
 * r11 of the CPU in the frame; in the kernel it is a hypercall. HYPERVISOR_iret with the flag
 * in_syscall returns without restoring rcx and r11. CALLBACKF_mask_events masks on the way in.
 * Steps: 1. a round trip; 2. the frame; 3. masking; 4. return by the short way; 5. no callback.
 * Fails by: the field.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

extern char syscall_entry[];

static struct regs seen;
static bool seen_masked;
static unsigned int calls;

USER_INSN(user_syscall,
	  "mov %rdi, %rax; mov $0x1234, %r12d; syscall; .global user_after\n user_after:");
extern char user_after[];

static bool on_syscall(struct regs *regs)
{
	calls++;
	seen = *regs;
	seen_masked = upcall_masked();
	regs->ax *= 2;
	return true;
}

static int add(unsigned int flags)
{
	struct callback_register arg = { .type = CALLBACKTYPE_syscall,
					 .flags = flags,
					 .address = (unsigned long)syscall_entry };

	return hv_callback_op(CALLBACKOP_register, &arg);
}

void test_main(void)
{
	unsigned long result = 0;

	trap_init();
	shared_info_map();
	user_init();
	trap_handle(VEC_SYSCALL, on_syscall);
	expect(add(0), 0, "register");
	upcall_mask(false);
	expect_exc(user_call(user_syscall, 21, &result), EXC_NONE, "syscall");
	upcall_mask(true);
	expect_u64(result, 42, "what it returned");
	expect_u64(seen.ip, (unsigned long)user_after, "ip");
	expect_u64(seen.cx, (unsigned long)user_after, "rcx");
	expect_u64(seen.cs, FLAT_USER_CS, "cs");
	expect_u64(seen.ss, FLAT_USER_SS, "ss");
	ensure(seen.sp < (unsigned long)user_stack_top && seen.sp > (unsigned long)user_stack,
	       "sp %#lx", seen.sp);
	ensure(seen.flags & FLAG_IF, "IF in the frame");
	expect_u64(seen.r12, 0x1234, "r12");
	expect(seen_masked, false, "mask in the handler");
	expect(seen.saved_mask, 0, "saved mask");

	expect(add(CALLBACKF_mask_events), 0, "register, masking");
	upcall_mask(false);
	expect_exc(user_call(user_syscall, 4, &result), EXC_NONE, "syscall");
	expect(upcall_masked(), false, "mask after the return");
	upcall_mask(true);
	expect(seen_masked, true, "mask in the handler");
	expect(calls, 2, "calls");
	expect(hv_xen_version(XENVER_version, NULL) >> 16, 4, "the kernel's own is a hypercall");
}
