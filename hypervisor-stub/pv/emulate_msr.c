/* SPDX-License-Identifier: MIT */
/*
 * RDMSR and WRMSR of a guest kernel: one table says what each register is to it.
 *
 * Model-specific registers describe and control the machine, which is not the guest's. It may read what
 * harms nobody, write what it may know to be ignored, and find its own where it has one (segment bases of
 * a 64-bit guest). Everything else is a #GP, which kernels expect of registers that a processor lacks.
 */
#include "abi/dispatch.h"
#include "console/console.h"
#include "cpu/extable.h"
#include "cpu/init.h"
#include "pv/emulate.h"

#include <xen/arch-x86/cpuid.h>

#define MSR_TSC		   0x10
#define MSR_PLATFORM_ID	   0x17
#define MSR_FEATURE_CTL	   0x3a
#define MSR_UCODE	   0x8b
#define MSR_PLATFORM_INFO  0xce
#define MSR_MPERF	   0xe7
#define MSR_APERF	   0xe8
#define MSR_ARCH_CAPS	   0x10a
#define MSR_MISC_FEATURES  0x140
#define MSR_MCG_CAP	   0x179
#define MSR_MCG_STATUS	   0x17a
#define MSR_MCG_CTL	   0x17b
#define MSR_P6_EVNTSEL0	   0x186
#define MSR_P6_EVNTSEL3	   0x189
#define MSR_PERF_STATUS	   0x198
#define MSR_PERF_CTL	   0x199
#define MSR_THERM_CTL	   0x19a
#define MSR_THERM_STATUS   0x19c
#define MSR_MISC_ENABLE	   0x1a0
#define MSR_PERF_CAPS	   0x345
#define MSR_FIXED_CTR_CTL  0x38d
#define MSR_MC0_CTL	   0x400
#define MSR_MC0_STATUS	   0x401
#define MSR_MC0_MISC	   0x403
#define MSR_MC1_CTL	   0x404
#define MSR_MC1_STATUS	   0x405
#define MSR_MC1_MISC	   0x407
#define MSR_TSC_AUX	   0xc0000103
#define MSR_K8_SYSCFG	   0xc0010010
#define MSR_K8_HWCR	   0xc0010015
#define MSR_K8_TOP_MEM1	   0xc001001a
#define MSR_K8_NB_CFG	   0xc001001f
#define MSR_K7_EVNTSEL0	   0xc0010000
#define MSR_K7_PERFCTR3	   0xc0010007
#define MSR_K8_PSTATE_LIM  0xc0010061
#define MSR_K8_PSTATE7	   0xc001006b
#define MSR_FAM15_EVNTSEL0 0xc0010200
#define MSR_FAM15_PERFCTR5 0xc001020b
#define MSR_DE_CFG	   0xc0011029
#define MSR_XEN_HYPERCALLS XEN_CPUID_FIRST_LEAF

#define MCG_BANKS		2
#define MCG_INTEL		(1UL << 10 | 1UL << 11 | 1UL << 24) /* CMCI, threshold, recovery */
#define FEATURE_CTL_LOCKED	1
#define DE_CFG_LFENCE_SERIALISE (1UL << 1)
/* MISC_ENABLE: performance monitoring, SpeedStep and MONITOR are hidden ... */
#define MISC_HIDDEN (1UL << 7 | 1UL << 16 | 1UL << 18)
/* ... and BTS, PEBS and xTPR messages are said to be unavailable. */
#define MISC_UNAVAILABLE (1UL << 11 | 1UL << 12 | 1UL << 23)

enum read_rule {
	READ_GP,
	READ_HOST, /* the machine's value, or zero where this machine has no such register */
	READ_ZERO,
	READ_ONES,
	READ_BANKS,  /* MCG_CAP: two machine-check banks, which never report anything */
	READ_LOCKED, /* FEATURE_CONTROL: locked, nothing enabled */
	READ_MISC,   /* MISC_ENABLE less what a guest has not */
	READ_LFENCE, /* DE_CFG: LFENCE serialises */
	READ_TSC,
	READ_EFER,
	READ_BASE,
};

enum write_rule {
	WRITE_GP,
	WRITE_IGNORE, /* any value */
	WRITE_SAME,   /* only what can be read */
	WRITE_BASE,
	WRITE_HYPERCALL_PAGE,
};

/* Whose registers they are: on another maker's processor, or in a guest of the other width, none. */
enum scope { ALL, INTEL, AMD, WIDE };

struct msr_rule {
	uint32_t first, last;
	uint8_t read, write;
	uint8_t scope;
};

