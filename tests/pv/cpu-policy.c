/* SPDX-License-Identifier: MIT */
/*
 * cpu-policy: what a guest may be told of the processor, read and written by a toolstack.
 *
 * Mechanism: a policy is an array of CPUID leaves and one of MSRs; a featureset is its features as words.
 * A toolstack reads the machine's, and lays leaves over a new domain's own, within what a PV guest can
 * have: higher limits are refused and named, features beyond are taken away.
 * Steps: 1. featuresets; 2. the machine's policies; 3. a domain's policy, as it begins; 4. leaves and MSRs
 * that cannot be; 5. a policy that stays; 6. not of oneself, and not of a domain that has run.
 * Fails by: the call, and the result or leaf.
 */
#include "lib/domctl.h"
#include "lib/pv.h"
#include "lib/sysctl.h"

#include <xen/arch-x86/cpufeatureset.h>

#define NOWHERE	 ((void *)16)
#define NUMBER	 78
#define LEAVES	 256
#define MSR_INFO 0xce
#define NO_SUB	 XEN_CPUID_NO_SUBLEAF

static xen_cpuid_leaf_t leaves[LEAVES];
static xen_msr_entry_t msrs[8];

/* ---- 1 ------------------------------------------------------------------------------------------ */

static uint32_t words[4][64];

static int featureset(uint32_t index, uint32_t n, uint32_t *to, uint32_t *got)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_get_cpu_featureset);
	int rc;

	op.u.cpu_featureset.index = index;
	op.u.cpu_featureset.nr_features = n;
	set_xen_guest_handle(op.u.cpu_featureset.features, to);
	rc = hv_sysctl(&op);
	*got = op.u.cpu_featureset.nr_features;
	return rc;
}

static bool has(const uint32_t *set, unsigned int feature)
{
	return set[feature / 32] >> feature % 32 & 1;
}

static void featuresets(void)
{
	static const uint32_t index[] = { XEN_SYSCTL_cpu_featureset_raw,
					  XEN_SYSCTL_cpu_featureset_host,
					  XEN_SYSCTL_cpu_featureset_pv_max,
					  XEN_SYSCTL_cpu_featureset_pv };
	uint32_t n, got;

	expect(featureset(99, 0, NULL, &n), 0, "how long is a featureset?");
	ensure(n >= 16 && n <= 64, "%u words", n);
	for (unsigned int i = 0; i < ARRAY_SIZE(index); i++) {
		memset(words[i], 0xa5, sizeof(words[i]));
		expect(featureset(index[i], 64, words[i], &got), 0, "featureset %u", index[i]);
		expect(got, n, "its words");
		expect_u64(words[i][n], 0xa5a5a5a5, "the word behind");
		ensure(has(words[i], XEN_X86_FEATURE_PAE), "no PAE in featureset %u", index[i]);
	}
	ensure(!has(words[2], XEN_X86_FEATURE_PGE), "PV guests are offered PGE");
	ensure(!has(words[2], XEN_X86_FEATURE_SMEP), "PV guests are offered SMEP");
	ensure(has(words[2], XEN_X86_FEATURE_HYPERVISOR), "no hypervisor for PV guests");
	for (unsigned int i = 0; i < n; i++)
		expect_u64(words[3][i] & ~words[2][i], 0, "more by default than at most, word %u",
			   i);
	expect(featureset(XEN_SYSCTL_cpu_featureset_raw, n - 1, words[0], &got), -XEN_ENOBUFS,
	       "a word short");
	expect(got, n - 1, "the words that fit");
	expect(featureset(XEN_SYSCTL_cpu_featureset_raw, 0, words[0], &got), -XEN_ENOBUFS,
	       "no room");
	expect(featureset(6, 64, words[0], &got), -XEN_EINVAL, "featureset 6");
	expect(featureset(~0u, 64, words[0], &got), -XEN_EINVAL, "featureset 2^32-1");
	expect(featureset(0, 64, NOWHERE, &got), -XEN_EFAULT, "featureset, nowhere");
}

