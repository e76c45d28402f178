/* SPDX-License-Identifier: MIT */
/* Alarms and interval timers: once, again and again, replaced, cancelled, over fork and exec. */
#include <sys/time.h>
#include "observe.h"

static volatile int hits;

static void hit(int sig)
{
	(void)sig;
	hits++;
}

static void inherited(void)
{
	SHOW(alarm(0));
}

int main(void)
{
	struct itimerval timer = { { 0, 20000 }, { 0, 20000 } }, old, off = { 0 };
	struct timeval start, end;
	sigset_t alarms, none;

	signal(SIGALRM, hit);
	SHOW(alarm(0));
	SHOW(alarm(100));
	SHOW(alarm(50));
	in_child("inherits no alarm", inherited);
	SHOW(alarm(0));

	gettimeofday(&start, NULL);
	TRY(setitimer(ITIMER_REAL, &timer, NULL));
	while (hits < 5)
		pause();
	TRY(setitimer(ITIMER_REAL, &off, &old));
	gettimeofday(&end, NULL);
	HOLDS((end.tv_sec - start.tv_sec) * 1000000 + end.tv_usec - start.tv_usec >= 99000);
	HOLDS(old.it_interval.tv_usec == 20000 && old.it_value.tv_usec <= 20000);
	hits = 0;
	sleep_ms(50);
	SHOW(hits);

	timer = (struct itimerval){ { 0, 0 }, { 0, 20000 } };
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarms, &none); /* or it would not find us waiting */
	setitimer(ITIMER_REAL, &timer, NULL);
	sigsuspend(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	getitimer(ITIMER_REAL, &old);
	printf("once: %d, left %ld\n", hits, (long)old.it_value.tv_usec);
	timer.it_value.tv_usec = 2000000;
	TRY(setitimer(ITIMER_REAL, &timer, NULL));
	TRY(setitimer(9, &off, NULL));

	signal(SIGALRM, SIG_DFL);
	alarm(1);
	for (;;)
		pause();
}
