/* SPDX-License-Identifier: MIT */
/*
 * Instructions that only ring 0 may execute, done in the guest kernel's place.
 *
 * They arrive as #GP(0). What the guest kernel may do with its virtual processor is done to the virtual
 * processor: its control registers are mostly constants, since the machine's are ours. What the ABI has
 * a hypercall for (HLT, INVLPG, LGDT and so on) is not emulated: it stays a #GP, as on real Xen. Also
 * here: CPUID with the forced-emulation prefix, which arrives as #UD from any ring.
 */
#include "pv/emulate.h"
#include "console/console.h"
#include "pv/words.h"

#define REG_BYTES(e) ((e)->bits == 64 ? 8 : 4)

/* ---- control registers -------------------------------------------------------------------------- */

/* A 32-bit CR3 has room for a frame above 4 GiB only by folding (arch-x86/xen-x86_32.h). */
static uint64_t read_guest_cr3(const struct vcpu *v)
{
	uint64_t mfn = v->kernel_root ? mfn_x(frame_to_mfn(v->kernel_root)) : 0;

	if (v->domain->is_32bit)
		return (uint32_t)(mfn << 12 | mfn >> 20);
	return mfn << 12;
}

static bool read_cr(const struct vcpu *v, unsigned int cr, uint64_t *value)
{
	switch (cr) {
	case 0:
		*value = GUEST_CR0 | (v->pv.ts ? CR0_TS : 0);
		return true;
	case 2:
		*value = vcpu_get_cr2(v);
		return true;
	case 3:
		*value = read_guest_cr3(v);
		return true;
	case 4:
		*value = GUEST_CR4 | v->pv.cr4;
		return true;
	default:
		return false;
	}
}

static bool write_guest_cr0(struct vcpu *v, uint64_t value)
{
	uint64_t old = GUEST_CR0 | (v->pv.ts ? CR0_TS : 0);

	if ((value ^ old) & ~CR0_TS) {
		refuse(-EPERM, "mov to cr0 %lx: of %lx only TS may change", value, old);
		return false;
	}
	fpu_set_ts(v, value & CR0_TS);
	return true;
}

static int write_guest_cr3(struct vcpu *v, uint64_t value)
{
	struct domain *d = v->domain;
	uint32_t low = value;
	uint64_t mfn = d->is_32bit ? (uint32_t)(low >> 12 | low << 20) : value >> 12;
	int rc;

	spin_lock(&d->mm_lock);
	rc = root_set_kernel(v, _mfn(mfn));
	if (!rc)
		rc = types_settle(d);
	spin_unlock(&d->mm_lock);
	return rc;
}

/* 0: done; -ERESTART: execute it again; else #GP. */
static int write_cr(struct vcpu *v, unsigned int cr, uint64_t value)
{
	switch (cr) {
	case 0:
		return write_guest_cr0(v, value) ? 0 : -EPERM;
	case 2:
		vcpu_set_cr2(v, value);
		return 0;
	case 3:
		return write_guest_cr3(v, value);
	case 4: /* what a guest cannot change is ignored: kernels write bits that they never saw */
		v->pv.cr4 = value & GUEST_CR4_SETTABLE;
		cr4_set_guest_bits(v->pv.cr4);
		return 0;
	default:
		return -EINVAL;
	}
}

static bool mov_from_cr(struct emulation *e)
{
	uint64_t value;

	if (!read_cr(e->v, e->in.reg, &value))
		return false;
	emulation_set_reg(e, e->in.rm, REG_BYTES(e), value);
	emulation_end(e);
	return true;
}

static bool mov_to_cr(struct emulation *e)
{
	int rc;

	rc = write_cr(e->v, e->in.reg, emulation_reg(e, e->in.rm, REG_BYTES(e)));
	if (!rc)
		emulation_end(e);
	return !rc || rc == -ERESTART;
}

/* ---- debug registers ---------------------------------------------------------------------------- */

static bool mov_dr(struct emulation *e, bool write)
{
	unsigned int dr = e->in.reg;
	uint64_t value;

	if (!debugreg_get(e->v, dr, &value)) {
		bounce_trap(e->v, VECTOR_UD, 0);
		return true;
	}
	if (!write)
		emulation_set_reg(e, e->in.rm, REG_BYTES(e), value);
	else if (pv_set_debugreg(e->v, dr, emulation_reg(e, e->in.rm, REG_BYTES(e))))
		return false;
	emulation_end(e);
	return true;
}

/* ---- the rest ----------------------------------------------------------------------------------- */

