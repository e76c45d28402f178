/* SPDX-License-Identifier: MIT */
/* Clocks never run backward, agree with each other, and a sleep lasts at least as long as asked. */
#include <sys/time.h>
#include <sys/times.h>
#include "observe.h"

static long long now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void)
{
	struct timespec t = { 0, 50000000 }, bad = { 0, 1000000000 };
	struct timeval tv;
	struct tms before, after;
	long long start, last, backward = 0;
	volatile unsigned long work = 0;

	last = now(CLOCK_MONOTONIC);
	for (int i = 0; i < 20000; i++) {
		long long t2 = now(CLOCK_MONOTONIC);

		backward += t2 < last;
		last = t2;
	}
	SHOW(backward);
	gettimeofday(&tv, NULL);
	HOLDS(tv.tv_sec > 1700000000 && tv.tv_usec >= 0 && tv.tv_usec < 1000000);
	HOLDS(time(NULL) - tv.tv_sec <= 1);
	HOLDS(llabs(now(CLOCK_REALTIME) / 1000000000 - tv.tv_sec) <= 1);

	start = now(CLOCK_MONOTONIC);
	TRY(nanosleep(&t, NULL));
	HOLDS(now(CLOCK_MONOTONIC) - start >= 50000000);
	HOLDS(now(CLOCK_MONOTONIC) - start < 2000000000);
	TRY(nanosleep(&bad, NULL));
	t.tv_nsec = 0;
	TRY(nanosleep(&t, NULL));
	TRY(clock_gettime(1000, &t));

	/* Working costs CPU time, sleeping does not. */
	start = now(CLOCK_PROCESS_CPUTIME_ID);
	sleep_ms(200);
	HOLDS(now(CLOCK_PROCESS_CPUTIME_ID) - start < 100000000);
	times(&before);
	start = now(CLOCK_MONOTONIC);
	while (now(CLOCK_MONOTONIC) - start < 300000000)
		work++;
	times(&after);
	HOLDS(after.tms_utime + after.tms_stime > before.tms_utime + before.tms_stime);
	t = (struct timespec){ 0, 0 };
	TRY(clock_getres(CLOCK_MONOTONIC, &t));
	HOLDS(t.tv_sec == 0 && t.tv_nsec > 0);
	return 0;
}
