/* SPDX-License-Identifier: MIT */
/*
 * Call gates: from ring 3 into a 32-bit kernel by lcall.
 *
 * Mechanism: the hypervisor keeps a guest's call gates out of the processor's sight and emulates
 * lcall through them: it switches to the stack of stack_switch, copies the parameters and enters
 * the gate's target. The frame is that of the processor: ip, cs, parameters, sp, ss.
 * Steps: 1. a gate of DPL 3 with two parameters, used from ring 3; 2. from ring 1; 3. a gate of
 * DPL 1 from ring 3; 4. ljmp through a gate.
 * Fails by: the exception that came instead, or the frame's word.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

extern char gate_entry[];
extern unsigned long gate_frame[8], gate_sp;

/* The target saves what it found and leaves as a user function does, by an exception. */
asm(".pushsection .text\n"
    "gate_entry: mov %esp, gate_sp\n"
    "	pop gate_frame; pop gate_frame + 4; pop gate_frame + 8; pop gate_frame + 12\n"
    "	pop gate_frame + 16; pop gate_frame + 20\n"
    "	mov gate_sp, %esp\n"
    "	int3\n"
    "	.popsection");

unsigned long gate_frame[8], gate_sp;

USER_INSN(user_lcall3,
	  "push $0x22; push $0x11; lcall $(1 << 3 | 3), $0; .global user_lret\n user_lret:");
USER_INSN(user_lcall1, "lcall $(2 << 3 | 3), $0");
USER_INSN(user_ljmp, "ljmp $(1 << 3 | 3), $0");
extern char user_lret[];

static uint64_t gate(unsigned int dpl, unsigned int params)
{
	unsigned long target = (unsigned long)gate_entry;

	return (uint64_t)(target & 0xffff0000) << 32 |
	       (uint64_t)(0x8c00 | dpl << 13 | params) << 32 | (uint64_t)FLAT_KERNEL_CS << 16 |
	       (target & 0xffff);
}

static bool in_gate;

static bool on_bp(struct regs *regs)
{
	in_gate = !regs_from_user(regs);
	return false;
}

void test_main(void)
{
	uint64_t *page = page_alloc();
	unsigned long frame = virt_to_mfn(page).m;
	exc_t e;

	trap_init();
	shared_info_map();
	user_init();
	trap_handle(VEC_BP, on_bp);
	page[1] = gate(3, 2);
	page[2] = gate(1, 0);
	page_make_ro(page);
	expect(hv_set_gdt(&frame, 512), 0, "set_gdt with two gates");

	/* The kernel's int3 in the gate is caught by TRY(), whose stack it resumes. */
	e = TRY("push $0xe033; push $user_stack_top - 64; push $0; push $0xe02b; push $user_lcall3;"
		"jmp hypercall_page + 23 * 32",
		:
		: "memory", "eax", "ecx", "edx");
	expect_exc(e, EXC(VEC_BP, 0), "lcall from ring 3");
	expect(in_gate, true, "the gate's target runs in the kernel");
	expect_u64(gate_frame[0], (unsigned long)user_lret, "frame: ip");
	expect_u64(gate_frame[1] & 0xffff, FLAT_USER_CS, "frame: cs");
	expect_u64(gate_frame[2], 0x11, "frame: parameter");
	expect_u64(gate_frame[3], 0x22, "frame: parameter");
	expect_u64(gate_frame[4], (unsigned long)user_stack_top - 64 - 8, "frame: sp");
	expect_u64(gate_frame[5] & 0xffff, FLAT_USER_SS, "frame: ss");
	expect_u64(gate_sp, (unsigned long)trap_stack_top - 24, "stack pointer in the gate");

	e = TRY("lcall $(1 << 3 | 1), $0", : : "memory");
	expect_exc(e, EXC(VEC_BP, 0), "lcall from the kernel");
	expect_u64(gate_frame[1] & 0xffff, FLAT_KERNEL_CS, "frame: cs");

	expect_exc(user_call(user_lcall1, 0, NULL), EXC(VEC_GP, 2 << 3), "a gate of DPL 1, ring 3");
	expect(EXC_VECTOR(user_call(user_ljmp, 0, NULL)), VEC_GP,
	       "vector of ljmp: it cannot change the ring");
}