static bool read_tsc(struct emulation *e, bool with_aux)
{
	uint64_t tsc = rdtsc();

	/* Only with the guest's own CR4.TSD on, which means its programs, not its kernel. */
	emulation_set_reg(e, REG_AX, 4, tsc);
	emulation_set_reg(e, REG_DX, 4, tsc >> 32);
	if (with_aux)
		emulation_set_reg(e, REG_CX, 4, 0);
	emulation_end(e);
	return true;
}

static bool kernel_instruction(struct emulation *e)
{
	switch (e->in.opcode) {
	case 0x01:
		if (e->in.mod == 3 && e->in.reg == 7 && e->in.rm == 1)
			return read_tsc(e, true); /* RDTSCP */
		return false;
	case 0x06: /* CLTS */
		fpu_set_ts(e->v, false);
		emulation_end(e);
		return true;
	case 0x09: /* WBINVD: the caches are nobody's business who has no uncached memory */
		emulation_end(e);
		return true;
	case 0x20:
		return mov_from_cr(e);
	case 0x21:
		return mov_dr(e, false);
	case 0x22:
		return mov_to_cr(e);
	case 0x23:
		return mov_dr(e, true);
	case 0x30:
		return emulate_wrmsr(e);
	case 0x31:
		return read_tsc(e, false);
	case 0x32:
		return emulate_rdmsr(e);
	default:
		return false;
	}
}

/* What no virtual processor has, in any ring: XSETBV without XSAVE, and AMD's LOCK for cr8. */
static bool undefined_instruction(const struct emulation *e)
{
	const struct insn *in = &e->in;

	/* LOCK belongs to stores; the `lock mov %cr0` that means CR8 is one that a guest has not. */
	if (in->lock)
		return true;
	return in->map == MAP_0F && in->opcode == 0x01 && in->mod == 3 && in->reg == 2 &&
	       in->rm == 1;
}

bool emulate_privileged(struct vcpu *v, struct cpu_user_regs *regs)
{
	struct emulation e;

	if (!emulation_begin(&e, v, regs))
		return false;
	v->call_name = "instruction";
	v->call_index = CALL_NO_INDEX;
	if (undefined_instruction(&e)) {
		bounce_trap(v, VECTOR_UD, 0);
		return true;
	}
	if (e.in.map == MAP_0F)
		return pv_in_kernel(v, regs) && kernel_instruction(&e);
	if (e.in.map != MAP_ONE)
		return false;
	switch (e.in.opcode) {
	case 0x6c ... 0x6f:
	case 0xe4 ... 0xe7:
	case 0xec ... 0xef:
		return emulate_io(&e);
	case 0xfa: /* CLI and STI: allowed, without effect; the guest's mask is in vcpu_info */
	case 0xfb:
		if (!iopl_allows(v, regs))
			return false;
		emulation_end(&e);
		return true;
	default:
		return false;
	}
}

/* ---- CPUID by the forced-emulation prefix ------------------------------------------------------- */

#define PREFIX_FIRST  ('e' << 24 | 'x' << 16 | 0x0b0f)
#define PREFIX_SECOND (0xa20fu << 16 | 'n' << 8 | 'e')
#define PREFIX_LENGTH 7

/* ud2 "xen" cpuid: 7 bytes, read as two overlapping words. The first one tells a plain ud2. */
static bool forced_cpuid_at(uint64_t va)
{
	uint32_t first = 0, second = 0;
	bool bad = false;

	if (!guest_range_ok(va, PREFIX_LENGTH))
		return false;
	GUEST_WORDS_BEGIN();
	GUEST_LOAD(uint32_t, first, va, bad);
	if (unlikely(first == PREFIX_FIRST))
		GUEST_LOAD(uint32_t, second, va + 3, bad);
	GUEST_WORDS_END();
	return second == PREFIX_SECOND;
}

bool emulate_forced(struct vcpu *v, struct cpu_user_regs *regs)
{
	struct cpuid_regs r;
	uint64_t va;

	if (!guest_code_address(v, regs, &va) || !forced_cpuid_at(va))
		return false;
	r = cpuid_policy(v, pv_in_kernel(v, regs), regs->rax, regs->rcx);
	regs->rax = r.a;
	regs->rbx = r.b;
	regs->rcx = r.c;
	regs->rdx = r.d;
	regs->rip += PREFIX_LENGTH;
	regs->rflags &= ~EFLAGS_RF;
	if (unlikely(regs->rflags & EFLAGS_TF))
		bounce_single_step(v);
	return true;
}
