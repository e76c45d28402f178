/* SPDX-License-Identifier: MIT */
/*
 * System calls on signals. A set is 8 bytes in the rt_ calls and one word in the old ones.
 */
#include "linux/linux.h"
#include "proc/sched.h"

struct sigaction_old {
	uint32_t handler, mask, flags, restorer;
};

struct sigaction_rt {
	uint32_t handler, flags, restorer;
	uint64_t mask;
} __attribute__((packed));

struct siginfo_user {
	int32_t signo, error, code;
	int32_t pid, uid, status; /* or address, or value */
	int32_t rest[26];
};

_Static_assert(sizeof(struct sigaction_rt) == 20, "struct sigaction of i386");
_Static_assert(sizeof(struct siginfo_user) == 128, "siginfo_t");

#define UNBLOCKABLE (SIGMASK(SIGKILL) | SIGMASK(SIGSTOP))

/* ---- actions ---- */

long sys_rt_sigaction(const struct args *a)
{
	struct sigaction_rt u;
	struct sigaction_k new, old;
	long r;

	if (a->v[3] != sizeof(sigset64_t))
		return -EINVAL;
	if (a->v[1]) {
		if (copy_from_user(&u, arg_ptr(a, 1), sizeof(u)))
			return -EFAULT;
		new = (struct sigaction_k){ u.handler, u.flags, u.restorer, u.mask };
	}
	r = signal_action(arg_int(a, 0), a->v[1] ? &new : NULL, &old);
	if (r || !a->v[2])
		return r;
	u = (struct sigaction_rt){ (uint32_t)old.handler, old.flags, (uint32_t)old.restorer,
				   old.mask };
	return copy_to_user(arg_ptr(a, 2), &u, sizeof(u));
}

long sys_sigaction(const struct args *a)
{
	struct sigaction_old u;
	struct sigaction_k new, old;
	long r;

	if (a->v[1]) {
		if (copy_from_user(&u, arg_ptr(a, 1), sizeof(u)))
			return -EFAULT;
		new = (struct sigaction_k){ u.handler, u.flags, u.restorer, u.mask };
	}
	r = signal_action(arg_int(a, 0), a->v[1] ? &new : NULL, &old);
	if (r || !a->v[2])
		return r;
	u = (struct sigaction_old){ (uint32_t)old.handler, (uint32_t)old.mask, old.flags,
				    (uint32_t)old.restorer };
	return copy_to_user(arg_ptr(a, 2), &u, sizeof(u));
}

long sys_signal(const struct args *a)
{
	struct sigaction_k old, new = {
		.handler = a->v[1],
		.flags = SA_RESETHAND | SA_NODEFER,
	};
	long r = signal_action(arg_int(a, 0), &new, &old);

	return r ? r : (long)old.handler;
}

/* ---- masks ---- */

static int set_get(const void *user, uint32_t size, sigset64_t *set)
{
	if (size != sizeof(*set))
		return -EINVAL;
	return copy_from_user(set, user, sizeof(*set));
}

int mask_apply(const void *user_set, uint32_t size)
{
	sigset64_t set;
	int r;

	if (!user_set)
		return 0;
	r = set_get(user_set, size, &set);
	if (!r)
		signal_mask_temporary(set & ~UNBLOCKABLE);
	return r;
}

long sys_rt_sigprocmask(const struct args *a)
{
	sigset64_t new, old;
	long r;

	if (a->v[3] != sizeof(sigset64_t))
		return -EINVAL;
	if (a->v[1] && copy_from_user(&new, arg_ptr(a, 1), sizeof(new)))
		return -EFAULT;
	r = signal_mask(arg_int(a, 0), a->v[1] ? &new : NULL, &old);
	if (!r && a->v[2])
		r = copy_to_user(arg_ptr(a, 2), &old, sizeof(old));
	return r;
}

/* The old calls know only the first 32 signals and leave the others alone. */
long sys_sigprocmask(const struct args *a)
{
	sigset64_t new = 0, old;
	uint32_t word;
	long r;

	if (a->v[1]) {
		if (get_user(word, (const uint32_t *)arg_ptr(a, 1)))
			return -EFAULT;
		signal_mask(SIG_BLOCK, NULL, &old);
		new = word;
		if (a->v[0] == SIG_SETMASK)
			new |= old & ~0xffffffffull;
	}
	r = signal_mask(arg_int(a, 0), a->v[1] ? &new : NULL, &old);
	if (!r && a->v[2])
		r = put_user((uint32_t)old, (uint32_t *)arg_ptr(a, 2));
	return r;
}

long sys_sgetmask(const struct args *a)
{
	sigset64_t old = 0;

	(void)a;
	signal_mask(SIG_BLOCK, NULL, &old);
	return (long)(uint32_t)old;
}

long sys_ssetmask(const struct args *a)
{
	sigset64_t new = a->v[0], old = 0;

	signal_mask(SIG_SETMASK, &new, &old);
	return (long)(uint32_t)old;
}

long sys_rt_sigpending(const struct args *a)
{
	sigset64_t set = signal_pending_set();

	if (a->v[1] > sizeof(set))
		return -EINVAL;
	return copy_to_user(arg_ptr(a, 0), &set, a->v[1]);
}

long sys_sigpending(const struct args *a)
{
	return put_user((uint32_t)signal_pending_set(), (uint32_t *)arg_ptr(a, 0));
}

/* ---- waiting ---- */

