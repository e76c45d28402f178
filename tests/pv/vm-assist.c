/* SPDX-License-Identifier: MIT */
/*
 * vm_assist: behaviour that a guest switches on for itself.
 *
 * Mechanism: types are enabled and disabled one at a time; those that do not exist are refused. With
 * architectural_iopl, IOPL is what the frame of an iret says, and frames show it.
 * Steps: 1. every type and command; 2. architectural IOPL in frames and for in/out.
 * Fails by: the type with the error that came.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static bool set_iopl_3(struct regs *regs)
{
	regs->ip += 2;
	regs->flags |= FLAG_IOPL;
	return true;
}

static bool set_iopl_0(struct regs *regs)
{
	regs->ip += 2;
	regs->flags &= ~FLAG_IOPL;
	return true;
}

USER_INSN(user_in, "mov $0x80, %edx; in %dx, %al");

/* user_call() builds its frame with IOPL 0: ask the kernel for more by ud2. */
static void check_architectural_iopl(void)
{
	unsigned long flags = 0;

	expect(hv_vm_assist(VMASST_CMD_enable, VMASST_TYPE_architectural_iopl), 0, "enable");
	trap_handle(VEC_UD, set_iopl_3);
	asm volatile("ud2");
	trap_handle(VEC_UD, NULL);
	asm volatile("pushf; pop %0" : "=r"(flags));
	expect_u64(flags & FLAG_IOPL, 0, "the real IOPL");
	expect_exc(TRY("ud2", :), EXC(VEC_UD, 0), "ud2");
	expect_u64(exc_last.flags & FLAG_IOPL, FLAG_IOPL, "IOPL in a frame");
	expect_exc(TRY("in %%dx, %%al", : "d"(0x80) : "eax"), EXC_NONE, "in, kernel, IOPL 3");
	trap_handle(VEC_UD, set_iopl_0);
	asm volatile("ud2");
	trap_handle(VEC_UD, NULL);
	expect_exc(TRY("ud2", :), EXC(VEC_UD, 0), "ud2");
	expect_u64(exc_last.flags & FLAG_IOPL, 0, "IOPL in a frame");
	expect_exc(user_call(user_in, 0, NULL), EXC(VEC_GP, 0), "in, user, IOPL 0");
	expect(hv_vm_assist(VMASST_CMD_disable, VMASST_TYPE_architectural_iopl), 0, "disable");
}

void test_main(void)
{
	static const unsigned int bad[] = { 6, 7, 31, 33, 63, 0xffffffff };

	trap_init();
	shared_info_map();
	user_init();
	for (unsigned int type = 0; type <= 5; type++) {
		expect(hv_vm_assist(VMASST_CMD_enable, type), 0, "enable type %u", type);
		expect(hv_vm_assist(VMASST_CMD_disable, type), 0, "disable type %u", type);
	}
	expect(hv_vm_assist(VMASST_CMD_enable, VMASST_TYPE_m2p_strict),
	       PT_LEVELS == 4 ? 0 : -XEN_EINVAL, "m2p_strict");
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		expect(hv_vm_assist(VMASST_CMD_enable, bad[i]), -XEN_EINVAL, "type %u", bad[i]);
	expect(hv_vm_assist(2, 0), -XEN_ENOSYS, "command 2");
	check_architectural_iopl();
}
