/* SPDX-License-Identifier: MIT */
/*
 * Segment registers: selectors and bases of a guest, which stay in the processor while it runs.
 *
 * The hypervisor is 64-bit code with flat segments of its own cs and ss, so ds, es, fs, gs and the bases
 * of fs and gs are never touched on the way in: they are saved and loaded when the pCPU changes its
 * vCPU. A load can fail then, because the guest (or another of its vCPUs) has taken the descriptor away
 * meanwhile; the failsafe callback tells the guest.
 *
 * A 64-bit guest has two bases for gs, as SWAPGS has: that of the mode it is in is live, the other is in
 * MSR_KERNEL_GS_BASE. The entry code never swaps, so toggling the guest's mode is one SWAPGS.
 */
#include "console/console.h"
#include "cpu/extable.h"
#include "pv/internal.h"

#define READ_SELECTOR(seg)                                        \
	({                                                        \
		uint16_t sel_;                                    \
		asm volatile("mov %%" #seg ", %w0" : "=r"(sel_)); \
		sel_;                                             \
	})

/* False: the processor refused; the register then holds the null selector. */
#define LOAD_SELECTOR(seg, sel)                                   \
	({                                                        \
		uint32_t value_ = (sel), ok_ = 1;                 \
		asm volatile("1: mov %w0, %%" #seg "\n"           \
			     "2:\n"                               \
			     ".pushsection .text.fixup, \"ax\"\n" \
			     "3: xor %0, %0\n"                    \
			     "xor %1, %1\n"                       \
			     "mov %w0, %%" #seg "\n"              \
			     "jmp 2b\n"                           \
			     ".popsection\n" EXTABLE("1b", "3b")  \
			     : "+r"(value_), "+r"(ok_)            \
			     :                                    \
			     : "memory");                         \
		(bool)ok_;                                        \
	})

static inline void swapgs(void)
{
	asm volatile("swapgs" : : : "memory");
}

void toggle_mode(struct vcpu *v)
{
	v->pv.kernel_mode = !v->pv.kernel_mode;
	swapgs();
	root_load(v);
}

void segments_save(struct vcpu *v)
{
	struct cpu_user_regs *regs = guest_regs();
	uint64_t live, other;

	/* On the stack as well as in the vCPU: the caller copies the one onto the other. */
	v->regs.ds = regs->ds = READ_SELECTOR(ds);
	v->regs.es = regs->es = READ_SELECTOR(es);
	v->regs.fs = regs->fs = READ_SELECTOR(fs);
	v->regs.gs = regs->gs = READ_SELECTOR(gs);
	if (v->domain->is_32bit)
		return;
	v->pv.fs_base = rdmsr(MSR_FS_BASE);
	live = rdmsr(MSR_GS_BASE);
	other = rdmsr(MSR_KERNEL_GS_BASE);
	v->pv.gs_base_kernel = v->pv.kernel_mode ? live : other;
	v->pv.gs_base_user = v->pv.kernel_mode ? other : live;
}

static void prepare_ldt(struct vcpu *v, uint16_t sel)
{
	if (sel & SEL_LDT)
		ldt_map_page(v, sel & ~(SEL_RPL | SEL_LDT));
}

/* False: at least one was refused. A selector of the LDT is read through the window: have its page there. */
static bool load_data_segments(struct vcpu *v, const struct selectors *wanted)
{
	bool ok = true;

	prepare_ldt(v, wanted->ds);
	prepare_ldt(v, wanted->es);
	prepare_ldt(v, wanted->fs);
	prepare_ldt(v, wanted->gs);
	ok &= LOAD_SELECTOR(ds, wanted->ds);
	ok &= LOAD_SELECTOR(es, wanted->es);
	ok &= LOAD_SELECTOR(fs, wanted->fs);
	ok &= LOAD_SELECTOR(gs, wanted->gs);
	return ok;
}

bool segments_load(struct vcpu *v, struct selectors *wanted)
{
	bool ok;

	wanted->ds = v->regs.ds;
	wanted->es = v->regs.es;
	wanted->fs = v->regs.fs;
	wanted->gs = v->regs.gs;
	ok = load_data_segments(v, wanted);
	/*
	 * A sibling may take the LDT's pages out of the window between the look and the load, while the
	 * descriptors are as good as before: once more, before the guest hears of it.
	 */
	if (unlikely(!ok))
		ok = load_data_segments(v, wanted);
	if (v->domain->is_32bit)
		return ok;
	/* Loading a selector loaded its descriptor's base: what was live is more than that. */
	wrmsr(MSR_FS_BASE, v->pv.fs_base);
	wrmsr(MSR_GS_BASE, v->pv.kernel_mode ? v->pv.gs_base_kernel : v->pv.gs_base_user);
	wrmsr(MSR_KERNEL_GS_BASE, v->pv.kernel_mode ? v->pv.gs_base_user : v->pv.gs_base_kernel);
	return ok;
}

static bool canonical(uint64_t va)
{
	return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

/* The user's gs gets a selector and its descriptor's base; the live base stays the kernel's. */
static void load_user_gs(struct vcpu *v, uint16_t sel)
{
	prepare_ldt(v, sel);
	swapgs();
	LOAD_SELECTOR(gs, sel);
	swapgs();
}

long do_set_segment_base(unsigned int which, uint64_t base)
{
	struct vcpu *v = current;

	if (which <= SEGBASE_GS_KERNEL && !canonical(base))
		return refuse(-EINVAL, "base %lx is not canonical", base);
	switch (which) {
	case SEGBASE_FS:
		wrmsr(MSR_FS_BASE, base);
		return 0;
	case SEGBASE_GS_USER: /* a hypercall comes from the kernel, so the user's is the other one */
		wrmsr(MSR_KERNEL_GS_BASE, base);
		return 0;
	case SEGBASE_GS_KERNEL:
		wrmsr(MSR_GS_BASE, base);
		return 0;
	case SEGBASE_GS_USER_SEL:
		load_user_gs(v, base);
		return 0;
	default:
		return refuse(-EINVAL, "there is no segment base %u", which);
	}
}

void pv_set_kernel_stack(struct vcpu *v, uint64_t ss, uint64_t sp)
{
	/* RPL 0 is raised to the kernel's ring. Whether it can be a stack is seen when it is used. */
	v->pv.kernel_ss = ss & SEL_RPL ? ss : ss | (v->domain->is_32bit ? 1 : 3);
	v->pv.kernel_sp = sp;
}

long do_stack_switch(uint64_t ss, uint64_t sp)
{
	pv_set_kernel_stack(current, ss, sp);
	return 0;
}
