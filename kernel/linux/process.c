/* SPDX-License-Identifier: MIT */
/*
 * System calls on processes: birth, death, waiting, groups, limits, scheduling, names.
 */
#include "linux/tls.h"
#include "linux/linux.h"

/* ---- birth and death ---- */

long sys_fork(const struct args *a)
{
	return proc_clone(a->regs, SIGCHLD, 0, NULL, NULL, NULL);
}

long sys_vfork(const struct args *a)
{
	return proc_clone(a->regs, CLONE_VFORK | CLONE_VM | SIGCHLD, 0, NULL, NULL, NULL);
}

/* i386 order: flags, stack, parent's tid, TLS descriptor, child's tid. */
long sys_clone(const struct args *a)
{
	struct machine_tls tls;
	int r;

	if (a->v[0] & CLONE_SETTLS) {
		r = tls_get(arg_ptr(a, 3), &tls);
		if (r)
			return r;
	}
	return proc_clone(a->regs, a->v[0], a->v[1], arg_ptr(a, 2),
			  a->v[0] & CLONE_SETTLS ? &tls : NULL, arg_ptr(a, 4));
}

long sys_execve(const struct args *a)
{
	return proc_execve(arg_ptr(a, 0), arg_ptr(a, 1), arg_ptr(a, 2));
}

long sys_exit(const struct args *a)
{
	proc_exit_thread((a->v[0] & 0xff) << 8);
}

long sys_exit_group(const struct args *a)
{
	proc_exit_group((a->v[0] & 0xff) << 8);
}

/* ---- waiting and what was used ---- */

struct rusage32 {
	struct timeval32 user, system;
	uint32_t unused[14];
};

static int rusage_put(void *user, const struct rusage_k *ru)
{
	struct rusage32 o = {
		.user = { (int32_t)(ru->user / NSEC_PER_SEC),
			  (int32_t)(ru->user % NSEC_PER_SEC / NSEC_PER_US) },
		.system = { (int32_t)(ru->system / NSEC_PER_SEC),
			    (int32_t)(ru->system % NSEC_PER_SEC / NSEC_PER_US) },
	};

	return copy_to_user(user, &o, sizeof(o));
}

static long wait_for(int pid, int *user_status, int options, void *user_rusage)
{
	struct rusage_k ru = { 0, 0 };
	int status = 0;
	long r;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | (int)(__WALL | __WCLONE | __WNOTHREAD)))
		return -EINVAL;
	r = proc_wait4(pid, &status, options, &ru);
	if (r <= 0)
		return r;
	if (user_status && put_user(status, user_status))
		return -EFAULT;
	return user_rusage && rusage_put(user_rusage, &ru) ? -EFAULT : r;
}

long sys_wait4(const struct args *a)
{
	return wait_for(arg_int(a, 0), arg_ptr(a, 1), arg_int(a, 2), arg_ptr(a, 3));
}

long sys_waitpid(const struct args *a)
{
	return wait_for(arg_int(a, 0), arg_ptr(a, 1), arg_int(a, 2), NULL);
}

/* What happened to a child, as siginfo tells it. */
static struct siginfo child_info(int pid, int status)
{
	struct siginfo i = { .signo = SIGCHLD, .pid = pid, .uid = (int)current->proc->cred.uid };

	if (status == 0xffff) {
		i.code = CLD_CONTINUED;
		i.status = SIGCONT;
	} else if ((status & 0xff) == 0x7f) {
		i.code = CLD_STOPPED;
		i.status = status >> 8 & 0xff;
	} else if (status & 0x7f) {
		i.code = status & 0x80 ? CLD_DUMPED : CLD_KILLED;
		i.status = status & 0x7f;
	} else {
		i.code = CLD_EXITED;
		i.status = status >> 8 & 0xff;
	}
	return i;
}

long sys_waitid(const struct args *a)
{
	enum { P_ALL, P_PID, P_PGID };
	int id = arg_int(a, 1), options = arg_int(a, 3), pid = -1, status = 0;
	struct siginfo info = { .signo = 0 };
	struct rusage_k ru;
	long r;

	if (options & ~(WNOHANG | WSTOPPED | WEXITED | WCONTINUED | WNOWAIT | (int)__WALL) ||
	    !(options & (WSTOPPED | WEXITED | WCONTINUED)))
		return -EINVAL;
	if (a->v[0] > P_PGID || (a->v[0] == P_PID && id <= 0) || (a->v[0] == P_PGID && id < 0))
		return -EINVAL;
	if (a->v[0] != P_ALL)
		pid = a->v[0] == P_PID ? id : -id;
	r = proc_wait4(pid, &status, options, &ru);
	if (r < 0)
		return r;
	if (r)
		info = child_info((int)r, status);
	if (r && a->v[4] && rusage_put(arg_ptr(a, 4), &ru))
		return -EFAULT;
	return a->v[2] ? siginfo_put(arg_ptr(a, 2), &info) : 0;
}

static void times_of_current(struct rusage_k *own, struct rusage_k *children)
{
	struct process *p = current->proc;

	spin_lock(&proc_lock);
	proc_times(p, &own->user, &own->system);
	*children = (struct rusage_k){ p->child_user, p->child_system };
	spin_unlock(&proc_lock);
}

long sys_getrusage(const struct args *a)
{
	enum { SELF = 0, CHILDREN = -1, THREAD = 1 };
	int who = arg_int(a, 0);
	struct rusage_k own, children;

	if (who != SELF && who != CHILDREN && who != THREAD)
		return -EINVAL;
	times_of_current(&own, &children); /* a thread's own share is not told apart */
	return rusage_put(arg_ptr(a, 1), who == CHILDREN ? &children : &own);
}

