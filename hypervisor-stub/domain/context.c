/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's state from a vcpu_guest_context: VCPUOP_initialise and XEN_DOMCTL_setvcpucontext.
 *
 * The structure is too big for the stack, so it is read into heap pages and brought into the native
 * form; what follows knows no width but where the ABI itself differs (callbacks, roots). Checked as
 * lightly as real Xen does: what only hurts the guest itself (a bad entry point) is found when it runs.
 *
 * A vCPU that has a state already may be given other registers, but not other tables: what it holds
 * references on (roots, GDT, LDT) must be what it has.
 *
 * Locks: domain.mm around the roots. The vCPU does not run and cannot begin to.
 */
#include "domain/context.h"
#include "abi/abi.h"
#include "abi/ops.h"
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "sched/sched.h"

#define GDT_ENTRIES   512
#define LDT_ENTRIES   8192
#define EFLAGS_IOPL_1 (EFLAGS_IOPL & -EFLAGS_IOPL) /* its lowest bit */
#define FLAGS_NEVER   (EFLAGS_IOPL | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | EFLAGS_VIF | EFLAGS_VIP)

static bool read_context(context_t *n, context32_t *raw, bool is_32bit, gptr_t arg)
{
	if (!is_32bit)
		return !copy_from_guest(n, arg, sizeof(*n));
	if (copy_from_guest(raw, arg, sizeof(*raw)))
		return false;
	context_widen(n, raw);
	return true;
}

/* ---- checks --------------------------------------------------------------------------------------- */

