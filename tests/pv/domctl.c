/* SPDX-License-Identifier: MIT */
/*
 * domctl: a domain without memory is made, described, changed and destroyed.
 *
 * Mechanism: a toolstack's calls name a domain by number and carry the version of the interface. A new
 * domain is paused once, has no memory, 64-bit addresses and vCPUs that are down; each call checks all
 * that it is given, and what it answers is complete.
 * Steps: 1. the structure itself; 2. what createdomain refuses; 3. numbers; 4. description; 5. pausing is
 * counted; 6. width; 7. small marks; 8. vCPUs without a state; 9. affinity; 10. destroying; 11. what a
 * domain may not do to itself.
 * Fails by: the call, its result and the one expected.
 * Runs as: domain 0
 */
#include "lib/domctl.h"
#include "lib/pv.h"

#define NUMBER 77

static struct xen_domctl creation(domid_t id)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_createdomain, id);

	op.u.createdomain.max_vcpus = 2;
	op.u.createdomain.max_evtchn_port = 1023;
	op.u.createdomain.max_grant_frames = 16;
	op.u.createdomain.max_maptrack_frames = 64;
	op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
	memcpy(op.u.createdomain.handle, "a domain's name!", 16);
	return op;
}

static struct xen_domctl_getdomaininfo info_of(domid_t id)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_getdomaininfo, id);

	memset(&op.u, 0xa5, sizeof(op.u));
	expect(hv_domctl(&op), 0, "getdomaininfo");
	return op.u.getdomaininfo;
}

/* ---- 1: the structure ------------------------------------------------------------------------------ */

static void the_structure(void)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_getdomaininfo, 0);
	struct xen_domctl *ro = page_alloc();

	op.interface_version++;
	expect(hv_domctl(&op), -XEN_EACCES, "another interface version");
	expect(hypercall(__HYPERVISOR_domctl, 16, 0, 0, 0, 0), -XEN_EFAULT,
	       "an unreadable structure");
	op = domctl_about(999, 0);
	expect(hv_domctl(&op), -XEN_ENOSYS, "an unknown operation");
	op = domctl_about(999, NUMBER);
	expect(hv_domctl(&op), -XEN_ESRCH, "... about a domain that is not there");
	op = domctl_about(XEN_DOMCTL_pausedomain, DOMID_SELF);
	expect(hv_domctl(&op), -XEN_ESRCH, "DOMID_SELF");
	op = domctl_about(XEN_DOMCTL_getdomaininfo, DOMID_SELF);
	expect(hv_domctl(&op), -XEN_EINVAL, "getdomaininfo of DOMID_SELF");
	op = domctl_about(XEN_DOMCTL_getdomaininfo, NUMBER);
	expect(hv_domctl(&op), -XEN_ESRCH, "getdomaininfo, nobody from that number on");

	*ro = domctl_about(XEN_DOMCTL_getdomaininfo, 0);
	page_make_ro(ro);
	expect(hv_domctl(ro), -XEN_EFAULT, "an answer that cannot be written");
	page_make_rw(ro);
}

/* ---- 2, 3: createdomain ---------------------------------------------------------------------------- */