long sys_times(const struct args *a)
{
	const uint64_t tick = NSEC_PER_SEC / 100;
	struct rusage_k own, children;
	uint32_t t[4];

	times_of_current(&own, &children);
	t[0] = (uint32_t)(own.user / tick);
	t[1] = (uint32_t)(own.system / tick);
	t[2] = (uint32_t)(children.user / tick);
	t[3] = (uint32_t)(children.system / tick);
	if (a->v[0] && copy_to_user(arg_ptr(a, 0), t, sizeof(t)))
		return -EFAULT;
	return (long)((time_now() / tick) & 0x7fffffff);
}

/* ---- who ---- */

long sys_getpid(const struct args *a)
{
	(void)a;
	return current->proc->pid;
}

long sys_gettid(const struct args *a)
{
	(void)a;
	return current->tid;
}

long sys_getppid(const struct args *a)
{
	struct process *parent;
	long pid;

	(void)a;
	spin_lock(&proc_lock);
	parent = current->proc->parent;
	pid = parent ? parent->pid : 0;
	spin_unlock(&proc_lock);
	return pid;
}

long sys_getpgrp(const struct args *a)
{
	(void)a;
	return current->proc->pgrp;
}

long sys_setpgid(const struct args *a)
{
	return proc_setpgid(arg_int(a, 0), arg_int(a, 1));
}

long sys_getpgid(const struct args *a)
{
	return proc_getpgid(arg_int(a, 0));
}

long sys_getsid(const struct args *a)
{
	return proc_getsid(arg_int(a, 0));
}

long sys_setsid(const struct args *a)
{
	(void)a;
	return proc_setsid();
}

long sys_set_tid_address(const struct args *a)
{
	current->clear_tid = arg_ptr(a, 0);
	return current->tid;
}

long sys_set_robust_list(const struct args *a)
{
	if (a->v[1] != 12) /* sizeof(struct robust_list_head) on i386 */
		return -EINVAL;
	current->robust_list = arg_ptr(a, 0);
	return 0;
}

/* ---- limits ---- */

static uint32_t limit32(uint64_t v)
{
	return v > 0xffffffffu ? 0xffffffffu : (uint32_t)v;
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
	return limits_put32(a->v[0], arg_ptr(a, 1), 0xffffffffu);
}

long sys_getrlimit(const struct args *a)
{
	return limits_put32(a->v[0], arg_ptr(a, 1), 0x7fffffffu);
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
	return v == 0xffffffffu ? RLIM_INFINITY : v;
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

/* ---- scheduling: one class, and nice values that are only remembered ---- */

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

/* ---- prctl, personality ---- */

/* clang-format off */
enum {
	PR_SET_PDEATHSIG = 1, PR_GET_PDEATHSIG = 2, PR_GET_DUMPABLE = 3, PR_SET_DUMPABLE = 4,
	PR_GET_KEEPCAPS = 7, PR_SET_KEEPCAPS = 8, PR_SET_NAME = 15, PR_GET_NAME = 16,
	PR_GET_SECCOMP = 21, PR_CAPBSET_READ = 23, PR_CAPBSET_DROP = 24, PR_GET_SECUREBITS = 27,
	PR_SET_TIMERSLACK = 29, PR_GET_TIMERSLACK = 30, PR_SET_CHILD_SUBREAPER = 36,
	PR_SET_NO_NEW_PRIVS = 38, PR_GET_NO_NEW_PRIVS = 39,
};
/* clang-format on */

static long set_name(const void *user)
{
	char name[sizeof(current->name)];
	long n = strncpy_from_user(name, user, sizeof(name));

	if (n == -ENAMETOOLONG) {
		if (copy_from_user(name, user, sizeof(name)))
			return -EFAULT;
		name[sizeof(name) - 1] = '\0';
	} else if (n < 0) {
		return n;
	}
	task_set_name(current, name);
	return 0;
}

long sys_prctl(const struct args *a)
{
	switch (arg_int(a, 0)) {
	case PR_SET_NAME:
		return set_name(arg_ptr(a, 1));
	case PR_GET_NAME:
		return copy_to_user(arg_ptr(a, 1), current->name, sizeof(current->name));
	case PR_GET_DUMPABLE:
		return current->proc->dumpable;
	case PR_SET_DUMPABLE:
		if (a->v[1] > 1)
			return -EINVAL;
		current->proc->dumpable = a->v[1];
		return 0;
	case PR_GET_PDEATHSIG:
		return put_user(0, (int *)arg_ptr(a, 1));
	case PR_CAPBSET_READ:
		return a->v[1] <= 40 ? 1 : -EINVAL;
	case PR_GET_TIMERSLACK:
		return 50000;
	case PR_SET_NO_NEW_PRIVS:
		return a->v[1] == 1 ? 0 : -EINVAL;
	case PR_SET_PDEATHSIG:
	case PR_SET_KEEPCAPS:
	case PR_GET_KEEPCAPS:
	case PR_GET_SECCOMP:
	case PR_CAPBSET_DROP:
	case PR_GET_SECUREBITS:
	case PR_SET_TIMERSLACK:
	case PR_SET_CHILD_SUBREAPER:
	case PR_GET_NO_NEW_PRIVS:
		return 0;
	}
	return -EINVAL;
}

long sys_personality(const struct args *a)
{
	uint32_t old = current->proc->personality;

	if (a->v[0] != 0xffffffffu)
		current->proc->personality = a->v[0];
	return (long)old;
}

/* ---- futex ---- */

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
