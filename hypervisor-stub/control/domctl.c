/* SPDX-License-Identifier: MIT */
/*
 * domctl: what a toolstack does to one domain. The table of operations and what they have in common.
 *
 * The structure is 144 bytes and has one layout at both widths (its handles are 64-bit ones), so it is
 * read once, as it is. An operation that answers writes it back whole; that this is possible is tried
 * before anything is done, so nothing is ever done that the caller cannot be told of.
 *
 * Locks: control, tried (control.h), around every operation.
 */
#include "control/domctl.h"
#include "abi/abi.h"
#include "abi/ops.h"
#include "console/console.h"
#include "control/control.h"
#include "control/policy_ops.h"
#include "cpu/cpu.h"
#include "domain/privilege.h"
#include "mm/mm.h"

_Static_assert(sizeof(struct xen_domctl) == 144 && offsetof(struct xen_domctl, u) == 16,
	       "one layout at both widths");

/* ---- the table ----------------------------------------------------------------------------------- */

#define NOT_SELF  1u  /* it stops the domain's vCPUs: -EINVAL for the caller's own domain */
#define ANSWERS	  2u  /* the structure is written back when it succeeded */
#define ANSWERS_E 4u  /* ... and also when it did not */
#define NO_DOMAIN 8u  /* none is named */
#define NOT_RUN	  16u /* only before the domain runs for the first time: -EEXIST later */

struct operation {
	long (*call)(struct domain *d, struct xen_domctl *op);
	const char *name;
	unsigned int flags;
	int error;	 /* of an operation that exists but not here (call is NULL) ... */
	const char *why; /* ... and the reason */
};

#define OP(name, flags)	     [XEN_DOMCTL_##name] = { domctl_##name, #name, flags, 0, NULL }
#define NONE(name, err, why) [XEN_DOMCTL_##name] = { NULL, #name, 0, err, why }

#define HARDWARE "that is for hardware-virtualized domains"
#define IOMMU	 "there is no IOMMU"

/* clang-format off */
static const struct operation operations[] = {
	OP(createdomain, NO_DOMAIN | ANSWERS),
	OP(destroydomain, 0),
	OP(pausedomain, NOT_SELF),
	OP(unpausedomain, 0),
	OP(getdomaininfo, ANSWERS),
	OP(setvcpuaffinity, 0),
	OP(getvcpuaffinity, 0),
	OP(setnodeaffinity, 0),
	OP(getnodeaffinity, 0),
	OP(max_mem, 0),
	OP(setvcpucontext, NOT_SELF),
	OP(getvcpucontext, 0),
	OP(getvcpuinfo, ANSWERS),
	OP(max_vcpus, NOT_SELF),
	OP(scheduler_op, ANSWERS_E),
	OP(setdomainhandle, 0),
	OP(setdebugging, NOT_SELF),
	OP(hypercall_init, 0),
	OP(settimeoffset, 0),
	OP(resumedomain, NOT_SELF),
	OP(sendtrigger, 0),
	OP(subscribe, 0),
	OP(set_address_size, 0),
	OP(get_address_size, ANSWERS),
	OP(set_ext_vcpucontext, 0),
	OP(get_ext_vcpucontext, ANSWERS),
	OP(set_target, 0),
	OP(set_virq_handler, 0),
	OP(gettscinfo, NOT_SELF | ANSWERS),
	OP(settscinfo, NOT_SELF),
	OP(getpageframeinfo3, 0),
	OP(setvcpuextstate, 0),
	OP(getvcpuextstate, ANSWERS_E),
	OP(get_vcpu_msrs, ANSWERS_E),
	OP(set_vcpu_msrs, ANSWERS_E),
	OP(soft_reset, NOT_SELF),
	OP(get_cpu_policy, ANSWERS),
	OP(ioport_permission, 0),
	OP(iomem_permission, 0),
	OP(irq_permission, 0),
	OP(memory_mapping, 0),
	OP(set_cpu_policy, NOT_SELF | NOT_RUN | ANSWERS_E),

	NONE(shadow_op, -EOPNOTSUPP, "page tables are not shadowed, and writes not logged"),
	NONE(gethvmcontext, -EINVAL, HARDWARE),
	NONE(sethvmcontext, -EINVAL, HARDWARE),
	NONE(gethvmcontext_partial, -EINVAL, HARDWARE),
	NONE(debug_op, -EINVAL, HARDWARE),
	NONE(bind_pt_irq, -EINVAL, HARDWARE),
	NONE(unbind_pt_irq, -EINVAL, HARDWARE),
	NONE(ioport_mapping, -EOPNOTSUPP, HARDWARE),
	NONE(set_broken_page_p2m, -EINVAL, HARDWARE),
	NONE(get_paging_mempool_size, -EOPNOTSUPP, HARDWARE),
	NONE(set_paging_mempool_size, -EOPNOTSUPP, HARDWARE),
	NONE(vmtrace_op, -EINVAL, HARDWARE),
	NONE(vm_event_op, -EOPNOTSUPP, HARDWARE),
	NONE(monitor_op, -EOPNOTSUPP, HARDWARE),
	NONE(set_access_required, -EOPNOTSUPP, HARDWARE),
	NONE(assign_device, -EOPNOTSUPP, IOMMU),
	NONE(test_assign_device, -EOPNOTSUPP, IOMMU),
	NONE(deassign_device, -EOPNOTSUPP, IOMMU),
	NONE(get_device_group, -EOPNOTSUPP, IOMMU),
	NONE(psr_cmt_op, -ENODEV, "the processor does not monitor its cache"),
	NONE(psr_alloc, -ENODEV, "the processor does not partition its cache"),
	NONE(setvnumainfo, -EOPNOTSUPP, "domains have one memory node"),
};
/* clang-format on */