static void bad_creations(void)
{
	struct xen_domctl op;
	static const uint32_t flags[] = { XEN_DOMCTL_CDF_hap,
					  XEN_DOMCTL_CDF_s3_integrity,
					  XEN_DOMCTL_CDF_iommu,
					  XEN_DOMCTL_CDF_nested_virt,
					  XEN_DOMCTL_CDF_vpmu,
					  1u << 8,
					  1u << 31 };

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		op = creation(NUMBER);
		op.u.createdomain.flags = flags[i];
		expect(hv_domctl(&op), -XEN_EINVAL, "flags %x", flags[i]);
	}
	op = creation(NUMBER);
	op.u.createdomain.iommu_opts = 1;
	expect(hv_domctl(&op), -XEN_EINVAL, "IOMMU options");
	op = creation(NUMBER);
	op.u.createdomain.max_vcpus = 0;
	expect(hv_domctl(&op), -XEN_EINVAL, "no vCPU");
	op = creation(NUMBER);
	op.u.createdomain.max_vcpus = 0xffffffff;
	expect(hv_domctl(&op), -XEN_EINVAL, "too many vCPUs");
	op = creation(NUMBER);
	op.u.createdomain.vmtrace_size = 4096;
	expect(hv_domctl(&op), -XEN_EINVAL, "a trace buffer");
	op = creation(NUMBER);
	op.u.createdomain.grant_opts = 0x11;
	expect(hv_domctl(&op), -XEN_EINVAL, "unknown grant options");
	op = creation(NUMBER);
	op.u.createdomain.grant_opts = 0;
	expect(hv_domctl(&op), -XEN_EINVAL, "grant version 0");
	op = creation(NUMBER);
	op.u.createdomain.grant_opts = 3;
	expect(hv_domctl(&op), -XEN_EINVAL, "grant version 3");
	op = creation(NUMBER);
	op.u.createdomain.arch.misc_flags = 2;
	expect(hv_domctl(&op), -XEN_EINVAL, "unknown misc_flags");
	op = creation(NUMBER);
	op.u.createdomain.arch.emulation_flags = XEN_X86_EMU_LAPIC;
	expect(hv_domctl(&op), -XEN_EOPNOTSUPP, "an emulated LAPIC");
	op = creation(NUMBER);
	op.u.createdomain.cpupool_id = 5;
	expect(hv_domctl(&op), -XEN_ESRCH, "a pool that is not there");
	expect(domctl_simple(XEN_DOMCTL_pausedomain, NUMBER), -XEN_ESRCH,
	       "nothing was left behind");
}

static void numbers(void)
{
	struct xen_domctl op = creation(0), *ro = page_alloc();
	domid_t first;

	expect(hv_domctl(&op), 0, "create, any number");
	first = op.domain;
	ensure(first >= 1 && first < DOMID_FIRST_RESERVED, "number %u", first);
	op = creation(first);
	expect(hv_domctl(&op), -XEN_EEXIST, "that number again");
	op = creation(0);
	expect(hv_domctl(&op), 0, "another");
	ensure(op.domain != first, "two numbers %u", first);
	expect(domctl_simple(XEN_DOMCTL_destroydomain, op.domain), 0, "destroy the second");
	expect(domctl_simple(XEN_DOMCTL_destroydomain, first), 0, "destroy the first");
	op = creation(DOMID_FIRST_RESERVED);
	expect(hv_domctl(&op), 0, "a reserved number means any");
	ensure(op.domain < DOMID_FIRST_RESERVED, "number %u", op.domain);
	expect(domctl_simple(XEN_DOMCTL_destroydomain, op.domain), 0, "destroy it");

	*ro = creation(NUMBER);
	page_make_ro(ro);
	if (hv_domctl(ro) != -XEN_EFAULT)
		test_failure("created, and the number cannot be told");
	page_make_rw(ro);
	domctl_simple(XEN_DOMCTL_destroydomain, NUMBER); /* real Xen leaves it behind */
}

/* ---- 4: description -------------------------------------------------------------------------------- */

static void description(void)
{
	struct xen_domctl_getdomaininfo info = info_of(NUMBER);
	struct xen_domctl op;

	expect(info.domain, NUMBER, "its number");
	expect(info.flags & 0xffff, XEN_DOMINF_paused, "its flags");
	expect(info.tot_pages, 0, "its pages");
	expect(info.outstanding_pages | info.shr_pages | info.paged_pages, 0, "no such pages");
	expect(info.nr_online_vcpus, 0, "its vCPUs online");
	expect(info.max_vcpu_id, 1, "its last vCPU");
	expect(info.cpu_time, 0, "its time");
	expect(info.cpupool, 0, "its pool");
	expect(memcmp(info.handle, "a domain's name!", 16), 0, "its handle");
	ensure(info.shared_info_frame && info.shared_info_frame < ~0u, "its shared_info %lx",
	       (unsigned long)info.shared_info_frame);

	op = domctl_about(XEN_DOMCTL_getdomaininfo, NUMBER - 5);
	expect(hv_domctl(&op), 0, "the next domain");
	expect(op.domain, NUMBER, "its number in the head");
	expect(op.u.getdomaininfo.domain, NUMBER, "its number in the answer");

	info = info_of(0);
	expect(info.flags & (XEN_DOMINF_running | XEN_DOMINF_paused | XEN_DOMINF_dying),
	       XEN_DOMINF_running, "domain 0 is running");
	ensure(info.cpu_time > 0 && info.tot_pages > 100, "domain 0 has time and pages");
	ensure(info.nr_online_vcpus >= 1, "domain 0 has a vCPU online");
}

