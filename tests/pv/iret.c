/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_iret: the way back from a handler, with the upcall mask.
 *
 * Mechanism: the hypercall takes its frame from the kernel's stack, loads the upcall mask with the
 * opposite of EFLAGS.IF, and refuses nothing that the CPU would accept; IOPL stays as it is. A frame
 * that the CPU refuses is reported as the CPU's exception.
 * Steps: 1. to the kernel, IF 0 and 1; 2. flags that come through; 3. native iret leaves the mask;
 * 4. selectors that do not exist.
 * Fails by: the flag, or the exception that came instead.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

USER_INSN(user_ud2, "ud2");

/* The 64-bit frame begins with flags of the hypercall itself. */
#ifdef __i386__
#define IRET_FLAGS ""
#else
#define IRET_FLAGS "push $0;"
#endif

/* Return to the next instruction by hypercall, with these flags. */
static exc_t iret_with(unsigned long cs, unsigned long flags, unsigned long *after)
{
	exc_t e;

#ifdef __i386__
	e = TRY("push %1; push %2; push $773f; jmp hypercall_page + 23 * 32; 773: pushf; pop %0",
		"=&r"(*after)
		: "r"(flags), "r"(cs)
		: "memory", "cc");
#else
	e = TRY("mov %%rsp, %0; push $0xe02b; push %0; push %1; push %2; push $773f; push $0;"
		"jmp hypercall_page + 23 * 32; 773: pushf; pop %0",
		"=&r"(*after)
		: "r"(flags), "r"(cs)
		: "memory", "cc");
#endif
	asm volatile("cld");
	return e;
}

#ifdef __i386__
static exc_t native_iret(unsigned long cs, unsigned long flags, unsigned long *after)
{
	return TRY("push %1; push %2; push $773f; iret; 773: pushf; pop %0", "=&r"(*after)
		   : "r"(flags), "r"(cs)
		   : "memory", "cc");
}
#else
static exc_t native_iret(unsigned long cs, unsigned long flags, unsigned long *after)
{
	return TRY("mov %%rsp, %0; push $0xe02b; push %0; push %1; push %2; push $773f; iretq;"
		   "773: pushf; pop %0",
		   "=&r"(*after)
		   : "r"(flags), "r"(cs)
		   : "memory", "cc");
}
#endif

/* Return to user mode with these selectors. */
static exc_t iret_user(unsigned long cs, unsigned long ss, unsigned long ip, unsigned long sp)
{
	return TRY("push %1; push %3; push $0; push %0; push %2;" IRET_FLAGS
		   "jmp hypercall_page + 23 * 32",
		   : "r"(cs), "r"(ss), "r"(ip), "r"(sp)
		   : "memory", "cc");
}

static void check_user_targets(void)
{
	unsigned long ip = (unsigned long)user_ud2, sp = (unsigned long)user_stack_top;

	expect_exc(iret_user(FLAT_USER_CS, FLAT_USER_SS, ip, sp), EXC(VEC_UD, 0),
		   "iret to user mode");
	expect_u64(exc_last.ip, ip, "ip there");
	expect_u64(exc_last.sp, sp, "sp there");
	expect_exc(iret_user(0xe00b, FLAT_USER_SS, ip, sp), EXC(VEC_GP, 0xe008), "user cs e00b");
	expect_exc(iret_user(0x13, FLAT_USER_SS, ip, sp), EXC(VEC_GP, 0x10), "user cs 13");
	expect_exc(iret_user(FLAT_USER_CS, 0xe013, ip, sp), EXC(VEC_GP, 0xe010), "user ss e013");
	expect_exc(iret_user(FLAT_USER_CS, FLAT_USER_CS, ip, sp),
		   EXC(VEC_GP, SEL_ERROR(FLAT_USER_CS)), "user ss is a code segment");
	expect_exc(iret_user(FLAT_USER_CS, FLAT_USER_SS, (unsigned long)window_init(), sp),
		   EXC(VEC_PF, PF_USER | PF_FETCH), "user ip not mapped");
}

/* What the kernel's own cs looks like in a frame: a 64-bit kernel is told from user mode by RPL. */
#define KERNEL_CS (PT_LEVELS == 4 ? FLAT_KERNEL_CS & ~3 : FLAT_KERNEL_CS)

void test_main(void)
{
	unsigned long flags = 0;

	trap_init();
	shared_info_map();
	user_init();

	upcall_mask(true);
	expect_exc(iret_with(KERNEL_CS, FLAG_IF, &flags), EXC_NONE, "iret, IF 1");
	expect(upcall_masked(), false, "mask after IF 1");
	expect_exc(iret_with(KERNEL_CS, 0, &flags), EXC_NONE, "iret, IF 0");
	expect(upcall_masked(), true, "mask after IF 0");
	ensure(flags & FLAG_IF, "the real IF is off: %#lx", flags);

	expect_exc(iret_with(KERNEL_CS, FLAG_CF | FLAG_DF | FLAG_ID, &flags), EXC_NONE,
		   "iret, flags");
	expect_u64(flags & (FLAG_CF | FLAG_DF | FLAG_ID), FLAG_CF | FLAG_DF | FLAG_ID,
		   "flags after it");
	expect_exc(iret_with(KERNEL_CS, FLAG_IOPL, &flags), EXC_NONE, "iret, IOPL 3");
	expect_u64(flags & FLAG_IOPL, 0, "IOPL after it");

	/* The mask byte beside cs is the frame's, for the reader; the hypervisor goes by IF. */
	upcall_mask(false);
	expect_exc(iret_with(KERNEL_CS, 0, &flags), EXC_NONE, "iret, mask byte 0 and IF 0");
	expect(upcall_masked(), true, "mask after it");

	expect_exc(native_iret(FLAT_KERNEL_CS, FLAG_IF, &flags), EXC_NONE, "native iret");
	expect(upcall_masked(), true, "mask after a native iret");
	expect_exc(native_iret(0xe00b, FLAG_IF, &flags), EXC(VEC_GP, 0xe008),
		   "native iret to e00b");
	expect_exc(native_iret(3, FLAG_IF, &flags), EXC(VEC_GP, 0), "native iret to 3");

	/* The target's own ring decides what the frame looks like; the fault is the kernel's. */
	upcall_mask(true);
	expect_exc(iret_with(0xe009, 0, &flags), EXC(VEC_GP, 0xe008), "iret to e009");
	expect_exc(iret_with(0x11, 0, &flags), EXC(VEC_GP, 0x10), "iret to 11");
	check_user_targets();
}
