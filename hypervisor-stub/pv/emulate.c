/* SPDX-License-Identifier: MIT */
/*
 * The frame of an emulated instruction: fetch, registers, memory operands, and its end.
 */
#include "pv/emulate.h"
#include "lib/string.h"
#include "mm/pte.h"

#define SLOT(name) offsetof(struct cpu_user_regs, name)

/* Where the register with each number of the processor's encoding is saved. */
static const uint8_t slots[16] = {
	SLOT(rax), SLOT(rcx), SLOT(rdx), SLOT(rbx), SLOT(rsp), SLOT(rbp), SLOT(rsi), SLOT(rdi),
	SLOT(r8),  SLOT(r9),  SLOT(r10), SLOT(r11), SLOT(r12), SLOT(r13), SLOT(r14), SLOT(r15),
};

static uint64_t *slot(struct cpu_user_regs *regs, unsigned int reg)
{
	return (uint64_t *)((uint8_t *)regs + slots[reg]);
}

static unsigned int code_bits(struct vcpu *v, const struct cpu_user_regs *regs)
{
	struct segment seg;

	if (v->domain->is_32bit) {
		if (regs->cs == FLAT_COMPAT_KERNEL_CS || regs->cs == FLAT_COMPAT_USER_CS)
			return 32;
	} else if (regs->cs == FLAT_KERNEL_CS64) {
		return 64;
	}
	if (!segment_read(v, regs->cs, &seg) || !seg.code)
		return 0;
	return seg.long_mode ? 64 : seg.big ? 32 : 16;
}

bool emulation_begin(struct emulation *e, struct vcpu *v, struct cpu_user_regs *regs)
{
	uint8_t code[INSN_MAX_BYTES];
	size_t n;

	e->v = v;
	e->regs = regs;
	e->bits = code_bits(v, regs);
	if (!e->bits)
		return false;
	n = sizeof(code) - guest_fetch(v, regs, code, sizeof(code));
	if (insn_decode(code, n, e->bits, &e->in) != INSN_OK)
		return false;
	for (unsigned int i = 0; i < ARRAY_SIZE(e->gpr); i++)
		e->gpr[i] = *slot(regs, i);
	return true;
}

void emulation_end(struct emulation *e)
{
	struct cpu_user_regs *regs = e->regs;

	regs->rip += e->in.length;
	if (e->bits != 64)
		regs->rip = (uint32_t)regs->rip;
	regs->rflags &= ~EFLAGS_RF;
	if (unlikely(regs->rflags & EFLAGS_TF))
		bounce_single_step(e->v);
}

void bounce_single_step(struct vcpu *v)
{
	v->pv.dr6 |= DR6_BS;
	bounce_trap(v, VECTOR_DB, 0);
}

static bool high_byte(const struct emulation *e, unsigned int reg, unsigned int bytes)
{
	return bytes == 1 && !e->in.rex && reg >= 4 && reg < 8;
}

uint64_t emulation_reg(const struct emulation *e, unsigned int reg, unsigned int bytes)
{
	if (high_byte(e, reg, bytes))
		return e->gpr[reg - 4] >> 8 & 0xff;
	return bytes == 8 ? e->gpr[reg] : e->gpr[reg] & ((1UL << 8 * bytes) - 1);
}

void emulation_set_reg(struct emulation *e, unsigned int reg, unsigned int bytes, uint64_t value)
{
	uint8_t *to = (uint8_t *)slot(e->regs, reg);

	if (high_byte(e, reg, bytes))
		*((uint8_t *)slot(e->regs, reg - 4) + 1) = value;
	else if (bytes == 4)
		*(uint64_t *)to = (uint32_t)value;
	else
		memcpy(to, &value, bytes);
}

/* ---- memory ------------------------------------------------------------------------------------- */

static uint16_t selector(const struct emulation *e, enum insn_segment seg)
{
	uint16_t sel = 0;

	switch (seg) {
	case SEG_CS:
		return e->regs->cs;
	case SEG_SS:
		return e->regs->ss;
	case SEG_ES:
		asm volatile("mov %%es, %w0" : "=r"(sel));
		break;
	case SEG_FS:
		asm volatile("mov %%fs, %w0" : "=r"(sel));
		break;
	case SEG_GS:
		asm volatile("mov %%gs, %w0" : "=r"(sel));
		break;
	default:
		asm volatile("mov %%ds, %w0" : "=r"(sel));
		break;
	}
	return sel;
}

static uint64_t segment_base(struct emulation *e, enum insn_segment seg)
{
	struct segment s;

	if (e->bits == 64) {
		if (seg == SEG_FS)
			return rdmsr(MSR_FS_BASE);
		return seg == SEG_GS ? rdmsr(MSR_GS_BASE) : 0;
	}
	return segment_read(e->v, selector(e, seg), &s) ? s.base : 0;
}

uint64_t emulation_linear(struct emulation *e, enum insn_segment seg, uint64_t offset)
{
	uint64_t va = segment_base(e, seg) + offset;

	return e->bits == 64 ? va : (uint32_t)va;
}

uint64_t emulation_memory(struct emulation *e)
{
	uint64_t offset = insn_memory_offset(&e->in, e->gpr, e->regs->rip + e->in.length);

	return emulation_linear(e, insn_memory_segment(&e->in), offset);
}

static void fault(struct emulation *e, uint64_t va, bool write)
{
	uint32_t ec = write ? PF_WRITE : 0;

	if (guest_rights(e->v, va) & PTE_P)
		ec |= PF_PRESENT;
	bounce_page_fault(e->v, va, ec);
}

bool emulation_read(struct emulation *e, uint64_t va, void *to, size_t bytes)
{
	uint64_t bad = va;
	size_t left;

	if (!guest_may_access(e->v, e->regs, va, bytes, false, &bad)) {
		fault(e, bad, false);
		return false;
	}
	left = copy_from_guest(to, _gptr(va), bytes);
	if (left)
		fault(e, va + bytes - left, false);
	return !left;
}

bool emulation_write(struct emulation *e, uint64_t va, const void *from, size_t bytes)
{
	uint64_t bad = va;
	size_t left;

	if (!guest_may_access(e->v, e->regs, va, bytes, true, &bad)) {
		fault(e, bad, true);
		return false;
	}
	left = copy_to_guest(_gptr(va), from, bytes);
	if (left)
		fault(e, va + bytes - left, true);
	return !left;
}

bool iopl_allows(const struct vcpu *v, const struct cpu_user_regs *regs)
{
	bool architectural = v->domain->vm_assist >> VMASST_TYPE_architectural_iopl & 1;

	/* With the architectural flag a kernel in ring 1 has at least what ring 1 needs. */
	if (pv_in_kernel(v, regs))
		return architectural || v->pv.iopl >= 1;
	return v->pv.iopl == 3;
}
