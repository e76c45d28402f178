/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls of what we are not: they exist so that a guest that asks learns what is missing.
 *
 * The answers are those of a Xen built without the feature, or with it and for a paravirtual guest. Guests
 * probe with these calls; a wrong error number makes them try again in another way. No locks.
 */
#include "abi/abi.h"
#include "abi/ops.h"
#include "console/console.h"
#include "domain/privilege.h"

#include <xen/hvm/hvm_op.h>

/* Parameters of hardware-virtualized domains, of which there are none here. */
long do_hvm_op(unsigned int cmd, gptr_t arg)
{
	uint32_t first;

	if (cmd != HVMOP_set_param && cmd != HVMOP_get_param)
		return refuse(-ENOSYS, "there is no hvm_op %u for a paravirtual guest", cmd);
	if (guest_get_u32(&first, arg, 0))
		return refuse(-EFAULT, "the argument cannot be read");
	return refuse(-ESRCH, "there is no hardware-virtualized domain");
}

#define DM_OP_BUFFERS_MAX 3

/* A device model's calls about its domain. The list of buffers is looked at before the domain is. */
long do_dm_op(unsigned int id, unsigned int nr_buffers, gptr_t buffers)
{
	struct domain *d;
	long rc;

	(void)buffers;
	if (nr_buffers > DM_OP_BUFFERS_MAX)
		return refuse(-E2BIG, "%u buffers, %u at most", nr_buffers, DM_OP_BUFFERS_MAX);
	if (!nr_buffers)
		return refuse(-ENODATA, "no buffer, so no operation");
	d = id < DOMID_FIRST_RESERVED ? domain_get((domid_t)id) : NULL;
	if (!d)
		return refuse(-ESRCH, "there is no domain %u", id);
	rc = privilege_check(__HYPERVISOR_dm_op, EVERY_OP, d);
	domain_put(d);
	return rc ? rc : refuse(-EINVAL, "d%u is not hardware-virtualized", id);
}

/* Performance counters of the processor. */
long do_xenpmu_op(unsigned int cmd, gptr_t arg)
{
	(void)arg;
	return refuse(-EOPNOTSUPP, "guests do not use performance counters (xenpmu_op %u)", cmd);
}
