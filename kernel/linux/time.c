/* SPDX-License-Identifier: MIT */
/*
 * System calls on time: clocks, sleeping, interval timers.
 *
 * Inside the kernel a time is nanoseconds in 64 bits. Programs use seconds and a fraction in several
 * widths; the wide timespec's fraction has a padding half, which is not looked at.
 */
#include "linux/linux.h"

#define TIMER_ABSTIME 1
#define SECONDS_MOST  9000000000ull /* in nanoseconds that still fits into 63 bits */

static int to_ns(int64_t sec, int64_t frac, uint64_t unit, uint64_t *ns)
{
	if (sec < 0 || frac < 0 || (uint64_t)frac >= NSEC_PER_SEC / unit)
		return -EINVAL;
	if ((uint64_t)sec > SECONDS_MOST)
		sec = (int64_t)SECONDS_MOST;
	*ns = (uint64_t)sec * NSEC_PER_SEC + (uint64_t)frac * unit;
	return 0;
}

int time_get(const void *user, bool wide, uint64_t *ns)
{
	struct timespec64 t;
	struct timespec32 narrow;

	if (wide) {
		if (copy_from_user(&t, user, sizeof(t)))
			return -EFAULT;
		return to_ns(t.sec, (int32_t)t.nsec, 1, ns);
	}
	if (copy_from_user(&narrow, user, sizeof(narrow)))
		return -EFAULT;
	return to_ns(narrow.sec, narrow.nsec, 1, ns);
}

int time_put(void *user, bool wide, uint64_t ns)
{
	struct timespec64 t = { (int64_t)(ns / NSEC_PER_SEC), (int64_t)(ns % NSEC_PER_SEC) };
	struct timespec32 narrow = { (int32_t)t.sec, (int32_t)t.nsec };

	return wide ? copy_to_user(user, &t, sizeof(t))
		    : copy_to_user(user, &narrow, sizeof(narrow));
}

int timeval_get(const void *user, uint64_t *ns)
{
	struct timeval32 t;

	if (copy_from_user(&t, user, sizeof(t)))
		return -EFAULT;
	return to_ns(t.sec, t.usec, NSEC_PER_US, ns);
}

int timeval_put(void *user, uint64_t ns)
{
	struct timeval32 t = { (int32_t)(ns / NSEC_PER_SEC),
			       (int32_t)(ns % NSEC_PER_SEC / NSEC_PER_US) };

	return copy_to_user(user, &t, sizeof(t));
}

uint64_t time_deadline(uint64_t ns)
{
	uint64_t now = time_now();

	return ns >= WAIT_FOREVER - now ? WAIT_FOREVER : now + ns;
}

/* ---- clocks ---- */

static uint64_t own_time(bool thread)
{
	uint64_t user, system;

	if (thread)
		return current->run_time + (time_now() - current->run_since);
	spin_lock(&proc_lock);
	proc_times(current->proc, &user, &system);
	spin_unlock(&proc_lock);
	return user + system;
}

static int clock_read(int clock, uint64_t *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		*ns = time_wall();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = time_now();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = own_time(clock == CLOCK_THREAD_CPUTIME_ID);
		return 0;
	}
	return -EINVAL;
}

static long clock_get(const struct args *a, bool wide)
{
	uint64_t ns;
	int r = clock_read(arg_int(a, 0), &ns);

	return r ? r : time_put(arg_ptr(a, 1), wide, ns);
}

long sys_clock_gettime(const struct args *a)
{
	return clock_get(a, false);
}

long sys_clock_gettime64(const struct args *a)
{
	return clock_get(a, true);
}

static long clock_resolution(const struct args *a, bool wide)
{
	uint64_t ns;
	int r = clock_read(arg_int(a, 0), &ns);

	return r || !a->v[1] ? r : time_put(arg_ptr(a, 1), wide, 1);
}

long sys_clock_getres(const struct args *a)
{
	return clock_resolution(a, false);
}

long sys_clock_getres_time64(const struct args *a)
{
	return clock_resolution(a, true);
}

static long set_wall(uint64_t ns)
{
	if (current->proc->cred.euid)
		return -EPERM;
	time_set_wall(ns);
	return 0;
}

static long clock_set(const struct args *a, bool wide)
{
	uint64_t ns;
	int r;

	if (arg_int(a, 0) != CLOCK_REALTIME)
		return -EINVAL;
	r = time_get(arg_ptr(a, 1), wide, &ns);
	return r ? r : set_wall(ns);
}

long sys_clock_settime(const struct args *a)
{
	return clock_set(a, false);
}

long sys_clock_settime64(const struct args *a)
{
	return clock_set(a, true);
}

/* Linux's struct __kernel_timex, as far as it is not zero here. */
struct timex64 {
	uint32_t modes, pad0;
	int64_t offset, freq, maxerror, esterror;
	int32_t status, pad1;
	int64_t constant, precision, tolerance;
	int64_t sec, usec;
	int64_t tick;
	int64_t pps[8];
	int32_t tai[12];
};

_Static_assert(sizeof(struct timex64) == 208, "what the C library copies");

#define STA_UNSYNC 0x40
#define TIME_ERROR 5

