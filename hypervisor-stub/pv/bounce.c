/* SPDX-License-Identifier: MIT */
/*
 * Bounce: how a trap that ring 0 took reaches the guest's own handler.
 *
 * On a bare machine the processor pushes a frame onto the kernel's stack and jumps through the IDT. Here
 * the processor's IDT is the hypervisor's, so the same is done again by hand, one ring further out: the
 * frame is written onto the guest kernel's stack and the registers that the hypervisor will return to
 * are pointed at the handler of the guest's trap table. Nothing else happens; the guest's handler cannot
 * tell who pushed its frame.
 *
 *	  ring 3   user code ----.                             .--> (iret, native or hypercall)
 *	                         | trap                        |
 *	  ring 1   kernel -------+               handler ------'
 *	                         |                  ^
 *	  ring 0                 '--> entry.S --> bounce: write frame, rip = handler, rsp = frame
 *
 * Which stack: that of stack_switch if the trap came from user mode, else the current one. The frames,
 * higher addresses at the top (<xen/arch-x86/xen-x86_{32,64}.h>):
 *
 *	 32-bit guest                              64-bit guest
 *	+----------------+                        +----------------+ rsp was rounded down to 16 before
 *	| ss             | only from user mode    | ss             | always
 *	| esp            |                        | rsp            |
 *	+----------------+                        +----------------+
 *	| eflags         | IF = upcalls were open | rflags         |
 *	| mask : cs      | bits 16-23: old mask   | mask : cs      | bits 32-39: old mask
 *	| eip            |                        | rip            |
 *	| error code     | if the vector has one  | error code     | if the vector has one
 *	+----------------+ <- esp of the handler  | r11            |
 *	  failsafe: ds es fs gs (lowest: ds)      | rcx            |
 *	  stand below eip instead of a code       +----------------+ <- rsp of the handler
 *	                                            failsafe: ds es fs gs between rip and r11
 *
 * The guest's interrupt flag is not EFLAGS.IF, which is always 1 while it runs, but the byte
 * evtchn_upcall_mask in its vcpu_info. The frame's IF shows it, so that a kernel's "were interrupts on?"
 * works unchanged, and the byte beside cs keeps it exactly. A trap leaves the mask as it is unless the
 * gate says otherwise; an event upcall always sets it, as an interrupt gate would clear IF.
 *
 * A 64-bit guest has its kernel and its programs both in ring 3, told apart by cs in the frame: RPL 0
 * stands for the kernel. It gets rcx and r11 in each frame, since it may return by SYSRET.
 *
 * A guest whose stack cannot be written, or that has no handler, cannot go on: it is crashed with a
 * report. The machine goes on.
 */
#include "console/console.h"
#include "cpu/entry.h"
#include "pv/internal.h"

/* Vectors for which the processor pushes an error code. */
#define HAS_ERROR_CODE                                                                             \
	(1u << VECTOR_DF | 1u << VECTOR_TS | 1u << VECTOR_NP | 1u << VECTOR_SS | 1u << VECTOR_GP | \
	 1u << VECTOR_PF | 1u << VECTOR_AC)

/* Flags that a handler never inherits from the code that it interrupts. */
#define FLAGS_CLEARED (EFLAGS_TF | EFLAGS_RF | EFLAGS_NT | EFLAGS_VM)

/* What stands between the return address and the bottom of the frame. */
struct extra {
	unsigned int words;
	uint64_t word[4];
};

static inline bool null_selector(uint16_t sel)
{
	return !(sel & ~SEL_RPL);
}

static inline bool handler_missing(const struct vcpu *v, uint16_t cs, uint64_t address)
{
	return v->domain->is_32bit ? null_selector(cs) : !address;
}

bool gate_present(const struct vcpu *v, unsigned int vector)
{
	const struct pv_gate *g = &v->pv.gates[vector];

	return !handler_missing(v, g->cs, g->address);
}

bool pv_in_kernel(const struct vcpu *v, const struct cpu_user_regs *regs)
{
	return v->domain->is_32bit ? (regs->cs & SEL_RPL) == 1 : v->pv.kernel_mode;
}

static void bad_stack(struct vcpu *v, uint64_t at)
{
	v->pv.fault_va = at;
	domain_crash(v->domain, "cannot write a trap frame to the guest's stack at %lx", at);
}

static inline uint64_t frame_flags(const struct vcpu *v, const struct cpu_user_regs *regs,
				   bool masked)
{
	return (regs->rflags & ~(EFLAGS_IF | EFLAGS_IOPL)) | (masked ? 0 : EFLAGS_IF) |
	       frame_iopl(v);
}

