/* SPDX-License-Identifier: MIT */
/*
 * sysctl: what a toolstack asks of the machine, and what it is told when it asks badly.
 *
 * Mechanism: one structure with a command and the version of the interface; arrays are written up to the
 * shorter of what there is and what the caller has room for. What a hypervisor was built without is an
 * error of its own.
 * Steps: 1. the structure; 2. physinfo; 3. processors; 4. memory; 5. the log; 6. keys; 7. domains; 8. the
 * pool; 9. power; 10. frames; 11. devices; 12. what is not there.
 * Fails by: the call, its result and the one expected.
 * Run with: smp=1,2
 */
#include "lib/sysctl.h"
#include "lib/pv.h"

#define NOWHERE ((void *)16) /* an address that is not mapped */
#define MARK	0xa5a5a5a5u

/* ---- 1 ------------------------------------------------------------------------------------------ */

static void the_structure(void)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_sched_id), *ro = page_alloc();

	op.interface_version++;
	expect(hv_sysctl(&op), -XEN_EACCES, "another interface version");
	expect(hypercall(__HYPERVISOR_sysctl, NOWHERE, 0, 0, 0, 0), -XEN_EFAULT,
	       "an unreadable structure");
	expect(sysctl_simple(999), -XEN_ENOSYS, "an unknown operation");
	expect(sysctl_simple(0), -XEN_ENOSYS, "operation 0");
	expect(sysctl_simple(~0u), -XEN_ENOSYS, "operation 2^32-1");
	*ro = sysctl_about(XEN_SYSCTL_sched_id);
	page_make_ro(ro);
	expect(hv_sysctl(ro), -XEN_EFAULT, "an answer that cannot be written");
	page_make_rw(ro);
}

static void unprivileged(void)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_sched_id);

	for (uint32_t cmd = 0; cmd < 40; cmd++)
		expect(sysctl_simple(cmd), -XEN_EPERM, "unprivileged, operation %u", cmd);
	op.interface_version++;
	expect(hv_sysctl(&op), -XEN_EACCES, "unprivileged, another version");
	expect(hypercall(__HYPERVISOR_sysctl, NOWHERE, 0, 0, 0, 0), -XEN_EFAULT,
	       "unprivileged, unreadable");
}

/* ---- 2, 3 --------------------------------------------------------------------------------------- */

static uint32_t cpus;

static void physinfo(void)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_physinfo);
	struct xen_sysctl_physinfo *x = &op.u.physinfo;

	memset(&op.u, 0xa5, sizeof(op.u));
	expect(hv_sysctl(&op), 0, "physinfo");
	cpus = x->nr_cpus;
	ensure(cpus >= 1 && cpus <= 64, "%u pCPUs", cpus);
	ensure(x->max_cpu_id >= cpus - 1, "highest pCPU %u", x->max_cpu_id);
	ensure(x->threads_per_core && x->cores_per_socket, "%u threads, %u cores",
	       x->threads_per_core, x->cores_per_socket);
	expect(x->nr_nodes, 1, "nodes");
	ensure(x->cpu_khz > 1000, "%u kHz", x->cpu_khz);
	ensure(x->capabilities & XEN_SYSCTL_PHYSCAP_pv, "capabilities %x", x->capabilities);
	ensure(!(x->capabilities & ~(XEN_SYSCTL_PHYSCAP_MAX * 2 - 1)), "capabilities %x",
	       x->capabilities);
	expect(x->arch_capabilities, 0, "arch_capabilities");
	expect(x->pad, 0, "pad");
	ensure(x->total_pages > 0x4000 && x->free_pages < x->total_pages, "%lu of %lu pages free",
	       (unsigned long)x->free_pages, (unsigned long)x->total_pages);
	expect(x->scrub_pages, 0, "scrub_pages");
	expect(x->outstanding_pages, 0, "outstanding_pages");
	ensure(x->max_mfn >= x->total_pages, "highest frame %lx", (unsigned long)x->max_mfn);
	ensure(x->hw_cap[0] & 1 << 6, "no PAE in hw_cap[0] %x", x->hw_cap[0]);
	ensure(x->hw_cap[2] & 1 << 29, "no long mode in hw_cap[2] %x", x->hw_cap[2]);
}

