/* SPDX-License-Identifier: MIT */
/*
 * domctl: a domain is made, stopped, let run and destroyed.
 *
 * A new domain is paused once by the toolstack (controller_pauses is 1) and complete when that count
 * falls to zero for the first time; until then its width and its CPU policy may be chosen. All its vCPUs
 * exist from the beginning, so nobody ever meets a domain without them; max_vcpus only confirms.
 *
 * What real Xen can and we cannot (hardware virtualization, an IOMMU, performance counters, traces) is
 * refused when it is asked for, not when it is used.
 */
#include "abi/shared.h"
#include "console/console.h"
#include "control/control.h"
#include "control/domctl.h"
#include "cpu/cpu.h"
#include "grant/grant.h"
#include "lib/string.h"
#include "sched/sched.h"

#define CONTROLLER_PAUSES_MAX 255 /* real Xen's: a toolstack cannot count pause_count over */

/* ---- createdomain --------------------------------------------------------------------------------- */

static long check_flags(uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *why;
	} refused[] = {
		{ XEN_DOMCTL_CDF_hvm, "domains are paravirtual (hvm, bit 0)" },
		{ XEN_DOMCTL_CDF_hap, "page tables are the guest's own (hap, bit 1)" },
		{ XEN_DOMCTL_CDF_s3_integrity, "there is no trusted boot (s3_integrity, bit 2)" },
		{ XEN_DOMCTL_CDF_iommu, "there is no IOMMU (iommu, bit 5)" },
		{ XEN_DOMCTL_CDF_nested_virt, "domains are paravirtual (nested_virt, bit 6)" },
		{ XEN_DOMCTL_CDF_vpmu, "performance counters are not shared (vpmu, bit 7)" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(refused); i++)
		if (flags & refused[i].flag)
			return refuse(-EINVAL, "flags %x: %s", flags, refused[i].why);
	/* Only a hint to shadow paging, and only a mark that a domain runs xenstore. */
	if (flags & ~(XEN_DOMCTL_CDF_oos_off | XEN_DOMCTL_CDF_xs_domain))
		return refuse(-EINVAL, "flags %x: unknown ones", flags);
	return 0;
}

static long check_arch(const struct xen_arch_domainconfig *arch)
{
	/* Toolstacks ask for the PIT alone: a paravirtual guest never sees it. */
	if (arch->emulation_flags & ~XEN_X86_EMU_PIT)
		return refuse(-EOPNOTSUPP, "a paravirtual domain has no emulated devices (%x)",
			      arch->emulation_flags);
	if (arch->misc_flags & ~XEN_X86_MSR_RELAXED)
		return refuse(-EINVAL, "unknown misc_flags %x", arch->misc_flags);
	return 0;
}

static long check_grants(const struct xen_domctl_createdomain *c)
{
	uint32_t opts = c->grant_opts;
	int most = (int)grants_option(false), most_maps = (int)grants_option(true);

	if (opts & ~XEN_DOMCTL_GRANT_version_mask)
		return refuse(-EINVAL, "unknown grant options %x", opts);
	if (!XEN_DOMCTL_GRANT_version(opts) || XEN_DOMCTL_GRANT_version(opts) > 2)
		return refuse(-EINVAL, "there is no grant table version %u",
			      XEN_DOMCTL_GRANT_version(opts));
	if (!c->max_grant_frames || c->max_grant_frames > most)
		return refuse(-EINVAL, "%d grant frames, 1 to %d may be had", c->max_grant_frames,
			      most);
	if (c->max_maptrack_frames > most_maps)
		return refuse(-EINVAL, "%d frames to track mappings, at most %d",
			      c->max_maptrack_frames, most_maps);
	return 0;
}

static long check_creation(const struct xen_domctl_createdomain *c)
{
	long rc = check_flags(c->flags);

	if (!rc && c->max_vcpus < 1)
		rc = refuse(-EINVAL, "a domain has at least one vCPU");
	if (!rc && c->max_vcpus > DOMAIN_MAX_VCPUS)
		rc = refuse(-EINVAL, "%u vCPUs, at most %u", c->max_vcpus, DOMAIN_MAX_VCPUS);
	if (!rc && c->iommu_opts)
		rc = refuse(-EINVAL, "IOMMU options %x, and no IOMMU", c->iommu_opts);
	if (!rc && c->vmtrace_size)
		rc = refuse(-EINVAL, "the processor's trace is not offered");
	if (!rc)
		rc = check_grants(c);
	if (!rc)
		rc = check_arch(&c->arch);
	if (!rc && c->cpupool_id)
		rc = refuse(-ESRCH, "there is no CPU pool %u, only pool 0", c->cpupool_id);
	return rc;
}

