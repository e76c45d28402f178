/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_iret: the way back that also opens the guest's event mask, in one step.
 *
 * A native iret of a ring-1 kernel cannot set evtchn_upcall_mask and return at the same time; this call
 * can, and it is the only way to user mode for a 64-bit guest, whose kernel is in ring 3 too. The frame
 * on the guest's stack begins with the number pushed by the hypercall page (rax, which is restored):
 *
 *	32 bits		eax eip cs eflags [esp ss, if cs is not of ring 1]
 *	64 bits		struct iret_context: rax r11 rcx flags rip cs rflags rsp ss
 *
 * The frame's IF becomes the event mask; IF of the processor stays 1. Nothing else is checked here:
 * selectors and addresses that the processor refuses fault in the exit path, which bounces that fault
 * with the refused frame as the guest's state.
 */
#include "console/console.h"
#include "pv/internal.h"
#include "pv/words.h"

/* Flags that a guest may set; those that are the hypervisor's (IOPL, VM, VIF, VIP) are dropped. */
#define FLAGS_ARITHMETIC 0xfd7UL /* CF 1 PF AF ZF SF TF IF DF OF */
#define FLAGS_ACCEPTED	 (FLAGS_ARITHMETIC | EFLAGS_NT | EFLAGS_RF | EFLAGS_AC | EFLAGS_ID)

struct frame32 {
	uint32_t eax, eip, cs, eflags, esp, ss;
};

static uint64_t accept_flags(struct vcpu *v, uint64_t flags)
{
	if (v->domain->vm_assist >> VMASST_TYPE_architectural_iopl & 1)
		v->pv.iopl = flags >> 12 & 3;
	vcpu_set_upcall_mask(v, !(flags & EFLAGS_IF));
	v->pv.nmi_masked = false;
	return (flags & FLAGS_ACCEPTED) | EFLAGS_IF;
}

static void unreadable(struct vcpu *v, uint64_t at)
{
	v->pv.fault_va = at;
	domain_crash(v->domain, "HYPERVISOR_iret: cannot read the frame on the stack at %lx", at);
}

/*
 * There is no virtual-8086 mode to return to, so its first instruction faults: #GP(0), on the kernel's
 * stack, below a copy of the frame as the guest gave it.
 */
struct vm86_fault {
	uint32_t error, eip, cs, eflags, esp, ss, es, ds, fs, gs;
};

static long refuse_vm86(struct vcpu *v, struct cpu_user_regs *regs, uint32_t eax)
{
	const struct pv_gate *g = &v->pv.gates[VECTOR_GP];
	uint32_t from = regs->rsp + offsetof(struct frame32, eip);
	uint32_t to = v->pv.kernel_sp - sizeof(struct vm86_fault);
	struct vm86_fault f = { 0 };

	if (copy_from_guest(&f.eip, _gptr(from), sizeof(f) - sizeof(f.error)) ||
	    copy_to_guest(_gptr(to), &f, sizeof(f))) {
		unreadable(v, from);
		return 0;
	}
	regs->rflags = accept_flags(v, f.eflags) & ~(EFLAGS_TF | EFLAGS_RF | EFLAGS_NT);
	if (g->mask)
		vcpu_set_upcall_mask(v, true);
	regs->rsp = to;
	regs->ss = v->pv.kernel_ss;
	regs->rip = g->address;
	regs->cs = (g->cs & ~SEL_RPL) | 1;
	return eax;
}

/* Checks are for the processor; only what it could not report to the guest is caught here. */
static long iret32(struct vcpu *v, struct cpu_user_regs *regs)
{
	uint64_t sp = (uint32_t)regs->rsp;
	struct frame32 f;
	bool bad = false;

	GUEST_WORDS_BEGIN();
	GUEST_LOAD(uint32_t, f.eax, sp, bad);
	GUEST_LOAD(uint32_t, f.eip, sp + offsetof(struct frame32, eip), bad);
	GUEST_LOAD(uint32_t, f.cs, sp + offsetof(struct frame32, cs), bad);
	GUEST_LOAD(uint32_t, f.eflags, sp + offsetof(struct frame32, eflags), bad);
	f.esp = sp + offsetof(struct frame32, esp);
	f.ss = regs->ss;
	if ((f.cs & SEL_RPL) != 1) {
		GUEST_LOAD(uint32_t, f.esp, sp + offsetof(struct frame32, esp), bad);
		GUEST_LOAD(uint32_t, f.ss, sp + offsetof(struct frame32, ss), bad);
	}
	GUEST_WORDS_END();
	if (unlikely(bad)) {
		unreadable(v, sp);
		return 0;
	}
	if (unlikely(f.eflags & EFLAGS_VM))
		return refuse_vm86(v, regs, f.eax);
	if (unlikely(!(f.cs & SEL_RPL))) {
		domain_crash(v->domain, "HYPERVISOR_iret to cs %04x: ring 0 is the hypervisor's",
			     f.cs & 0xffff);
		return 0;
	}
	regs->rip = f.eip;
	regs->cs = f.cs;
	regs->rflags = accept_flags(v, f.eflags);
	regs->rsp = f.esp;
	regs->ss = f.ss;
	return f.eax;
}

#define LOAD64(field) GUEST_LOAD(uint64_t, f.field, sp + offsetof(struct iret_context, field), bad)

static long iret64(struct vcpu *v, struct cpu_user_regs *regs)
{
	uint64_t sp = regs->rsp;
	struct iret_context f;
	bool bad = false;

	if (unlikely(!guest_range_ok(sp, sizeof(f)))) {
		unreadable(v, sp);
		return 0;
	}
	GUEST_WORDS_BEGIN();
	LOAD64(rax);
	LOAD64(r11);
	LOAD64(rcx);
	LOAD64(flags);
	LOAD64(rip);
	LOAD64(cs);
	LOAD64(rflags);
	LOAD64(rsp);
	LOAD64(ss);
	GUEST_WORDS_END();
	if (unlikely(bad)) {
		unreadable(v, sp);
		return 0;
	}
	/* RPL 0, 1 and 2 all mean the kernel, which goes on in ring 3 without a change of tables. */
	if ((f.cs & SEL_RPL) == SEL_RPL) {
		if (unlikely(!v->user_root)) {
			domain_crash(v->domain,
				     "HYPERVISOR_iret to user mode, but no user page table "
				     "is set (MMUEXT_NEW_USER_BASEPTR)");
			return 0;
		}
		toggle_mode(v);
	}
	regs->rip = f.rip;
	regs->cs = (uint16_t)f.cs | SEL_RPL;
	regs->rflags = accept_flags(v, f.rflags);
	regs->rsp = f.rsp;
	regs->ss = (uint16_t)f.ss | SEL_RPL;
	if (f.flags & VGCF_in_syscall) {
		/* As SYSRET leaves them. */
		regs->ss = FLAT_USER_SS;
		regs->rcx = regs->rip;
		regs->r11 = regs->rflags;
	} else {
		regs->rcx = f.rcx;
		regs->r11 = f.r11;
	}
	return f.rax;
}

long do_iret(void)
{
	struct vcpu *v = current;
	struct cpu_user_regs *regs = guest_regs();

	return v->domain->is_32bit ? iret32(v, regs) : iret64(v, regs);
}
