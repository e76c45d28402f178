/* SPDX-License-Identifier: MIT */
/*
 * The policies of this machine, and the arithmetic on them.
 *
 * A feature is offered if the processor has it and a PV guest may use it: features that need state beyond
 * FXSAVE (XSAVE, AVX), ring 0 (virtualization, x2APIC, PCID) or control bits that stay off (FSGSBASE, PSE)
 * are not. What is not a feature, names and caches, is told as it is. Everything else is zero.
 *
 * No locks: cpu_policy.h says why.
 */
#include "pv/cpu_policy.h"
#include "cpu/init.h"
#include "domain/domain.h"
#include "lib/string.h"

#include <xen/arch-x86/cpufeatureset.h>
#include <xen/arch-x86/cpuid.h>

#define BIT(n)	      (1u << (n))
#define FEATURE(name) XEN_X86_FEATURE_##name

/* Of 0x80000001 edx: the bits that AMD repeats from leaf 1, where they have their names. */
#define REPEATED_BY_AMD (0x0183f3ffu & ~BIT(FEATURE(SEP)))

struct cpu_policy policy_raw, policy_host, policy_pv_max;

/* ---- places ------------------------------------------------------------------------------------ */

/* Subleaves of each basic leaf that a policy keeps; 0: the leaf has none. */
static const uint8_t subleaves[POLICY_BASIC_MAX + 1] = { [4] = 6, [7] = 3, [0xb] = 2, [0xd] = 2 };

/* The first place of each basic leaf; then the two limits of hypervisors, then the extended leaves. */
static const uint8_t first_place[POLICY_BASIC_MAX + 2] = { 0,  1,  2,  3,  4,  10, 11, 12,
							   15, 16, 17, 18, 20, 21, 23 };
#define PLACE_HYPERVISOR 23
#define PLACE_EXTENDED	 25
#define SECOND_LIMIT	 (XEN_CPUID_FIRST_LEAF + 0x100)

_Static_assert(PLACE_EXTENDED + POLICY_EXTENDED_MAX - POLICY_EXTENDED + 1 == POLICY_LEAVES,
	       "the last place");

int cpu_policy_place(uint32_t leaf, uint32_t subleaf)
{
	if (leaf <= POLICY_BASIC_MAX) {
		if (!subleaves[leaf])
			return first_place[leaf];
		return subleaf < subleaves[leaf] ? first_place[leaf] + (int)subleaf : -1;
	}
	if (leaf >= POLICY_EXTENDED && leaf <= POLICY_EXTENDED_MAX)
		return PLACE_EXTENDED + (int)(leaf - POLICY_EXTENDED);
	if (leaf == XEN_CPUID_FIRST_LEAF)
		return PLACE_HYPERVISOR;
	return leaf == SECOND_LIMIT ? PLACE_HYPERVISOR + 1 : -1;
}

static void name_of_place(unsigned int place, uint32_t *leaf, uint32_t *subleaf)
{
	unsigned int l = 0;

	*subleaf = XEN_CPUID_NO_SUBLEAF;
	if (place >= PLACE_EXTENDED) {
		*leaf = POLICY_EXTENDED + place - PLACE_EXTENDED;
		return;
	}
	if (place >= PLACE_HYPERVISOR) {
		*leaf = place == PLACE_HYPERVISOR ? XEN_CPUID_FIRST_LEAF : SECOND_LIMIT;
		return;
	}
	while (place >= first_place[l + 1])
		l++;
	*leaf = l;
	if (subleaves[l])
		*subleaf = place - first_place[l];
}

static struct cpuid_regs *at(struct cpu_policy *p, uint32_t leaf)
{
	return &p->leaf[cpu_policy_place(leaf, 0)];
}

bool cpu_policy_tells(const struct cpu_policy *p, unsigned int place, uint32_t *leaf,
		      uint32_t *subleaf)
{
	name_of_place(place, leaf, subleaf);
	if (place >= PLACE_EXTENDED)
		return *leaf <= p->leaf[PLACE_EXTENDED].a;
	if (place >= PLACE_HYPERVISOR)
		return true;
	if (*leaf > p->leaf[0].a)
		return false;
	/* An empty subleaf of caches or topology ends the list, and leaf 7 says how many it has. */
	if ((*leaf == 4 || *leaf == 0xb) && *subleaf) {
		const struct cpuid_regs *before = &p->leaf[place - 1];

		return *leaf == 4 ? before->a & 0x1f : before->c & 0xff00;
	}
	return *leaf != 7 || *subleaf <= p->leaf[first_place[7]].a;
}

/* ---- features ---------------------------------------------------------------------------------- */