static bool canonical(uint64_t va)
{
	return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

static int check_addresses(const context_t *n)
{
	const uint64_t list[] = { n->user_regs.rip,
				  n->user_regs.rsp,
				  n->kernel_sp,
				  n->ldt_ents ? n->ldt_base : 0,
				  n->fs_base,
				  n->gs_base_kernel,
				  n->gs_base_user,
				  n->event_callback_eip,
				  n->syscall_callback_eip,
				  n->failsafe_callback_eip };

	for (unsigned int i = 0; i < ARRAY_SIZE(list); i++)
		if (!canonical(list[i]))
			return (int)refuse(-EINVAL, "address %lx is not canonical", list[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(n->trap_ctxt); i++)
		if (!canonical(n->trap_ctxt[i].address))
			return (int)refuse(-EINVAL, "the handler of trap %u, %lx, is not canonical",
					   i, n->trap_ctxt[i].address);
	if (n->ldt_base >= HV_VIRT_START && n->ldt_base < HV_VIRT_END)
		return (int)refuse(-EINVAL, "LDT base %lx is the hypervisor's", n->ldt_base);
	return 0;
}

static int check_context(const struct vcpu *v, const context_t *n)
{
	const struct domain *d = v->domain;
	int rc = d->is_32bit ? 0 : check_addresses(n);

	if (rc)
		return rc;
	if (n->ldt_base % PAGE_SIZE || n->ldt_ents > LDT_ENTRIES)
		return (int)refuse(-EINVAL, "LDT base %lx, %lu entries: page aligned, at most %u",
				   n->ldt_base, n->ldt_ents, LDT_ENTRIES);
	if (n->gdt_ents > FIRST_RESERVED_GDT_ENTRY)
		return (int)refuse(-EINVAL, "%lu descriptors, at most %u", n->gdt_ents,
				   FIRST_RESERVED_GDT_ENTRY);
	if (!v->id && n->vm_assist & ~assists_known(d))
		return (int)refuse(-EINVAL, "vm_assist %lx: unknown ones", n->vm_assist);
	if (!v->initialised && !d->is_32bit && !(n->flags & VGCF_in_kernel) && !n->ctrlreg[1])
		return (int)refuse(-EINVAL, "it begins in user mode, and there is no user root");
	return 0;
}

static uint64_t root_cr3(const struct domain *d, const struct frame *root)
{
	return root ? context_cr3(d->is_32bit, frame_to_mfn(root)) : 0;
}

/* Does the context name the tables that the vCPU has? */
static bool same_tables(const struct vcpu *v, const context_t *n)
{
	const struct domain *d = v->domain;

	if (root_cr3(d, v->kernel_root) != n->ctrlreg[3])
		return false;
	if (!d->is_32bit && (root_cr3(d, v->user_root) != n->ctrlreg[1] ||
			     (!v->user_root && !(n->flags & VGCF_in_kernel))))
		return false;
	if (v->pv.gdt_ents != n->gdt_ents || v->pv.ldt_ents != n->ldt_ents ||
	    (n->ldt_ents && v->pv.ldt_base != n->ldt_base))
		return false;
	for (unsigned int i = 0; i * GDT_ENTRIES < n->gdt_ents; i++)
		if (mfn_x(v->pv.gdt_frames[i]) != n->gdt_frames[i])
			return false;
	return true;
}

/* ---- taking it over ---------------------------------------------------------------------------- */

static int set_roots(struct vcpu *v, const context_t *n)
{
	struct domain *d = v->domain;
	int rc = 0;

	/* It may have lost its own table by a reset that found no memory for another. */
	if (d->is_32bit && !v->compat_l4)
		rc = root_init_vcpu(v);
	if (rc)
		return (int)refuse(rc, "no memory for vCPU %u's root", v->id);
	spin_lock(&d->mm_lock);
	rc = root_set_kernel(v, context_root(d->is_32bit, n->ctrlreg[3]));
	if (!rc && !d->is_32bit && n->ctrlreg[1])
		rc = root_set_user(v, context_root(false, n->ctrlreg[1]));
	spin_unlock(&d->mm_lock);
	if (rc && rc != -ERESTART)
		return (int)refuse(-EINVAL, "cr3 %lx is not a page-table root", n->ctrlreg[3]);
	return rc;
}

static int set_tables(struct vcpu *v, const context_t *n)
{
	mfn_t frames[ARRAY_SIZE(v->pv.gdt_frames)];
	unsigned int pages = (n->gdt_ents + GDT_ENTRIES - 1) / GDT_ENTRIES;

	for (unsigned int i = 0; i < pages; i++)
		frames[i] = _mfn(n->gdt_frames[i]);
	if (pv_set_ldt(v, n->ldt_base, (unsigned int)n->ldt_ents))
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

static int set_traps(struct vcpu *v, const context_t *n)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(n->trap_ctxt); i++) {
		struct trap_info ti = n->trap_ctxt[i];

		ti.vector = (uint8_t)i;
		if (pv_set_gate(v, &ti))
			return -ENOMEM;
	}
	return 0;
}

static void set_debugregs(struct vcpu *v, const context_t *n)
{
	for (int i = 0; i < 8; i++)
		if (i != 4 && i != 5)
			(void)pv_set_debugreg(v, i, 0);
	for (int i = 0; i < 8; i++)
		if (i != 4 && i != 5 && n->debugreg[i])
			(void)pv_set_debugreg(v, i, n->debugreg[i]);
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
	v->pv.ts = n->ctrlreg[0] & CR0_TS;
	v->pv.cr4 = n->ctrlreg[4] & GUEST_CR4_SETTABLE;
	/* Of a call that had stopped half-way nothing is left to go on with. */
	hc_abandon(v);
}

static int take_over(struct vcpu *v, const context_t *n, const context32_t *raw)
{
	int rc = check_context(v, n);

	if (rc)
		return rc;
	if (v->initialised) {
		if (!same_tables(v, n))
			return (int)refuse(-EOPNOTSUPP,
					   "vCPU %u has a state: its roots, GDT and LDT must stay",
					   v->id);
	} else {
		rc = set_roots(v, n);
		if (!rc)
			rc = set_tables(v, n);
		if (rc)
			return rc;
		if (!v->id)
			v->domain->vm_assist = n->vm_assist;
	}
	set_registers(v, n);
	rc = set_traps(v, n);
	if (rc)
		return rc;
	set_callbacks(v, n, raw);
	pv_set_kernel_stack(v, n->kernel_ss, n->kernel_sp);
	set_debugregs(v, n);
	if (n->flags & VGCF_I387_VALID)
		pv_set_fpu(v, &n->fpu_ctxt);
	return 0;
}

/* Undo a context that was refused half-way: the vCPU is as new. */
static void give_back(struct vcpu *v)
{
	pv_drop_gdt(v);
	pv_drop_ldt(v);
}

int vcpu_set_context(struct vcpu *v, gptr_t arg, bool *online)
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
	*online = n->flags & VGCF_online;
	heap_free(n, CONTEXT_ORDER);
	if (!rc)
		v->initialised = true;
	else if (rc != -ERESTART && !v->initialised)
		give_back(v);
	return rc;
}

int vcpu_reset(struct vcpu *v)
{
	int rc = root_drop_vcpu(v);

	if (rc)
		return rc;
	pv_drop_ldt(v);
	pv_drop_gdt(v);
	hc_abandon(v);
	v->initialised = false;
	vcpu_stop(v);
	vcpu_wake(v); /* neither blocked nor polling: only down */
	return 0;
}
