/* SPDX-License-Identifier: MIT */
/*
 * Sleeping for a while, and the interval timers of a process.
 */
#include "sched.h"

static long sleep_again(void *arg)
{
	return proc_sleep_until(*(const uint64_t *)arg);
}

/* As restart_syscall comes here again, the deadline is still the first one. */
long proc_sleep_until(uint64_t deadline)
{
	int rc = 0;

	while (!rc) {
		wait_prepare(true);
		rc = wait_sleep(deadline);
		wait_finish();
	}
	if (rc == -ETIMEDOUT)
		return 0;
	current->restart_fn = sleep_again;
	current->restart_arg[0] = deadline;
	return -ERESTART_BLOCK;
}

long proc_restart_syscall(void)
{
	return current->restart_fn ? current->restart_fn(current->restart_arg) : -EINTR;
}

/*
 * The three interval timers of a process. ITIMER_REAL is a timer of its own; the two that count time
 * on the CPU are sampled, as that time itself is: each tick takes its length from them.
 */

#define INTERVAL_MIN (100 * NSEC_PER_US) /* shorter ones would leave no time to the program */

/* In the timer interrupt. */
void itimer_fire(struct timer *t)
{
	struct process *p = container_of(t, struct process, real_timer);
	uint64_t next = t->deadline + p->real_interval, soonest = machine_now() + INTERVAL_MIN;

	signal_send(p, SIGALRM, NULL);
	if (p->real_interval)
		timer_arm(t, max(next, soonest));
}

static void count_down(struct process *p, struct cpu_timer *c, uint64_t ns, int sig)
{
	if (!c->left)
		return;
	if (c->left > ns) {
		c->left -= ns;
		return;
	}
	c->left = c->interval;
	signal_send(p, sig, NULL);
}

void itimer_tick(struct process *p, uint64_t ns, bool user)
{
	if (user)
		count_down(p, &p->virtual_timer, ns, SIGVTALRM);
	count_down(p, &p->profile_timer, ns, SIGPROF);
}

static struct cpu_timer *cpu_timer(struct process *p, int which)
{
	return which == ITIMER_VIRTUAL ? &p->virtual_timer : &p->profile_timer;
}

static void read_real(struct process *p, uint64_t *value, uint64_t *interval)
{
	uint64_t now = machine_now(), deadline = p->real_timer.deadline;

	*interval = p->real_interval;
	*value = 0;
	/* One that is due but did not fire yet is not to look like none. */
	if (p->real_timer.armed)
		*value = deadline > now ? deadline - now : 1;
}

long proc_getitimer(int which, uint64_t *value, uint64_t *interval)
{
	struct process *p = current->proc;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	if (which == ITIMER_REAL) {
		read_real(p, value, interval);
	} else {
		*value = cpu_timer(p, which)->left;
		*interval = cpu_timer(p, which)->interval;
	}
	return 0;
}

long proc_setitimer(int which, uint64_t value, uint64_t interval, uint64_t *old_value,
		    uint64_t *old_interval)
{
	struct process *p = current->proc;
	uint64_t ov, oi;
	long rc = proc_getitimer(which, &ov, &oi);

	if (rc)
		return rc;
	if (old_value)
		*old_value = ov;
	if (old_interval)
		*old_interval = oi;
	if (which != ITIMER_REAL) {
		spin_lock(&proc_lock);
		*cpu_timer(p, which) = (struct cpu_timer){ value, interval };
		spin_unlock(&proc_lock);
		return 0;
	}
	timer_cancel(&p->real_timer);
	p->real_interval = interval;
	if (value)
		timer_arm(&p->real_timer, machine_now() + value);
	return 0;
}