/* Where each word of a featureset stands: leaf, subleaf, and which of a b c d. */
static const struct {
	uint32_t leaf;
	uint8_t subleaf, reg;
} words_at[] = {
	{ 1, 0, 3 },	      { 1, 0, 2 }, { 0x80000001, 0, 3 }, { 0x80000001, 0, 2 },
	{ 0xd, 1, 0 },	      { 7, 0, 1 }, { 7, 0, 2 },		 { 0x80000007, 0, 3 },
	{ 0x80000008, 0, 1 }, { 7, 0, 3 }, { 7, 1, 0 },		 { 0x80000021, 0, 0 },
	{ 7, 1, 1 },	      { 7, 2, 3 }, { 7, 1, 2 },		 { 7, 1, 3 },
};
/* Words 16 and 17 are the halves of MSR_ARCH_CAPABILITIES, which guests read as zero. */
#define WORD_E21C 18

static uint32_t *word_of(struct cpu_policy *p, unsigned int i)
{
	struct cpuid_regs *r = &p->leaf[cpu_policy_place(words_at[i].leaf, words_at[i].subleaf)];

	return &r->a + words_at[i].reg;
}

void cpu_policy_featureset(const struct cpu_policy *p, uint32_t *words)
{
	memset(words, 0, FEATURESET_WORDS * sizeof(words[0]));
	for (unsigned int i = 0; i < ARRAY_SIZE(words_at); i++)
		words[i] = *word_of((struct cpu_policy *)p, i);
	words[WORD_E21C] = p->leaf[PLACE_EXTENDED + POLICY_EXTENDED_MAX - POLICY_EXTENDED].c;
}

/* What we let a paravirtual guest use, if the processor has it. */
static const uint16_t offered[] = {
	FEATURE(FPU),	     FEATURE(DE),	 FEATURE(TSC),		 FEATURE(MSR),
	FEATURE(PAE),	     FEATURE(MCE),	 FEATURE(CX8),		 FEATURE(APIC),
	FEATURE(SEP),	     FEATURE(MTRR),	 FEATURE(MCA),		 FEATURE(CMOV),
	FEATURE(PAT),	     FEATURE(CLFLUSH),	 FEATURE(ACPI),		 FEATURE(MMX),
	FEATURE(FXSR),	     FEATURE(SSE),	 FEATURE(SSE2),		 FEATURE(SS),
	FEATURE(SSE3),	     FEATURE(PCLMULQDQ), FEATURE(SSSE3),	 FEATURE(CX16),
	FEATURE(SSE4_1),     FEATURE(SSE4_2),	 FEATURE(MOVBE),	 FEATURE(POPCNT),
	FEATURE(AESNI),	     FEATURE(RDRAND),	 FEATURE(HYPERVISOR),	 FEATURE(SYSCALL),
	FEATURE(NX),	     FEATURE(MMXEXT),	 FEATURE(FFXSR),	 FEATURE(RDTSCP),
	FEATURE(LM),	     FEATURE(3DNOWEXT),	 FEATURE(3DNOW),	 FEATURE(LAHF_LM),
	FEATURE(ABM),	     FEATURE(SSE4A),	 FEATURE(3DNOWPREFETCH), FEATURE(BMI1),
	FEATURE(BMI2),	     FEATURE(ERMS),	 FEATURE(RDSEED),	 FEATURE(ADX),
	FEATURE(CLFLUSHOPT), FEATURE(CLWB),	 FEATURE(ITSC),		 FEATURE(LFENCE_DISPATCH),
};

/* What nobody gets, since we do not switch its state or have its control bit on. */
static const uint16_t never[] = {
	FEATURE(XSAVE),	   FEATURE(OSXSAVE),  FEATURE(AVX),	   FEATURE(F16C),
	FEATURE(FMA),	   FEATURE(PCID),     FEATURE(FSGSBASE),   FEATURE(AVX2),
	FEATURE(MPX),	   FEATURE(AVX512F),  FEATURE(AVX512DQ),   FEATURE(AVX512_IFMA),
	FEATURE(AVX512CD), FEATURE(AVX512BW), FEATURE(AVX512VL),   FEATURE(PKU),
	FEATURE(OSPKE),	   FEATURE(VAES),     FEATURE(VPCLMULQDQ), FEATURE(XOP),
	FEATURE(FMA4),	   FEATURE(LWP),
};

/* ---- the machine's policies -------------------------------------------------------------------- */

static void make_raw(struct cpu_policy *p)
{
	uint32_t basic = cpuid(0, 0).a, extended = cpuid(POLICY_EXTENDED, 0).a;
	uint32_t leaf, subleaf;

	for (unsigned int i = 0; i < POLICY_LEAVES; i++) {
		name_of_place(i, &leaf, &subleaf);
		if (leaf <= basic || (leaf >= POLICY_EXTENDED && leaf <= extended))
			p->leaf[i] = cpuid(leaf, subleaf == XEN_CPUID_NO_SUBLEAF ? 0 : subleaf);
	}
	p->leaf[0].a = min(basic, POLICY_BASIC_MAX);
	at(p, POLICY_EXTENDED)->a = min(extended, POLICY_EXTENDED_MAX);
	at(p, 7)->a = min(at(p, 7)->a, subleaves[7] - 1u);
}

