/* SPDX-License-Identifier: MIT */
/*
 * What a guest is told of the processor: the policy behind the forced-emulation CPUID.
 *
 * CPUID itself does not trap in rings 1 to 3, so a guest that asks the bare processor gets the truth;
 * one that asks with the prefix gets what it can use. A feature is offered if the processor has it and a
 * PV guest may use it: features that need state beyond FXSAVE (XSAVE, AVX), ring 0 (virtualization,
 * x2APIC, PCID) or control bits that stay off (FSGSBASE, PSE) are not. Leaves that are not listed are
 * zero. The hypervisor's own leaves begin at 0x40000000 (<xen/arch-x86/cpuid.h>).
 */
#include "cpu/init.h"
#include "pv/emulate.h"
#include "time/clock.h"

#include <xen/arch-x86/cpuid.h>

#define XEN_VERSION  (4u << 16 | 17)
#define HIGHEST_LEAF 0xdu
#define EXTENDED     0x80000000u
#define HIGHEST_EXT  0x80000021u

#define MSR_XEN_HYPERCALL_PAGE XEN_CPUID_FIRST_LEAF

#define BIT(n) (1u << (n))

/* Leaf 1 ecx: SSE3 PCLMUL SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES RDRAND. */
#define LEAF1_ECX                                                                               \
	(BIT(0) | BIT(1) | BIT(9) | BIT(13) | BIT(19) | BIT(20) | BIT(22) | BIT(23) | BIT(25) | \
	 BIT(30))
#define LEAF1_ECX_HYPERVISOR BIT(31)
#define LEAF1_ECX_CX16	     BIT(13)
/*
 * Leaf 1 edx: FPU DE TSC MSR PAE MCE CX8 APIC SEP MTRR MCA CMOV PAT CLFLUSH ACPI MMX FXSR SSE SSE2
 * SS.
 */
#define LEAF1_EDX                                                                                  \
	(BIT(0) | BIT(2) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(9) | BIT(11) |         \
	 BIT(12) | BIT(14) | BIT(15) | BIT(16) | BIT(19) | BIT(22) | BIT(23) | BIT(24) | BIT(25) | \
	 BIT(26) | BIT(27))
#define LEAF1_EDX_SEP  BIT(11)
#define LEAF1_EDX_MTRR BIT(12)
/* Leaf 7 ebx: BMI1 BMI2 ERMS RDSEED ADX CLFLUSHOPT CLWB. */
#define LEAF7_EBX (BIT(3) | BIT(8) | BIT(9) | BIT(18) | BIT(19) | BIT(23) | BIT(24))
/* Leaf 0x80000001 ecx: LAHF ABM SSE4A PREFETCHW. */
#define EXT1_ECX      (BIT(0) | BIT(5) | BIT(6) | BIT(8))
#define EXT1_ECX_LAHF BIT(0)
/* ... edx: those of leaf 1 that AMD repeats, SYSCALL NX MMXEXT FFXSR RDTSCP LM 3DNOWEXT 3DNOW. */
#define EXT1_EDX                                                                             \
	((LEAF1_EDX & 0x0183f3ff & ~LEAF1_EDX_SEP) | BIT(11) | BIT(20) | BIT(22) | BIT(25) | \
	 BIT(27) | BIT(29) | BIT(30) | BIT(31))
#define EXT1_EDX_LM	 BIT(29)
#define EXT21_EAX_LFENCE BIT(2) /* LFENCE serialises */
#define EXT7_EDX_TSC	 BIT(8) /* invariant TSC */
#define PV_RDTSCP	 BIT(2) /* leaf 0x40000003 eax: RDTSCP is available */

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

static struct cpuid_regs xen_leaf(uint32_t leaf, uint32_t subleaf)
{
	switch (leaf - XEN_CPUID_FIRST_LEAF) {
	case 0:
		return (struct cpuid_regs){ XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES),
					    XEN_CPUID_SIGNATURE_EBX, XEN_CPUID_SIGNATURE_ECX,
					    XEN_CPUID_SIGNATURE_EDX };
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

static void filter_leaf1(const struct vcpu *v, bool kernel, struct cpuid_regs *r)
{
	r->c &= LEAF1_ECX;
	if (v->domain->is_32bit)
		r->c &= ~LEAF1_ECX_CX16;
	r->c |= LEAF1_ECX_HYPERVISOR;
	r->d &= LEAF1_EDX;
	if (!cpu_features.intel)
		r->d &= ~LEAF1_EDX_SEP; /* AMD's long mode has no SYSENTER */
	if (!kernel)
		r->d &= ~LEAF1_EDX_MTRR;
	r->b &= 0x00ffffff; /* the APIC number of whatever pCPU this is tells nothing */
}

static void filter_ext1(const struct vcpu *v, bool kernel, struct cpuid_regs *r)
{
	r->c &= EXT1_ECX;
	r->d &= EXT1_EDX;
	if (v->domain->is_32bit) {
		r->c &= ~EXT1_ECX_LAHF;
		r->d &= ~EXT1_EDX_LM;
	}
	if (!kernel)
		r->d &= ~LEAF1_EDX_MTRR;
}

static struct cpuid_regs native_leaf(const struct vcpu *v, bool kernel, uint32_t leaf,
				     uint32_t subleaf)
{
	struct cpuid_regs r = cpuid(leaf, subleaf);

	switch (leaf) {
	case 0:
		r.a = min(r.a, HIGHEST_LEAF);
		break;
	case 1:
		filter_leaf1(v, kernel, &r);
		break;
	case 2:
	case 4: /* caches: as they are */
		break;
	case 7:
		r = (struct cpuid_regs){ .b = subleaf ? 0 : r.b & LEAF7_EBX };
		break;
	case EXTENDED:
		r.a = cpu_features.intel ? min(r.a, HIGHEST_EXT) : HIGHEST_EXT;
		break;
	case HIGHEST_EXT:
		r = (struct cpuid_regs){ .a = cpu_features.intel ? 0 : EXT21_EAX_LFENCE };
		break;
	case EXTENDED + 1:
		filter_ext1(v, kernel, &r);
		break;
	case EXTENDED + 2 ... EXTENDED + 6: /* name, caches */
		break;
	case EXTENDED + 7:
		r = (struct cpuid_regs){ .d = r.d & EXT7_EDX_TSC };
		break;
	case EXTENDED + 8: /* address widths */
		r = (struct cpuid_regs){ .a = (r.a & 0xff) | (v->domain->is_32bit ? 32 : 48) << 8 };
		break;
	default:
		r = (struct cpuid_regs){ 0 };
		break;
	}
	return r;
}

struct cpuid_regs cpuid_policy(const struct vcpu *v, bool kernel, uint32_t leaf, uint32_t subleaf)
{
	uint32_t range = leaf & 0xffff0000;
	uint32_t highest;

	if ((leaf & 0xffffff00) == XEN_CPUID_FIRST_LEAF)
		return xen_leaf(leaf, subleaf);
	if (range != 0 && range != EXTENDED)
		return (struct cpuid_regs){ 0 };
	highest = native_leaf(v, kernel, range, 0).a;
	if (leaf > highest)
		return (struct cpuid_regs){ 0 };
	return native_leaf(v, kernel, leaf, subleaf);
}