static void processors(void)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_getcpuinfo);
	static xen_sysctl_cpuinfo_t info[64];
	static xen_sysctl_cputopo_t topo[64];

	op.u.getcpuinfo.max_cpus = ~0u;
	set_xen_guest_handle(op.u.getcpuinfo.info, info);
	expect(hv_sysctl(&op), 0, "getcpuinfo, room for 2^32-1");
	ensure(op.u.getcpuinfo.nr_cpus >= cpus, "%u of %u", op.u.getcpuinfo.nr_cpus, cpus);
	op.u.getcpuinfo.max_cpus = 0;
	expect(hv_sysctl(&op), 0, "getcpuinfo, no room");
	expect(op.u.getcpuinfo.nr_cpus, 0, "its count");
	op.u.getcpuinfo.max_cpus = 1;
	set_xen_guest_handle(op.u.getcpuinfo.info, NOWHERE);
	expect(hv_sysctl(&op), -XEN_EFAULT, "getcpuinfo, nowhere");

	op = sysctl_about(XEN_SYSCTL_cputopoinfo);
	expect(hv_sysctl(&op), 0, "cputopoinfo, how many?");
	expect(op.u.cputopoinfo.num_cpus, cpus, "pCPUs in the topology");
	set_xen_guest_handle(op.u.cputopoinfo.cputopo, topo);
	memset(topo, 0xa5, sizeof(topo));
	op.u.cputopoinfo.num_cpus = 64;
	expect(hv_sysctl(&op), 0, "cputopoinfo");
	expect(op.u.cputopoinfo.num_cpus, cpus, "its count");
	for (uint32_t i = 0; i < cpus; i++)
		ensure((topo[i].core < cpus || !on_ringmaster()) && topo[i].socket < cpus &&
			       !topo[i].node,
		       "pCPU %u: core %u, socket %u, node %u", i, topo[i].core, topo[i].socket,
		       topo[i].node);
	expect_u64(topo[cpus].core, MARK, "the element behind");
	op.u.cputopoinfo.num_cpus = 0;
	expect(hv_sysctl(&op), 0, "cputopoinfo, no room");
	expect(op.u.cputopoinfo.num_cpus, 0, "its count");
	op.u.cputopoinfo.num_cpus = 1;
	set_xen_guest_handle(op.u.cputopoinfo.cputopo, NOWHERE);
	expect(hv_sysctl(&op), -XEN_EFAULT, "cputopoinfo, nowhere");

	op = sysctl_about(XEN_SYSCTL_cpu_hotplug);
	op.u.cpu_hotplug.op = 9;
	expect(hv_sysctl(&op), -XEN_EOPNOTSUPP, "cpu_hotplug, unknown");
	op.u.cpu_hotplug.op = XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE;
	expect(hv_sysctl(&op), -XEN_EOPNOTSUPP, "cpu_hotplug, threads");
	op.u.cpu_hotplug.cpu = 9999;
	op.u.cpu_hotplug.op = XEN_SYSCTL_CPU_HOTPLUG_ONLINE;
	expect(hv_sysctl(&op), -XEN_EINVAL, "cpu_hotplug, pCPU 9999");
}

/* ---- 4 ------------------------------------------------------------------------------------------ */

static uint64_t available(int node, unsigned int min_bits, unsigned int max_bits)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_availheap);

	op.u.availheap.node = node;
	op.u.availheap.min_bitwidth = min_bits;
	op.u.availheap.max_bitwidth = max_bits;
	op.u.availheap.avail_bytes = ~0ull;
	expect(hv_sysctl(&op), 0, "availheap");
	return op.u.availheap.avail_bytes;
}

