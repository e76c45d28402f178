/* SPDX-License-Identifier: MIT */
/*
 * System calls on resource limits: one table of 64-bit numbers, read and set in three widths.
 */
#include "linux/linux.h"

#define INFINITY32   0xffffffffu
#define INFINITY_OLD 0x7fffffffu /* of getrlimit, which programs before Linux 2.3 use */

static uint32_t limit32(uint64_t v)
{
	return v > INFINITY32 ? INFINITY32 : (uint32_t)v;
}

static long limits_put32(uint32_t which, uint32_t *user, uint32_t most)
{
	const struct rlimit64 *l;
	uint32_t v[2];

	if (which >= RLIMIT_COUNT)
		return -EINVAL;
	l = &current->proc->rlimit[which];
	v[0] = min(limit32(l->cur), most);
	v[1] = min(limit32(l->max), most);
	return copy_to_user(user, v, sizeof(v));
}

long sys_ugetrlimit(const struct args *a)
{
	return limits_put32(a->v[0], arg_ptr(a, 1), INFINITY32);
}

long sys_getrlimit(const struct args *a)
{
	return limits_put32(a->v[0], arg_ptr(a, 1), INFINITY_OLD);
}

static long limits_set(struct process *p, uint32_t which, const struct rlimit64 *new)
{
	struct rlimit64 *l = &p->rlimit[which];

	if (new->cur > new->max)
		return -EINVAL;
	if (new->max > l->max && current->proc->cred.euid)
		return -EPERM;
	if (which == RLIMIT_NOFILE && new->max > 1048576)
		return -EPERM;
	*l = *new;
	return 0;
}

static uint64_t limit64(uint32_t v)
{
	return v == INFINITY32 ? RLIM_INFINITY : v;
}

long sys_setrlimit(const struct args *a)
{
	struct rlimit64 new;
	uint32_t v[2];

	if (a->v[0] >= RLIMIT_COUNT)
		return -EINVAL;
	if (copy_from_user(v, arg_ptr(a, 1), sizeof(v)))
		return -EFAULT;
	new = (struct rlimit64){ limit64(v[0]), limit64(v[1]) };
	return limits_set(current->proc, a->v[0], &new);
}

long sys_prlimit64(const struct args *a)
{
	struct rlimit64 new, old;
	struct process *p;
	long r = 0;

	if (a->v[1] >= RLIMIT_COUNT)
		return -EINVAL;
	if (a->v[2] && copy_from_user(&new, arg_ptr(a, 2), sizeof(new)))
		return -EFAULT;
	spin_lock(&proc_lock);
	p = a->v[0] ? proc_find(arg_int(a, 0)) : current->proc;
	if (!p)
		r = -ESRCH;
	else if (p != current->proc && current->proc->cred.euid &&
		 current->proc->cred.uid != p->cred.uid)
		r = -EPERM;
	if (!r) {
		old = p->rlimit[a->v[1]];
		if (a->v[2])
			r = limits_set(p, a->v[1], &new);
	}
	spin_unlock(&proc_lock);
	if (!r && a->v[3])
		r = copy_to_user(arg_ptr(a, 3), &old, sizeof(old));
	return r;
}
