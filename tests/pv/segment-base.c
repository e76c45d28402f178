/* SPDX-License-Identifier: MIT */
/*
 * set_segment_base: FS and GS of a 64-bit guest, which cannot write the registers behind them.
 *
 * Mechanism: FS and the two GS bases, kernel and user, are set by hypercall; the kernel's and the
 * user's GS are exchanged at each change of mode. The user's GS selector may be set too.
 * Steps: 1. FS and kernel GS; 2. the user's GS in user mode; 3. refusals.
 * Fails by: what was read through the segment.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static unsigned long data[3] = { 0xf5, 0x65, 0x75 };

USER_INSN(user_read_gs, "mov %gs:0, %rax");

void test_main(void)
{
	unsigned long value = 0;

	trap_init();
	shared_info_map();
	user_init();
	expect(hv_set_segment_base(SEGBASE_FS, (unsigned long)&data[0]), 0, "FS");
	expect(hv_set_segment_base(SEGBASE_GS_KERNEL, (unsigned long)&data[1]), 0, "kernel GS");
	expect(hv_set_segment_base(SEGBASE_GS_USER, (unsigned long)&data[2]), 0, "user GS");
	expect_exc(TRY("mov %%fs:0, %0", "=r"(value)), EXC_NONE, "read fs:0");
	expect_u64(value, 0xf5, "fs:0");
	expect_exc(TRY("mov %%gs:0, %0", "=r"(value)), EXC_NONE, "read gs:0");
	expect_u64(value, 0x65, "gs:0 in the kernel");
	expect_exc(user_call(user_read_gs, 0, &value), EXC_NONE, "read gs:0, user");
	expect_u64(value, 0x75, "gs:0 in user mode");
	expect_exc(TRY("mov %%gs:0, %0", "=r"(value)), EXC_NONE, "read gs:0");
	expect_u64(value, 0x65, "gs:0 in the kernel afterwards");
	expect(hv_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0, "user GS selector 0");
	expect(hv_set_segment_base(SEGBASE_FS, 1UL << 63), -XEN_EINVAL, "FS, not canonical");
	expect(hv_set_segment_base(9, 0), -XEN_EINVAL, "segment 9");
	expect(hv_set_segment_base(-1, 0), -XEN_EINVAL, "segment -1");
}
