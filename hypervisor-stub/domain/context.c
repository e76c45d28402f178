/* SPDX-License-Identifier: MIT */
/*
 * The first state of a secondary vCPU: vcpu_guest_context of either width, checked and taken over.
 *
 * The structure is too big for the stack and its two layouts differ throughout (registers, trap table,
 * callbacks), so it is read into a heap page pair and brought into the native form first; what follows
 * knows no width but where the ABI itself differs (callbacks, roots). Checked as lightly as real Xen
 * does: what only hurts the guest itself (a bad entry point) is found when it runs.
 *
 * Locks: domain.mm around the roots. The vCPU has never run, so nobody else looks at it.
 */
#include "abi/abi.h"
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "lib/string.h"
#include "mm/mm.h"

#include <xen/foreign/x86_32.h>

#define CONTEXT_ORDER 2 /* room for the raw and the native form */
#define GDT_ENTRIES   512
#define EFLAGS_IOPL_1 (EFLAGS_IOPL & -EFLAGS_IOPL) /* its lowest bit */
#define FLAGS_NEVER   (EFLAGS_IOPL | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | EFLAGS_VIF | EFLAGS_VIP)

typedef struct vcpu_guest_context context_t;
typedef struct vcpu_guest_context_x86_32 context32_t;

_Static_assert(sizeof(context_t) + sizeof(context32_t) <= PAGE_SIZE << CONTEXT_ORDER, "room");
/* The foreign header's layout is checked against what -m32 says. */
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

static void widen_context(context_t *n, const context32_t *c)
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
}

static bool read_context(context_t *n, context32_t *raw, bool is_32bit, gptr_t arg)
{
	if (!is_32bit)
		return !copy_from_guest(n, arg, sizeof(*n));
	if (copy_from_guest(raw, arg, sizeof(*raw)))
		return false;
	widen_context(n, raw);
	return true;
}

/* ---- taking it over ---------------------------------------------------------------------------- */

/* CR3 of a PAE guest carries frame bits above 2^20 in its low bits (arch-x86/xen-x86_32.h). */
static mfn_t root_frame(bool is_32bit, uint64_t cr3)
{
	uint32_t folded = (uint32_t)cr3;

	if (is_32bit)
		return _mfn(folded >> 12 | folded << 20);
	return _mfn(cr3 >> 12 | cr3 << 52);
}

static int set_roots(struct vcpu *v, const context_t *n)
{
	struct domain *d = v->domain;
	int rc;

	spin_lock(&d->mm_lock);
	rc = root_set_kernel(v, root_frame(d->is_32bit, n->ctrlreg[3]));
	if (!rc && !d->is_32bit && n->ctrlreg[1])
		rc = root_set_user(v, root_frame(false, n->ctrlreg[1]));
	spin_unlock(&d->mm_lock);
	if (rc && rc != -ERESTART)
		return (int)refuse(-EINVAL, "cr3 %lx is not a page-table root", n->ctrlreg[3]);
	return rc;
}

static int set_tables(struct vcpu *v, const context_t *n)
{
	mfn_t frames[ARRAY_SIZE(v->pv.gdt_frames)];
	unsigned int pages = (n->gdt_ents + GDT_ENTRIES - 1) / GDT_ENTRIES;

	if (n->gdt_ents > FIRST_RESERVED_GDT_ENTRY)
		return (int)refuse(-EINVAL, "%lu descriptors, at most %u", n->gdt_ents,
				   FIRST_RESERVED_GDT_ENTRY);
	for (unsigned int i = 0; i < pages; i++)
		frames[i] = _mfn(n->gdt_frames[i]);
	if (pv_set_ldt(v, n->ldt_base,
		       n->ldt_ents > UINT32_MAX ? UINT32_MAX : (unsigned int)n->ldt_ents))
		return -EINVAL;
	return n->gdt_ents ? pv_set_gdt(v, frames, (unsigned int)n->gdt_ents) : 0;
}

