/* SPDX-License-Identifier: MIT */
/*
 * Control registers: what a kernel out of ring 0 may read and write.
 *
 * Mechanism: mov from and to cr0, cr2, cr3 and cr4 are emulated. Of cr0 only TS can be changed; cr2
 * is the guest's own copy; cr4 ignores what a guest may not set. clts clears TS.
 * Steps: 1. reads; 2. TS by cr0, clts and fpu_taskswitch; 3. refused bits; 4. cr2; 5. registers that
 * do not exist; 6. instructions that are never emulated.
 * Fails by: the register and value.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define CR0_MP 2UL
#define CR0_EM 4UL
#define CR0_TS 8UL
#define CR0_WP (1UL << 16)
#define GP     EXC(VEC_GP, 0)

static unsigned long read_cr0(void)
{
	unsigned long v = 0;

	expect_exc(TRY("mov %%cr0, %0", "=r"(v)), EXC_NONE, "mov from cr0");
	return v;
}

static exc_t write_cr0(unsigned long v)
{
	return TRY("mov %0, %%cr0", : "r"(v));
}

static void check_cr0(void)
{
	unsigned long cr0 = read_cr0();

	expect_exc(write_cr0(cr0), EXC_NONE, "mov of the same to cr0");
	expect_exc(write_cr0(cr0 | CR0_TS), EXC_NONE, "set TS");
	expect_u64(read_cr0() & CR0_TS, CR0_TS, "TS reads back");
	expect_exc(TRY("clts", :), EXC_NONE, "clts");
	expect_u64(read_cr0() & CR0_TS, 0, "TS after clts");
	expect(hv_fpu_taskswitch(1), 0, "fpu_taskswitch(1)");
	expect_u64(read_cr0() & CR0_TS, CR0_TS, "TS after it");
	expect(hv_fpu_taskswitch(0), 0, "fpu_taskswitch(0)");
	expect_u64(read_cr0() & CR0_TS, 0, "TS after it");
	expect_exc(write_cr0(cr0 ^ CR0_WP), GP, "toggle WP");
	expect_exc(write_cr0(cr0 & ~1UL), GP, "clear PE");
	expect_exc(write_cr0(cr0 | CR0_EM), GP, "set EM");
	expect_exc(write_cr0(0), GP, "0 to cr0");
}

static void check_cr2_cr4(void)
{
	unsigned long v = 0, cr4 = 0;

	expect_exc(TRY("mov %0, %%cr2", : "r"(0x12345000UL)), EXC_NONE, "mov to cr2");
	expect_exc(TRY("mov %%cr2, %0", "=r"(v)), EXC_NONE, "mov from cr2");
	expect_u64(v, 0x12345000, "cr2 reads back");
	expect_u64(trap_cr2(), 0x12345000, "and is in vcpu_info");
	expect_exc(TRY("mov %%cr4, %0", "=r"(cr4)), EXC_NONE, "mov from cr4");
	expect_exc(TRY("mov %0, %%cr4", : "r"(cr4)), EXC_NONE, "mov of the same to cr4");
	expect_exc(TRY("mov %0, %%cr4", : "r"(cr4 | 1 << 7)), EXC_NONE, "set PGE");
	expect_exc(TRY("mov %%cr4, %0", "=r"(v)), EXC_NONE, "mov from cr4");
	expect_u64(v, cr4, "PGE is ignored");
	expect_exc(TRY("mov %%cr1, %0", "=r"(v)), GP, "mov from cr1");
}

void test_main(void)
{
	unsigned long v = 0;

	trap_init();
	shared_info_map();
	check_cr0();
	check_cr2_cr4();
	expect_exc(TRY("lmsw %w0", : "r"(1)), GP, "lmsw");
	expect_exc(TRY("smsw %0", "=r"(v)), EXC_NONE, "smsw");
	ensure(v & 1, "smsw shows no PE: %#lx", v);
	expect_exc(TRY("invlpg %0", : "m"(v)), GP, "invlpg");
	expect_exc(TRY("lidt %0", : "m"(entry_regs)), GP, "lidt");
	expect_exc(TRY("lldt %w0", : "r"(0)), GP, "lldt");
	expect_exc(TRY("wbinvd", :), EXC_NONE, "wbinvd");
	expect_exc(TRY("invd", :), GP, "invd");
	expect_exc(TRY("rdpmc", : "c"(0) : "eax", "edx"), GP, "rdpmc");
	expect_exc(TRY("rsm", :), EXC(VEC_UD, 0), "rsm");
}
