/* SPDX-License-Identifier: MIT */
/*
 * A new domain becomes one of 32-bit addresses (XEN_DOMCTL_set_address_size).
 *
 * A toolstack makes a domain before it knows what will run in it, so every domain begins with 64 bits.
 * What depends on the width is little while there is no memory: each vCPU of a 32-bit domain has a
 * level-4 table of ours, and shared_info has its fields elsewhere.
 * Locks: none: the domain has never run, and its toolstack holds the control lock.
 */
#include "abi/shared.h"
#include "console/console.h"
#include "domain/domain.h"
#include "lib/string.h"
#include "mm/mm.h"

static void give_back(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu (d, v) {
		if (v->compat_l4)
			heap_free(v->compat_l4, 0);
		v->compat_l4 = NULL;
	}
	d->is_32bit = false;
}

int domain_set_32bit(struct domain *d)
{
	struct vcpu *v;

	d->is_32bit = true;
	for_each_vcpu (d, v) {
		if (root_init_vcpu(v)) {
			give_back(d);
			return (int)refuse(-ENOMEM, "no memory for vCPU %u's root", v->id);
		}
	}
	/* A kernel that says nothing about where our part begins: toolstacks do not pass it on. */
	d->compat_m2p = m2p_compat_start(0);
	memset(d->shared_info, 0, PAGE_SIZE);
	shared_info_init(d);
	time_update_wallclock(d);
	for_each_vcpu (d, v)
		time_update_vcpu(v);
	return 0;
}