static void memory(void)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_numainfo);
	uint64_t all = available(-1, 0, 0), low = available(-1, 0, 28), high = available(-1, 29, 0);
	xen_sysctl_meminfo_t node[2];
	uint32_t distance[2] = { MARK, MARK };

	ensure(all && !(all % PAGE_SIZE), "%lu bytes free", (unsigned long)all);
	expect_u64(low + high, all, "below 256 MiB and above, together");
	expect_u64(available(0, 0, 0), all, "of node 0");
	expect_u64(available(-1, 0, 12), 0, "below 4 KiB");
	expect_u64(available(-1, 64, 0), 0, "above everything");

	expect(hv_sysctl(&op), 0, "numainfo, how many?");
	expect(op.u.numainfo.num_nodes, 1, "nodes");
	memset(node, 0xa5, sizeof(node));
	op.u.numainfo.num_nodes = 2;
	set_xen_guest_handle(op.u.numainfo.meminfo, node);
	set_xen_guest_handle(op.u.numainfo.distance, distance);
	expect(hv_sysctl(&op), 0, "numainfo");
	expect(op.u.numainfo.num_nodes, 1, "its count");
	ensure(node[0].memfree && node[0].memfree <= node[0].memsize, "%lu of %lu bytes free",
	       (unsigned long)node[0].memfree, (unsigned long)node[0].memsize);
	expect_u64((uint32_t)node[1].memsize, MARK, "the node behind");
	expect(distance[0], 10, "distance of the node to itself");
	expect_u64(distance[1], MARK, "the distance behind");
	op.u.numainfo.num_nodes = 0;
	expect(hv_sysctl(&op), 0, "numainfo, no room");
	expect(op.u.numainfo.num_nodes, 0, "its count");
	op.u.numainfo.num_nodes = 1;
	set_xen_guest_handle(op.u.numainfo.meminfo, NOWHERE);
	expect(hv_sysctl(&op), -XEN_EFAULT, "numainfo, nowhere");
}

/* ---- 5, 6 --------------------------------------------------------------------------------------- */

static char text[4096];

static struct xen_sysctl read_log(bool incremental, uint32_t index, uint32_t count, bool clear)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_readconsole);

	op.u.readconsole.incremental = incremental;
	op.u.readconsole.index = index;
	op.u.readconsole.count = count;
	op.u.readconsole.clear = clear;
	set_xen_guest_handle(op.u.readconsole.buffer, text);
	expect(hv_sysctl(&op), 0, "readconsole");
	return op;
}

static void the_log(void)
{
	struct xen_sysctl op = read_log(false, 0, 100, false);
	uint32_t next = op.u.readconsole.index;
	char first[100];

	expect(op.u.readconsole.count, 100, "bytes of the log");
	memcpy(first, text, 100);
	op = read_log(true, 0, 100, false);
	ensure(!memcmp(first, text, 100), "the log does not begin where it began");
	op = read_log(true, next, 100, false);
	expect(op.u.readconsole.count, 100, "the next bytes");
	expect_u64(op.u.readconsole.index, next + 100, "the next index");
	op = read_log(true, next, 0, false);
	expect(op.u.readconsole.count, 0, "no bytes");

	op.u.readconsole.count = ~0u;
	op.u.readconsole.incremental = 0;
	set_xen_guest_handle(op.u.readconsole.buffer, NOWHERE);
	expect(hv_sysctl(&op), -XEN_EFAULT, "readconsole, nowhere");
	op = read_log(false, 0, sizeof(text), true);
	while (op.u.readconsole.count == sizeof(text))
		op = read_log(true, op.u.readconsole.index, sizeof(text), true);
	op = read_log(false, 0, sizeof(text), false);
	ensure(op.u.readconsole.count < sizeof(text), "%u bytes after the log was cleared",
	       op.u.readconsole.count);
}

static void keys(void)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_debug_keys);
	static const char h[] = "hh";

	op.u.debug_keys.nr_keys = 2;
	set_xen_guest_handle(op.u.debug_keys.keys, h);
	expect(hv_sysctl(&op), 0, "two keys");
	op.u.debug_keys.nr_keys = 0;
	set_xen_guest_handle(op.u.debug_keys.keys, NOWHERE);
	expect(hv_sysctl(&op), 0, "no keys");
	op.u.debug_keys.nr_keys = ~0u;
	expect(hv_sysctl(&op), -XEN_EFAULT, "2^32-1 keys, nowhere");
}

/* ---- 7 ------------------------------------------------------------------------------------------ */

