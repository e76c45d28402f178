/* SPDX-License-Identifier: MIT */
/*
 * A CPU policy: what somebody is told of a processor, as one object.
 *
 *	raw	the processor's own words
 *	host	what is left of them when we took what we do not let anybody use
 *	pv max	the most that a paravirtual guest can be given, and what it gets unless told otherwise
 *	own	of one domain, written by its toolstack before it ran (domain.cpu_policy)
 *
 * A policy is a row of CPUID leaves, one for each place of a fixed list of (leaf, subleaf), and nothing is
 * known of any other. Toolstacks read and write it as arrays of xen_cpuid_leaf_t, and its features also as
 * a featureset: the words numbered in <xen/arch-x86/cpufeatureset.h>.
 *
 * The three of the machine are written once, at boot. A domain's own is set while the domain cannot run
 * (caller's business) and freed with it; so reading takes no lock.
 */
#ifndef PV_CPU_POLICY_H
#define PV_CPU_POLICY_H

#include "cpu/asm.h"

#define POLICY_BASIC_MAX    0xdu
#define POLICY_EXTENDED	    0x80000000u
#define POLICY_EXTENDED_MAX 0x80000021u
#define POLICY_LEAVES	    59
#define POLICY_MSRS	    2
#define FEATURESET_WORDS    19

struct domain;

struct cpu_policy {
	struct cpuid_regs leaf[POLICY_LEAVES];
};

extern struct cpu_policy policy_raw, policy_host, policy_pv_max;

/* At boot, once the processor's features are known. */
void cpu_policies_init(void);

/* The domain's own policy, or what every guest gets. */
const struct cpu_policy *cpu_policy_of(const struct domain *d);

/*
 * The place of a leaf, -1 if policies have none. A leaf without subleaves has the same place whatever
 * the subleaf.
 */
int cpu_policy_place(uint32_t leaf, uint32_t subleaf);
static inline const struct cpuid_regs *cpu_policy_leaf(const struct cpu_policy *p, uint32_t leaf,
						       uint32_t subleaf)
{
	int place = cpu_policy_place(leaf, subleaf);

	return place < 0 ? NULL : &p->leaf[place];
}

/* Leaf and subleaf of a place; XEN_CPUID_NO_SUBLEAF where it has none. False: p does not tell it. */
bool cpu_policy_tells(const struct cpu_policy *p, unsigned int place, uint32_t *leaf,
		      uint32_t *subleaf);

/* Words of a featureset, FEATURESET_WORDS of them. */
void cpu_policy_featureset(const struct cpu_policy *p, uint32_t *words);

/* Take away from p what pv max does not have. */
void cpu_policy_clamp(struct cpu_policy *p);

/* Of a 32-bit guest: a leaf without what only 64-bit code can use. */
void cpu_policy_narrow(uint32_t leaf, struct cpuid_regs *r);

#endif
