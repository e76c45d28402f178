/* SPDX-License-Identifier: MIT */
/*
 * Debug key: what each domain costs the hypervisor's heap, besides its own memory.
 *
 * A domain that does nothing should cost little, so what it may never use comes with its first use: the
 * trap table, groups of ports, pins of grants, handles, the console's text. Whole pages that the guest
 * itself sees (shared_info, frames of its grant table) and a 32-bit vCPU's L4 are counted apart. What an
 * object takes is the size of its slab's objects, not what was asked for.
 *
 * Reads without locks, as all debug keys do: it must work in a machine that hangs.
 */
#include "console/console.h"
#include "domain/dump.h"
#include "domain/domain.h"
#include "event/event.h"
#include "grant/grant.h"
#include "mm/mm.h"

struct footprint {
	size_t domain, vcpus, ports, grants; /* bytes */
	size_t pages;			     /* of shared_info, grant frames, L4 */
};

static void count_vcpu(struct footprint *f, const struct vcpu *v)
{
	f->vcpus += kalloc_size(v) + kalloc_size(v->pv.fpu) + pv_gates_bytes(v);
	f->pages += v->compat_l4 ? PAGE_SIZE : 0;
}

static void count(struct footprint *f, const struct domain *d)
{
	const struct vcpu *v;

	f->domain = kalloc_size(d) + kalloc_size(d->own_map) + kalloc_size(d->console) +
		    kalloc_size(d->rights) + kalloc_size(d->symbols);
	f->ports = evtchn_bytes(d);
	f->grants = grants_bytes(d);
	f->pages = (1 + grants_frames(d)) * PAGE_SIZE;
	for_each_vcpu (d, v)
		count_vcpu(f, v);
}

static void show_footprints(void)
{
	const struct domain *d;

	list_for_each (d, &domain_list, all) {
		struct footprint f = { 0 };

		count(&f, d);
		log_info(
			"d%u: %zu bytes of heap (domain %zu, vCPUs %zu, ports %zu, grants %zu) and %zu kB "
			"of shared_info, grant frames and L4",
			d->id, f.domain + f.vcpus + f.ports + f.grants, f.domain, f.vcpus, f.ports,
			f.grants, f.pages / 1024);
	}
	log_info("%llu pages are free", (unsigned long long)heap_free_pages());
}

void footprint_dump_init(void)
{
	debug_key('m', "heap that each domain takes, besides its own memory", show_footprints);
}