/* Those that kernels use all the time stand first. */
/* clang-format off */
static const struct msr_rule rules[] = {
	{ MSR_EFER,           MSR_EFER,           READ_EFER,   WRITE_SAME,           ALL },
	{ MSR_FS_BASE,        MSR_KERNEL_GS_BASE, READ_BASE,   WRITE_BASE,           WIDE },
	{ MSR_TSC,            MSR_TSC,            READ_TSC,    WRITE_GP,             ALL },
	{ MSR_PLATFORM_ID,    MSR_PLATFORM_ID,    READ_HOST,   WRITE_GP,             INTEL },
	{ MSR_APIC_BASE,      MSR_APIC_BASE,      READ_HOST,   WRITE_GP,             ALL },
	{ MSR_FEATURE_CTL,    MSR_FEATURE_CTL,    READ_LOCKED, WRITE_GP,             INTEL },
	{ MSR_UCODE,          MSR_UCODE,          READ_HOST,   WRITE_GP,             ALL },
	{ MSR_PLATFORM_INFO,  MSR_PLATFORM_INFO,  READ_ZERO,   WRITE_GP,             ALL },
	{ MSR_MPERF,          MSR_APERF,          READ_GP,     WRITE_IGNORE,         ALL },
	{ MSR_ARCH_CAPS,      MSR_ARCH_CAPS,      READ_ZERO,   WRITE_GP,             INTEL },
	{ MSR_MISC_FEATURES,  MSR_MISC_FEATURES,  READ_ZERO,   WRITE_SAME,           ALL },
	{ MSR_MCG_CAP,        MSR_MCG_CAP,        READ_BANKS,  WRITE_IGNORE,         ALL },
	{ MSR_MCG_STATUS,     MSR_MCG_CTL,        READ_ZERO,   WRITE_IGNORE,         ALL },
	{ MSR_P6_EVNTSEL0,    MSR_P6_EVNTSEL3,    READ_ZERO,   WRITE_IGNORE,         INTEL },
	{ MSR_PERF_STATUS,    MSR_PERF_STATUS,    READ_ZERO,   WRITE_GP,             INTEL },
	{ MSR_PERF_CTL,       MSR_PERF_CTL,       READ_ZERO,   WRITE_IGNORE,         INTEL },
	{ MSR_THERM_CTL,      MSR_THERM_CTL,      READ_GP,     WRITE_IGNORE,         INTEL },
	{ MSR_THERM_STATUS,   MSR_THERM_STATUS,   READ_ZERO,   WRITE_GP,             INTEL },
	{ MSR_MISC_ENABLE,    MSR_MISC_ENABLE,    READ_MISC,   WRITE_IGNORE,         ALL },
	{ MSR_PAT,            MSR_PAT,            READ_HOST,   WRITE_GP,             ALL },
	{ MSR_PERF_CAPS,      MSR_PERF_CAPS,      READ_ZERO,   WRITE_GP,             ALL },
	{ MSR_FIXED_CTR_CTL,  MSR_FIXED_CTR_CTL,  READ_ZERO,   WRITE_IGNORE,         INTEL },
	{ MSR_MC0_CTL,        MSR_MC0_CTL,        READ_ONES,   WRITE_IGNORE,         ALL },
	{ MSR_MC0_STATUS,     MSR_MC0_MISC,       READ_ZERO,   WRITE_SAME,           ALL },
	{ MSR_MC1_CTL,        MSR_MC1_CTL,        READ_ONES,   WRITE_IGNORE,         ALL },
	{ MSR_MC1_STATUS,     MSR_MC1_MISC,       READ_ZERO,   WRITE_SAME,           ALL },
	{ MSR_XEN_HYPERCALLS, MSR_XEN_HYPERCALLS, READ_ZERO,   WRITE_HYPERCALL_PAGE, ALL },
	{ MSR_TSC_AUX,        MSR_TSC_AUX,        READ_ZERO,   WRITE_IGNORE,         ALL },
	{ MSR_K7_EVNTSEL0,    MSR_K7_PERFCTR3,    READ_ZERO,   WRITE_IGNORE,         AMD },
	{ MSR_K8_SYSCFG,      MSR_K8_SYSCFG,      READ_HOST,   WRITE_GP,             AMD },
	{ MSR_K8_HWCR,        MSR_K8_HWCR,        READ_ZERO,   WRITE_IGNORE,         AMD },
	{ MSR_K8_TOP_MEM1,    MSR_K8_TOP_MEM1,    READ_HOST,   WRITE_GP,             AMD },
	{ MSR_K8_NB_CFG,      MSR_K8_NB_CFG,      READ_ZERO,   WRITE_IGNORE,         ALL },
	{ MSR_K8_PSTATE_LIM,  MSR_K8_PSTATE7,     READ_ZERO,   WRITE_IGNORE,         AMD },
	{ MSR_FAM15_EVNTSEL0, MSR_FAM15_PERFCTR5, READ_ZERO,   WRITE_IGNORE,         AMD },
	{ MSR_DE_CFG,         MSR_DE_CFG,         READ_LFENCE, WRITE_IGNORE,         AMD },
};
/* clang-format on */

static bool in_scope(const struct vcpu *v, enum scope scope)
{
	switch (scope) {
	case INTEL:
		return cpu_features.intel;
	case AMD:
		return !cpu_features.intel;
	case WIDE:
		return !v->domain->is_32bit;
	default:
		return true;
	}
}

