/* SPDX-License-Identifier: MIT */
/*
 * Traps: whose is it?
 *
 * Each exception that the processor raises while a guest runs comes here from the entry code. It is one
 * of three kinds. Ours: the guest did nothing wrong and must not notice (a lazily loaded FPU or LDT page,
 * a stale TLB entry). Emulated: the guest used an instruction, a gate or a page table as on a bare
 * machine, and the ABI says that we do it in its place. The guest's: all else, and bounce.c delivers it.
 *
 * A fault of the exit path's own iret, taken because the guest's frame names a bad selector or address,
 * arrives here as well, with that frame as the guest's registers: on a bare machine, too, the kernel
 * sees that fault as one of its own.
 */
#include "console/console.h"
#include "cpu/entry.h"
#include "pv/internal.h"

#define VECTOR_INT80	 0x80
#define INT_OPCODE	 0xcd
#define INT_LENGTH	 2
#define FAST_CALL_LENGTH 2

/* The privilege that an `int n` of this code has against a gate's DPL: levels 1 and 2 are one. */
static unsigned int softint_level(const struct vcpu *v, const struct cpu_user_regs *regs)
{
	return pv_in_kernel(v, regs) ? 1 : 3;
}

/*
 * `int n` through a gate that the processor keeps closed: #GP whose error code names the gate. The
 * vector is read from the instruction: some emulators put another number into the error code.
 */
static bool soft_interrupt(struct vcpu *v, struct cpu_user_regs *regs)
{
	unsigned int vector = (regs->error_code >> 3) & 0xff;
	const struct pv_gate *g;
	uint8_t code[INT_LENGTH];

	if (!guest_fetch(v, regs, code, sizeof(code)) && code[0] == INT_OPCODE)
		vector = code[1];
	g = &v->pv.gates[vector];
	if (gate_present(v, vector) && g->dpl >= softint_level(v, regs)) {
		regs->rip += INT_LENGTH;
		bounce_soft_interrupt(v, vector);
		return true;
	}
	regs->error_code = vector << 3 | EC_IDT;
	return false;
}

static void general_protection(struct vcpu *v, struct cpu_user_regs *regs)
{
	uint32_t ec = regs->error_code;

	if ((ec & (EC_EXT | EC_IDT)) == EC_IDT) {
		if (soft_interrupt(v, regs))
			return;
	} else if (ec) {
		if (v->domain->is_32bit && emulate_call_gate(v, regs))
			return;
	} else if (emulate_privileged(v, regs)) {
		return;
	}
	bounce_trap(v, VECTOR_GP, regs->error_code);
}

/*
 * A selector load that went through the window at a table page that is not there. GDT: on a bare machine
 * the selector would lie beyond the limit. LDT: its pages are mapped at their first use; where the guest
 * itself has no page, the fault is its own, at the address where its LDT would be.
 */
static void descriptor_fault(struct vcpu *v, struct cpu_user_regs *regs, uint64_t cr2)
{
	uint64_t gdt = PCPU_GDT_VA(this_pcpu()->id), ldt = PCPU_LDT_VA(this_pcpu()->id);

	if (cr2 < ldt) {
		regs->error_code = (cr2 - gdt) & 0xfff8;
		general_protection(v, regs);
	} else if (!ldt_map_page(v, cr2 - ldt)) {
		bounce_page_fault(v, v->pv.ldt_base + (cr2 - ldt), regs->error_code);
	}
}

static inline bool in_window(uint64_t va)
{
	uint64_t gdt = PCPU_GDT_VA(this_pcpu()->id);

	return va >= gdt && va < gdt + WINDOW_BYTES;
}

static void page_fault(struct vcpu *v, struct cpu_user_regs *regs, uint64_t cr2)
{
	uint32_t ec = regs->error_code;

	/* A table page not present, or reached for a descriptor: only then is it in the window. */
	if (unlikely(in_window(cr2)) && !(ec & PF_PRESENT)) {
		descriptor_fault(v, regs, cr2);
		return;
	}
	if (ec & PF_PRESENT) {
		if (spurious_fault(v, regs, cr2, ec))
			return;
		if ((ec & (PF_WRITE | PF_RSVD)) == PF_WRITE && pv_in_kernel(v, regs) &&
		    emulate_store(v, regs, cr2))
			return;
	}
	bounce_page_fault(v, cr2, ec);
}

/*
 * The one software interrupt that does not come as a #GP: system calls are to be fast. Its gate's DPL is
 * not looked at.
 */
static void int80(struct vcpu *v, struct cpu_user_regs *regs)
{
	if (likely(gate_present(v, VECTOR_INT80))) {
		bounce_soft_interrupt(v, VECTOR_INT80);
		return;
	}
	regs->rip -= INT_LENGTH;
	bounce_trap(v, VECTOR_GP, VECTOR_INT80 << 3 | EC_IDT);
}

void guest_trap(struct cpu_user_regs *regs, uint64_t cr2)
{
	struct vcpu *v = current;
	unsigned int vector = regs->entry_vector;

	if (vector == VECTOR_INT80) {
		int80(v, regs);
		return;
	}
	switch (vector) {
	case VECTOR_PF:
		page_fault(v, regs, cr2);
		return;
	case VECTOR_GP:
		general_protection(v, regs);
		return;
	case VECTOR_UD:
		if (emulate_forced(v, regs))
			return;
		break;
	case VECTOR_NM:
		if (!fpu_device_not_available(v))
			return;
		break;
	case VECTOR_DB:
		debugregs_note_trap(v);
		break;
	}
	bounce_trap(v, vector, regs->error_code);
}

/*
 * SYSCALL or SYSENTER without a handler: as if the processor did not let it through. In 64-bit guests
 * SYSCALL is an undefined instruction then; elsewhere it is a general protection fault.
 */
static void refuse_fast_call(struct vcpu *v, struct cpu_user_regs *regs)
{
	bool sysenter = regs->entry_vector == ENTRY_SYSENTER;

	if (!sysenter)
		regs->rip -= FAST_CALL_LENGTH;
	bounce_trap(v, sysenter || v->domain->is_32bit ? VECTOR_GP : VECTOR_UD, 0);
}

static void fast_call(struct vcpu *v, struct cpu_user_regs *regs, const struct pv_callback *cb)
{
	if (likely(cb->set))
		bounce_callback(v, cb);
	else
		refuse_fast_call(v, regs);
}

/* The entries fill in the 64-bit ABI's selectors; a 32-bit guest's flat user segments are others. */
static void user_selectors32(struct vcpu *v, struct cpu_user_regs *regs)
{
	if (!v->domain->is_32bit)
		return;
	if (regs->cs == FLAT_RING3_CS32)
		regs->cs = FLAT_COMPAT_USER_CS;
	regs->ss = FLAT_COMPAT_USER_SS;
}

void guest_syscall(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	if (regs->entry_vector == ENTRY_SYSCALL64) {
		if (v->pv.kernel_mode)
			guest_hypercall(regs);
		else
			fast_call(v, regs, &v->pv.syscall);
		return;
	}
	user_selectors32(v, regs);
	fast_call(v, regs, &v->pv.syscall32);
}

void guest_sysenter(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	user_selectors32(v, regs);
	fast_call(v, regs, &v->pv.sysenter);
}