static bool is_taken(domid_t id)
{
	struct domain *d = domain_get(id);

	if (d)
		domain_put(d);
	return d != NULL;
}

/* Numbers are given out in a circle, so that a number seen in a log is not soon another's. */
static domid_t choose_number(void)
{
	static domid_t last; /* lock: control */

	for (domid_t id = last + 1; id != last; id++) {
		if (id >= DOMID_FIRST_RESERVED)
			id = 1;
		if (is_taken(id))
			continue;
		last = id;
		return id;
	}
	return DOMID_INVALID;
}

/* In the ABI a negative number means the default; in a configuration zero does. */
static uint32_t quota(int32_t wanted)
{
	return wanted < 0 ? 0 : (uint32_t)max(wanted, 1);
}

static struct domain *create(domid_t id, const struct xen_domctl_createdomain *c, int *error)
{
	struct domain_config config = {
		.max_vcpus = c->max_vcpus,
		.max_evtchn_port = c->max_evtchn_port,
		.max_grant_frames = quota(c->max_grant_frames),
		.max_maptrack_frames = quota(c->max_maptrack_frames),
	};

	memcpy(config.handle, c->handle, sizeof(config.handle));
	return domain_create(id, &config, error);
}

long domctl_createdomain(struct domain *none, struct xen_domctl *op)
{
	const struct xen_domctl_createdomain *c = &op->u.createdomain;
	bool chosen = op->domain > 0 && op->domain < DOMID_FIRST_RESERVED;
	domid_t id = op->domain;
	struct domain *d;
	int error;
	long rc;

	(void)none;
	if (chosen && is_taken(id))
		return refuse(-EEXIST, "there is a domain %u", id);
	rc = check_creation(c);
	if (rc)
		return rc;
	if (!chosen)
		id = choose_number();
	if (id == DOMID_INVALID)
		return refuse(-ENOMEM, "all numbers of domains are taken");
	d = create(id, c, &error);
	if (!d)
		return refuse(error, "no memory for a domain");
	d->controller_pauses = 1;
	domain_pause_nosync(d);
	d->is_xenstore = c->flags & XEN_DOMCTL_CDF_xs_domain;
	d->emulation_flags = c->arch.emulation_flags;
	op->domain = id;
	return 0;
}

long domctl_max_vcpus(struct domain *d, struct xen_domctl *op)
{
	if (op->u.max_vcpus.max != d->max_vcpus)
		return refuse(-EINVAL, "d%u was created for %u vCPUs, not %u", d->id, d->max_vcpus,
			      op->u.max_vcpus.max);
	return 0;
}

/* ---- width ---------------------------------------------------------------------------------------- */

long domctl_set_address_size(struct domain *d, struct xen_domctl *op)
{
	unsigned int size = op->u.address_size.size;

	if (size == (d->is_32bit ? 32 : 64))
		return 0;
	if (size != 32)
		return refuse(-EINVAL, "d%u has 32-bit addresses, %u are not to be had", d->id,
			      size);
	if (d->tot_pages)
		return refuse(-EACCES, "d%u has memory already (%u pages)", d->id, d->tot_pages);
	return domain_set_32bit(d);
}

long domctl_get_address_size(struct domain *d, struct xen_domctl *op)
{
	op->u.address_size.size = d->is_32bit ? 32 : 64;
	return 0;
}

/* ---- running and not ------------------------------------------------------------------------------ */

long domctl_pausedomain(struct domain *d, struct xen_domctl *op)
{
	int rc;

	(void)op;
	if (d->controller_pauses >= CONTROLLER_PAUSES_MAX)
		return refuse(-EOVERFLOW, "d%u is paused %u times", d->id, d->controller_pauses);
	rc = domain_pause(d);
	if (!rc)
		d->controller_pauses++;
	return rc;
}

long domctl_unpausedomain(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	if (!d->controller_pauses)
		return refuse(-EINVAL, "d%u is not paused", d->id);
	if (!--d->controller_pauses)
		d->created = true;
	domain_unpause(d);
	return 0;
}

long domctl_resumedomain(struct domain *d, struct xen_domctl *op)
{
	int rc = domain_resume(d);

	(void)op;
	return rc ? refuse(rc, "d%u is being destroyed", d->id) : 0;
}

/* A paravirtual guest cannot be put back as if nothing were. */
long domctl_soft_reset(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	return refuse(-EINVAL, "d%u is paravirtual: it cannot be reset in place", d->id);
}

long domctl_destroydomain(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	if (d == current->domain)
		return refuse(-EINVAL, "a domain cannot destroy itself");
	return domain_destroy(d);
}
