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
#include "pv/words.h"

/* Vectors for which the processor pushes an error code. */
#define HAS_ERROR_CODE                                                                             \
	(1u << VECTOR_DF | 1u << VECTOR_TS | 1u << VECTOR_NP | 1u << VECTOR_SS | 1u << VECTOR_GP | \
	 1u << VECTOR_PF | 1u << VECTOR_AC)

/* Flags that a handler never inherits from the code that it interrupts. */
#define FLAGS_CLEARED (EFLAGS_TF | EFLAGS_RF | EFLAGS_NT | EFLAGS_VM)

/* Into each bounce_ function, so that what a kind of bounce never has costs it nothing. */
#define hot_inline inline __attribute__((always_inline))

/* What stands below the return address: nothing, an error code, or four selectors. */
struct extra {
	bool has_error;
	uint32_t error;
	const struct selectors *sel;
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

static __attribute__((noinline, cold)) void bad_stack(struct vcpu *v, uint64_t at)
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
 * Base of a stack segment that is not the flat one: looked up as the processor would do when it loads
 * the selector. False: no stack can be made of it, and the guest is crashed.
 */
static __attribute__((noinline, cold)) bool stack_base(struct vcpu *v, uint16_t ss, uint32_t *base)
{
	struct segment seg;

	*base = 0;
	if (null_selector(ss))
		return true;
	if (!segment_read(v, ss, &seg) || seg.dpl < (ss & SEL_RPL)) {
		domain_crash(v->domain, "no kernel stack: selector %04x is no data segment", ss);
		return false;
	}
	*base = seg.base;
	return true;
}

/* Where the frame goes in linear memory. */
static hot_inline bool stack_linear(struct vcpu *v, uint16_t ss, uint32_t sp, uint64_t *at)
{
	uint32_t base;

	*at = sp;
	if (likely(ss == FLAT_COMPAT_KERNEL_SS))
		return true;
	if (!stack_base(v, ss, &base))
		return false;
	*at = (uint32_t)(base + sp);
	return true;
}

static hot_inline bool enter32(struct vcpu *v, struct cpu_user_regs *regs, uint16_t cs,
			       uint64_t address, const struct extra *extra)
{
	bool masked = vcpu_upcall_mask(v), inner = (regs->cs & SEL_RPL) == 1;
	uint16_t ss = inner ? regs->ss : v->pv.kernel_ss;
	uint32_t sp = inner ? regs->rsp : v->pv.kernel_sp;
	unsigned int words = (inner ? 3 : 5) + extra->has_error + (extra->sel ? 4 : 0);
	uint64_t start, at;

	sp -= words * sizeof(uint32_t);
	if (unlikely(!stack_linear(v, ss, sp, &start)))
		return false;
	at = start;
	GUEST_WORDS_BEGIN();
	if (extra->has_error) {
		GUEST_STORE(uint32_t, at, extra->error, failed);
		at += 4;
	}
	if (unlikely(extra->sel)) {
		GUEST_STORE(uint32_t, at, extra->sel->ds, failed);
		GUEST_STORE(uint32_t, at + 4, extra->sel->es, failed);
		GUEST_STORE(uint32_t, at + 8, extra->sel->fs, failed);
		GUEST_STORE(uint32_t, at + 12, extra->sel->gs, failed);
		at += 16;
	}
	GUEST_STORE(uint32_t, at, regs->rip, failed);
	GUEST_STORE(uint32_t, at + 4, regs->cs | (uint32_t)masked << 16, failed);
	GUEST_STORE(uint32_t, at + 8, frame_flags(v, regs, masked), failed);
	if (!inner) {
		GUEST_STORE(uint32_t, at + 12, regs->rsp, failed);
		GUEST_STORE(uint32_t, at + 16, regs->ss, failed);
	}
	GUEST_WORDS_END();
	regs->rsp = sp;
	regs->ss = ss;
	regs->cs = (cs & ~SEL_RPL) | 1;
	regs->rip = (uint32_t)address;
	regs->rflags &= ~FLAGS_CLEARED;
	return true;
failed:
	GUEST_WORDS_END();
	bad_stack(v, start);
	return false;
}

/* ---- 64-bit guests ------------------------------------------------------------------------------ */

static hot_inline bool enter64(struct vcpu *v, struct cpu_user_regs *regs, uint64_t address,
			       const struct extra *extra)
{
	unsigned int words = 7 + extra->has_error + (extra->sel ? 4 : 0);
	bool masked = vcpu_upcall_mask(v);
	uint64_t sp = regs->rsp, at;
	uint16_t cs = regs->cs;

	if (v->pv.kernel_mode) {
		cs &= ~SEL_RPL; /* tells the guest that it was its kernel */
	} else {
		sp = v->pv.kernel_sp;
		toggle_mode(v);
	}
	sp = (sp & ~15UL) - words * sizeof(uint64_t);
	if (unlikely(!guest_range_ok(sp, words * sizeof(uint64_t))))
		goto refused;
	GUEST_WORDS_BEGIN();
	GUEST_STORE(uint64_t, sp, regs->rcx, failed);
	GUEST_STORE(uint64_t, sp + 8, regs->r11, failed);
	at = sp + 16;
	if (extra->has_error) {
		GUEST_STORE(uint64_t, at, extra->error, failed);
		at += 8;
	}
	if (unlikely(extra->sel)) {
		GUEST_STORE(uint64_t, at, extra->sel->ds, failed);
		GUEST_STORE(uint64_t, at + 8, extra->sel->es, failed);
		GUEST_STORE(uint64_t, at + 16, extra->sel->fs, failed);
		GUEST_STORE(uint64_t, at + 24, extra->sel->gs, failed);
		at += 32;
	}
	GUEST_STORE(uint64_t, at, regs->rip, failed);
	GUEST_STORE(uint64_t, at + 8, cs | (uint64_t)masked << 32, failed);
	GUEST_STORE(uint64_t, at + 16, frame_flags(v, regs, masked), failed);
	GUEST_STORE(uint64_t, at + 24, regs->rsp, failed);
	GUEST_STORE(uint64_t, at + 32, regs->ss, failed);
	GUEST_WORDS_END();
	regs->rsp = sp;
	regs->ss = FLAT_KERNEL_SS;
	regs->cs = FLAT_KERNEL_CS;
	regs->rip = address;
	regs->rflags &= ~(FLAGS_CLEARED | EFLAGS_AC); /* ring 3 would take alignment faults */
	return true;
failed:
	GUEST_WORDS_END();
refused:
	bad_stack(v, sp);
	return false;
}

/* ---- what bounces ------------------------------------------------------------------------------- */

static hot_inline bool enter(struct vcpu *v, uint16_t cs, uint64_t address, bool mask,
			     const struct extra *extra)
{
	struct cpu_user_regs *regs = guest_regs();
	bool ok = v->domain->is_32bit ? enter32(v, regs, cs, address, extra)
				      : enter64(v, regs, address, extra);

	if (likely(ok) && mask)
		vcpu_set_upcall_mask(v, true);
	return ok;
}

static __attribute__((noinline, cold)) void no_handler(struct vcpu *v, unsigned int vector,
						       uint32_t error_code)
{
	if (vector < 32 && HAS_ERROR_CODE >> vector & 1)
		domain_crash(v->domain, "unhandled trap %u (error code %x): no handler registered",
			     vector, error_code);
	else
		domain_crash(v->domain, "unhandled trap %u: no handler registered", vector);
}

static hot_inline void bounce_vector(struct vcpu *v, unsigned int vector, const struct extra *extra)
{
	const struct pv_gate *g = &v->pv.gates[vector];

	if (unlikely(handler_missing(v, g->cs, g->address)))
		no_handler(v, vector, extra->error);
	else
		enter(v, g->cs, g->address, g->mask, extra);
}

void bounce_trap(struct vcpu *v, unsigned int vector, uint32_t error_code)
{
	struct extra extra = { .error = error_code };

	extra.has_error = vector < 32 && HAS_ERROR_CODE >> vector & 1;
	bounce_vector(v, vector, &extra);
}

void bounce_soft_interrupt(struct vcpu *v, unsigned int vector)
{
	struct extra extra = { 0 };

	bounce_vector(v, vector, &extra);
}

void bounce_page_fault(struct vcpu *v, uint64_t cr2, uint32_t error_code)
{
	/* A 64-bit kernel runs in ring 3, but its faults are a kernel's. */
	error_code &= ~PF_USER;
	if (!pv_in_kernel(v, guest_regs()))
		error_code |= PF_USER;
	vcpu_set_cr2(v, cr2);
	v->pv.fault_va = cr2; /* for the report, should this be what kills it */
	bounce_trap(v, VECTOR_PF, error_code);
	v->pv.fault_va = 0;
}

void bounce_event(struct vcpu *v)
{
	const struct pv_callback *cb = &v->pv.event;
	struct extra extra = { 0 };

	if (unlikely(handler_missing(v, cb->cs, cb->address)))
		domain_crash(v->domain, "an event is due, but no event callback is registered");
	else
		enter(v, cb->cs, cb->address, true, &extra);
}

void bounce_nmi(struct vcpu *v)
{
	const struct pv_gate *g = &v->pv.gates[VECTOR_NMI];
	struct extra extra = { 0 };

	v->pv.nmi_pending = false;
	if (handler_missing(v, g->cs, g->address))
		log_guest(v, LOG_WARNING, "an NMI is due, but no NMI callback is registered");
	else if (enter(v, g->cs, g->address, g->mask, &extra))
		v->pv.nmi_masked = true; /* until the guest's next HYPERVISOR_iret */
}

void bounce_callback(struct vcpu *v, const struct pv_callback *cb)
{
	struct extra extra = { 0 };

	enter(v, cb->cs, cb->address, cb->mask, &extra);
}

void bounce_failsafe(struct vcpu *v, const struct selectors *sel)
{
	const struct pv_callback *cb = &v->pv.failsafe;
	struct extra extra = { .sel = sel };

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
	bool inner = (regs->cs & SEL_RPL) == 1;
	uint16_t ss = inner ? regs->ss : v->pv.kernel_ss;
	uint32_t sp = inner ? regs->rsp : v->pv.kernel_sp;
	uint32_t frame[2 + CALL_GATE_PARAMS_MAX + 2];
	unsigned int n = 0;
	uint64_t at;

	frame[n++] = return_ip;
	frame[n++] = regs->cs;
	if (!inner) {
		for (unsigned int i = 0; i < words; i++)
			frame[n++] = params[i];
		frame[n++] = regs->rsp;
		frame[n++] = regs->ss;
	}
	sp -= n * sizeof(*frame);
	if (!stack_linear(v, ss, sp, &at))
		return;
	if (copy_to_guest(_gptr(at), frame, n * sizeof(*frame))) {
		bad_stack(v, at);
		return;
	}
	regs->rsp = sp;
	regs->ss = ss;
	regs->cs = (cs & ~SEL_RPL) | 1;
	regs->rip = ip;
}