long sys_rt_sigsuspend(const struct args *a)
{
	sigset64_t set;
	int r = set_get(arg_ptr(a, 0), a->v[1], &set);

	return r ? r : signal_suspend(set & ~UNBLOCKABLE);
}

/* The mask is the third argument; the first two are history. */
long sys_sigsuspend(const struct args *a)
{
	return signal_suspend(a->v[2] & ~UNBLOCKABLE);
}

long sys_pause(const struct args *a)
{
	sigset64_t now = 0;

	(void)a;
	signal_mask(SIG_BLOCK, NULL, &now);
	return signal_suspend(now);
}

int siginfo_put(void *user, const struct siginfo *i)
{
	struct siginfo_user u = {
		.signo = i->signo,
		.error = i->error,
		.code = i->code,
		.pid = i->pid,
		.uid = i->uid,
		.status = i->signo == SIGCHLD ? i->status : (int32_t)i->value,
	};

	if (i->code > 0 && i->signo != SIGCHLD && i->code != SI_KERNEL)
		u.pid = (int32_t)i->address;
	return copy_to_user(user, &u, sizeof(u));
}

static long timed_wait(const struct args *a, bool wide)
{
	uint64_t deadline = WAIT_FOREVER, ns;
	struct siginfo info;
	sigset64_t set;
	long r = set_get(arg_ptr(a, 0), a->v[3], &set);

	if (!r && a->v[2]) {
		r = time_get(arg_ptr(a, 2), wide, &ns);
		if (!r)
			deadline = time_deadline(ns);
	}
	if (r)
		return r;
	memset(&info, 0, sizeof(info));
	r = signal_timedwait(set & ~UNBLOCKABLE, &info, deadline);
	if (r > 0 && a->v[1] && siginfo_put(arg_ptr(a, 1), &info))
		return -EFAULT;
	return r;
}

long sys_rt_sigtimedwait(const struct args *a)
{
	return timed_wait(a, false);
}

long sys_rt_sigtimedwait_time64(const struct args *a)
{
	return timed_wait(a, true);
}

/* ---- sending and returning ---- */

long sys_kill(const struct args *a)
{
	return signal_kill(arg_int(a, 0), arg_int(a, 1));
}

long sys_tkill(const struct args *a)
{
	return arg_int(a, 0) > 0 ? signal_tgkill(0, arg_int(a, 0), arg_int(a, 1)) : -EINVAL;
}

long sys_tgkill(const struct args *a)
{
	if (arg_int(a, 0) <= 0 || arg_int(a, 1) <= 0)
		return -EINVAL;
	return signal_tgkill(arg_int(a, 0), arg_int(a, 1), arg_int(a, 2));
}

/* Which task: that one, or any thread of the process when tid is 0. */
static long queue_signal(int pid, int tid, int sig, const void *user)
{
	struct siginfo_user u;
	struct siginfo info;
	struct process *p;
	struct task *t;
	long r = -ESRCH;

	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	if (copy_from_user(&u, user, sizeof(u)))
		return -EFAULT;
	info = (struct siginfo){ .signo = sig,
				 .code = u.code,
				 .error = u.error,
				 .pid = u.pid,
				 .uid = u.uid,
				 .value = u.status };
	/* Only the kernel itself, and a process to itself, may claim what kill and faults claim. */
	if ((u.code >= 0 || u.code == SI_TKILL) && pid != current->proc->pid)
		return -EPERM;
	spin_lock(&proc_lock);
	t = tid ? task_find(tid) : NULL;
	p = t ? t->proc : proc_find(pid);
	if (p && p->pid == pid && (t || !tid))
		r = proc_may_signal(p) ? 0 : -EPERM;
	if (!r && sig)
		signal_send_locked(p, t, sig, &info);
	spin_unlock(&proc_lock);
	return r;
}

long sys_rt_sigqueueinfo(const struct args *a)
{
	return queue_signal(arg_int(a, 0), 0, arg_int(a, 1), arg_ptr(a, 2));
}

long sys_rt_tgsigqueueinfo(const struct args *a)
{
	if (arg_int(a, 0) <= 0 || arg_int(a, 1) <= 0)
		return -EINVAL;
	return queue_signal(arg_int(a, 0), arg_int(a, 1), arg_int(a, 2), arg_ptr(a, 3));
}

long sys_sigreturn(const struct args *a)
{
	return signal_return(a->regs, false);
}

long sys_rt_sigreturn(const struct args *a)
{
	return signal_return(a->regs, true);
}

long sys_restart_syscall(const struct args *a)
{
	(void)a;
	return proc_restart_syscall();
}

/* ---- the alternate stack ---- */

struct stack_user {
	uint32_t sp;
	uint32_t flags;
	uint32_t size;
};

long sys_sigaltstack(const struct args *a)
{
	unsigned long sp, size, old_sp = 0, old_size = 0;
	uint32_t flags, old_flags = 0;
	struct stack_user u;
	long r;

	if (a->v[0]) {
		if (copy_from_user(&u, arg_ptr(a, 0), sizeof(u)))
			return -EFAULT;
		sp = u.sp;
		size = u.size;
		flags = u.flags;
		r = signal_altstack(&sp, &size, &flags, &old_sp, &old_size, &old_flags);
	} else {
		r = signal_altstack(NULL, NULL, NULL, &old_sp, &old_size, &old_flags);
	}
	if (r || !a->v[1])
		return r;
	u = (struct stack_user){ (uint32_t)old_sp, old_flags, (uint32_t)old_size };
	return copy_to_user(arg_ptr(a, 1), &u, sizeof(u));
}