/* ---- 2 ------------------------------------------------------------------------------------------ */

static struct xen_sysctl policy_about(uint32_t index)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_get_cpu_policy);

	op.u.cpu_policy.index = index;
	op.u.cpu_policy.nr_leaves = LEAVES;
	op.u.cpu_policy.nr_msrs = ARRAY_SIZE(msrs);
	set_xen_guest_handle(op.u.cpu_policy.leaves, leaves);
	set_xen_guest_handle(op.u.cpu_policy.msrs, msrs);
	return op;
}

static const xen_cpuid_leaf_t *find(uint32_t n, uint32_t leaf)
{
	for (uint32_t i = 0; i < n; i++)
		if (leaves[i].leaf == leaf)
			return &leaves[i];
	return NULL;
}

/* In order, each once, and none above the highest of its range. */
static void check_leaves(uint32_t n, const char *whose)
{
	const xen_cpuid_leaf_t *basic = find(n, 0), *extended = find(n, 0x80000000);

	ensure(n >= 10 && basic && extended && find(n, 1) && find(n, 0x80000001),
	       "%u leaves, of %s", n, whose);
	for (uint32_t i = 1; i < n; i++) {
		const xen_cpuid_leaf_t *a = &leaves[i - 1], *b = &leaves[i];

		ensure(a->leaf < b->leaf || (a->leaf == b->leaf && a->subleaf < b->subleaf),
		       "%x/%x before %x/%x, of %s", a->leaf, a->subleaf, b->leaf, b->subleaf,
		       whose);
		ensure(b->leaf >= 0x40000000 || b->leaf <= basic->a, "leaf %x above %x, of %s",
		       b->leaf, basic->a, whose);
		ensure(b->leaf < 0x80000000 || b->leaf <= extended->a, "leaf %x above %x, of %s",
		       b->leaf, extended->a, whose);
	}
}

static void machine_policies(void)
{
	static const uint32_t index[] = { XEN_SYSCTL_cpu_policy_raw, XEN_SYSCTL_cpu_policy_host,
					  XEN_SYSCTL_cpu_policy_pv_max,
					  XEN_SYSCTL_cpu_policy_pv_default };
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_get_cpu_policy);
	uint32_t most;

	expect(hv_sysctl(&op), 0, "how long is a policy?");
	most = op.u.cpu_policy.nr_leaves;
	ensure(most >= 20 && most <= LEAVES, "%u leaves at most", most);
	expect(op.u.cpu_policy.nr_msrs, 2, "MSRs at most");
	for (unsigned int i = 0; i < ARRAY_SIZE(index); i++) {
		op = policy_about(index[i]);
		expect(hv_sysctl(&op), 0, "policy %u", index[i]);
		check_leaves(op.u.cpu_policy.nr_leaves, "the machine");
		ensure(op.u.cpu_policy.nr_leaves <= most, "policy %u has %u leaves", index[i],
		       op.u.cpu_policy.nr_leaves);
		expect(op.u.cpu_policy.nr_msrs, 2, "MSRs of policy %u", index[i]);
		expect(msrs[0].idx, MSR_INFO, "the first MSR");
	}
	op.u.cpu_policy.nr_leaves--;
	expect(hv_sysctl(&op), -XEN_ENOBUFS, "a leaf short");
	op = policy_about(0);
	op.u.cpu_policy.nr_msrs = 1;
	expect(hv_sysctl(&op), -XEN_ENOBUFS, "an MSR short");
	op = policy_about(0);
	op.u.cpu_policy._rsvd = 1;
	expect(hv_sysctl(&op), -XEN_EINVAL, "the reserved field");
	op = policy_about(6);
	expect(hv_sysctl(&op), -XEN_EINVAL, "policy 6");
	op = policy_about(0);
	set_xen_guest_handle(op.u.cpu_policy.leaves, NOWHERE);
	expect(hv_sysctl(&op), -XEN_EFAULT, "leaves, nowhere");
	op = policy_about(0);
	set_xen_guest_handle(op.u.cpu_policy.msrs, NOWHERE);
	expect(hv_sysctl(&op), -XEN_EFAULT, "MSRs, nowhere");
	expect(sysctl_simple(XEN_SYSCTL_get_cpu_levelling_caps), 0, "levelling capabilities");
}