static const struct operation *find_operation(uint32_t cmd)
{
	if (cmd >= ARRAY_SIZE(operations) || !operations[cmd].name)
		return NULL;
	return &operations[cmd];
}

#define BITMAP_MAX 65536u /* bits; work is bounded */

/* ---- the lock, bitmaps --------------------------------------------------------------------------- */

static struct spinlock control_lock = SPINLOCK_INIT(LOCK_CONTROL);

bool control_trylock(void)
{
	return spin_trylock(&control_lock);
}

void control_unlock(void)
{
	spin_unlock(&control_lock);
}

int control_bitmap_get(uint64_t *value, const struct xenctl_bitmap *bitmap, unsigned int bits)
{
	unsigned int known = min(bits, bitmap->nr_bits);

	*value = 0;
	if (copy_from_guest(value, guest_handle(bitmap->bitmap), (known + 7) / 8))
		return (int)refuse(-EFAULT, "the bitmap cannot be read");
	if (known < 64)
		*value &= (1UL << known) - 1;
	return 0;
}

int control_bitmap_put(const struct xenctl_bitmap *bitmap, uint64_t value, unsigned int bits)
{
	gptr_t to = guest_handle(bitmap->bitmap);
	unsigned int bytes, known;
	static const uint64_t zero;

	if (bitmap->nr_bits > BITMAP_MAX)
		return (int)refuse(-E2BIG, "a bitmap of %u bits, at most %u", bitmap->nr_bits,
				   BITMAP_MAX);
	bytes = (bitmap->nr_bits + 7) / 8;
	known = min(bytes, (bits + 7) / 8);
	if (bits < 64)
		value &= (1UL << bits) - 1;
	if (copy_to_guest(to, &value, known))
		return (int)refuse(-EFAULT, "the bitmap cannot be written");
	for (unsigned int i = known; i < bytes; i++)
		if (copy_to_guest(gptr_add(to, i), &zero, 1))
			return (int)refuse(-EFAULT, "the bitmap cannot be written");
	return 0;
}

/* ---- the call ------------------------------------------------------------------------------------ */

static long check(const struct operation *o, const struct domain *d, const struct xen_domctl *op)
{
	long rc = privilege_check(__HYPERVISOR_domctl, op->cmd, d);

	if (rc)
		return rc;
	if (!o)
		return refuse(-ENOSYS, "there is no domctl %u", op->cmd);
	if (o->flags & NOT_SELF && d == current->domain)
		return refuse(-EINVAL, "a domain cannot do %s to itself", o->name);
	if (o->flags & NOT_RUN && d->created)
		return refuse(-EEXIST, "d%u has run: too late for %s", d->id, o->name);
	if (!o->call)
		return refuse(o->error, "no %s: %s", o->name, o->why);
	return 0;
}

static long run(const struct operation *o, struct domain *d, struct xen_domctl *op, gptr_t arg)
{
	long rc;

	if (o->flags & (ANSWERS | ANSWERS_E) && copy_to_guest(arg, op, sizeof(*op)))
		return refuse(-EFAULT, "the answer to %s cannot be written", o->name);
	if (!control_trylock())
		return -ERESTART;
	rc = o->call(d, op);
	control_unlock();
	if (rc == -ERESTART || !(o->flags & (ANSWERS | ANSWERS_E)) ||
	    (rc && !(o->flags & ANSWERS_E)))
		return rc;
	return copy_to_guest(arg, op, sizeof(*op)) ? -EFAULT : rc;
}

/*
 * Destroying goes on in the background while the call stands aside, and may be over when it comes back;
 * its number may then be another domain's. So the call keeps the serial number of the one that it means.
 */
static bool is_over(const struct operation *o, const struct domain *d)
{
	uint64_t *begun = hc_progress();

	if (!o || o->call != domctl_destroydomain)
		return false;
	if (*begun)
		return !d || *begun != d->serial + 1ULL;
	if (d)
		*begun = d->serial + 1ULL;
	return false;
}

static long find_target(const struct operation *o, domid_t id, struct domain **d)
{
	/* Asked for a domain that is not there, getdomaininfo tells of the next one. */
	bool or_next = o && o->call == domctl_getdomaininfo;

	if (or_next && id >= DOMID_FIRST_RESERVED)
		return refuse(-EINVAL, "%u is no number of a domain", id);
	*d = or_next ? domain_get_from(id) : domain_get(id);
	if (is_over(o, *d)) {
		if (*d)
			domain_put(*d);
		*d = NULL;
		return 0;
	}
	if (*d)
		return 0;
	/* Whoever asks for the next one until there is none has made no mistake. */
	return or_next ? -ESRCH : refuse(-ESRCH, "there is no domain %u", id);
}

long do_domctl(gptr_t arg)
{
	const struct operation *o;
	struct domain *d = NULL;
	struct xen_domctl op;
	long rc = 0;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return refuse(-EFAULT, "struct xen_domctl cannot be read");
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return refuse(-EACCES, "domctl interface version %x, this hypervisor has %x",
			      op.interface_version, XEN_DOMCTL_INTERFACE_VERSION);
	o = find_operation(op.cmd);
	if (!o || !(o->flags & NO_DOMAIN)) {
		rc = find_target(o, op.domain, &d);
		if (!d)
			return rc;
	}
	rc = check(o, d, &op);
	if (!rc)
		rc = run(o, d, &op, arg);
	if (d)
		domain_put(d);
	return rc;
}
