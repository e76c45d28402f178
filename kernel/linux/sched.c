/* SPDX-License-Identifier: MIT */
/*
 * System calls on scheduling: one class, in which nice values are weights.
 */
#include "linux/linux.h"

enum { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };

static bool selected(const struct process *p, uint32_t which, uint32_t who)
{
	const struct process *self = current->proc;

	switch (which) {
	case PRIO_PROCESS:
		return p->pid == (int)(who ? who : (uint32_t)self->pid);
	case PRIO_PGRP:
		return p->pgrp == (int)(who ? who : (uint32_t)self->pgrp);
	}
	return p->cred.uid == (who ? who : self->cred.uid);
}

long sys_getpriority(const struct args *a)
{
	struct process *p;
	long best = -ESRCH;

	if (a->v[0] > PRIO_USER)
		return -EINVAL;
	spin_lock(&proc_lock);
	list_for_each (p, &proc_all, all_link)
		if (p->pid && selected(p, a->v[0], a->v[1]))
			best = max(best, 20l - p->nice);
	spin_unlock(&proc_lock);
	return best;
}

static int renice(struct process *p, int nice)
{
	const struct cred *c = &current->proc->cred;

	if (c->euid && c->euid != p->cred.uid)
		return -EPERM;
	if (c->euid && nice < p->nice)
		return -EACCES;
	p->nice = nice;
	return 0;
}

long sys_setpriority(const struct args *a)
{
	int nice = max(min(arg_int(a, 2), 19), -20);
	struct process *p;
	long r = -ESRCH;

	if (a->v[0] > PRIO_USER)
		return -EINVAL;
	spin_lock(&proc_lock);
	list_for_each (p, &proc_all, all_link)
		if (p->pid && selected(p, a->v[0], a->v[1])) {
			int one = renice(p, nice);

			r = one || r == -ESRCH ? one : r;
		}
	spin_unlock(&proc_lock);
	return r;
}

long sys_nice(const struct args *a)
{
	int by = max(min(arg_int(a, 0), 40), -40);

	return renice(current->proc, max(min(current->proc->nice + by, 19), -20));
}

long sys_sched_yield(const struct args *a)
{
	(void)a;
	task_yield();
	return 0;
}

static bool task_exists(int tid)
{
	bool found;

	spin_lock(&proc_lock);
	found = !tid || task_find(tid);
	spin_unlock(&proc_lock);
	return found;
}

long sys_sched_getaffinity(const struct args *a)
{
	uint32_t cpus = 1;

	if (a->v[1] < sizeof(cpus) || a->v[1] % sizeof(cpus))
		return -EINVAL;
	if (!task_exists(arg_int(a, 0)))
		return -ESRCH;
	return copy_to_user(arg_ptr(a, 2), &cpus, sizeof(cpus)) ? -EFAULT : (long)sizeof(cpus);
}

long sys_sched_setaffinity(const struct args *a)
{
	uint32_t cpus = 0;

	if (copy_from_user(&cpus, arg_ptr(a, 2), min(a->v[1], (uint32_t)sizeof(cpus))))
		return -EFAULT;
	if (!task_exists(arg_int(a, 0)))
		return -ESRCH;
	return cpus & 1 ? 0 : -EINVAL;
}

long sys_sched_getscheduler(const struct args *a)
{
	return task_exists(arg_int(a, 0)) ? 0 : -ESRCH;
}

long sys_sched_setscheduler(const struct args *a)
{
	if (!task_exists(arg_int(a, 0)))
		return -ESRCH;
	return a->v[1] ? -EINVAL : 0;
}

long sys_sched_getparam(const struct args *a)
{
	return task_exists(arg_int(a, 0)) ? put_user(0, (int *)arg_ptr(a, 1)) : -ESRCH;
}

long sys_sched_setparam(const struct args *a)
{
	int priority;

	if (get_user(priority, (const int *)arg_ptr(a, 1)))
		return -EFAULT;
	return priority ? -EINVAL : 0;
}

/* Linux's ranges by policy: other, fifo, round robin, batch, -, idle. */
static long priority_range(uint32_t policy, long realtime)
{
	if (policy == 1 || policy == 2)
		return realtime;
	return policy == 0 || policy == 3 || policy == 5 ? 0 : -EINVAL;
}

long sys_sched_get_priority_max(const struct args *a)
{
	return priority_range(a->v[0], 99);
}

long sys_sched_get_priority_min(const struct args *a)
{
	return priority_range(a->v[0], 1);
}

long sys_ioprio_get(const struct args *a)
{
	(void)a;
	return 0;
}

long sys_ioprio_set(const struct args *a)
{
	(void)a;
	return 0;
}

long sys_getcpu(const struct args *a)
{
	uint32_t zero = 0;

	for (int i = 0; i < 2; i++)
		if (a->v[i] && copy_to_user(arg_ptr(a, i), &zero, sizeof(zero)))
			return -EFAULT;
	return 0;
}