/* ---- 32-bit guests ------------------------------------------------------------------------------ */

/*
 * Where a frame goes: base of the stack's segment. A flat kernel costs nothing here; any other selector
 * is looked up, as the processor would do. False: no stack can be made of it.
 */
static bool stack_base(struct vcpu *v, uint16_t ss, uint32_t *base)
{
	struct segment seg;

	*base = 0;
	if (likely(ss == FLAT_COMPAT_KERNEL_SS) || null_selector(ss))
		return true;
	if (!segment_read(v, ss, &seg) || seg.dpl < (ss & SEL_RPL))
		return false;
	*base = seg.base;
	return true;
}

/* Write `words` words to the stack of the handler and leave esp there. */
static bool push32(struct vcpu *v, struct cpu_user_regs *regs, const uint32_t *frame,
		   unsigned int words, uint16_t ss, uint32_t sp)
{
	uint32_t base, at;

	if (unlikely(!stack_base(v, ss, &base))) {
		domain_crash(v->domain, "no kernel stack: selector %04x is no data segment", ss);
		return false;
	}
	sp -= words * sizeof(*frame);
	at = base + sp;
	if (unlikely(copy_to_guest(_gptr(at), frame, words * sizeof(*frame)))) {
		bad_stack(v, at);
		return false;
	}
	regs->rsp = sp;
	regs->ss = ss;
	return true;
}

static bool enter32(struct vcpu *v, struct cpu_user_regs *regs, uint16_t cs, uint64_t address,
		    const struct extra *extra)
{
	bool masked = vcpu_upcall_mask(v);
	uint32_t frame[9];
	unsigned int n = 0;
	bool ok;

	for (unsigned int i = 0; i < extra->words; i++)
		frame[n++] = extra->word[i];
	frame[n++] = regs->rip;
	frame[n++] = regs->cs | (uint32_t)masked << 16;
	frame[n++] = frame_flags(v, regs, masked);
	if ((regs->cs & SEL_RPL) == 1) {
		ok = push32(v, regs, frame, n, regs->ss, regs->rsp);
	} else {
		frame[n++] = regs->rsp;
		frame[n++] = regs->ss;
		ok = push32(v, regs, frame, n, v->pv.kernel_ss, v->pv.kernel_sp);
	}
	if (unlikely(!ok))
		return false;
	regs->cs = (cs & ~SEL_RPL) | 1;
	regs->rip = (uint32_t)address;
	regs->rflags &= ~FLAGS_CLEARED;
	return true;
}

/* ---- 64-bit guests ------------------------------------------------------------------------------ */

static bool enter64(struct vcpu *v, struct cpu_user_regs *regs, uint64_t address,
		    const struct extra *extra)
{
	bool masked = vcpu_upcall_mask(v);
	uint64_t frame[11], sp = regs->rsp;
	uint16_t cs = regs->cs;
	unsigned int n = 0;

	if (v->pv.kernel_mode) {
		cs &= ~SEL_RPL; /* tells the guest that it was its kernel */
	} else {
		sp = v->pv.kernel_sp;
		toggle_mode(v);
	}
	frame[n++] = regs->rcx;
	frame[n++] = regs->r11;
	for (unsigned int i = 0; i < extra->words; i++)
		frame[n++] = extra->word[i];
	frame[n++] = regs->rip;
	frame[n++] = cs | (uint64_t)masked << 32;
	frame[n++] = frame_flags(v, regs, masked);
	frame[n++] = regs->rsp;
	frame[n++] = regs->ss;
	sp = (sp & ~15UL) - n * sizeof(*frame);
	if (unlikely(copy_to_guest(_gptr(sp), frame, n * sizeof(*frame)))) {
		bad_stack(v, sp);
		return false;
	}
	regs->rsp = sp;
	regs->ss = FLAT_KERNEL_SS;
	regs->cs = FLAT_KERNEL_CS;
	regs->rip = address;
	regs->rflags &= ~(FLAGS_CLEARED | EFLAGS_AC); /* ring 3 would take alignment faults */
	return true;
}

/* ---- what bounces ------------------------------------------------------------------------------- */

static inline bool enter(struct vcpu *v, uint16_t cs, uint64_t address, bool mask,
			 const struct extra *extra)
{
	struct cpu_user_regs *regs = guest_regs();
	bool ok = v->domain->is_32bit ? enter32(v, regs, cs, address, extra)
				      : enter64(v, regs, address, extra);

	if (likely(ok) && mask)
		vcpu_set_upcall_mask(v, true);
	return ok;
}

