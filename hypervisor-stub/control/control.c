/* SPDX-License-Identifier: MIT */
/*
 * domctl, sysctl, platform_op, hvm_op: the calls of a toolstack and of what we are not.
 *
 * A structure begins with its command and the version of the interface that its author knew; another
 * version than that of the installed headers is -EACCES with both numbers, so that a mismatch is never
 * taken for something else. Only a privileged domain may ask at all. Locks: none yet.
 */
#include "abi/abi.h"
#include "abi/ops.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "time/timer.h"

/* gen.mk defines __XEN_TOOLS__ for this file, or these headers show nothing. */
#include <xen/hvm/hvm_op.h>
#include <xen/platform.h>

/* cmd, interface version: the first two words of all of them. */
static long check_interface(gptr_t op, const char *what, uint32_t version, uint32_t *cmd)
{
	uint32_t theirs;

	if (guest_get_u32(cmd, op, 0) || guest_get_u32(&theirs, op, 1))
		return refuse(-EFAULT, "the argument cannot be read");
	if (!current->domain->privileged)
		return refuse(-EPERM, "%s is for a privileged domain", what);
	if (theirs != version)
		return refuse(-EACCES, "%s interface version %x, this hypervisor has %x", what,
			      theirs, version);
	return 0;
}

/* Both structures have one layout at both widths; so does the union's place in the operation. */
#define PLATFORM_ARG(op) gptr_add(op, offsetof(struct xen_platform_op, u))

static long set_wallclock(uint64_t seconds, uint32_t nanoseconds, stime_t at)
{
	if (nanoseconds >= MS(1000))
		return refuse(-EINVAL, "%u nanoseconds are more than a second", nanoseconds);
	time_set_wallclock(seconds, nanoseconds, at);
	return 0;
}

static long set_time32(gptr_t arg)
{
	struct xenpf_settime32 t;

	if (copy_from_guest(&t, arg, sizeof(t)))
		return refuse(-EFAULT, "the argument cannot be read");
	return set_wallclock(t.secs, t.nsecs, t.system_time);
}

static long set_time64(gptr_t arg)
{
	struct xenpf_settime64 t;

	if (copy_from_guest(&t, arg, sizeof(t)))
		return refuse(-EFAULT, "the argument cannot be read");
	if (t.mbz)
		return refuse(-EINVAL, "the field mbz is %u", t.mbz);
	return set_wallclock(t.secs, t.nsecs, t.system_time);
}

long do_platform_op(gptr_t op)
{
	uint32_t cmd;
	long rc = check_interface(op, "platform_op", XENPF_INTERFACE_VERSION, &cmd);

	if (rc)
		return rc;
	switch (cmd) {
	case XENPF_settime32:
		return set_time32(PLATFORM_ARG(op));
	case XENPF_settime64:
		return set_time64(PLATFORM_ARG(op));
	default:
		return refuse(-ENOSYS, "there is no platform_op %u", cmd);
	}
}

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
