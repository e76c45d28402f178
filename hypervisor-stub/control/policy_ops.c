/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing CPU policies: arrays of leaves and of MSRs in a toolstack's memory.
 *
 * A policy goes out in the order of leaves. A count that is too small is -ENOBUFS; a null handle asks how
 * long an array can get. What comes in is laid over the policy that the domain has, checked against what
 * paravirtual guests can be given, and trimmed to it: limits above ours are refused, since leaves would be
 * missing; features above ours are taken away, as real Xen does.
 *
 * Two MSRs are part of a policy, PLATFORM_INFO (can CPUID be made to fault?) and ARCH_CAPABILITIES; both
 * are zero for every guest here. Locks: control, held by the callers.
 */
#include "control/policy_ops.h"
#include "abi/abi.h"
#include "console/console.h"
#include "lib/string.h"
#include "pv/cpu_policy.h"

#include <xen/arch-x86/cpuid.h>

#define MSR_PLATFORM_INFO     0xce
#define MSR_ARCH_CAPABILITIES 0x10a

static const uint32_t policy_msrs[POLICY_MSRS] = { MSR_PLATFORM_INFO, MSR_ARCH_CAPABILITIES };

/* ---- out --------------------------------------------------------------------------------------- */

static long put_leaves(const struct cpu_policy *p, bool narrow, gptr_t array, uint32_t *count)
{
	xen_cpuid_leaf_t out;
	uint32_t n = 0;

	for (unsigned int i = 0; i < POLICY_LEAVES; i++) {
		struct cpuid_regs r = p->leaf[i];

		if (!cpu_policy_tells(p, i, &out.leaf, &out.subleaf))
			continue;
		if (n == *count)
			return refuse(-ENOBUFS, "more than %u leaves", n);
		if (narrow)
			cpu_policy_narrow(out.leaf, &r);
		out.a = r.a;
		out.b = r.b;
		out.c = r.c;
		out.d = r.d;
		if (copy_to_guest(gptr_add(array, n++ * sizeof(out)), &out, sizeof(out)))
			return refuse(-EFAULT, "leaf %u of the answer cannot be written", n - 1);
	}
	*count = n;
	return 0;
}

static long put_msrs(gptr_t array, uint32_t *count)
{
	for (unsigned int i = 0; i < POLICY_MSRS; i++) {
		xen_msr_entry_t out = { .idx = policy_msrs[i] };

		if (i == *count)
			return refuse(-ENOBUFS, "a policy has %u MSRs, not %u", POLICY_MSRS, i);
		if (copy_to_guest(gptr_add(array, i * sizeof(out)), &out, sizeof(out)))
			return refuse(-EFAULT, "MSR %u of the answer cannot be written", i);
	}
	*count = POLICY_MSRS;
	return 0;
}

static long put_policy(const struct cpu_policy *p, bool narrow, gptr_t leaves, uint32_t *nr_leaves,
		       gptr_t msrs, uint32_t *nr_msrs)
{
	long rc = 0;

	if (gptr_is_null(leaves))
		*nr_leaves = POLICY_LEAVES;
	else
		rc = put_leaves(p, narrow, leaves, nr_leaves);
	if (rc)
		return rc;
	if (!gptr_is_null(msrs))
		return put_msrs(msrs, nr_msrs);
	*nr_msrs = POLICY_MSRS;
	return 0;
}

/* The machine's policies by number, the same for both operations; NULL: of no kind that we have. */
static const struct cpu_policy *machine_policy(uint32_t index)
{
	switch (index) {
	case XEN_SYSCTL_cpu_policy_raw:
		return &policy_raw;
	case XEN_SYSCTL_cpu_policy_host:
		return &policy_host;
	case XEN_SYSCTL_cpu_policy_pv_max:
	case XEN_SYSCTL_cpu_policy_pv_default:
		return &policy_pv_max;
	default:
		return NULL;
	}
}

long sysctl_get_cpu_policy(struct xen_sysctl *op)
{
	struct xen_sysctl_cpu_policy *x = &op->u.cpu_policy;
	const struct cpu_policy *p = machine_policy(x->index);

	if (x->_rsvd || x->index > XEN_SYSCTL_cpu_policy_hvm_default)
		return refuse(-EINVAL, "policy %u, reserved field %u", x->index, x->_rsvd);
	if (!p)
		return refuse(-EOPNOTSUPP, "policy %u is of hardware-virtualized guests", x->index);
	return put_policy(p, false, guest_handle(x->leaves), &x->nr_leaves, guest_handle(x->msrs),
			  &x->nr_msrs);
}

/* Features have numbers of their own: 2 is what PV guests get, 4 the most that they can get. */
static const struct cpu_policy *machine_features(uint32_t index)
{
	switch (index) {
	case XEN_SYSCTL_cpu_featureset_raw:
		return &policy_raw;
	case XEN_SYSCTL_cpu_featureset_host:
		return &policy_host;
	case XEN_SYSCTL_cpu_featureset_pv:
	case XEN_SYSCTL_cpu_featureset_pv_max:
		return &policy_pv_max;
	default:
		return NULL;
	}
}

