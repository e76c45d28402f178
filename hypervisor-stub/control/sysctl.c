/* SPDX-License-Identifier: MIT */
/*
 * sysctl: what a toolstack asks of the machine. The table of operations, and the log and its keys.
 *
 * The structure has one layout at both widths (its handles are 64-bit ones), so it is read once, as it is;
 * an operation works on the copy, which is written back when it succeeded. Errors are real Xen's: what a
 * Xen has but this one lacks is -EOPNOTSUPP or -ENODEV, what a Xen can be built without is -ENOSYS, as for
 * an unknown number.
 *
 * Locks: none. Whatever an operation reads has its own, and the structure is the caller's alone.
 */
#include "control/sysctl.h"
#include "abi/abi.h"
#include "abi/ops.h"
#include "console/console.h"
#include "control/control.h"
#include "cpu/cpu.h"
#include "domain/privilege.h"
#include "sched/params.h"

_Static_assert(sizeof(struct xen_sysctl) == 136 && offsetof(struct xen_sysctl, u) == 8,
	       "one layout at both widths");

/* ---- the log and its keys ----------------------------------------------------------------------- */

/* Readers that do not count for themselves begin here: XEN_SYSCTL_readconsole's `clear` moves it. */
static size_t read_from;

/* The index of a reader is the low half of a position; it is of use if it is not before the start. */
static size_t position_of(uint32_t index)
{
	uint32_t ahead = index - (uint32_t)read_from;

	return (int32_t)ahead >= 0 ? read_from + ahead : read_from;
}

static long sysctl_readconsole(struct xen_sysctl *op)
{
	struct xen_sysctl_readconsole *x = &op->u.readconsole;
	size_t from = x->incremental ? position_of(x->index) : read_from;
	uint32_t done = 0;
	char text[128];
	size_t n;

	while (done < x->count) {
		n = console_ring_read(text, min(sizeof(text), (size_t)(x->count - done)), &from);
		if (!n)
			break;
		if (copy_to_guest(gptr_add(guest_handle(x->buffer), done), text, n))
			return refuse(-EFAULT, "the log cannot be written, byte %u", done);
		done += (uint32_t)n;
	}
	if (x->clear)
		read_from = from;
	x->count = done;
	x->index = (uint32_t)from;
	return 0;
}

/* A key a time: what they start may be long. */
static long sysctl_debug_keys(struct xen_sysctl *op)
{
	const struct xen_sysctl_debug_keys *x = &op->u.debug_keys;
	uint64_t *next = hc_progress();
	char key;

	for (; *next < x->nr_keys; (*next)++) {
		if (*next && preempt_wanted())
			return -ERESTART;
		if (copy_from_guest(&key, gptr_add(guest_handle(x->keys), *next), 1))
			return refuse(-EFAULT, "key %lu cannot be read", *next);
		debug_key_press(key);
	}
	return 0;
}

/* ---- domains ------------------------------------------------------------------------------------ */

/* Those from first_domain on, in the order of their numbers. Progress: how many, and the next number. */
static long sysctl_getdomaininfolist(struct xen_sysctl *op)
{
	struct xen_sysctl_getdomaininfolist *x = &op->u.getdomaininfolist;
	uint64_t *progress = hc_progress();

	while (progress[0] < x->max_domains) {
		struct xen_domctl_getdomaininfo info;
		struct domain *d;
		long rc;

		if (progress[0] && preempt_wanted())
			return -ERESTART;
		d = domain_get_from((domid_t)max(progress[1], (uint64_t)x->first_domain));
		if (!d)
			break;
		control_domain_info(d, &info);
		progress[1] = d->id + 1u;
		domain_put(d);
		rc = sysctl_put(guest_handle(x->buffer), progress[0], &info, sizeof(info));
		if (rc)
			return rc;
		progress[0]++;
	}
	x->num_domains = (uint32_t)progress[0];
	return 0;
}

/* ---- scheduling --------------------------------------------------------------------------------- */

static long sysctl_sched_id(struct xen_sysctl *op)
{
	op->u.sched_id.sched_id = sched_id();
	return 0;
}

