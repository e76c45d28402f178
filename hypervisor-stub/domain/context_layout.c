/* SPDX-License-Identifier: MIT */
/*
 * vcpu_guest_context of a 32-bit domain, to the native form and back.
 *
 * The layout is that of <xen/foreign/x86_32.h>, checked against what -m32 says of the ABI's own header.
 * No locks, nothing trusted: fields are moved, not understood.
 */
#include "domain/context.h"
#include "abi/shared.h"
#include "lib/string.h"
#include "mm/mm.h"

_Static_assert(sizeof(context_t) + sizeof(context32_t) <= PAGE_SIZE << CONTEXT_ORDER, "room");
_Static_assert(sizeof(context32_t) == OFF32_context_size &&
		       offsetof(context32_t, user_regs) == OFF32_context_user_regs &&
		       offsetof(context32_t, trap_ctxt) == OFF32_context_trap_ctxt &&
		       offsetof(context32_t, ctrlreg) == OFF32_context_ctrlreg &&
		       offsetof(context32_t, vm_assist) == OFF32_context_vm_assist,
	       "vcpu_guest_context");

static void widen_regs(struct cpu_user_regs *n, const struct cpu_user_regs_x86_32 *r)
{
	n->rbx = r->ebx;
	n->rcx = r->ecx;
	n->rdx = r->edx;
	n->rsi = r->esi;
	n->rdi = r->edi;
	n->rbp = r->ebp;
	n->rax = r->eax;
	n->error_code = r->error_code;
	n->entry_vector = r->entry_vector;
	n->rip = r->eip;
	n->rsp = r->esp;
	n->rflags = r->eflags;
	n->cs = r->cs;
	n->ss = r->ss;
	n->ds = r->ds;
	n->es = r->es;
	n->fs = r->fs;
	n->gs = r->gs;
}

static void widen_traps(struct trap_info *n, const struct trap_info_x86_32 *t)
{
	for (unsigned int i = 0; i < 256; i++) {
		n[i].vector = t[i].vector;
		n[i].flags = t[i].flags;
		n[i].cs = t[i].cs;
		n[i].address = t[i].address;
	}
}

void context_widen(context_t *n, const context32_t *c)
{
	memset(n, 0, sizeof(*n));
	memcpy(&n->fpu_ctxt, &c->fpu_ctxt, sizeof(c->fpu_ctxt));
	n->flags = c->flags;
	widen_regs(&n->user_regs, &c->user_regs);
	widen_traps(n->trap_ctxt, c->trap_ctxt);
	n->ldt_base = c->ldt_base;
	n->ldt_ents = c->ldt_ents;
	for (unsigned int i = 0; i < ARRAY_SIZE(c->gdt_frames); i++)
		n->gdt_frames[i] = c->gdt_frames[i];
	n->gdt_ents = c->gdt_ents;
	n->kernel_ss = c->kernel_ss;
	n->kernel_sp = c->kernel_sp;
	for (unsigned int i = 0; i < ARRAY_SIZE(c->ctrlreg); i++)
		n->ctrlreg[i] = c->ctrlreg[i];
	for (unsigned int i = 0; i < ARRAY_SIZE(c->debugreg); i++)
		n->debugreg[i] = c->debugreg[i];
	n->event_callback_eip = c->event_callback_eip;
	n->failsafe_callback_eip = c->failsafe_callback_eip;
	n->vm_assist = c->vm_assist;
}

static void narrow_regs(struct cpu_user_regs_x86_32 *n, const struct cpu_user_regs *r)
{
	n->ebx = (uint32_t)r->rbx;
	n->ecx = (uint32_t)r->rcx;
	n->edx = (uint32_t)r->rdx;
	n->esi = (uint32_t)r->rsi;
	n->edi = (uint32_t)r->rdi;
	n->ebp = (uint32_t)r->rbp;
	n->eax = (uint32_t)r->rax;
	n->error_code = (uint16_t)r->error_code;
	n->entry_vector = (uint16_t)r->entry_vector;
	n->eip = (uint32_t)r->rip;
	n->esp = (uint32_t)r->rsp;
	n->eflags = (uint32_t)r->rflags;
	n->cs = r->cs;
	n->ss = r->ss;
	n->ds = r->ds;
	n->es = r->es;
	n->fs = r->fs;
	n->gs = r->gs;
}

void context_narrow(context32_t *n, const context_t *c)
{
	memcpy(&n->fpu_ctxt, &c->fpu_ctxt, sizeof(n->fpu_ctxt));
	n->flags = (uint32_t)c->flags;
	narrow_regs(&n->user_regs, &c->user_regs);
	for (unsigned int i = 0; i < ARRAY_SIZE(n->trap_ctxt); i++) {
		n->trap_ctxt[i].vector = c->trap_ctxt[i].vector;
		n->trap_ctxt[i].flags = c->trap_ctxt[i].flags;
		n->trap_ctxt[i].cs = c->trap_ctxt[i].cs;
		n->trap_ctxt[i].address = (uint32_t)c->trap_ctxt[i].address;
	}
	n->ldt_base = (uint32_t)c->ldt_base;
	n->ldt_ents = (uint32_t)c->ldt_ents;
	for (unsigned int i = 0; i < ARRAY_SIZE(n->gdt_frames); i++)
		n->gdt_frames[i] = (uint32_t)c->gdt_frames[i];
	n->gdt_ents = (uint32_t)c->gdt_ents;
	n->kernel_ss = (uint32_t)c->kernel_ss;
	n->kernel_sp = (uint32_t)c->kernel_sp;
	for (unsigned int i = 0; i < ARRAY_SIZE(n->ctrlreg); i++)
		n->ctrlreg[i] = (uint32_t)c->ctrlreg[i];
	for (unsigned int i = 0; i < ARRAY_SIZE(n->debugreg); i++)
		n->debugreg[i] = (uint32_t)c->debugreg[i];
	n->event_callback_eip = (uint32_t)c->event_callback_eip;
	n->failsafe_callback_eip = (uint32_t)c->failsafe_callback_eip;
	n->vm_assist = (uint32_t)c->vm_assist;
}

mfn_t context_root(bool is_32bit, uint64_t cr3)
{
	uint32_t folded = (uint32_t)cr3;

	if (is_32bit)
		return _mfn(folded >> 12 | (uint32_t)(folded << 20));
	return _mfn(cr3 >> 12 | cr3 << 52);
}

uint64_t context_cr3(bool is_32bit, mfn_t root)
{
	uint32_t mfn = (uint32_t)mfn_x(root);

	if (is_32bit)
		return (uint32_t)(mfn << 12) | mfn >> 20;
	return mfn_x(root) << 12 | mfn_x(root) >> 52;
}
