/* SPDX-License-Identifier: MIT */
/*
 * System calls on processes: birth, death, waiting, groups, names.
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

/* A status as wait4 reports it: one of these in the low byte, the code or signal above. */
enum {
	STATUS_SIGNAL = 0x7f,
	STATUS_STOPPED = 0x7f,
	STATUS_CORE = 0x80,
	STATUS_CONTINUED = 0xffff,
};

/* What happened to a child, as siginfo tells it. */
static struct siginfo child_info(int pid, int status)
{
	struct siginfo i = { .signo = SIGCHLD, .pid = pid, .uid = (int)current->proc->cred.uid };

	if (status == STATUS_CONTINUED) {
		i.code = CLD_CONTINUED;
		i.status = SIGCONT;
	} else if ((status & 0xff) == STATUS_STOPPED) {
		i.code = CLD_STOPPED;
		i.status = status >> 8 & 0xff;
	} else if (status & STATUS_SIGNAL) {
		i.code = status & STATUS_CORE ? CLD_DUMPED : CLD_KILLED;
		i.status = status & STATUS_SIGNAL;
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

/* ---- prctl, personality ---- */

/* clang-format off */
enum {
	PR_SET_PDEATHSIG = 1, PR_GET_PDEATHSIG = 2, PR_GET_DUMPABLE = 3, PR_SET_DUMPABLE = 4,
	PR_GET_KEEPCAPS = 7, PR_SET_KEEPCAPS = 8, PR_SET_NAME = 15, PR_GET_NAME = 16,
	PR_GET_SECCOMP = 21, PR_CAPBSET_READ = 23, PR_CAPBSET_DROP = 24, PR_GET_SECUREBITS = 27,
	PR_SET_TIMERSLACK = 29, PR_GET_TIMERSLACK = 30, PR_SET_CHILD_SUBREAPER = 36,
	PR_SET_NO_NEW_PRIVS = 38, PR_GET_NO_NEW_PRIVS = 39,
	PR_CAP_AMBIENT = 47,
};
/* clang-format on */

#define PR_CAP_AMBIENT_RAISE 2

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
	case PR_CAP_AMBIENT: /* there are none: asking and lowering is fine, raising is not */
		return a->v[1] == PR_CAP_AMBIENT_RAISE ? -EPERM : 0;
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
