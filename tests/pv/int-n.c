/* SPDX-License-Identifier: MIT */
/*
 * int n: software interrupts and the privilege of their entries.
 *
 * Mechanism: every vector of the real IDT is out of the guest's reach, so `int n` faults and the
 * hypervisor looks at the guest's trap-table entry: with a DPL that allows it, the vector is
 * delivered behind the instruction, else it is #GP(n*8+2) at it. int3 and into have handlers of
 * their own and deliver whatever the DPL; so does int 0x80.
 * Steps: 1. each DPL from kernel and user; 2. an entry that is not there; 3. exceptions' own
 * vectors; 4. the hypercall vector from user mode.
 * Fails by: the exception that came instead.
 * Also runs on: real Xen, no: QEMU before 8.0 raises n*16+2, from which it takes the wrong vector.
 */
#include "lib/pv.h"

USER_INSN(user_int40, "int $0x40");
USER_INSN(user_int80, "int $0x80");
USER_INSN(user_int82, "mov $17, %eax; int $0x82");
USER_INSN(user_int14, "int $14");
USER_INSN(user_int3_long, ".byte 0xcd, 3");

static void check_dpl(unsigned int dpl)
{
	exc_t denied = EXC(VEC_GP, INT_ERROR(0x40)), taken = EXC(0x40, 0);
	/* A 64-bit kernel is in ring 3, but counts as one of the inner rings. */
	exc_t kernel = dpl >= 1 ? taken : denied;
	exc_t user = dpl == 3 ? taken : denied;

	expect(trap_set(0x40, dpl), 0, "set entry 0x40, DPL %u", dpl);
	expect_exc(TRY("int $0x40", :), kernel, "DPL %u: int 0x40, kernel", dpl);
	expect_exc(user_call(user_int40, 0, NULL), user, "DPL %u: int 0x40, user", dpl);
	expect_u64(exc_last.ip, (unsigned long)user_int40 + (dpl == 3 ? 2 : 0), "DPL %u: ip", dpl);
}

void test_main(void)
{
	const struct trap_info gone[2] = { { .vector = 0x40, .cs = 0, .address = 1 } };
	exc_t e;

	trap_init();
	shared_info_map();
	user_init();
	for (unsigned int dpl = 0; dpl < 4; dpl++)
		check_dpl(dpl);
	expect(hv_set_trap_table(gone), 0, "an entry without a selector");

	expect_exc(TRY("int $14", :), EXC(VEC_GP, INT_ERROR(14)), "int 14, kernel");
	expect_exc(user_call(user_int14, 0, NULL), EXC(VEC_GP, INT_ERROR(14)), "int 14, user");
	expect_exc(TRY("int $1", :), EXC(VEC_GP, INT_ERROR(1)), "int 1, kernel");
	expect_exc(TRY(".byte 0xcd, 3", :), EXC(VEC_BP, 0), "int 3 in two bytes, kernel");
	expect(trap_set(VEC_BP, 0), 0, "set entry 3, DPL 0");
	expect_exc(user_call(user_int3_long, 0, NULL), EXC(VEC_BP, 0), "int 3, DPL 0, user");
	expect_u64(exc_last.ip, (unsigned long)user_int3_long + 2, "ip behind it");

	expect(trap_set(0x80, 3), 0, "set entry 0x80");
	expect_exc(user_call(user_int80, 0, NULL), EXC(0x80, 0), "int 0x80, user");
	expect_u64(exc_last.ip, (unsigned long)user_int80 + 2, "ip behind it");
	expect_exc(TRY("int $0x80", :), EXC(0x80, 0), "int 0x80, kernel");
	/* For a 64-bit guest 0x82 is a vector like any other. */
	e = user_call(user_int82, 0, NULL);
	expect_exc(e, EXC(VEC_GP, INT_ERROR(0x82)), "int 0x82, user");
}