static long sysctl_scheduler_op(struct xen_sysctl *op)
{
	return sched_system_adjust(&op->u.scheduler_op);
}

static long sysctl_get_cpu_levelling_caps(struct xen_sysctl *op)
{
	op->u.cpu_levelling_caps.caps = 0; /* a guest that asks the bare processor gets the truth */
	return 0;
}

/* ---- the table ---------------------------------------------------------------------------------- */

#define NO_ANSWER 1u /* the structure is not written back */
#define ANSWERS_E 2u /* it is written back even when the operation failed so: -ENOBUFS */

struct operation {
	long (*call)(struct xen_sysctl *op);
	const char *name;
	unsigned int flags;
	int error;	 /* of an operation that exists but not here (call is NULL) ... */
	const char *why; /* ... and the reason */
};

#define OP(name, flags)	     [XEN_SYSCTL_##name] = { sysctl_##name, #name, flags, 0, NULL }
#define NONE(name, err, why) [XEN_SYSCTL_##name] = { NULL, #name, 0, err, why }

static const struct operation operations[] = {
	OP(readconsole, 0),
	OP(physinfo, 0),
	OP(sched_id, 0),
	OP(getdomaininfolist, 0),
	OP(debug_keys, NO_ANSWER),
	OP(getcpuinfo, 0),
	OP(availheap, 0),
	OP(get_pmstat, 0),
	OP(cpu_hotplug, NO_ANSWER),
	OP(pm_op, 0),
	OP(page_offline_op, NO_ANSWER),
	OP(cputopoinfo, 0),
	OP(numainfo, 0),
	OP(cpupool_op, 0),
	OP(scheduler_op, 0),
	OP(pcitopoinfo, 0),
	OP(get_cpu_levelling_caps, 0),
	OP(get_cpu_featureset, ANSWERS_E),
	OP(get_cpu_policy, 0),

	NONE(tbuf_op, -EOPNOTSUPP, "there is no trace buffer"),
	NONE(perfc_op, -ENOSYS, "nothing is counted in this build"),
	NONE(lockprof_op, -ENOSYS, "locks are not profiled in this build"),
	NONE(coverage_op, -EOPNOTSUPP, "this build counts no coverage"),
	NONE(psr_cmt_op, -ENODEV, "the processor's cache is not monitored"),
	NONE(psr_alloc, -ENODEV, "the processor's cache is not partitioned"),
	NONE(livepatch_op, -EOPNOTSUPP, "this hypervisor is not patched while it runs"),
};

static const struct operation *find_operation(uint32_t cmd)
{
	if (cmd >= ARRAY_SIZE(operations) || !operations[cmd].name)
		return NULL;
	return &operations[cmd];
}

long sysctl_put(gptr_t array, uint64_t i, const void *element, size_t size)
{
	return copy_to_guest(gptr_add(array, i * size), element, size)
		       ? refuse(-EFAULT, "element %lu of the answer cannot be written", i)
		       : 0;
}

static long run_operation(gptr_t arg, struct xen_sysctl *op)
{
	const struct operation *o = find_operation(op->cmd);
	long rc;

	if (!o)
		return refuse(-ENOSYS, "there is no sysctl %u", op->cmd);
	if (!o->call)
		return refuse(o->error, "%s: %s", o->name, o->why);
	rc = o->call(op);
	if (rc == -ERESTART || o->flags & NO_ANSWER)
		return rc;
	if (rc && !(o->flags & ANSWERS_E && rc == -ENOBUFS))
		return rc;
	if (copy_to_guest(arg, op, sizeof(*op)))
		return refuse(-EFAULT, "%s: the answer cannot be written", o->name);
	return rc;
}

long do_sysctl(gptr_t arg)
{
	struct xen_sysctl op;
	long rc;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return refuse(-EFAULT, "the argument cannot be read");
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return refuse(-EACCES, "sysctl interface version %x, this hypervisor has %x",
			      op.interface_version, XEN_SYSCTL_INTERFACE_VERSION);
	rc = privilege_check(__HYPERVISOR_sysctl, op.cmd, NULL);
	return rc ? rc : run_operation(arg, &op);
}