static void domains(void)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_getdomaininfolist);
	static xen_domctl_getdomaininfo_t info[4];

	memset(info, 0xa5, sizeof(info));
	op.u.getdomaininfolist.max_domains = ~0u;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, info);
	expect(hv_sysctl(&op), 0, "getdomaininfolist");
	expect(op.u.getdomaininfolist.num_domains, 1, "domains");
	expect(info[0].domain, 0, "the first one");
	expect_u64(info[0].tot_pages, start_info->nr_pages, "its pages");
	expect(info[1].domain, 0xa5a5, "the one behind");
	op.u.getdomaininfolist.first_domain = 1;
	expect(hv_sysctl(&op), 0, "from number 1 on");
	expect(op.u.getdomaininfolist.num_domains, 0, "domains from number 1 on");
	op.u.getdomaininfolist.first_domain = 0xffff;
	expect(hv_sysctl(&op), 0, "from number 65535 on");
	op.u.getdomaininfolist.first_domain = 0;
	op.u.getdomaininfolist.max_domains = 0;
	expect(hv_sysctl(&op), 0, "room for none");
	expect(op.u.getdomaininfolist.num_domains, 0, "domains, room for none");
	op.u.getdomaininfolist.max_domains = 1;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, NOWHERE);
	expect(hv_sysctl(&op), -XEN_EFAULT, "getdomaininfolist, nowhere");
}

/* ---- 8 ------------------------------------------------------------------------------------------ */

static int pool(struct xen_sysctl *op, uint32_t cmd, uint32_t id)
{
	op->u.cpupool_op.op = cmd;
	op->u.cpupool_op.cpupool_id = id;
	return hv_sysctl(op);
}

static void the_pool(void)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_cpupool_op);
	uint64_t map = ~0ull;

	op.u.cpupool_op.cpumap.nr_bits = 64;
	set_xen_guest_handle(op.u.cpupool_op.cpumap.bitmap, (uint8_t *)&map);
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_INFO, 0), 0, "pool 0");
	expect_u64(map, cpus == 64 ? ~0ull : (1ull << cpus) - 1, "its pCPUs");
	expect(op.u.cpupool_op.n_dom, 1, "its domains");
	ensure(op.u.cpupool_op.sched_id == XEN_SCHEDULER_CREDIT2 ||
		       op.u.cpupool_op.sched_id == XEN_SCHEDULER_CREDIT,
	       "its scheduler %u", op.u.cpupool_op.sched_id);
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_INFO, 1), -XEN_ENOENT, "pools from 1 on");
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0), 0, "free pCPUs");
	expect_u64(map, 0, "free pCPUs");
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_DESTROY, 0), -XEN_EBUSY, "destroy pool 0");
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_DESTROY, 5), -XEN_ENOENT, "destroy pool 5");
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_CREATE, 0), -XEN_EEXIST, "create pool 0");
	op.u.cpupool_op.cpu = XEN_SYSCTL_CPUPOOL_PAR_ANY;
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0), -XEN_ENODEV, "add any pCPU");
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 1), -XEN_ENOENT, "add to pool 1");
	op.u.cpupool_op.cpu = 9999;
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0), -XEN_EINVAL, "add pCPU 9999");
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0), -XEN_EINVAL, "remove pCPU 9999");
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_RMCPU, 1), -XEN_ENOENT, "remove from pool 1");
	op.u.cpupool_op.domid = 0;
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, 0), -XEN_EPERM, "move oneself");
	op.u.cpupool_op.domid = 500;
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, 0), -XEN_ESRCH, "move nobody");
	expect(pool(&op, 99, 0), -XEN_ENOSYS, "an unknown operation on pools");
	set_xen_guest_handle(op.u.cpupool_op.cpumap.bitmap, NOWHERE);
	expect(pool(&op, XEN_SYSCTL_CPUPOOL_OP_INFO, 0), -XEN_EFAULT, "pool 0, nowhere");

	op = sysctl_about(XEN_SYSCTL_scheduler_op);
	op.u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_getinfo;
	op.u.scheduler_op.sched_id = 99;
	expect(hv_sysctl(&op), -XEN_EINVAL, "parameters of another scheduler");
	op.u.scheduler_op.cpupool_id = 3;
	expect(hv_sysctl(&op), -XEN_ESRCH, "parameters of pool 3");
}

/* ---- 9 to 11 ------------------------------------------------------------------------------------ */

static int pm_statistic(uint32_t type, uint32_t cpu)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_get_pmstat);

	op.u.get_pmstat.type = type;
	op.u.get_pmstat.cpuid = cpu;
	return hv_sysctl(&op);
}