/* ---- 5, 6, 7 --------------------------------------------------------------------------------------- */

static void pausing(void)
{
	int rc, n = 0;

	expect(domctl_simple(XEN_DOMCTL_unpausedomain, NUMBER), 0, "unpause");
	expect(info_of(NUMBER).flags & XEN_DOMINF_paused, 0, "not paused");
	expect(domctl_simple(XEN_DOMCTL_unpausedomain, NUMBER), -XEN_EINVAL, "once too often");
	while (!(rc = domctl_simple(XEN_DOMCTL_pausedomain, NUMBER)) && n < 1000)
		n++;
	expect(rc, -XEN_EOVERFLOW, "too many pauses");
	expect(n, 255, "pauses");
	while (--n)
		domctl_simple(XEN_DOMCTL_unpausedomain, NUMBER);
	expect(info_of(NUMBER).flags & XEN_DOMINF_paused, XEN_DOMINF_paused, "one pause is left");
}

static int set_width(unsigned int bits)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_set_address_size, NUMBER);

	op.u.address_size.size = bits;
	return hv_domctl(&op);
}

static unsigned int get_width(void)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_get_address_size, NUMBER);

	expect(hv_domctl(&op), 0, "get_address_size");
	return op.u.address_size.size;
}

static void width(void)
{
	int rc;

	expect(get_width(), 64, "width at first");
	expect(set_width(64), 0, "64 bits");
	expect(set_width(48), -XEN_EINVAL, "48 bits");
	rc = set_width(32);
	if (rc == -XEN_EOPNOTSUPP)
		return; /* real Xen may be built or started without */
	expect(rc, 0, "32 bits");
	expect(get_width(), 32, "width");
	expect(set_width(32), 0, "32 bits again");
	expect(set_width(64), -XEN_EINVAL, "no way back");
}

