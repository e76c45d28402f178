/* SPDX-License-Identifier: MIT */
/*
 * int 0x80: the system call of old, on its short way.
 *
 * Mechanism: vector 0x80 of the trap table is entered directly, from user and kernel, whatever its
 * DPL. The flag that masks events counts. The kernel returns by HYPERVISOR_iret.
 * Steps: 1. a round trip that changes a register; 2. the frame; 3. with the mask flag;
 * 4. ten thousand round trips.
 * Fails by: the field or the count.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

static unsigned int calls;
static struct regs seen;
static bool seen_masked;

static bool on_call(struct regs *regs)
{
	calls++;
	seen = *regs;
	seen_masked = upcall_masked();
	regs->ax += 1;
	return true;
}

unsigned long user_call_n(unsigned long n);
unsigned long user_call_n(unsigned long n)
{
	unsigned long a = 0;

	while (n--)
		asm volatile("int $0x80" : "+a"(a));
	return a;
}

void test_main(void)
{
	unsigned long result = 0, a = 5;

	trap_init();
	shared_info_map();
	user_init();
	trap_handle(0x80, on_call);
	expect(trap_set(0x80, 3), 0, "set entry 0x80");
	upcall_mask(false);
	expect_exc(user_call(user_call_n, 1, &result), EXC_NONE, "one call");
	upcall_mask(true);
	expect_u64(result, 1, "what it returned");
	expect_u64(seen.cs, FLAT_USER_CS, "cs");
	expect_u64(seen.ss, FLAT_USER_SS, "ss");
	expect(seen.saved_mask, 0, "saved mask");
	expect(seen_masked, false, "mask in the handler");
	ensure(seen.flags & FLAG_IF, "IF in the frame");

	expect(trap_set(0x80, 3 | 4), 0, "set entry 0x80, masking");
	upcall_mask(false);
	expect_exc(user_call(user_call_n, 1, NULL), EXC_NONE, "one call");
	expect(upcall_masked(), false, "mask after the return to user mode");
	upcall_mask(true);
	expect(seen_masked, true, "mask in the handler");

	calls = 0;
	expect_exc(user_call(user_call_n, 10000, &result), EXC_NONE, "10000 calls");
	expect_u64(result, 10000, "what they returned");
	expect(calls, 10000, "calls");
	asm volatile("int $0x80" : "+a"(a) : : "memory");
	expect_u64(a, 6, "a call from the kernel");
}
