/* SPDX-License-Identifier: MIT */
/*
 * The futex call: one number, many operations, and a timeout that some of them mean absolutely.
 */
#include "linux/linux.h"

static long futex(const struct args *a, bool wide)
{
	int cmd = arg_int(a, 1) & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	bool waits = cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET;
	uint64_t deadline = WAIT_FOREVER, ns;
	uint32_t *user = arg_ptr(a, 0);
	int r;

	if (waits && a->v[3]) {
		r = time_get(arg_ptr(a, 3), wide, &ns);
		if (r)
			return r;
		deadline = time_deadline(ns);
		if (cmd == FUTEX_WAIT_BITSET) {
			uint64_t zero =
				a->v[1] & FUTEX_CLOCK_REALTIME ? time_wall() - time_now() : 0;

			deadline = ns > zero ? ns - zero : 0;
		}
	}
	if (a->v[0] % sizeof(*user))
		return -EINVAL;
	switch (cmd) {
	case FUTEX_WAIT:
		return futex_wait(user, a->v[2], deadline, ~0u);
	case FUTEX_WAIT_BITSET:
		return a->v[5] ? futex_wait(user, a->v[2], deadline, a->v[5]) : -EINVAL;
	case FUTEX_WAKE:
		return futex_wake(user, arg_int(a, 2), ~0u);
	case FUTEX_WAKE_BITSET:
		return a->v[5] ? futex_wake(user, arg_int(a, 2), a->v[5]) : -EINVAL;
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
		if (arg_int(a, 2) < 0 || arg_int(a, 3) < 0)
			return -EINVAL;
		return futex_requeue(user, arg_int(a, 2), arg_int(a, 3), arg_ptr(a, 4),
				     cmd == FUTEX_CMP_REQUEUE, a->v[5]);
	}
	return -ENOSYS;
}

long sys_futex(const struct args *a)
{
	return futex(a, false);
}

long sys_futex_time64(const struct args *a)
{
	return futex(a, true);
}
