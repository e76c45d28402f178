/* SPDX-License-Identifier: MIT */
/*
 * The FPU: #NM on demand, and its own exceptions.
 *
 * Mechanism: fpu_taskswitch(1) sets the guest's TS; the next FPU or SSE instruction, of kernel or
 * user, raises #NM, and TS is clear when the handler runs. Unmasked errors are #MF (QEMU
 * raises no #XM for those of SSE).
 * Steps: 1. #NM by x87 and SSE; 2. once only; 3. registers survive; 4. #MF; 5. user mode.
 * Fails by: the exception that came instead.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define NM     EXC(VEC_NM, 0)
#define CR0_TS 8UL

USER_INSN(user_fninit, "fninit");

static unsigned long cr0_in_handler; /* ~0 until the handler ran */

static bool on_nm(struct regs *regs)
{
	(void)regs;
	asm volatile("mov %%cr0, %0" : "=r"(cr0_in_handler));
	return false;
}

static void check_nm(void)
{
	unsigned short cw;

	expect_exc(TRY("fninit", :), EXC_NONE, "fninit, TS clear");
	expect(hv_fpu_taskswitch(1), 0, "fpu_taskswitch(1)");
	expect_exc(TRY("fninit", :), NM, "fninit, TS set");
	expect_exc(TRY("fninit", :), EXC_NONE, "fninit again");
	hv_fpu_taskswitch(1);
	expect_exc(TRY("fnstcw %0", "=m"(cw)), NM, "fnstcw");
	hv_fpu_taskswitch(1);
	expect_exc(TRY("xorps %%xmm0, %%xmm0", :), NM, "xorps");
	hv_fpu_taskswitch(2);
	expect_exc(TRY("fwait", :), NM, "fwait");
	hv_fpu_taskswitch(1);
	expect(hv_fpu_taskswitch(0), 0, "fpu_taskswitch(0)");
	expect_exc(TRY("fninit", :), EXC_NONE, "fninit after it");
	hv_fpu_taskswitch(1);
	expect_exc(user_call(user_fninit, 0, NULL), NM, "fninit, user");
	expect_exc(user_call(user_fninit, 0, NULL), EXC_NONE, "fninit again, user");
}

static void check_ts_in_handler(void)
{
	cr0_in_handler = ~0UL;
	trap_handle(VEC_NM, on_nm);
	hv_fpu_taskswitch(1);
	expect_exc(TRY("fninit", :), NM, "fninit");
	trap_handle(VEC_NM, NULL);
	ensure(!(cr0_in_handler & CR0_TS), "cr0 in the handler is %#lx", cr0_in_handler);
}

static void check_registers(void)
{
	static const uint32_t value[4] = { 1, 2, 3, 4 };
	uint32_t out[4] = { 0 };
	unsigned int sum = 0;

	asm volatile("movups %0, %%xmm3" : : "m"(value));
	for (unsigned int i = 0; i < 10; i++)
		hv_sched_op(SCHEDOP_yield, NULL);
	asm volatile("movups %%xmm3, %0" : "=m"(out));
	for (unsigned int i = 0; i < 4; i++)
		sum += out[i] != value[i];
	expect(sum, 0, "words of xmm3 lost over yields");
}

static void check_errors(void)
{
	static const unsigned short cw = 0x37b; /* zero divide unmasked */
	static const float one = 1, zero;

	expect_exc(TRY("fninit; fldcw %0; flds %1; fdivs %2; fwait",
		       : "m"(cw), "m"(one), "m"(zero)),
		   EXC(VEC_MF, 0), "x87 division by zero");
	asm volatile("fnclex; fninit");
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	user_init();
	check_nm();
	check_ts_in_handler();
	check_registers();
	check_errors();
}