/* The clock is the hypervisor's: it can be looked at, and nothing here keeps it in step with another. */
long sys_clock_adjtime64(const struct args *a)
{
	struct timex64 t;
	uint64_t now = time_wall();

	if (a->v[0])
		return -EOPNOTSUPP; /* only CLOCK_REALTIME can be steered */
	if (copy_from_user(&t, arg_ptr(a, 1), sizeof(t)))
		return -EFAULT;
	if (t.modes)
		return current->proc->cred.euid ? -EPERM : -EOPNOTSUPP;
	t = (struct timex64){
		.maxerror = 16000000,
		.esterror = 16000000,
		.status = STA_UNSYNC,
		.constant = 2,
		.precision = 1,
		.tolerance = 32768000,
		.sec = (int64_t)(now / NSEC_PER_SEC),
		.usec = (int64_t)(now % NSEC_PER_SEC / NSEC_PER_US),
		.tick = 10000,
	};
	if (copy_to_user(arg_ptr(a, 1), &t, sizeof(t)))
		return -EFAULT;
	return TIME_ERROR;
}

long sys_time(const struct args *a)
{
	int32_t now = (int32_t)(time_wall() / NSEC_PER_SEC);

	if (a->v[0] && put_user(now, (int32_t *)arg_ptr(a, 0)))
		return -EFAULT;
	return now;
}

long sys_stime(const struct args *a)
{
	int32_t now;

	if (get_user(now, (const int32_t *)arg_ptr(a, 0)))
		return -EFAULT;
	return now < 0 ? -EINVAL : set_wall((uint64_t)now * NSEC_PER_SEC);
}

/* There are no time zones in here: what is written is UTC. */
long sys_gettimeofday(const struct args *a)
{
	const int32_t zone[2] = { 0, 0 };

	if (a->v[0] && timeval_put(arg_ptr(a, 0), time_wall()))
		return -EFAULT;
	return a->v[1] ? copy_to_user(arg_ptr(a, 1), zone, sizeof(zone)) : 0;
}

long sys_settimeofday(const struct args *a)
{
	uint64_t ns;
	int r;

	if (!a->v[0])
		return current->proc->cred.euid ? -EPERM : 0;
	r = timeval_get(arg_ptr(a, 0), &ns);
	return r ? r : set_wall(ns);
}

/* ---- sleeping ---- */

/*
 * An interrupted sleep tells what is left of it; when no handler ran, it goes on with the same
 * deadline (restart_syscall), so the remainder need not be right to the last.
 */
static long sleep_until(uint64_t deadline, void *user_left, bool wide)
{
	long r = proc_sleep_until(deadline);
	uint64_t now = time_now();

	if (r && user_left && time_put(user_left, wide, deadline > now ? deadline - now : 0))
		return -EFAULT;
	return r;
}

long sys_nanosleep(const struct args *a)
{
	uint64_t ns;
	int r = time_get(arg_ptr(a, 0), false, &ns);

	return r ? r : sleep_until(time_deadline(ns), arg_ptr(a, 1), false);
}

static long clock_sleep(const struct args *a, bool wide)
{
	uint64_t ns, now;
	int clock = arg_int(a, 0), r;

	if (clock == CLOCK_THREAD_CPUTIME_ID)
		return -EINVAL;
	if (clock == CLOCK_PROCESS_CPUTIME_ID)
		return -EOPNOTSUPP;
	r = clock_read(clock, &now);
	if (!r)
		r = time_get(arg_ptr(a, 2), wide, &ns);
	if (r)
		return r;
	if (!(a->v[1] & TIMER_ABSTIME))
		return sleep_until(time_deadline(ns), arg_ptr(a, 3), wide);
	if (ns <= now)
		return 0;
	r = (int)proc_sleep_until(time_deadline(ns - now));
	return r ? -ERESTARTNOHAND : 0;
}

long sys_clock_nanosleep(const struct args *a)
{
	return clock_sleep(a, false);
}

long sys_clock_nanosleep_time64(const struct args *a)
{
	return clock_sleep(a, true);
}

/* ---- interval timers ---- */

struct itimerval32 {
	struct timeval32 interval, value;
};

static long itimer_put(struct itimerval32 *user, uint64_t value, uint64_t interval)
{
	if (timeval_put(&user->interval, interval))
		return -EFAULT;
	return timeval_put(&user->value, value);
}

long sys_setitimer(const struct args *a)
{
	const struct itimerval32 *user = arg_ptr(a, 1);
	uint64_t value = 0, interval = 0, old_value, old_interval;
	long r = 0;

	if (user) {
		r = timeval_get(&user->interval, &interval);
		if (!r)
			r = timeval_get(&user->value, &value);
	}
	if (!r)
		r = proc_setitimer(arg_int(a, 0), value, interval, &old_value, &old_interval);
	return r || !a->v[2] ? r : itimer_put(arg_ptr(a, 2), old_value, old_interval);
}

long sys_getitimer(const struct args *a)
{
	uint64_t value, interval;
	long r = proc_getitimer(arg_int(a, 0), &value, &interval);

	return r ? r : itimer_put(arg_ptr(a, 1), value, interval);
}

/* Seconds that were left of the alarm before, rounded as Linux does: never down to none. */
long sys_alarm(const struct args *a)
{
	uint64_t left = 0, interval = 0;
	long r = proc_setitimer(ITIMER_REAL, a->v[0] * NSEC_PER_SEC, 0, &left, &interval);

	if (r || !left)
		return r;
	return left < NSEC_PER_SEC ? 1 : (long)((left + NSEC_PER_SEC / 2) / NSEC_PER_SEC);
}