static void set_callbacks(struct vcpu *v, const context_t *n, const context32_t *raw)
{
	bool mask_failsafe = n->flags & VGCF_failsafe_disables_events;
	bool mask_syscall = n->flags & VGCF_syscall_disables_events;

	if (v->domain->is_32bit) {
		(void)pv_set_callback(v, CALLBACKTYPE_event, (uint16_t)raw->event_callback_cs,
				      n->event_callback_eip, true);
		(void)pv_set_callback(v, CALLBACKTYPE_failsafe, (uint16_t)raw->failsafe_callback_cs,
				      n->failsafe_callback_eip, mask_failsafe);
		return;
	}
	(void)pv_set_callback(v, CALLBACKTYPE_event, FLAT_KERNEL_CS, n->event_callback_eip, true);
	(void)pv_set_callback(v, CALLBACKTYPE_failsafe, FLAT_KERNEL_CS, n->failsafe_callback_eip,
			      mask_failsafe);
	if (n->syscall_callback_eip)
		(void)pv_set_callback(v, CALLBACKTYPE_syscall, FLAT_KERNEL_CS,
				      n->syscall_callback_eip, mask_syscall);
}

static void set_traps(struct vcpu *v, const context_t *n)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(n->trap_ctxt); i++) {
		struct trap_info ti = n->trap_ctxt[i];

		ti.vector = (uint8_t)i;
		pv_set_gate(v, &ti);
	}
}

/* Ring 0 is ours: a selector that asks for it is lowered to the ring that the guest's kernel has. */
static uint16_t lower_rpl(const struct domain *d, uint16_t selector)
{
	if (selector & 3)
		return selector;
	return selector | (d->is_32bit ? 1 : 3);
}

static void set_registers(struct vcpu *v, const context_t *n)
{
	struct domain *d = v->domain;

	v->regs = n->user_regs;
	v->regs.cs = lower_rpl(d, n->user_regs.cs);
	v->regs.ss = lower_rpl(d, n->user_regs.ss);
	v->regs.rflags = (n->user_regs.rflags & ~FLAGS_NEVER) | EFLAGS_IF | EFLAGS_MBS;
	/* The IOPL in the flags is the virtual one; the real one stays 0. */
	v->pv.iopl = (n->user_regs.rflags & EFLAGS_IOPL) / EFLAGS_IOPL_1;
	v->pv.kernel_mode = d->is_32bit || n->flags & VGCF_in_kernel;
	v->pv.fs_base = n->fs_base;
	v->pv.gs_base_kernel = n->gs_base_kernel;
	v->pv.gs_base_user = n->gs_base_user;
}

static int take_over(struct vcpu *v, const context_t *n, const context32_t *raw)
{
	int rc = set_roots(v, n);

	if (rc)
		return rc;
	rc = set_tables(v, n);
	if (rc)
		return rc;
	set_registers(v, n);
	set_traps(v, n);
	set_callbacks(v, n, raw);
	pv_set_kernel_stack(v, n->kernel_ss, n->kernel_sp);
	for (int i = 0; i < 8; i++)
		if (i != 4 && i != 5 && n->debugreg[i])
			(void)pv_set_debugreg(v, i, n->debugreg[i]);
	if (n->flags & VGCF_i387_valid)
		pv_set_fpu(v, &n->fpu_ctxt);
	return 0;
}

/* Undo a context that was refused half-way: the vCPU is as new. */
static void give_back(struct vcpu *v)
{
	pv_drop_gdt(v);
	pv_drop_ldt(v);
}

int vcpu_set_context(struct vcpu *v, gptr_t arg)
{
	context_t *n = heap_alloc(CONTEXT_ORDER, 0);
	context32_t *raw = (context32_t *)(n + 1);
	int rc;

	if (!n)
		return (int)refuse(-ENOMEM, "no memory to read the context");
	if (read_context(n, raw, v->domain->is_32bit, arg))
		rc = take_over(v, n, raw);
	else
		rc = (int)refuse(-EFAULT, "the context cannot be read");
	heap_free(n, CONTEXT_ORDER);
	if (rc && rc != -ERESTART)
		give_back(v);
	return rc;
}