/* ---- 3 to 6 ------------------------------------------------------------------------------------- */

static int create(void)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_createdomain, NUMBER);

	op.u.createdomain.max_vcpus = 1;
	op.u.createdomain.max_evtchn_port = 1023;
	op.u.createdomain.max_grant_frames = 4;
	op.u.createdomain.max_maptrack_frames = 4;
	op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
	return hv_domctl(&op);
}

static struct xen_domctl policy_of(uint32_t cmd, domid_t id, uint32_t nr_leaves, uint32_t nr_msrs)
{
	struct xen_domctl op = domctl_about(cmd, id);

	op.u.cpu_policy.nr_leaves = nr_leaves;
	op.u.cpu_policy.nr_msrs = nr_msrs;
	set_xen_guest_handle(op.u.cpu_policy.leaves, leaves);
	set_xen_guest_handle(op.u.cpu_policy.msrs, msrs);
	return op;
}

static uint32_t get_policy(void)
{
	struct xen_domctl op = policy_of(XEN_DOMCTL_get_cpu_policy, NUMBER, LEAVES, 8);

	expect(hv_domctl(&op), 0, "the domain's policy");
	check_leaves(op.u.cpu_policy.nr_leaves, "the domain");
	return op.u.cpu_policy.nr_leaves;
}

/* One leaf is laid over the policy; what is wrong is named. */
static void refused(uint32_t leaf, uint32_t sub, uint32_t a, int want)
{
	struct xen_domctl op = policy_of(XEN_DOMCTL_set_cpu_policy, NUMBER, 1, 0);

	leaves[0] = (xen_cpuid_leaf_t){ .leaf = leaf, .subleaf = sub, .a = a };
	expect(hv_domctl(&op), want, "leaf %x/%x with eax %x", leaf, sub, a);
	expect_u64(op.u.cpu_policy.err_leaf, leaf, "the leaf that it names");
	expect_u64(op.u.cpu_policy.err_subleaf, sub, "the subleaf that it names");
	expect_u64(op.u.cpu_policy.err_msr, ~0u, "no MSR");
}

static void refused_msr(uint32_t index, uint32_t flags, uint64_t value, int want)
{
	struct xen_domctl op = policy_of(XEN_DOMCTL_set_cpu_policy, NUMBER, 0, 1);

	msrs[0] = (xen_msr_entry_t){ .idx = index, .flags = flags, .val = value };
	expect(hv_domctl(&op), want, "MSR %x, flags %x, %lx", index, flags, (unsigned long)value);
	expect_u64(op.u.cpu_policy.err_msr, index, "the MSR that it names");
}