static void marks(void)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_setdomainhandle, NUMBER);

	memcpy(op.u.setdomainhandle.handle, "another name ...", 16);
	expect(hv_domctl(&op), 0, "setdomainhandle");
	expect(memcmp(info_of(NUMBER).handle, "another name ...", 16), 0, "the handle");
	op = domctl_about(XEN_DOMCTL_setdebugging, NUMBER);
	op.u.setdebugging.enable = 1;
	expect(hv_domctl(&op), 0, "setdebugging");
	ensure(info_of(NUMBER).flags & XEN_DOMINF_debugged, "debugged");
	op.u.setdebugging.enable = 0;
	expect(hv_domctl(&op), 0, "setdebugging off");
	op = domctl_about(XEN_DOMCTL_max_mem, NUMBER);
	op.u.max_mem.max_memkb = 1027;
	expect(hv_domctl(&op), 0, "max_mem");
	expect(info_of(NUMBER).max_pages, 256, "max_pages");
	op = domctl_about(XEN_DOMCTL_max_vcpus, NUMBER);
	op.u.max_vcpus.max = 3;
	expect(hv_domctl(&op), -XEN_EINVAL, "max_vcpus: another number");
	op.u.max_vcpus.max = 2;
	expect(hv_domctl(&op), 0, "max_vcpus");
	op = domctl_about(XEN_DOMCTL_settscinfo, NUMBER);
	op.u.tsc_info.tsc_mode = 2;
	op.u.tsc_info.incarnation = 4;
	expect(hv_domctl(&op), 0, "settscinfo");
	op = domctl_about(XEN_DOMCTL_gettscinfo, NUMBER);
	expect(hv_domctl(&op), 0, "gettscinfo");
	expect(op.u.tsc_info.tsc_mode, 2, "tsc_mode");
	expect(op.u.tsc_info.incarnation, 5, "incarnation");
	expect(op.u.tsc_info.gtsc_khz, 0, "gtsc_khz of a native counter");
	op = domctl_about(XEN_DOMCTL_settscinfo, NUMBER);
	op.u.tsc_info.tsc_mode = 9;
	expect(hv_domctl(&op), -XEN_EINVAL, "tsc_mode 9");
	op = domctl_about(XEN_DOMCTL_set_target, NUMBER);
	op.u.set_target.target = NUMBER;
	expect(hv_domctl(&op), -XEN_EINVAL, "its own target");
	op.u.set_target.target = 0;
	expect(hv_domctl(&op), -XEN_EOPNOTSUPP, "a paravirtual target");
	op = domctl_about(XEN_DOMCTL_sendtrigger, NUMBER);
	op.u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_POWER;
	expect(hv_domctl(&op), -XEN_EINVAL, "the power button");
	op.u.sendtrigger.vcpu = 2;
	expect(hv_domctl(&op), -XEN_ESRCH, "a trigger for vCPU 2");
	expect(domctl_simple(XEN_DOMCTL_get_paging_mempool_size, NUMBER), -XEN_EOPNOTSUPP,
	       "paging memory");
	expect(domctl_simple(XEN_DOMCTL_gethvmcontext, NUMBER), -XEN_EINVAL, "gethvmcontext");
	expect(domctl_simple(XEN_DOMCTL_ioport_mapping, NUMBER), -XEN_EOPNOTSUPP, "ioport_mapping");
	expect(domctl_simple(XEN_DOMCTL_set_broken_page_p2m, NUMBER), -XEN_EINVAL, "broken page");
}

/* ---- 8: vCPUs --------------------------------------------------------------------------------------- */

static vcpu_guest_context_t context;

static void vcpus(void)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_getvcpuinfo, NUMBER);

	memset(&op.u, 0xa5, sizeof(op.u));
	op.u.getvcpuinfo.vcpu = 1;
	expect(hv_domctl(&op), 0, "getvcpuinfo");
	expect(op.u.getvcpuinfo.online | op.u.getvcpuinfo.blocked | op.u.getvcpuinfo.running, 0,
	       "neither online, nor blocked, nor running");
	expect(op.u.getvcpuinfo.cpu_time, 0, "time");
	op.u.getvcpuinfo.vcpu = 2;
	expect(hv_domctl(&op), -XEN_EINVAL, "getvcpuinfo of vCPU 2");

	op = domctl_about(XEN_DOMCTL_getvcpucontext, NUMBER);
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
	expect(hv_domctl(&op), -XEN_ENODATA, "getvcpucontext without a state");
	op.u.vcpucontext.vcpu = 2;
	expect(hv_domctl(&op), -XEN_EINVAL, "getvcpucontext of vCPU 2");
	op = domctl_about(XEN_DOMCTL_setvcpucontext, NUMBER);
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
	expect(hv_domctl(&op), -XEN_EINVAL, "setvcpucontext without a root");
	op.u.vcpucontext.vcpu = ~0u;
	expect(hv_domctl(&op), -XEN_EINVAL, "setvcpucontext of vCPU 2^32-1");
	op.u.vcpucontext.vcpu = 0;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (vcpu_guest_context_t *)8);
	expect(hv_domctl(&op), -XEN_EFAULT, "setvcpucontext, unreadable");
}

/* ---- 9: affinity ------------------------------------------------------------------------------------ */