long sysctl_get_cpu_featureset(struct xen_sysctl *op)
{
	struct xen_sysctl_cpu_featureset *x = &op->u.cpu_featureset;
	const struct cpu_policy *p = machine_features(x->index);
	uint32_t words[FEATURESET_WORDS], n = min(x->nr_features, FEATURESET_WORDS);

	if (gptr_is_null(guest_handle(x->features))) {
		x->nr_features = FEATURESET_WORDS;
		return 0;
	}
	if (x->index > XEN_SYSCTL_cpu_featureset_hvm_max)
		return refuse(-EINVAL, "there is no featureset %u", x->index);
	if (!p)
		return refuse(-EOPNOTSUPP, "featureset %u is of hardware-virtualized guests",
			      x->index);
	cpu_policy_featureset(p, words);
	if (copy_to_guest(guest_handle(x->features), words, n * sizeof(words[0])))
		return refuse(-EFAULT, "the features cannot be written");
	x->nr_features = n;
	return n < FEATURESET_WORDS
		       ? refuse(-ENOBUFS, "a featureset has %u words, not %u", FEATURESET_WORDS, n)
		       : 0;
}

long domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *x = &op->u.cpu_policy;

	return put_policy(cpu_policy_of(d), d->is_32bit, guest_handle(x->leaves), &x->nr_leaves,
			  guest_handle(x->msrs), &x->nr_msrs);
}

/* ---- in ---------------------------------------------------------------------------------------- */

/* State of FPU extensions has many subleaves. We keep none of it, so they need not be kept either. */
static bool is_xstate(const xen_cpuid_leaf_t *in)
{
	return in->leaf == 0xd && in->subleaf < 63;
}

/* Leaves that have subleaves must name one, and others must not. */
static int place_of(const xen_cpuid_leaf_t *in)
{
	bool several = in->leaf <= POLICY_BASIC_MAX && cpu_policy_place(in->leaf, ~0u) < 0;

	return several == (in->subleaf == XEN_CPUID_NO_SUBLEAF)
		       ? -1
		       : cpu_policy_place(in->leaf, in->subleaf);
}

static long take_leaves(struct cpu_policy *p, struct xen_domctl_cpu_policy *x)
{
	xen_cpuid_leaf_t in;

	if (x->nr_leaves > POLICY_LEAVES + 63)
		return refuse(-E2BIG, "%u leaves are more than a policy can have", x->nr_leaves);
	for (uint32_t i = 0; i < x->nr_leaves; i++) {
		int place;

		if (copy_from_guest(&in, gptr_add(guest_handle(x->leaves), i * sizeof(in)),
				    sizeof(in)))
			return refuse(-EFAULT, "leaf %u cannot be read", i);
		place = place_of(&in);
		if (place >= 0) {
			p->leaf[place] = (struct cpuid_regs){ in.a, in.b, in.c, in.d };
		} else if (!is_xstate(&in)) {
			x->err_leaf = in.leaf;
			x->err_subleaf = in.subleaf;
			return refuse(-ERANGE, "policies have no leaf %x subleaf %x", in.leaf,
				      in.subleaf);
		}
	}
	return 0;
}

static long take_msrs(struct xen_domctl_cpu_policy *x)
{
	xen_msr_entry_t in;

	if (x->nr_msrs > POLICY_MSRS)
		return refuse(-E2BIG, "%u MSRs are more than a policy can have", x->nr_msrs);
	for (uint32_t i = 0; i < x->nr_msrs; i++) {
		long rc = 0;

		if (copy_from_guest(&in, gptr_add(guest_handle(x->msrs), i * sizeof(in)),
				    sizeof(in)))
			return refuse(-EFAULT, "MSR %u cannot be read", i);
		if (in.flags)
			rc = refuse(-EINVAL, "MSR %x with flags %x", in.idx, in.flags);
		else if (in.idx != MSR_PLATFORM_INFO && in.idx != MSR_ARCH_CAPABILITIES)
			rc = refuse(-ERANGE, "policies have no MSR %x", in.idx);
		else if (in.idx == MSR_PLATFORM_INFO && in.val >> 32)
			rc = refuse(-EOVERFLOW, "MSR %x is %lx, of 32 bits", in.idx, in.val);
		else if (in.idx == MSR_PLATFORM_INFO && in.val)
			rc = refuse(-EINVAL, "MSR %x is %lx: CPUID cannot be made to fault", in.idx,
				    in.val);
		if (rc) {
			x->err_msr = in.idx;
			return rc;
		}
	}
	return 0;
}

/* A guest that were promised a leaf beyond our highest one would read zeroes there. */
static long check_limits(const struct cpu_policy *p, struct xen_domctl_cpu_policy *x)
{
	static const uint32_t limits[] = { 0, 7, POLICY_EXTENDED };

	for (unsigned int i = 0; i < ARRAY_SIZE(limits); i++) {
		uint32_t want = cpu_policy_leaf(p, limits[i], 0)->a;
		uint32_t most = cpu_policy_leaf(&policy_pv_max, limits[i], 0)->a;

		if (want <= most)
			continue;
		x->err_leaf = limits[i];
		x->err_subleaf = limits[i] == 7 ? 0 : XEN_CPUID_NO_SUBLEAF;
		return refuse(-EINVAL, "leaf %x: highest one %x, at most %x is possible", limits[i],
			      want, most);
	}
	return 0;
}

long domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *x = &op->u.cpu_policy;
	struct cpu_policy *p = kalloc(sizeof(*p));
	long rc;

	x->err_leaf = x->err_subleaf = x->err_msr = ~0u;
	if (!p)
		return refuse(-ENOMEM, "no memory for a policy");
	*p = *cpu_policy_of(d);
	rc = take_leaves(p, x);
	if (!rc)
		rc = take_msrs(x);
	if (!rc)
		rc = check_limits(p, x);
	if (rc) {
		kfree(p);
		return rc;
	}
	cpu_policy_clamp(p);
	kfree(d->cpu_policy);
	d->cpu_policy = p;
	return 0;
}
