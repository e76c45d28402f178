/* SPDX-License-Identifier: MIT */
/*
 * Signals: the system calls that set actions, masks and stacks, and that wait.
 */
#include "signal_internal.h"

long signal_action(int sig, const struct sigaction_k *act, struct sigaction_k *old)
{
	struct sigaction_k *a;

	if (!signal_valid(sig) || (act && SIGMASK(sig) & UNBLOCKABLE))
		return -EINVAL;
	spin_lock(&proc_lock);
	a = action_of(current, sig);
	if (old)
		*old = *a;
	if (act) {
		*a = *act;
		a->mask &= ~UNBLOCKABLE;
		/* What waits and would now be ignored is forgotten. */
		if (signal_ignored(current, sig))
			pending_drop_everywhere(current->proc, SIGMASK(sig));
	}
	spin_unlock(&proc_lock);
	return 0;
}

long signal_mask(int how, const sigset64_t *set, sigset64_t *old)
{
	sigset64_t new;

	if (old)
		*old = current->blocked;
	if (!set)
		return 0;
	switch (how) {
	case SIG_BLOCK:
		new = current->blocked | *set;
		break;
	case SIG_UNBLOCK:
		new = current->blocked & ~*set;
		break;
	case SIG_SETMASK:
		new = *set;
		break;
	default:
		return -EINVAL;
	}
	spin_lock(&proc_lock);
	current->blocked = new & ~UNBLOCKABLE;
	spin_unlock(&proc_lock);
	return 0;
}

void signal_mask_temporary(sigset64_t set)
{
	spin_lock(&proc_lock);
	current->saved_blocked = current->blocked;
	current->restore_blocked = true;
	current->blocked = set & ~UNBLOCKABLE;
	spin_unlock(&proc_lock);
}

long signal_suspend(sigset64_t set)
{
	signal_mask_temporary(set);
	while (!signal_pending()) {
		wait_prepare(true);
		wait_sleep(WAIT_FOREVER);
		wait_finish();
	}
	return -ERESTARTNOHAND;
}

sigset64_t signal_pending_set(void)
{
	return (current->pending | current->proc->pending) & current->blocked;
}

long signal_timedwait(sigset64_t set, struct siginfo *info, uint64_t deadline)
{
	sigset64_t blocked = current->blocked;
	int sig, rc = 0;

	set &= ~UNBLOCKABLE;
	for (;;) {
		sig = signal_take(current, set, info);
		if (sig || rc)
			break;
		/* While asleep they count as unblocked, so that they wake us; and none as ignored. */
		current->awaited = set;
		signal_mask(SIG_UNBLOCK, &set, NULL);
		wait_prepare(true);
		rc = wait_sleep(deadline);
		wait_finish();
		signal_mask(SIG_SETMASK, &blocked, NULL);
		current->awaited = 0;
	}
	if (sig)
		return sig;
	return rc == -ETIMEDOUT ? -EAGAIN : -EINTR;
}

#define ALT_STACK_MIN 2048

long signal_altstack(const unsigned long *sp, const unsigned long *size, const uint32_t *flags,
		     unsigned long *old_sp, unsigned long *old_size, uint32_t *old_flags)
{
	struct task *t = current;
	bool on = machine_regs_stack(machine_user_regs(t->stack)) - t->alt_sp < t->alt_size;

	if (old_sp) {
		*old_sp = t->alt_sp;
		*old_size = t->alt_size;
		*old_flags = !t->alt_size ? SS_DISABLE : on ? SS_ONSTACK : 0;
	}
	if (!sp)
		return 0;
	if (on)
		return -EPERM;
	if (*flags & ~(uint32_t)(SS_ONSTACK | SS_DISABLE))
		return -EINVAL;
	if (!(*flags & SS_DISABLE) && *size < ALT_STACK_MIN)
		return -ENOMEM;
	t->alt_sp = *flags & SS_DISABLE ? 0 : *sp;
	t->alt_size = *flags & SS_DISABLE ? 0 : *size;
	return 0;
}

long signal_return(struct regs *regs, bool rt)
{
	struct task *t = current;
	uint32_t sp, size, flags;
	sigset64_t mask;
	int number;
	long result;

	if (machine_signal_return(regs, rt, &mask, &sp, &size, &flags)) {
		kernel_exception(SIGSEGV, SI_KERNEL, machine_regs_stack(regs));
		return 0;
	}
	spin_lock(&proc_lock);
	t->blocked = mask & ~UNBLOCKABLE;
	spin_unlock(&proc_lock);
	if (rt) {
		t->alt_sp = flags & SS_DISABLE ? 0 : sp;
		t->alt_size = flags & SS_DISABLE ? 0 : size;
	}
	/* eax is the interrupted program's, not a result that might look like "repeat me". */
	machine_regs_syscall(regs, &number, &result);
	machine_syscall_done(regs);
	return result;
}

/* ---- Handlers as an object ---- */

struct sighand *sighand_copy(const struct sighand *from)
{
	struct sighand *s = kzalloc(sizeof(*s));

	if (!s)
		return NULL;
	if (from)
		memcpy(s->action, from->action, sizeof(s->action));
	s->refs = 1;
	return s;
}

struct sighand *sighand_get(struct sighand *s)
{
	unsigned long state = irq_save();

	s->refs++;
	irq_restore(state);
	return s;
}

void sighand_put(struct sighand *s)
{
	unsigned long state = irq_save();
	bool last = !--s->refs;

	irq_restore(state);
	if (last)
		kfree(s);
}

/* exec: handlers are gone with the program that had them; what was ignored stays so. */
void signal_exec_reset(struct task *t)
{
	unsigned i;

	spin_lock(&proc_lock);
	for (i = 0; i < NSIG; i++) {
		struct sigaction_k *a = &t->sighand->action[i];

		*a = (struct sigaction_k){ .handler = a->handler == SIG_IGN ? SIG_IGN : SIG_DFL };
	}
	t->alt_sp = t->alt_size = 0;
	spin_unlock(&proc_lock);
}