static void no_handler(struct vcpu *v, unsigned int vector, uint32_t error_code)
{
	if (vector < 32 && HAS_ERROR_CODE >> vector & 1)
		domain_crash(v->domain, "unhandled trap %u (error code %x): no handler registered",
			     vector, error_code);
	else
		domain_crash(v->domain, "unhandled trap %u: no handler registered", vector);
}

static inline void bounce_vector(struct vcpu *v, unsigned int vector, const struct extra *extra)
{
	const struct pv_gate *g = &v->pv.gates[vector];

	if (unlikely(handler_missing(v, g->cs, g->address)))
		no_handler(v, vector, extra->word[0]);
	else
		enter(v, g->cs, g->address, g->mask, extra);
}

void bounce_trap(struct vcpu *v, unsigned int vector, uint32_t error_code)
{
	struct extra extra;

	extra.words = vector < 32 && HAS_ERROR_CODE >> vector & 1;
	extra.word[0] = error_code;
	bounce_vector(v, vector, &extra);
}

void bounce_soft_interrupt(struct vcpu *v, unsigned int vector)
{
	struct extra extra;

	extra.words = 0;
	extra.word[0] = 0;
	bounce_vector(v, vector, &extra);
}

void bounce_page_fault(struct vcpu *v, uint64_t cr2, uint32_t error_code)
{
	/* A 64-bit kernel runs in ring 3, but its faults are a kernel's. */
	error_code &= ~PF_USER;
	if (!pv_in_kernel(v, guest_regs()))
		error_code |= PF_USER;
	vcpu_set_cr2(v, cr2);
	v->pv.fault_va = cr2;
	bounce_trap(v, VECTOR_PF, error_code);
}

void bounce_event(struct vcpu *v)
{
	const struct pv_callback *cb = &v->pv.event;
	struct extra extra;

	extra.words = 0;
	if (unlikely(handler_missing(v, cb->cs, cb->address)))
		domain_crash(v->domain, "an event is due, but no event callback is registered");
	else
		enter(v, cb->cs, cb->address, true, &extra);
}

void bounce_nmi(struct vcpu *v)
{
	const struct pv_gate *g = &v->pv.gates[VECTOR_NMI];
	struct extra extra;

	v->pv.nmi_pending = false;
	extra.words = 0;
	if (handler_missing(v, g->cs, g->address))
		log_guest(v, LOG_WARNING, "an NMI is due, but no NMI callback is registered");
	else if (enter(v, g->cs, g->address, g->mask, &extra))
		v->pv.nmi_masked = true; /* until the guest's next HYPERVISOR_iret */
}

void bounce_callback(struct vcpu *v, const struct pv_callback *cb)
{
	struct extra extra;

	extra.words = 0;
	enter(v, cb->cs, cb->address, cb->mask, &extra);
}

void bounce_failsafe(struct vcpu *v, const struct selectors *sel)
{
	const struct pv_callback *cb = &v->pv.failsafe;
	struct extra extra;

	extra.words = 4;
	extra.word[0] = sel->ds;
	extra.word[1] = sel->es;
	extra.word[2] = sel->fs;
	extra.word[3] = sel->gs;
	if (handler_missing(v, cb->cs, cb->address))
		domain_crash(v->domain,
			     "a segment selector (ds %04x es %04x fs %04x gs %04x) cannot be "
			     "loaded, and no failsafe callback is registered",
			     sel->ds, sel->es, sel->fs, sel->gs);
	else
		enter(v, cb->cs, cb->address, cb->mask, &extra);
}

/* Lowest first: eip, cs, the parameters, and from an outer ring esp and ss. No flags: it is a call. */
void bounce_call_gate(struct vcpu *v, uint16_t cs, uint32_t ip, uint32_t return_ip,
		      const uint32_t *params, unsigned int words)
{
	struct cpu_user_regs *regs = guest_regs();
	uint32_t frame[2 + CALL_GATE_PARAMS_MAX + 2];
	unsigned int n = 0;
	bool ok;

	frame[n++] = return_ip;
	frame[n++] = regs->cs;
	if ((regs->cs & SEL_RPL) == 1) {
		ok = push32(v, regs, frame, n, regs->ss, regs->rsp);
	} else {
		for (unsigned int i = 0; i < words; i++)
			frame[n++] = params[i];
		frame[n++] = regs->rsp;
		frame[n++] = regs->ss;
		ok = push32(v, regs, frame, n, v->pv.kernel_ss, v->pv.kernel_sp);
	}
	if (!ok)
		return;
	regs->cs = (cs & ~SEL_RPL) | 1;
	regs->rip = ip;
}
