/* SPDX-License-Identifier: MIT */
/*
 * What the machine is made of: processors, memory, one node of both, and the time that was not used.
 *
 * Arrays are written up to the shorter of what there is and what the caller has room for, and the count
 * says how much; a null handle asks for the count. Trusted: struct pcpu and the frame table. Locks: heap,
 * runq, inside what is asked.
 */
#include "abi/abi.h"
#include "abi/width.h"
#include "console/console.h"
#include "control/sysctl.h"
#include "cpu/cpu.h"
#include "cpu/init.h"
#include "lib/string.h"
#include "pv/cpu_policy.h"
#include "sched/sched.h"
#include "time/clock.h"

#define NODES	       1
#define DISTANCE_LOCAL 10 /* ACPI's SLIT: a node to itself */

static long no_cpu(uint32_t cpu)
{
	return refuse(-EINVAL, "there is no pCPU %u", cpu);
}

/* ---- processors --------------------------------------------------------------------------------- */

/* What the processor says of its own parts. */
struct topology {
	uint32_t threads, cores; /* of a core; of a socket */
};

static struct topology topology(void)
{
	uint32_t logical = cpu_policy_leaf(&policy_host, 1, 0)->b >> 16 & 0xff;
	uint32_t cores = cpu_features.intel
				 ? (cpu_policy_leaf(&policy_host, 4, 0)->a >> 26) + 1
				 : (cpu_policy_leaf(&policy_host, 0x80000008, 0)->c & 0xff) + 1;

	return (struct topology){ .threads = max(logical / cores, 1u), .cores = cores };
}

/* A field of an APIC number that counts to n has so many bits. */
static unsigned int field_bits(uint32_t n)
{
	return n > 1 ? 32 - (unsigned int)__builtin_clz(n - 1) : 0;
}

long sysctl_physinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_physinfo *x = &op->u.physinfo;
	uint32_t words[FEATURESET_WORDS];
	struct topology t = topology();

	memset(x, 0, sizeof(*x));
	/* As many as there are, at most: a processor may count what was never put in. */
	x->threads_per_core = min(t.threads, (uint32_t)pcpu_count);
	x->cores_per_socket = min(t.cores, (uint32_t)pcpu_count / x->threads_per_core);
	x->nr_cpus = pcpu_count;
	x->max_cpu_id = pcpu_count - 1;
	x->nr_nodes = NODES;
	x->max_node_id = NODES - 1;
	x->cpu_khz = (uint32_t)(clock_tsc_hz() / 1000);
	x->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1;
	x->total_pages = heap_total_pages();
	x->free_pages = heap_free_pages();
	x->outstanding_pages = heap_claimed_pages();
	x->max_mfn = mfn_x(max_mfn) - 1;
	cpu_policy_featureset(&policy_host, words);
	memcpy(x->hw_cap, words, sizeof(x->hw_cap));
	return 0;
}

long sysctl_cputopoinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_cputopoinfo *x = &op->u.cputopoinfo;
	struct topology t = topology();
	unsigned int thread = field_bits(t.threads), core = field_bits(t.cores);
	uint32_t n = pcpu_count;

	if (!gptr_is_null(guest_handle(x->cputopo)))
		n = min(n, x->num_cpus);
	for (uint32_t i = 0; !gptr_is_null(guest_handle(x->cputopo)) && i < n; i++) {
		struct xen_sysctl_cputopo cpu = {
			.core = pcpus[i].apic_id >> thread & ((1u << core) - 1),
			.socket = pcpus[i].apic_id >> (thread + core),
			.node = 0,
		};
		long rc = sysctl_put(guest_handle(x->cputopo), i, &cpu, sizeof(cpu));

		if (rc)
			return rc;
	}
	x->num_cpus = n;
	return 0;
}

long sysctl_getcpuinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_getcpuinfo *x = &op->u.getcpuinfo;
	uint32_t n = min(x->max_cpus, (uint32_t)pcpu_count);

	for (uint32_t i = 0; i < n; i++) {
		struct vcpu_runstate_info idle;
		struct xen_sysctl_cpuinfo cpu;
		long rc;

		runstate_get(pcpus[i].idle, &idle);
		cpu.idletime = idle.time[RUNSTATE_running];
		rc = sysctl_put(guest_handle(x->info), i, &cpu, sizeof(cpu));
		if (rc)
			return rc;
	}
	x->nr_cpus = n;
	return 0;
}

/* All that were found at boot are on line, and stay. */
long sysctl_cpu_hotplug(struct xen_sysctl *op)
{
	const struct xen_sysctl_cpu_hotplug *x = &op->u.cpu_hotplug;

	switch (x->op) {
	case XEN_SYSCTL_CPU_HOTPLUG_ONLINE:
		return x->cpu < pcpu_count ? refuse(-EEXIST, "pCPU %u is on line", x->cpu)
					   : no_cpu(x->cpu);
	case XEN_SYSCTL_CPU_HOTPLUG_OFFLINE:
		return x->cpu < pcpu_count ? refuse(-EBUSY, "pCPU %u stays on line", x->cpu)
					   : no_cpu(x->cpu);
	default:
		return refuse(-EOPNOTSUPP, "there is no operation %u on pCPUs", x->op);
	}
}

