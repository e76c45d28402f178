/* SPDX-License-Identifier: MIT */
/*
 * What a guest is told of the processor: the answers of the forced-emulation CPUID.
 *
 * CPUID itself does not trap in rings 1 to 3, so a guest that asks the bare processor gets the truth;
 * one that asks with the prefix gets what it can use, from its domain's policy (cpu_policy.h). The
 * hypervisor's own leaves begin at 0x40000000 (<xen/arch-x86/cpuid.h>).
 */
#include "pv/cpu_policy.h"
#include "pv/emulate.h"
#include "time/clock.h"

#include <xen/arch-x86/cpuid.h>

#define XEN_VERSION (4u << 16 | 17)

#define MSR_XEN_HYPERCALL_PAGE XEN_CPUID_FIRST_LEAF

#define FEATURE_MTRR (1u << 12) /* of leaf 1 edx, and of 0x80000001 edx where AMD repeats it */
#define PV_RDTSCP    (1u << 2)	/* leaf 0x40000003 eax: RDTSCP is available */

static uint32_t tsc_khz(void)
{
	return clock_tsc_hz() / 1000;
}

static struct cpuid_regs time_leaf(uint32_t subleaf)
{
	switch (subleaf) {
	case 0:
		return (struct cpuid_regs){ .a = PV_RDTSCP };
	case 1:
		return (struct cpuid_regs){ .c = clock_scale.mul,
					    .d = (uint32_t)clock_scale.shift };
	case 2:
		return (struct cpuid_regs){ .a = tsc_khz() };
	default:
		return (struct cpuid_regs){ 0 };
	}
}

static uint32_t machine_address_width(void)
{
	return max_mfn.mfn ? 64 - __builtin_clzl((max_mfn.mfn << PAGE_SHIFT) - 1) : 0;
}

static struct cpuid_regs xen_leaf(const struct cpu_policy *p, uint32_t leaf, uint32_t subleaf)
{
	uint32_t highest = cpu_policy_leaf(p, XEN_CPUID_FIRST_LEAF, 0)->a;

	if (leaf > highest)
		return (struct cpuid_regs){ 0 };
	switch (leaf - XEN_CPUID_FIRST_LEAF) {
	case 0:
		return (struct cpuid_regs){ highest, XEN_CPUID_SIGNATURE_EBX,
					    XEN_CPUID_SIGNATURE_ECX, XEN_CPUID_SIGNATURE_EDX };
	case 1:
		return (struct cpuid_regs){ .a = XEN_VERSION };
	case 2:
		return (struct cpuid_regs){ .a = 1,
					    .b = MSR_XEN_HYPERCALL_PAGE,
					    .c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD };
	case 3:
		return time_leaf(subleaf);
	case 5:
		return (struct cpuid_regs){ .b = machine_address_width() };
	default:
		return (struct cpuid_regs){ 0 };
	}
}

/* What depends on who asks, not on the domain: its code's width and ring. */
static void for_caller(const struct vcpu *v, bool kernel, uint32_t leaf, struct cpuid_regs *r)
{
	if (v->domain->is_32bit)
		cpu_policy_narrow(leaf, r);
	if (!kernel && (leaf == 1 || leaf == POLICY_EXTENDED + 1))
		r->d &= ~FEATURE_MTRR;
}

struct cpuid_regs cpuid_policy(const struct vcpu *v, bool kernel, uint32_t leaf, uint32_t subleaf)
{
	const struct cpu_policy *p = cpu_policy_of(v->domain);
	const struct cpuid_regs *told;
	struct cpuid_regs r = { 0 };

	if ((leaf & 0xffffff00) == XEN_CPUID_FIRST_LEAF)
		return xen_leaf(p, leaf, subleaf);
	told = cpu_policy_leaf(p, leaf, subleaf);
	if (!told || leaf > cpu_policy_leaf(p, leaf & POLICY_EXTENDED, 0)->a)
		return r;
	r = *told;
	for_caller(v, kernel, leaf, &r);
	return r;
}
