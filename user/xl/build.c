/* SPDX-License-Identifier: MIT */
/*
 * A new domain, step by step: created, its size, its memory, its channels, its contents, its tables, its
 * registers. What fails undoes all of it: a domain is whole or it is not there.
 */
#include "user/xl/xl.h"

#include <stdlib.h>
#include <string.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>

#define EVTCHNS_MOST   1023
#define MAXMEM_SLACK   1024 /* kB: a toolstack may add pages of its own */
#define EXTENTS_A_CALL 1024

static int create(const struct domain_config *c, struct built *b)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_createdomain *d = &op.u.createdomain;

	memcpy(d->handle, c->uuid, sizeof(d->handle));
	d->max_vcpus = c->maxvcpus;
	d->max_evtchn_port = EVTCHNS_MOST;
	d->max_grant_frames = 64;
	d->max_maptrack_frames = 1024;
	d->grant_opts = XEN_DOMCTL_GRANT_version(1);
	if (xc_domctl(XEN_DOMCTL_createdomain, 0, &op) < 0)
		return complain("the hypervisor creates no domain: %s", strerror(errno));
	b->domid = op.domain;
	return 0;
}

static int set_size(const struct domain_config *c, const struct built *b, bool is_32bit)
{
	struct xen_domctl op = { .u.max_vcpus.max = c->maxvcpus };

	if (xc_domctl(XEN_DOMCTL_max_vcpus, (domid_t)b->domid, &op) < 0)
		return complain("%u vCPUs: %s", c->maxvcpus, strerror(errno));
	memset(&op, 0, sizeof(op));
	op.u.address_size.size = 32;
	if (is_32bit && xc_domctl(XEN_DOMCTL_set_address_size, (domid_t)b->domid, &op) < 0)
		return complain("this hypervisor runs no 32-bit guests: %s", strerror(errno));
	memset(&op, 0, sizeof(op));
	op.u.max_mem.max_memkb = c->maxmem_kb + MAXMEM_SLACK;
	if (xc_domctl(XEN_DOMCTL_max_mem, (domid_t)b->domid, &op) < 0)
		return complain("%llu MB at most: %s", (unsigned long long)c->maxmem_kb / 1024,
				strerror(errno));
	return 0;
}

static int populate(const struct built *b, xen_pfn_t *frames, uint64_t pages)
{
	for (uint64_t at = 0; at < pages;) {
		uint64_t n = pages - at < EXTENTS_A_CALL ? pages - at : EXTENTS_A_CALL;
		struct xen_memory_reservation r = { .domid = (domid_t)b->domid, .nr_extents = n };
		long got;

		for (uint64_t pfn = at; pfn < at + n; pfn++)
			frames[pfn] = (xen_pfn_t)pfn;
		set_xen_guest_handle(r.extent_start, frames + at);
		got = xc_memory_op(XENMEM_populate_physmap, &r, sizeof(r));
		if (got != (long)n)
			return complain("not enough memory: %llu MB of %llu MB were given; "
					"`xl info` says what is free",
					(unsigned long long)(at + (got > 0 ? got : 0)) / 256,
					(unsigned long long)pages / 256);
		at += n;
	}
	return 0;
}

static int alloc_port(unsigned domid)
{
	struct evtchn_alloc_unbound a = { .dom = (domid_t)domid, .remote_dom = 0 };

	return xc_evtchn_op(EVTCHNOP_alloc_unbound, &a, sizeof(a)) < 0 ? -1 : (int)a.port;
}

static int make_channels(struct built *b)
{
	int store = alloc_port(b->domid), console = alloc_port(b->domid);

	if (store < 0 || console < 0)
		return complain("event channels: %s", strerror(errno));
	b->store_port = (unsigned)store;
	b->console_port = (unsigned)console;
	return 0;
}

/*
 * The entries of its grant table that are the toolstack's to write: the rings of store and console, so that the
 * servers can map them without naming frames.
 */
static int seed_grants(const struct built *b)
{
	grant_entry_v1_t *table = xc_map_resource((domid_t)b->domid, XENMEM_resource_grant_table,
						  XENMEM_resource_grant_table_id_shared, 0, 1);

	if (!table)
		return complain("its grant table: %s", strerror(errno));
	table[GNTTAB_RESERVED_CONSOLE] =
		(grant_entry_v1_t){ .domid = 0, .frame = (uint32_t)b->console_mfn };
	table[GNTTAB_RESERVED_XENSTORE] =
		(grant_entry_v1_t){ .domid = 0, .frame = (uint32_t)b->store_mfn };
	__sync_synchronize();
	table[GNTTAB_RESERVED_CONSOLE].flags = GTF_permit_access;
	table[GNTTAB_RESERVED_XENSTORE].flags = GTF_permit_access;
	xc_unmap(table, 1);
	return 0;
}

static int set_scheduling(const struct domain_config *c, const struct built *b)
{
	uint64_t cpus;

	if ((c->weight || c->cap) && set_weight(b->domid, c->weight, c->cap))
		return -1;
	if (!c->cpus)
		return 0;
	if (!parse_cpus(c->cpus, &cpus))
		return complain("cpus=\"%s\": write numbers, as in \"0-2,^1\"", c->cpus);
	for (unsigned v = 0; v < c->maxvcpus; v++)
		if (set_affinity(b->domid, v, cpus))
			return -1;
	return 0;
}

static int fill(const struct domain_config *c, struct image *image, struct built *b,
		xen_pfn_t *frames, uint64_t pages)
{
	return set_size(c, b, image_is_32bit(image)) || populate(b, frames, pages) ||
			       make_channels(b) || image_load(image, b, frames, c) ||
			       seed_grants(b) || set_scheduling(c, b)
		       ? -1
		       : 0;
}

static int check_memory(const struct domain_config *c, uint64_t pages)
{
	uint64_t have = free_pages();

	if (have && have < pages)
		return complain(
			"not enough memory: %llu MB are free, \"%s\" wants %llu MB; destroy a "
			"domain, or give domain 0 less (dom0_mem=)",
			(unsigned long long)have / 256, c->name,
			(unsigned long long)c->memory_kb / 1024);
	return 0;
}

int build_domain(const struct domain_config *c, struct built *b)
{
	uint64_t pages = c->memory_kb / 4;
	xen_pfn_t *frames = calloc(pages, sizeof(*frames));
	struct image *image = frames ? image_open(c, pages) : NULL;
	int rc = -1;

	if (!frames)
		complain("no memory for the list of %llu frames", (unsigned long long)pages);
	memset(b, 0, sizeof(*b));
	if (image && !check_memory(c, pages) && !create(c, b)) {
		rc = fill(c, image, b, frames, pages);
		if (rc)
			domain_destroy(b->domid);
	}
	image_close(image);
	free(frames);
	return rc ? -1 : (int)b->domid;
}