static void affinity(void)
{
	struct xen_domctl op = domctl_about(XEN_DOMCTL_setvcpuaffinity, NUMBER);
	struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;
	uint8_t map[40];

	expect(hv_domctl(&op), -XEN_EINVAL, "no flags");
	a->flags = XEN_VCPUAFFINITY_HARD;
	expect(hv_domctl(&op), -XEN_EINVAL, "no bitmap");
	memset(map, 0xff, sizeof(map));
	a->cpumap_hard.nr_bits = 300;
	set_xen_guest_handle(a->cpumap_hard.bitmap, map);
	expect(hv_domctl(&op), 0, "hard affinity to all");
	ensure(map[0] & 1, "CPU 0 is in it: %x", map[0]);
	expect(map[37], 0, "beyond our CPUs there is none");
	expect(map[38], 0xff, "beyond the bitmap nothing is written");
	memset(map, 0, sizeof(map));
	expect(hv_domctl(&op), -XEN_EINVAL, "hard affinity to none");
	a->vcpu = 2;
	expect(hv_domctl(&op), -XEN_EINVAL, "of vCPU 2");
	a->vcpu = 1;
	op.cmd = XEN_DOMCTL_getvcpuaffinity;
	a->flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
	a->cpumap_soft = a->cpumap_hard;
	expect(hv_domctl(&op), 0, "getvcpuaffinity");
	ensure(map[0] & 1, "CPU 0 is in it: %x", map[0]);

	op = domctl_about(XEN_DOMCTL_getnodeaffinity, NUMBER);
	op.u.nodeaffinity.nodemap.nr_bits = 8;
	set_xen_guest_handle(op.u.nodeaffinity.nodemap.bitmap, map);
	map[0] = 0;
	expect(hv_domctl(&op), 0, "getnodeaffinity");
	ensure(map[0] & 1, "node 0 is in it: %x", map[0]);
	op.cmd = XEN_DOMCTL_setnodeaffinity;
	map[0] = 2;
	expect(hv_domctl(&op), -XEN_EINVAL, "a node that is not there");
	map[0] = 1;
	expect(hv_domctl(&op), 0, "node 0");
}

/* ---- 10, 11 ----------------------------------------------------------------------------------------- */

static void end(void)
{
	expect(domctl_simple(XEN_DOMCTL_resumedomain, NUMBER), 0, "resume what runs");
	expect(domctl_simple(XEN_DOMCTL_destroydomain, NUMBER), 0, "destroy");
	expect(domctl_simple(XEN_DOMCTL_destroydomain, NUMBER), -XEN_ESRCH, "destroy it again");
	expect(domctl_simple(XEN_DOMCTL_pausedomain, NUMBER), -XEN_ESRCH, "it is gone");
}

static void itself(void)
{
	static const uint32_t cmds[] = { XEN_DOMCTL_destroydomain, XEN_DOMCTL_pausedomain,
					 XEN_DOMCTL_resumedomain,  XEN_DOMCTL_setdebugging,
					 XEN_DOMCTL_gettscinfo,	   XEN_DOMCTL_settscinfo,
					 XEN_DOMCTL_max_vcpus,	   XEN_DOMCTL_setvcpucontext,
					 XEN_DOMCTL_unpausedomain, XEN_DOMCTL_getvcpucontext };

	for (unsigned int i = 0; i < ARRAY_SIZE(cmds); i++)
		expect(domctl_simple(cmds[i], 0), -XEN_EINVAL, "operation %u on itself", cmds[i]);
}

void test_main(void)
{
	struct xen_domctl op;

	the_structure();
	bad_creations();
	numbers();
	op = creation(NUMBER);
	op.u.createdomain.max_vcpus = 2;
	expect(hv_domctl(&op), 0, "create");
	op = domctl_about(XEN_DOMCTL_max_vcpus, NUMBER);
	op.u.max_vcpus.max = 2;
	expect(hv_domctl(&op), 0, "max_vcpus");
	description();
	pausing();
	width();
	marks();
	vcpus();
	affinity();
	end();
	itself();
}
