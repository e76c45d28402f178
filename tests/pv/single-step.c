/* SPDX-License-Identifier: MIT */
/*
 * Single step through the hypervisor: one trap for each of the guest's instructions.
 *
 * Mechanism: with TF set, #DB follows every instruction, and a hypercall or an emulated instruction
 * counts as one (a hypercall together with its neighbour, on some). The handler itself runs with TF
 * clear; the frame's TF resumes stepping.
 * Steps: 1. a row of instructions with a hypercall among them; 2. with emulated and faulting ones.
 * Fails by: the address where a trap is missing or too much.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

static unsigned long at[32];
static unsigned int n;
static bool tf_in_handler;

static bool on_db(struct regs *regs)
{
	unsigned long flags;

	asm volatile("pushf; pop %0" : "=r"(flags));
	if (flags & FLAG_TF)
		tf_in_handler = true;
	if (n < ARRAY_SIZE(at))
		at[n++] = regs->ip;
	return true;
}

extern char step_1[], step_2[], step_3[], step_4[], step_5[], step_6[], step_end[];

/* The last popf's own trap comes behind it: the trap of an instruction that began with TF set. */
#ifdef __i386__
#define ENTER "int $0x82"
#else
#define ENTER "syscall"
#endif

static void step(void)
{
	unsigned long a = 17, cr0;

	asm volatile("pushf; orl $0x100, (%%" SP "); popf\n"
		     "nop\n"
		     "step_1: nop\n"
		     "step_2: " ENTER "\n"
		     "step_3: mov %%cr0, %1\n"
		     "step_4: pushf\n"
		     "step_5: andl $~0x100, (%%" SP ")\n"
		     "step_6: popf\n"
		     "step_end: nop"
		     : "+a"(a), "=&r"(cr0)
#ifdef __i386__
		     : "b"(0), "c"(0)
		     : "memory", "cc"
#else
		     : "D"(0), "S"(0)
		     : "memory", "cc", "rcx", "r11"
#endif
	);
	ensure(a >> 16 == 4, "the hypercall returned %#lx", a);
}

void test_main(void)
{
	static char *const want[] = { step_1, step_2, step_4, step_5, step_6, step_end };

	trap_init();
	trap_handle(VEC_DB, on_db);
	step();
	trap_handle(VEC_DB, NULL);
	/* Whether a trap follows the hypercall itself depends on how the processor comes back. */
	if (n > 2 && at[2] == (unsigned long)step_3)
		memmove(at + 2, at + 3, (--n - 2) * sizeof(*at));
	expect(n, ARRAY_SIZE(want), "traps");
	for (unsigned int i = 0; i < n && i < ARRAY_SIZE(want); i++)
		expect_u64(at[i], (unsigned long)want[i], "trap %u", i);
	ensure(!tf_in_handler, "TF is set in the handler");
}
