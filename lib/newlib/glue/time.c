/* SPDX-License-Identifier: MIT */
/*
 * Clocks, sleeping and timers. Clocks are read by the 64-bit call, whose timespec has a 64-bit
 * nsec; intervals go by the 32-bit calls, which every Linux has.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
#include "glue.h"

struct kernel_timespec64 {
	long long sec, nsec;
};

int clock_gettime(clockid_t clock, struct timespec *time)
{
	struct kernel_timespec64 k;

	if (syscall(SYS_clock_gettime64, clock, &k) < 0)
		return -1;
	time->tv_sec = k.sec;
	time->tv_nsec = k.nsec;
	return 0;
}

int clock_settime(clockid_t clock, const struct timespec *time)
{
	struct kernel_timespec64 k = { time->tv_sec, time->tv_nsec };

	return syscall(SYS_clock_settime64, clock, &k);
}

int clock_getres(clockid_t clock, struct timespec *resolution)
{
	struct kernel_timespec k;

	if (syscall(SYS_clock_getres, clock, &k) < 0)
		return -1;
	if (resolution)
		*resolution = (struct timespec){ k.sec, k.nsec };
	return 0;
}

int gettimeofday(struct timeval *__restrict time, void *__restrict zone)
{
	struct timespec now;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -1;
	*time = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
	return 0;
}

clock_t times(struct tms *buffer)
{
	return syscall(SYS_times, buffer);
}

int nanosleep(const struct timespec *time, struct timespec *rest)
{
	struct kernel_timespec in = { time->tv_sec, time->tv_nsec }, out = { 0, 0 };
	int result = syscall(SYS_nanosleep, &in, &out);

	if (result < 0 && rest)
		*rest = (struct timespec){ out.sec, out.nsec };
	return result;
}

/* Unlike nanosleep(), returns the error itself. */
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *rest)
{
	struct kernel_timespec in = { time->tv_sec, time->tv_nsec }, out = { 0, 0 };

	if (syscall(SYS_clock_nanosleep, clock, flags, &in, &out) == 0)
		return 0;
	if (rest && !(flags & TIMER_ABSTIME))
		*rest = (struct timespec){ out.sec, out.nsec };
	return errno;
}

unsigned int sleep(unsigned int seconds)
{
	struct timespec time = { seconds, 0 };

	return nanosleep(&time, &time) == 0 ? 0 : time.tv_sec + (time.tv_nsec >= 500000000);
}

int usleep(useconds_t microseconds)
{
	struct timespec time = { microseconds / 1000000, microseconds % 1000000 * 1000 };

	return nanosleep(&time, NULL);
}

unsigned int alarm(unsigned int seconds)
{
	return syscall(SYS_alarm, seconds);
}

struct kernel_itimerval {
	struct kernel_timeval interval, value;
};

static void from_kernel(const struct kernel_itimerval *k, struct itimerval *timer)
{
	timer->it_interval = (struct timeval){ k->interval.sec, k->interval.usec };
	timer->it_value = (struct timeval){ k->value.sec, k->value.usec };
}

int setitimer(int which, const struct itimerval *__restrict timer, struct itimerval *__restrict old)
{
	struct kernel_itimerval old_k, new_k = {
		{ timer->it_interval.tv_sec, timer->it_interval.tv_usec },
		{ timer->it_value.tv_sec, timer->it_value.tv_usec },
	};

	if (syscall(SYS_setitimer, which, &new_k, &old_k) < 0)
		return -1;
	if (old)
		from_kernel(&old_k, old);
	return 0;
}

int getitimer(int which, struct itimerval *timer)
{
	struct kernel_itimerval k;

	if (syscall(SYS_getitimer, which, &k) < 0)
		return -1;
	from_kernel(&k, timer);
	return 0;
}
