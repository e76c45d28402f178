/* SPDX-License-Identifier: MIT */
/*
 * Sleeping for a while, and the interval timer of a process.
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

/* In the timer interrupt. */
void itimer_fire(struct timer *t)
{
	struct process *p = container_of(t, struct process, real_timer);

	signal_send(p, SIGALRM, NULL);
	if (p->real_interval)
		timer_arm(t, max(t->deadline + p->real_interval, machine_now()));
}

static void read_timer(struct process *p, uint64_t *value, uint64_t *interval)
{
	uint64_t now = machine_now();

	*interval = p->real_interval;
	*value = !p->real_timer.armed		? 0
		 : p->real_timer.deadline > now ? p->real_timer.deadline - now
						: 1;
}

long proc_getitimer(int which, uint64_t *value, uint64_t *interval)
{
	*value = *interval = 0;
	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	if (which == ITIMER_REAL)
		read_timer(current->proc, value, interval);
	return 0;
}

/* Only the timer of real time exists. */
long proc_setitimer(int which, uint64_t value, uint64_t interval, uint64_t *old_value,
		    uint64_t *old_interval)
{
	struct process *p = current->proc;
	uint64_t ov, oi;

	if (which != ITIMER_REAL)
		return -EINVAL;
	read_timer(p, &ov, &oi);
	if (old_value)
		*old_value = ov;
	if (old_interval)
		*old_interval = oi;
	timer_cancel(&p->real_timer);
	p->real_interval = interval;
	if (value)
		timer_arm(&p->real_timer, machine_now() + value);
	return 0;
}
