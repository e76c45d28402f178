/* SPDX-License-Identifier: MIT */
/*
 * A trap from user mode, and a kernel stack that is not mapped.
 *
 * Mechanism: stack_switch takes any address; only the trap finds out.
 * Steps: 1. a good stack: user mode traps; 2. a stack in an unmapped page; 3. trap again.
 * Fails by: a result line, or no crash report.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

USER_INSN(user_ud2, "ud2");

void test_main(void)
{
	char *window = window_init();

	trap_init();
	shared_info_map();
	user_init();
	expect_exc(user_call(user_ud2, 0, NULL), EXC(VEC_UD, 0), "ud2 in user mode");
	expect(hv_stack_switch(FLAT_KERNEL_SS, (unsigned long)window + 8 * PAGE_SIZE), 0,
	       "stack_switch");
	expect_death("user trap onto an unmapped stack");
	user_call(user_ud2, 0, NULL);
	test_failure("the trap was delivered");
}
