/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's state as a vcpu_guest_context: XEN_DOMCTL_getvcpucontext, for dumps, debuggers and saving.
 *
 * What stands here is what setting it again would need (context.c), in the width of the vCPU's own
 * domain, whoever asks. Locks: none: the vCPU is paused and saved, and its state is its own.
 */
#include "domain/context.h"
#include "abi/abi.h"
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/fpu.h"
#include "lib/string.h"
#include "mm/mm.h"

#define TI_MASK		  4 /* trap_info.flags: upcalls are masked in the handler */
#define EFLAGS_IOPL_SHIFT 12

static void get_flags(const struct vcpu *v, context_t *n)
{
	n->flags = VGCF_I387_VALID;
	if (!v->sched.down)
		n->flags |= VGCF_online;
	if (pv_in_kernel(v, &v->regs))
		n->flags |= VGCF_in_kernel;
	if (v->pv.failsafe.mask)
		n->flags |= VGCF_failsafe_disables_events;
	if (v->pv.syscall.mask)
		n->flags |= VGCF_syscall_disables_events;
}

static void get_registers(struct vcpu *v, context_t *n)
{
	n->user_regs = v->regs;
	n->user_regs.rflags |= (uint64_t)v->pv.iopl << EFLAGS_IOPL_SHIFT;
	n->kernel_ss = v->pv.kernel_ss;
	n->kernel_sp = v->pv.kernel_sp;
	n->fs_base = v->pv.fs_base;
	n->gs_base_kernel = v->pv.gs_base_kernel;
	n->gs_base_user = v->pv.gs_base_user;
	memcpy(&n->fpu_ctxt, v->pv.fpu, sizeof(n->fpu_ctxt));
	for (int i = 0; i < 4; i++)
		n->debugreg[i] = v->pv.dr[i];
	n->debugreg[6] = v->pv.dr6;
	n->debugreg[7] = v->pv.dr7;
}

static void get_traps(const struct vcpu *v, context_t *n)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(n->trap_ctxt); i++) {
		const struct pv_gate *g = &v->pv.gates[i];

		if (!g->cs && !g->address)
			continue;
		n->trap_ctxt[i].vector = (uint8_t)i;
		n->trap_ctxt[i].flags = (uint8_t)(g->dpl | (g->mask ? TI_MASK : 0));
		n->trap_ctxt[i].cs = g->cs;
		n->trap_ctxt[i].address = g->address;
	}
}

static void get_tables(const struct vcpu *v, context_t *n)
{
	bool is_32bit = v->domain->is_32bit;

	for (unsigned int i = 0; i < ARRAY_SIZE(v->pv.gdt_frames); i++)
		if (!mfn_eq(v->pv.gdt_frames[i], INVALID_MFN))
			n->gdt_frames[i] = mfn_x(v->pv.gdt_frames[i]);
	n->gdt_ents = v->pv.gdt_ents;
	n->ldt_ents = v->pv.ldt_ents;
	n->ldt_base = v->pv.ldt_ents ? v->pv.ldt_base : 0;
	n->ctrlreg[0] = GUEST_CR0 | (v->pv.ts ? CR0_TS : 0);
	n->ctrlreg[2] = vcpu_get_cr2(v);
	if (v->kernel_root)
		n->ctrlreg[3] = context_cr3(is_32bit, frame_to_mfn(v->kernel_root));
	if (v->user_root)
		n->ctrlreg[1] = context_cr3(false, frame_to_mfn(v->user_root));
	n->ctrlreg[4] = GUEST_CR4 | v->pv.cr4;
}

static void get_callbacks(const struct vcpu *v, context_t *n)
{
	n->event_callback_eip = v->pv.event.address;
	n->failsafe_callback_eip = v->pv.failsafe.address;
	n->syscall_callback_eip = v->pv.syscall.address;
}

static bool put_context(const struct vcpu *v, gptr_t to, const context_t *n, context32_t *raw)
{
	if (!v->domain->is_32bit)
		return !copy_to_guest(to, n, sizeof(*n));
	context_narrow(raw, n);
	raw->event_callback_cs = v->pv.event.cs;
	raw->failsafe_callback_cs = v->pv.failsafe.cs;
	return !copy_to_guest(to, raw, sizeof(*raw));
}

int vcpu_get_context(struct vcpu *v, gptr_t to)
{
	context_t *n = heap_alloc(CONTEXT_ORDER, HEAP_ZERO);
	bool done;

	if (!n)
		return (int)refuse(-ENOMEM, "no memory for the context");
	get_flags(v, n);
	get_registers(v, n);
	get_traps(v, n);
	get_tables(v, n);
	get_callbacks(v, n);
	n->vm_assist = v->domain->vm_assist;
	done = put_context(v, to, n, (context32_t *)(n + 1));
	heap_free(n, CONTEXT_ORDER);
	return done ? 0 : (int)refuse(-EFAULT, "the context cannot be written");
}
