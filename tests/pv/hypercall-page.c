/* SPDX-License-Identifier: MIT */
/*
 * Hypercall page: 128 entries of 32 bytes, filled in by the builder.
 *
 * Mechanism: an entry loads its number and enters the hypervisor. Entries preserve every register
 * but the accumulator. Entry 23 (iret) never returns, so it pushes instead of returning. A number
 * that means nothing is -ENOSYS, and so is one that the page does not hold.
 * Steps: 1. the bytes load the right numbers; 2. registers survive a call; 3. unknown numbers,
 * through the page and by hand.
 * Fails by: the entry's index or the register.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static void check_bytes(void)
{
	for (unsigned int n = 0; n < 128; n++) {
		const uint8_t *code = (const uint8_t *)hypercall_page + n * 32;
		bool found = false;

		/* mov $n, %eax, wherever the entry does it. */
		for (unsigned int i = 0; i < 8; i++)
			if (code[i] == 0xb8 && *(const uint32_t *)(code + i + 1) == n)
				found = true;
		/* The number of a hole need not be loaded: an entry may refuse by itself. */
		if (n < 11 || (n > 11 && n < 25))
			ensure(found, "entry %u does not load its number", n);
	}
}

#ifdef __i386__
static void check_registers(void)
{
	unsigned long b = 0, c = 0x11111111, d = 0x22222222, s = 0x33333333, i = 0x44444444, rc, bp;

	asm volatile("push %%ebp; mov $0x55555555, %%ebp; call hypercall_page + 17 * 32;"
		     "xchg %%ebp, (%%esp); mov (%%esp), %[bp]; pop %[bp]"
		     : "=a"(rc), "+b"(b), "+c"(c), "+d"(d), "+S"(s), "+D"(i), [bp] "=&r"(bp)
		     :
		     : "memory");
	expect_u64(b, 0, "ebx");
	expect_u64(c, 0x11111111, "ecx");
	expect_u64(d, 0x22222222, "edx");
	expect_u64(s, 0x33333333, "esi");
	expect_u64(i, 0x44444444, "edi");
}
#else
static void check_registers(void)
{
	unsigned long c = 1, d = 2, s = 3, i = 0, rc;
	register unsigned long r8 asm("r8") = 8, r9 asm("r9") = 9, r10 asm("r10") = 10;
	register unsigned long r11 asm("r11") = 11, r12 asm("r12") = 12, r13 asm("r13") = 13;
	register unsigned long r14 asm("r14") = 14, r15 asm("r15") = 15;

	asm volatile("call hypercall_page + 17 * 32"
		     : "=a"(rc), "+c"(c), "+d"(d), "+S"(s), "+D"(i), "+r"(r8), "+r"(r9), "+r"(r10),
		       "+r"(r11), "+r"(r12), "+r"(r13), "+r"(r14), "+r"(r15)
		     :
		     : "memory");
	unsigned long got[] = { c, d, s, i, r8, r9, r10, r11, r12, r13, r14, r15 };
	static const unsigned long want[] = { 1, 2, 3, 0, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (unsigned int n = 0; n < ARRAY_SIZE(got); n++)
		expect_u64(got[n], want[n], "register %u of cx dx si di r8-r15", n);
}
#endif

static long raw(unsigned long nr)
{
	long rc;

#ifdef __i386__
	asm volatile("int $0x82" : "=a"(rc) : "0"(nr), "b"(0), "c"(0) : "memory");
#else
	asm volatile("syscall" : "=a"(rc) : "0"(nr), "D"(0), "S"(0) : "memory", "rcx", "r11");
#endif
	return (int)rc;
}

void test_main(void)
{
	static const uint32_t unknown[] = { 11, 43, 44, 47, 57, 63, 64, 127 };
	static const uint32_t beyond[] = { 128, 255, 256, 1000, 0x80000000, 0xffffffff };

	check_bytes();
	check_registers();
	for (unsigned int i = 0; i < ARRAY_SIZE(unknown); i++)
		expect((int)hypercall(unknown[i], 0, 0, 0, 0, 0), -XEN_ENOSYS, "hypercall %u",
		       unknown[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(beyond); i++)
		expect(raw(beyond[i]), -XEN_ENOSYS, "hypercall %u by hand", beyond[i]);
	expect(raw(__HYPERVISOR_xen_version) >> 16, 4, "xen_version by hand");
}