static void power(void)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_pm_op);

	expect(pm_statistic(PMSTAT_get_max_px, 0), -XEN_ENODEV, "P-states");
	expect(pm_statistic(PMSTAT_get_pxstat, 0), -XEN_ENODEV, "times in P-states");
	expect(pm_statistic(PMSTAT_get_max_cx, 0), 0, "C-states");
	expect(pm_statistic(PMSTAT_get_max_cx, 9999), -XEN_EINVAL, "C-states of pCPU 9999");
	expect(pm_statistic(0x99, 0), -XEN_ENODEV, "an unknown statistic");
	op.u.pm_op.cmd = XEN_SYSCTL_pm_op_get_max_cstate;
	op.u.pm_op.u.get_max_cstate = 7;
	expect(hv_sysctl(&op), 0, "limit of C-states");
	if (on_ringmaster())
		expect_u64(op.u.pm_op.u.get_max_cstate, XEN_SYSCTL_CX_UNLIMITED, "there is none");
	op.u.pm_op.cpuid = 2;
	expect(hv_sysctl(&op), -XEN_EINVAL, "a third limit");
	op.u.pm_op.cpuid = 9999;
	op.u.pm_op.cmd = GET_CPUFREQ_PARA;
	expect(hv_sysctl(&op), -XEN_EINVAL, "frequency of pCPU 9999");
}

static void frames(void)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_page_offline_op);
	uint32_t status[2] = { MARK, MARK };

	op.u.page_offline.cmd = sysctl_query_page_offline;
	op.u.page_offline.start = op.u.page_offline.end = (uint32_t)virt_to_mfn(text).m;
	set_xen_guest_handle(op.u.page_offline.status, status);
	expect(hv_sysctl(&op), 0, "a frame's state");
	expect(status[0], 0, "of a page of ours");
	expect_u64(status[1], MARK, "of the next one");
	op.u.page_offline.end--;
	expect(hv_sysctl(&op), -XEN_EINVAL, "no frames");
	op.u.page_offline.end++;
	op.u.page_offline.cmd = 77;
	expect(hv_sysctl(&op), -XEN_EINVAL, "an unknown operation on frames");
	op.u.page_offline.cmd = sysctl_query_page_offline;
	op.u.page_offline.start = op.u.page_offline.end = 0xfffffff0u;
	expect(hv_sysctl(&op), -XEN_EINVAL, "a frame that is not there");
	op.u.page_offline.start = op.u.page_offline.end = (uint32_t)virt_to_mfn(text).m;
	set_xen_guest_handle(op.u.page_offline.status, NOWHERE);
	expect(hv_sysctl(&op), -XEN_EFAULT, "a frame's state, nowhere");
}

static void devices(void)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_pcitopoinfo);
	physdev_pci_device_t device = { .seg = 77 };
	uint32_t node = MARK;

	expect(hv_sysctl(&op), -XEN_EINVAL, "no devices, no answer");
	set_xen_guest_handle(op.u.pcitopoinfo.devs, &device);
	set_xen_guest_handle(op.u.pcitopoinfo.nodes, &node);
	op.u.pcitopoinfo.num_devs = 1;
	expect(hv_sysctl(&op), 0, "a device");
	expect_u64(node, XEN_INVALID_DEV, "that is not there");
	op.u.pcitopoinfo.num_devs = ~0u;
	set_xen_guest_handle(op.u.pcitopoinfo.devs, NOWHERE);
	expect(hv_sysctl(&op), -XEN_EFAULT, "2^32-1 devices, nowhere");
}

static void not_there(void)
{
	struct xen_sysctl op = sysctl_about(XEN_SYSCTL_livepatch_op);

	expect(sysctl_simple(XEN_SYSCTL_perfc_op), -XEN_ENOSYS, "perfc_op");
	expect(sysctl_simple(XEN_SYSCTL_lockprof_op), -XEN_ENOSYS, "lockprof_op");
	expect(sysctl_simple(XEN_SYSCTL_coverage_op), -XEN_EOPNOTSUPP, "coverage_op");
	expect(sysctl_simple(XEN_SYSCTL_psr_cmt_op), -XEN_ENODEV, "psr_cmt_op");
	if (on_ringmaster()) {
		expect(sysctl_simple(XEN_SYSCTL_tbuf_op), -XEN_EOPNOTSUPP, "tbuf_op");
		expect(hv_sysctl(&op), -XEN_EOPNOTSUPP, "livepatch_op");
	}
}

void test_main(void)
{
	if (!is_dom0()) {
		unprivileged();
		return;
	}
	the_structure();
	physinfo();
	processors();
	memory();
	the_log();
	keys();
	domains();
	the_pool();
	power();
	frames();
	devices();
	not_there();
}
