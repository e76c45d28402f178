/* SPDX-License-Identifier: MIT */
/*
 * Call gates of 32-bit guests, done by hand.
 *
 * The processor in long mode knows only 64-bit call gates, which lead into 64-bit code. So a guest's gate
 * is stored with DPL 0 (descriptor.c): each far call through it is a #GP that names it, and comes here.
 * What the processor of 1985 would check is checked, and the frame of a far call is pushed.
 */
#include "pv/emulate.h"
#include "console/console.h"

#define GATE_P		 (1UL << 47)
#define GATE_TYPE(d)	 ((d) >> 40 & 0x1f)
#define GATE_CALL32	 0xc
#define GATE_DPL(d)	 ((d) >> 16 & 3) /* kept in the selector's RPL */
#define GATE_SELECTOR(d) ((uint16_t)((d) >> 16))
#define GATE_OFFSET(d)	 ((uint32_t)(((d)&0xffff) | ((d) >> 48) << 16))
#define GATE_PARAMS(d)	 ((unsigned int)((d) >> 32 & 0x1f))

/* The selector that a far call or jump names; false: it is another instruction, or unreadable. */
static bool far_selector(struct emulation *e, uint16_t *sel, bool *jump)
{
	uint64_t at;

	if (e->in.map != MAP_ONE)
		return false;
	if (e->in.opcode == 0x9a || e->in.opcode == 0xea) {
		*jump = e->in.opcode == 0xea;
		*sel = e->in.selector;
		return true;
	}
	if (e->in.opcode != 0xff || (e->in.reg != 3 && e->in.reg != 5) || !e->in.has_memory)
		return false;
	*jump = e->in.reg == 5;
	at = emulation_memory(e) + e->in.operand_bytes;
	return !copy_from_guest(sel, _gptr((uint32_t)at), sizeof(*sel));
}

/* Parameters lie on the caller's stack, and are read with the caller's rights. */
static bool read_params(struct emulation *e, uint32_t *params, unsigned int n)
{
	uint64_t at = emulation_linear(e, SEG_SS, (uint32_t)e->regs->rsp);

	return !n || emulation_read(e, at, params, n * sizeof(*params));
}

/* Through the gate: a jump stays in its ring, a call may go to ring 1. */
static void pass(struct emulation *e, uint64_t gate, uint16_t cs, bool jump)
{
	struct cpu_user_regs *regs = e->regs;
	uint32_t params[CALL_GATE_PARAMS_MAX];
	unsigned int n = GATE_PARAMS(gate);

	if (jump) {
		regs->cs = cs | (regs->cs & SEL_RPL);
		regs->rip = GATE_OFFSET(gate);
		return;
	}
	if ((regs->cs & SEL_RPL) != 1 && !read_params(e, params, n))
		return;
	bounce_call_gate(e->v, cs, GATE_OFFSET(gate), regs->rip + e->in.length, params, n);
}

/*
 * Ring 1 is the innermost that a guest has, and the only one with a stack of its own: a gate leads there
 * or nowhere.
 */
static bool target_allowed(struct vcpu *v, uint64_t gate, uint16_t cs, unsigned int cpl, bool jump)
{
	struct segment target;

	if (!segment_read(v, cs, &target) || !target.code || target.conforming)
		return false;
	return target.dpl == 1 && (jump ? cpl == 1 : cpl >= 1) && GATE_OFFSET(gate) <= target.limit;
}

bool emulate_call_gate(struct vcpu *v, struct cpu_user_regs *regs)
{
	unsigned int cpl = regs->cs & SEL_RPL;
	struct emulation e;
	uint16_t sel, cs;
	uint64_t gate;
	bool jump;

	if (!descriptor_read(v, regs->error_code, &gate) || GATE_TYPE(gate) != GATE_CALL32)
		return false;
	if (!emulation_begin(&e, v, regs) || !far_selector(&e, &sel, &jump) ||
	    (sel & ~SEL_RPL) != (regs->error_code & 0xfffc))
		return false;
	if (GATE_DPL(gate) < cpl || GATE_DPL(gate) < (sel & SEL_RPL))
		return false;
	if (!(gate & GATE_P)) {
		bounce_trap(v, VECTOR_NP, regs->error_code);
		return true;
	}
	cs = GATE_SELECTOR(gate) & ~SEL_RPL;
	if (target_allowed(v, gate, cs, cpl, jump))
		pass(&e, gate, cs, jump);
	else
		bounce_trap(v, VECTOR_GP, cs);
	return true;
}