/* ---- memory ------------------------------------------------------------------------------------- */

long sysctl_availheap(struct xen_sysctl *op)
{
	struct xen_sysctl_availheap *x = &op->u.availheap;

	x->avail_bytes = 0;
	if (x->node < NODES)
		x->avail_bytes = heap_free_between(x->min_bitwidth, x->max_bitwidth) << PAGE_SHIFT;
	return 0;
}

long sysctl_numainfo(struct xen_sysctl *op)
{
	struct xen_sysctl_numainfo *x = &op->u.numainfo;
	gptr_t memory = guest_handle(x->meminfo), distances = guest_handle(x->distance);
	struct xen_sysctl_meminfo node = { mfn_x(max_mfn) << PAGE_SHIFT, heap_free_pages()
										 << PAGE_SHIFT };
	uint32_t distance = DISTANCE_LOCAL;
	long rc = 0;

	if (gptr_is_null(memory) && gptr_is_null(distances)) {
		x->num_nodes = NODES;
		return 0;
	}
	x->num_nodes = min(x->num_nodes, (uint32_t)NODES);
	if (x->num_nodes && !gptr_is_null(memory))
		rc = sysctl_put(memory, 0, &node, sizeof(node));
	if (!rc && x->num_nodes && !gptr_is_null(distances))
		rc = sysctl_put(distances, 0, &distance, sizeof(distance));
	return rc;
}

/* What is said of a frame that is asked to go: nothing leaves, and who has it is part of the answer. */
static uint32_t page_status(uint32_t cmd, mfn_t mfn)
{
	const struct frame *f = mfn_to_frame(mfn);
	domid_t owner = f->owner;

	if (cmd == sysctl_query_page_offline)
		return 0; /* none of the flags: it is in use or can be used */
	if (cmd == sysctl_page_online)
		return PG_ONLINE_ONLINED;
	if (owner < DOMID_FIRST_RESERVED)
		return (uint32_t)(PG_OFFLINE_FAILED | PG_OFFLINE_OWNED) |
		       (uint32_t)owner << PG_OFFLINE_OWNER_SHIFT;
	return PG_OFFLINE_FAILED | PG_OFFLINE_XENPAGE;
}

/*
 * Frames stay. A toolstack is told so a frame at a time, and where there is no RAM that is an error. The
 * handle is one of the guest's own width, so of 32 bits it stands right behind the numbers.
 */
long sysctl_page_offline_op(struct xen_sysctl *op)
{
	struct xen_sysctl_page_offline_op *x = &op->u.page_offline;
	gptr_t array = guest_handle(x->status);
	uint64_t *next = hc_progress();

	if (guest_is_32bit())
		array = _gptr(*(&x->end + 1));
	if (x->end < x->start)
		return refuse(-EINVAL, "frames %x to %x are none", x->start, x->end);
	if (x->cmd < sysctl_page_offline || x->cmd > sysctl_query_page_offline)
		return refuse(-EINVAL, "there is no operation %u on frames", x->cmd);
	for (; *next <= x->end - x->start; (*next)++) {
		mfn_t mfn = _mfn(x->start + *next);
		uint32_t status = PG_OFFLINE_INVALID;
		long rc;

		if (*next && preempt_wanted())
			return -ERESTART;
		if (mfn_valid(mfn))
			status = page_status(x->cmd, mfn);
		rc = sysctl_put(array, *next, &status, sizeof(status));
		if (rc)
			return rc;
		if (status == PG_OFFLINE_INVALID)
			return refuse(-EINVAL, "frame %lx is no RAM", mfn_x(mfn));
	}
	return 0;
}

/* ---- devices ------------------------------------------------------------------------------------ */

/* They are domain 0's: we know none of them, so none is anywhere. */
long sysctl_pcitopoinfo(struct xen_sysctl *op)
{
	const struct xen_sysctl_pcitopoinfo *x = &op->u.pcitopoinfo;
	struct physdev_pci_device device;
	uint32_t node = XEN_INVALID_DEV;
	uint64_t *next = hc_progress();

	if (gptr_is_null(guest_handle(x->devs)) || gptr_is_null(guest_handle(x->nodes)))
		return refuse(-EINVAL, "no list of devices, or none for the answer");
	for (; *next < x->num_devs; (*next)++) {
		long rc;

		if (*next && preempt_wanted())
			return -ERESTART;
		if (copy_from_guest(&device,
				    gptr_add(guest_handle(x->devs), *next * sizeof(device)),
				    sizeof(device)))
			return refuse(-EFAULT, "device %lu cannot be read", *next);
		rc = sysctl_put(guest_handle(x->nodes), *next, &node, sizeof(node));
		if (rc)
			return rc;
	}
	return 0;
}