static const struct msr_rule *find_rule(const struct vcpu *v, uint32_t msr)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(rules); i++)
		if (msr >= rules[i].first && msr <= rules[i].last)
			return in_scope(v, rules[i].scope) ? &rules[i] : NULL;
	return NULL;
}

/* False: this processor has no such register. */
static bool rdmsr_safe(uint32_t msr, uint64_t *value)
{
	uint32_t lo = 0, hi = 0, ok = 1;

	asm volatile("1: rdmsr\n"
		     "2:\n"
		     ".pushsection .text.fixup, \"ax\"\n"
		     "3: xor %2, %2\n"
		     "jmp 2b\n"
		     ".popsection\n" EXTABLE("1b", "3b")
		     : "+a"(lo), "+d"(hi), "+r"(ok)
		     : "c"(msr));
	*value = (uint64_t)hi << 32 | lo;
	return ok;
}

/* A 32-bit guest is not told of long mode; Intel's SYSCALL does not exist outside it. */
static uint64_t guest_efer(const struct vcpu *v)
{
	if (!v->domain->is_32bit)
		return EFER_SCE | EFER_NX | EFER_LME | EFER_LMA;
	return cpu_features.intel ? EFER_NX : EFER_SCE | EFER_NX;
}

static bool read_msr(const struct vcpu *v, uint32_t msr, uint64_t *value)
{
	const struct msr_rule *rule = find_rule(v, msr);

	*value = 0;
	switch (rule ? rule->read : READ_GP) {
	case READ_HOST:
		if (!rdmsr_safe(msr, value))
			*value = 0;
		return true;
	case READ_ZERO:
		return true;
	case READ_ONES:
		*value = ~0UL;
		return true;
	case READ_BANKS:
		*value = cpu_features.intel ? MCG_BANKS | MCG_INTEL : MCG_BANKS;
		return true;
	case READ_LOCKED:
		*value = FEATURE_CTL_LOCKED;
		return true;
	case READ_MISC:
		rdmsr_safe(msr, value);
		*value = (*value & ~MISC_HIDDEN) | MISC_UNAVAILABLE;
		return true;
	case READ_LFENCE:
		*value = DE_CFG_LFENCE_SERIALISE;
		return true;
	case READ_TSC: /* some emulators have no such register beside the instruction */
		*value = rdtsc();
		return true;
	case READ_EFER:
		*value = guest_efer(v);
		return true;
	case READ_BASE: /* live, and in kernel mode GS_BASE is the kernel's */
		*value = rdmsr(msr);
		return true;
	default:
		return false;
	}
}

static bool canonical(uint64_t va)
{
	return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

/* A guest without the ELF note asks for its hypercall page here. */
static bool install_hypercall_page(const struct vcpu *v, uint64_t maddr)
{
	mfn_t mfn = maddr_to_mfn(_maddr(maddr));

	if (frame_get_typed(mfn, v->domain, FT_WRITABLE)) {
		refuse(-EINVAL, "hypercall page: mfn %lx is not a writable page of d%u", mfn_x(mfn),
		       v->domain->id);
		return false;
	}
	hypercall_page_write(mfn_to_virt(mfn), v->domain->is_32bit);
	frame_put_typed(mfn_to_frame(mfn));
	return true;
}

static bool write_msr(const struct vcpu *v, uint32_t msr, uint64_t value)
{
	const struct msr_rule *rule = find_rule(v, msr);
	uint64_t old;

	switch (rule ? rule->write : WRITE_GP) {
	case WRITE_IGNORE:
		return true;
	case WRITE_SAME:
		return read_msr(v, msr, &old) && old == value;
	case WRITE_BASE:
		if (!canonical(value))
			return false;
		wrmsr(msr, value);
		return true;
	case WRITE_HYPERCALL_PAGE:
		return install_hypercall_page(v, value);
	default:
		return false;
	}
}

bool emulate_rdmsr(struct emulation *e)
{
	uint32_t msr = e->regs->rcx;
	uint64_t value;

	/* A kernel that has no #GP handler yet reads zero, as the ABI promises (arch-x86/xen.h). */
	if (!read_msr(e->v, msr, &value) && gate_present(e->v, VECTOR_GP)) {
		refuse(-ENOSYS, "rdmsr %x: not a register of this virtual processor", msr);
		return false;
	}
	emulation_set_reg(e, REG_AX, 4, value);
	emulation_set_reg(e, REG_DX, 4, value >> 32);
	emulation_end(e);
	return true;
}

bool emulate_wrmsr(struct emulation *e)
{
	uint32_t msr = e->regs->rcx;
	uint64_t value = (uint32_t)e->regs->rax | e->regs->rdx << 32;

	if (!write_msr(e->v, msr, value)) {
		refuse(-ENOSYS, "wrmsr %x, %lx: not allowed", msr, value);
		return false;
	}
	emulation_end(e);
	return true;
}
