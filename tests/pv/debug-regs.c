/* SPDX-License-Identifier: MIT */
/*
 * Debug registers: breakpoints of a guest's own, by hypercall and by instruction.
 *
 * Mechanism: set_debugreg and mov to dr agree on one set of registers; DR7's reserved bits are
 * fixed, its GD bit and I/O breakpoints without CR4.DE refused. A hit is #DB with the bit in DR6,
 * which stays until the guest clears it. Breakpoints also work in user mode.
 * Steps: 1. set and get; 2. refusals; 3. a data and an instruction breakpoint, kernel and user;
 * 4. single step over a hypercall and an emulated instruction; 5. by mov.
 * Fails by: the register and value.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define DR7_L0	    1UL
#define DR7_WRITE_4 (1UL << 16 | 3UL << 18)
#define DR7_FIXED   (1UL << 10)
#define DR6_FIXED   0xffff0ff0UL

static unsigned long watched;
static volatile unsigned int hits;
static unsigned long hit_dr6, hit_ip;

USER_INSN(user_nop, "nop");

static bool on_db(struct regs *regs)
{
	hits++;
	hit_dr6 = hv_get_debugreg(6);
	hit_ip = regs->ip;
	regs->flags &= ~FLAG_TF;
	hv_set_debugreg(7, 0);
	hv_set_debugreg(6, DR6_FIXED);
	return true;
}

static void check_values(void)
{
	for (unsigned int i = 0; i < 4; i++) {
		expect(hv_set_debugreg(i, VIRT_BASE + i), 0, "set dr%u", i);
		expect_u64(hv_get_debugreg(i), VIRT_BASE + i, "get dr%u", i);
	}
	expect(hv_set_debugreg(7, 0), 0, "set dr7");
	expect_u64(hv_get_debugreg(7), DR7_FIXED, "get dr7");
	expect(hv_set_debugreg(7, 1), 0, "set dr7, L0");
	expect_u64(hv_get_debugreg(7), DR7_FIXED | 1, "get dr7");
	expect(hv_set_debugreg(7, 1 << 13), -XEN_EPERM, "set dr7, GD");
	expect(hv_set_debugreg(7, 2UL << 16 | 1), -XEN_EPERM, "set dr7, I/O without DE");
#ifdef __x86_64__
	ensure(hv_set_debugreg(7, 1UL << 32 | 1) < 0, "set dr7, bit 32");
	ensure(hv_set_debugreg(0, 1UL << 62) < 0, "set dr0, not canonical");
#endif
	expect_u64(hv_get_debugreg(7), DR7_FIXED | 1, "dr7 after refusals");
	expect(hv_set_debugreg(7, 0), 0, "set dr7");
	expect(hv_set_debugreg(8, 0), -XEN_ENODEV, "set dr8");
	expect(hv_set_debugreg(-1, 0), -XEN_ENODEV, "set dr-1");
	expect((int)hv_get_debugreg(8), -XEN_ENODEV, "get dr8");
	expect(hv_set_debugreg(6, 0), 0, "set dr6");
	expect_u64(hv_get_debugreg(6) & 0xffff0000, 0xffff0000, "dr6's fixed bits");
}

static void check_hits(void)
{
	hits = 0;
	hv_set_debugreg(0, (unsigned long)&watched);
	hv_set_debugreg(7, DR7_L0 | DR7_WRITE_4);
	*(volatile unsigned long *)&watched = 1;
	expect(hits, 1, "hits of a data breakpoint");
	expect_u64(hit_dr6 & 15, 1, "dr6 at it");
	*(volatile unsigned long *)&watched = 2;
	expect(hits, 1, "hits after it was disabled");

	hits = 0;
	hv_set_debugreg(0, (unsigned long)user_nop);
	hv_set_debugreg(7, DR7_L0);
	expect_exc(user_call(user_nop, 0, NULL), EXC_NONE, "an instruction breakpoint, user");
	expect(hits, 1, "hits of it");
	expect_u64(hit_ip, (unsigned long)user_nop, "ip at it");
	hv_set_debugreg(0, 0);
}

static void check_step(void)
{
	hits = 0;
	asm volatile("pushf; orl $0x100, (%%" SP "); popf; nop; nop" : : : "cc", "memory");
	expect(hits, 1, "traps of single step");
	expect_u64(hit_dr6 >> 14 & 1, 1, "dr6's BS bit");
}

static void check_mov(void)
{
	unsigned long v = 0;

	expect_exc(TRY("mov %0, %%dr1", : "r"(0x1234UL)), EXC_NONE, "mov to dr1");
	expect_u64(hv_get_debugreg(1), 0x1234, "get dr1");
	expect_exc(TRY("mov %%dr1, %0", "=r"(v)), EXC_NONE, "mov from dr1");
	expect_u64(v, 0x1234, "dr1");
	expect_exc(TRY("mov %%dr7, %0", "=r"(v)), EXC_NONE, "mov from dr7");
	expect_u64(v, DR7_FIXED, "dr7");
	expect_exc(TRY("mov %0, %%dr7", : "r"(1UL << 13)), EXC(VEC_GP, 0), "mov of GD to dr7");
}

void test_main(void)
{
	trap_init();
	shared_info_map();
	user_init();
	trap_handle(VEC_DB, on_db);
	check_values();
	check_hits();
	check_step();
	trap_handle(VEC_DB, NULL);
	check_mov();
}