static void make_host(struct cpu_policy *p)
{
	*p = policy_raw;
	for (unsigned int i = 0; i < ARRAY_SIZE(never); i++)
		*word_of(p, never[i] / 32) &= ~BIT(never[i] % 32);
	memset(at(p, 0xd), 0, subleaves[0xd] * sizeof(p->leaf[0]));
}

static void keep_features(struct cpu_policy *p)
{
	uint32_t mask[ARRAY_SIZE(words_at)] = { 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(offered); i++)
		mask[offered[i] / 32] |= BIT(offered[i] % 32);
	mask[FEATURE(SYSCALL) / 32] |= mask[0] & REPEATED_BY_AMD;
	for (unsigned int i = 0; i < ARRAY_SIZE(words_at); i++)
		*word_of(p, i) &= mask[i];
}

static bool described(uint32_t leaf)
{
	switch (leaf) {
	case XEN_CPUID_FIRST_LEAF:
	case SECOND_LIMIT:
	case 0 ... 2:
	case 4: /* caches */
	case 7:
	case POLICY_EXTENDED ... POLICY_EXTENDED + 8: /* name, caches, address widths */
	case POLICY_EXTENDED_MAX:
		return true;
	default:
		return false;
	}
}

static void make_pv_max(struct cpu_policy *p)
{
	uint32_t leaf, subleaf;

	for (unsigned int i = 0; i < POLICY_LEAVES; i++) {
		name_of_place(i, &leaf, &subleaf);
		if (described(leaf))
			p->leaf[i] = policy_host.leaf[i];
	}
	keep_features(p);
	at(p, 1)->b &= 0x00ffffff; /* the APIC number of whatever pCPU this is tells nothing */
	at(p, 1)->c |= BIT(FEATURE(HYPERVISOR) % 32);
	at(p, 7)->a = 0;
	*at(p, POLICY_EXTENDED + 7) = (struct cpuid_regs){ .d = at(p, POLICY_EXTENDED + 7)->d };
	*at(p, POLICY_EXTENDED + 8) =
		(struct cpuid_regs){ .a = (at(p, POLICY_EXTENDED + 8)->a & 0xff) | 48 << 8 };
	*at(p, POLICY_EXTENDED_MAX) = (struct cpuid_regs){ 0 };
	if (!cpu_features.intel) {
		at(p, 1)->d &= ~BIT(FEATURE(SEP)); /* AMD's long mode has no SYSENTER */
		/* And its LFENCE serialises: we see to that, whether or not this processor says so. */
		at(p, POLICY_EXTENDED)->a = POLICY_EXTENDED_MAX;
		at(p, POLICY_EXTENDED_MAX)->a = BIT(FEATURE(LFENCE_DISPATCH) % 32);
	}
	at(p, XEN_CPUID_FIRST_LEAF)->a = XEN_CPUID_FIRST_LEAF + XEN_CPUID_MAX_NUM_LEAVES;
}

void cpu_policies_init(void)
{
	make_raw(&policy_raw);
	make_host(&policy_host);
	make_pv_max(&policy_pv_max);
}

/* ---- of one domain ----------------------------------------------------------------------------- */

const struct cpu_policy *cpu_policy_of(const struct domain *d)
{
	return d->cpu_policy ? d->cpu_policy : &policy_pv_max;
}

void cpu_policy_narrow(uint32_t leaf, struct cpuid_regs *r)
{
	switch (leaf) {
	case 1:
		r->c &= ~BIT(FEATURE(CX16) % 32);
		break;
	case POLICY_EXTENDED + 1:
		r->c &= ~BIT(FEATURE(LAHF_LM) % 32);
		r->d &= ~BIT(FEATURE(LM) % 32);
		break;
	case POLICY_EXTENDED + 8:
		r->a = (r->a & 0xff) | 32 << 8;
		break;
	}
}

/*
 * A toolstack's word counts for what a processor is called and looks like; what it can do, and which
 * leaves have a meaning at all, only within what we offer.
 */
void cpu_policy_clamp(struct cpu_policy *p)
{
	uint32_t most[FEATURESET_WORDS], leaf, subleaf;
	struct cpu_policy *max = &policy_pv_max;

	cpu_policy_featureset(max, most);
	for (unsigned int i = 0; i < ARRAY_SIZE(words_at); i++)
		*word_of(p, i) &= most[i];
	for (unsigned int i = 0; i < POLICY_LEAVES; i++) {
		name_of_place(i, &leaf, &subleaf);
		if (!described(leaf) || !cpu_policy_tells(p, i, &leaf, &subleaf))
			p->leaf[i] = (struct cpuid_regs){ 0 };
	}
	at(p, 1)->b &= 0x00ffffff;
	at(p, 1)->c |= BIT(FEATURE(HYPERVISOR) % 32);
	*at(p, POLICY_EXTENDED + 8) = *at(max, POLICY_EXTENDED + 8);
	if (at(p, XEN_CPUID_FIRST_LEAF)->a - XEN_CPUID_FIRST_LEAF > XEN_CPUID_MAX_NUM_LEAVES)
		*at(p, XEN_CPUID_FIRST_LEAF) = *at(max, XEN_CPUID_FIRST_LEAF);
}