static void refusals(void)
{
	struct xen_domctl op = policy_of(XEN_DOMCTL_get_cpu_policy, NUMBER, 0, 0);

	set_xen_guest_handle(op.u.cpu_policy.leaves, NULL);
	set_xen_guest_handle(op.u.cpu_policy.msrs, NULL);
	expect(hv_domctl(&op), 0, "how long is a policy?");
	ensure(op.u.cpu_policy.nr_leaves >= 20, "%u leaves", op.u.cpu_policy.nr_leaves);
	op = policy_of(XEN_DOMCTL_get_cpu_policy, NUMBER, 3, 8);
	expect(hv_domctl(&op), -XEN_ENOBUFS, "room for 3 leaves");

	refused(0, NO_SUB, 0x7fffffff, -XEN_EINVAL);
	refused(0x80000000, NO_SUB, 0x80001000, -XEN_EINVAL);
	refused(7, 0, 77, -XEN_EINVAL);
	refused(0, 0, 1, -XEN_ERANGE);
	refused(7, NO_SUB, 0, -XEN_ERANGE);
	refused(7, 99, 0, -XEN_ERANGE);
	refused(4, ~0u, 0, -XEN_ERANGE);
	refused(0x20000000, NO_SUB, 0, -XEN_ERANGE);
	refused(0x40000001, NO_SUB, 0, -XEN_ERANGE);
	refused(~0u, NO_SUB, 0, -XEN_ERANGE);
	refused_msr(0x10, 0, 0, -XEN_ERANGE);
	refused_msr(MSR_INFO, 1, 0, -XEN_EINVAL);
	refused_msr(MSR_INFO, 0, 1ull << 33, -XEN_EOVERFLOW);

	op = policy_of(XEN_DOMCTL_set_cpu_policy, NUMBER, ~0u, 0);
	expect(hv_domctl(&op), -XEN_E2BIG, "2^32-1 leaves");
	op = policy_of(XEN_DOMCTL_set_cpu_policy, NUMBER, 0, 3);
	expect(hv_domctl(&op), -XEN_E2BIG, "3 MSRs");
	op = policy_of(XEN_DOMCTL_set_cpu_policy, NUMBER, 1, 0);
	set_xen_guest_handle(op.u.cpu_policy.leaves, NOWHERE);
	expect(hv_domctl(&op), -XEN_EFAULT, "leaves nowhere");
}

/* The name stays; a feature that no PV guest has does not; one that was taken away stays away. */
static void a_policy_of_its_own(void)
{
	uint32_t n = get_policy();
	xen_cpuid_leaf_t *name = (xen_cpuid_leaf_t *)find(n, 0x80000002);
	xen_cpuid_leaf_t *one = (xen_cpuid_leaf_t *)find(n, 1);
	struct xen_domctl op = policy_of(XEN_DOMCTL_set_cpu_policy, NUMBER, n, 2);

	name->a = *(const uint32_t *)"Ring";
	one->d |= 1u << XEN_X86_FEATURE_PGE % 32;
	one->d &= ~(1u << XEN_X86_FEATURE_ACPI % 32);
	msrs[0] = (xen_msr_entry_t){ .idx = MSR_INFO };
	msrs[1] = (xen_msr_entry_t){ .idx = 0x10a };
	expect(hv_domctl(&op), 0, "a policy of its own");
	n = get_policy();
	expect_u64(find(n, 0x80000002)->a, *(const uint32_t *)"Ring", "the name");
	ensure(!(find(n, 1)->d >> XEN_X86_FEATURE_PGE % 32 & 1), "PGE was given");
	ensure(!(find(n, 1)->d >> XEN_X86_FEATURE_ACPI % 32 & 1), "ACPI came back");

	op = policy_of(XEN_DOMCTL_set_cpu_policy, NUMBER, 1, 0);
	leaves[0] = (xen_cpuid_leaf_t){ .leaf = 0, .subleaf = NO_SUB, .a = 5 };
	expect(hv_domctl(&op), 0, "five leaves");
	n = get_policy();
	ensure(find(n, 5) && !find(n, 7), "leaves beyond the fifth");
}

void test_main(void)
{
	struct xen_domctl op;

	if (!is_dom0()) {
		op = policy_of(XEN_DOMCTL_get_cpu_policy, own_domid(), LEAVES, 8);
		expect(hv_domctl(&op), -XEN_EPERM, "unprivileged");
		return;
	}
	featuresets();
	machine_policies();
	expect(create(), 0, "a domain");
	refusals();
	a_policy_of_its_own();
	op = policy_of(XEN_DOMCTL_set_cpu_policy, 0, 0, 0);
	expect(hv_domctl(&op), -XEN_EINVAL, "one's own policy");
	expect(domctl_simple(XEN_DOMCTL_destroydomain, NUMBER), 0, "destroy");
}
