/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers: a short list is emulated, the rest is #GP.
 *
 * Mechanism: rdmsr and wrmsr trap and are looked up in a table. EFER shows the bits that a guest
 * may know and takes no others; the system-call registers are the hypervisor's.
 * Steps: 1. reads that work; 2. reads that do not; 3. writes; 4. a 64-bit guest's segment bases.
 * Fails by: the register's number.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define GP EXC(VEC_GP, 0)

static exc_t rdmsr(uint32_t msr, uint64_t *value)
{
	uint32_t low = 0, high = 0;
	exc_t e = TRY("rdmsr", "+a"(low), "+d"(high) : "c"(msr));

	*value = (uint64_t)high << 32 | low;
	return e;
}

static exc_t wrmsr(uint32_t msr, uint64_t value)
{
	return TRY("wrmsr", : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

void test_main(void)
{
	static const uint32_t refused[] = { 0x174,	0x175,	    0x176,	0xc0000081,
					    0xc0000082, 0xc0000083, 0xc0000084, 0x48,
					    0x49,	0x200,	    0x2ff,	0x12345678 };
	uint64_t v, again;

	trap_init();
	expect_exc(rdmsr(0xc0000080, &v), EXC_NONE, "rdmsr EFER");
	ensure(v & 1 << 11, "EFER %#llx without NX", (unsigned long long)v);
	expect_exc(wrmsr(0xc0000080, v), EXC_NONE, "wrmsr EFER, the same");
	expect_exc(rdmsr(0x10, &v), EXC_NONE, "rdmsr TSC");
	expect_exc(rdmsr(0x10, &again), EXC_NONE, "rdmsr TSC");
	ensure(again > v, "the TSC stands still");
	expect_exc(wrmsr(0x10, 0), GP, "wrmsr TSC");
	expect_exc(rdmsr(0x1b, &v), EXC_NONE, "rdmsr APIC_BASE");
	expect_exc(rdmsr(0x277, &v), EXC_NONE, "rdmsr PAT");
	expect_u64(v & 0xff, 6, "PAT: type of an entry without cache bits");
	expect_u64(v >> 24 & 0xff, 0, "PAT: type of an entry with both");
	for (unsigned int i = 0; i < ARRAY_SIZE(refused); i++) {
		expect_exc(rdmsr(refused[i], &v), GP, "rdmsr %#x", refused[i]);
		expect_exc(wrmsr(refused[i], 0), GP, "wrmsr %#x", refused[i]);
	}
#ifdef __x86_64__
	expect_exc(wrmsr(0xc0000100, 0x123456789), EXC_NONE, "wrmsr FS_BASE");
	expect_exc(rdmsr(0xc0000100, &v), EXC_NONE, "rdmsr FS_BASE");
	expect_u64(v, 0x123456789, "FS_BASE");
	expect_exc(wrmsr(0xc0000100, 1ULL << 63), GP, "wrmsr FS_BASE, not canonical");
	expect_exc(wrmsr(0xc0000101, 0x1000), EXC_NONE, "wrmsr GS_BASE");
	expect_exc(wrmsr(0xc0000102, 0x2000), EXC_NONE, "wrmsr KERNEL_GS_BASE");
	expect_exc(rdmsr(0xc0000102, &v), EXC_NONE, "rdmsr KERNEL_GS_BASE");
	expect_u64(v, 0x2000, "KERNEL_GS_BASE");
#else
	expect_exc(rdmsr(0xc0000100, &v), GP, "rdmsr FS_BASE, 32 bits");
#endif
}
