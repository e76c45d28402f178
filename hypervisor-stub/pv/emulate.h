/* SPDX-License-Identifier: MIT */
/*
 * What all emulators share: the decoded instruction, the guest's registers by number, its memory
 * operands, and how an instruction ends.
 */
#ifndef PV_EMULATE_H
#define PV_EMULATE_H

#include "pv/decode.h"
#include "pv/internal.h"

#define DR6_BS (1UL << 14) /* single step */

struct emulation {
	struct vcpu *v;
	struct cpu_user_regs *regs;
	struct insn in;
	unsigned int bits; /* of the code: 16, 32 or 64 */
	uint64_t gpr[16];  /* as they were before the instruction */
};

/* Fetch and decode at rip; false: not readable, or not an instruction that we know. */
bool emulation_begin(struct emulation *e, struct vcpu *v, struct cpu_user_regs *regs);
/* The instruction is done: step over it, and single-step if the guest does. */
void emulation_end(struct emulation *e);
/* The #DB that an executed instruction raises if EFLAGS.TF was on. */
void bounce_single_step(struct vcpu *v);

/*
 * A general register as an operand of 1, 2, 4 or 8 bytes. Without REX, byte registers 4-7 are the high
 * halves of the first four. Writing 4 bytes in 64-bit code clears the upper half.
 */
uint64_t emulation_reg(const struct emulation *e, unsigned int reg, unsigned int bytes);
void emulation_set_reg(struct emulation *e, unsigned int reg, unsigned int bytes, uint64_t value);

/* Linear address of an offset in a segment, with the base that the register has now. */
uint64_t emulation_linear(struct emulation *e, enum insn_segment seg, uint64_t offset);
uint64_t emulation_memory(struct emulation *e);

/*
 * Guest memory with the rights of the running instruction. False: a page fault was bounced, and the
 * instruction must be left as it is.
 */
bool emulation_read(struct emulation *e, uint64_t va, void *to, size_t bytes);
bool emulation_write(struct emulation *e, uint64_t va, const void *from, size_t bytes);

/* emulate_io.c: IN, OUT, INS, OUTS. emulate_msr.c: RDMSR, WRMSR. True: done, or a trap was bounced. */
bool emulate_io(struct emulation *e);
bool emulate_rdmsr(struct emulation *e);
bool emulate_wrmsr(struct emulation *e);
/* cpuid.c: what a guest is told of this processor. */
struct cpuid_regs cpuid_policy(const struct vcpu *v, bool kernel, uint32_t leaf, uint32_t subleaf);

/* Is the virtual IOPL enough for this code's CLI, STI, IN and OUT? */
bool iopl_allows(const struct vcpu *v, const struct cpu_user_regs *regs);

#endif
