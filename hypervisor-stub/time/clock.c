/* SPDX-License-Identifier: MIT */
/*
 * The clock: the processor's time-stamp counter, measured once against a clock of known rate.
 *
 * The ACPI PM timer if there is one, else the PIT. Guests get the same scale (vcpu_time_info), so that
 * their time and ours are one; it is chosen as the ABI wants it: mul has its top bit set.
 */
#include "time/clock.h"
#include "console/console.h"
#include "cpu/acpi.h"
#include "cpu/asm.h"
#include "time/timer.h"

#define NS_PER_SECOND  1000000000ULL
#define PM_TIMER_HZ    3579545
#define PM_TIMER_MASK  0xffffff
#define PM_TIMER_TICKS (PM_TIMER_HZ / 20) /* 50 ms */
#define PIT_TICKS      (PIT_HZ / 20)
#define SAMPLE_TRIES   8
#define PM_TIMER_STUCK 100000 /* readings without any change */

struct clock_scale clock_scale;
uint64_t clock_tsc_base;
static uint64_t tsc_hz;

struct sample {
	uint32_t pm;
	uint64_t tsc;
};

/* Both clocks at nearly one moment: the try whose reads lay closest together. */
static struct sample sample(uint16_t port)
{
	struct sample best = { 0 };
	uint64_t closest = ~0ULL;

	for (unsigned int i = 0; i < SAMPLE_TRIES; i++) {
		uint64_t before = rdtsc();
		uint32_t pm = inl(port) & PM_TIMER_MASK;
		uint64_t after = rdtsc();

		if (after - before < closest) {
			closest = after - before;
			best = (struct sample){ pm, before + closest / 2 };
		}
	}
	return best;
}

/* 0: the timer does not move. */
static uint64_t measure_by_pm_timer(uint16_t port)
{
	struct sample start = sample(port), end;

	for (unsigned int i = 0;; i++) {
		uint32_t ticks = (inl(port) - start.pm) & PM_TIMER_MASK;

		if (ticks >= PM_TIMER_TICKS)
			break;
		if (i == PM_TIMER_STUCK && !ticks)
			return 0;
	}
	end = sample(port);
	return (end.tsc - start.tsc) * PM_TIMER_HZ / ((end.pm - start.pm) & PM_TIMER_MASK);
}

static struct clock_scale scale_of(uint64_t hz)
{
	struct clock_scale s = { .shift = 0 };
	uint64_t rate = hz;

	/* ns = tsc * 10^9 / hz; with rate in [10^9, 2 * 10^9) the factor lies in (1/2, 1]. */
	while (rate >= 2 * NS_PER_SECOND) {
		rate >>= 1;
		s.shift--;
	}
	while (rate <= NS_PER_SECOND) {
		rate <<= 1;
		s.shift++;
	}
	s.mul = (uint32_t)((NS_PER_SECOND << 32) / rate);
	return s;
}

static uint64_t scale_tsc(uint64_t delta)
{
	if (clock_scale.shift < 0)
		delta >>= -clock_scale.shift;
	else
		delta <<= clock_scale.shift;
	return (uint64_t)((unsigned __int128)delta * clock_scale.mul >> 32);
}

uint64_t clock_from_tsc(uint64_t tsc)
{
	return scale_tsc(tsc - clock_tsc_base);
}

/* 0 until the clock has been measured. */
stime_t now(void)
{
	return scale_tsc(rdtsc() - clock_tsc_base);
}

uint64_t clock_tsc_hz(void)
{
	return tsc_hz;
}

void clock_wait_us(unsigned int us)
{
	uint64_t end = rdtsc() + tsc_hz / 1000000 * us;

	while (rdtsc() < end)
		cpu_relax();
}

void clock_init(void)
{
	uint64_t start = rdtsc();
	uint16_t port = acpi_pm_timer_port();
	const char *by = "ACPI PM timer";

	tsc_hz = port ? measure_by_pm_timer(port) : 0;
	if (!tsc_hz) {
		by = "PIT";
		tsc_hz = pit_measure_tsc(PIT_TICKS) * PIT_HZ / PIT_TICKS;
	}
	if (!tsc_hz) {
		by = "guess: neither ACPI nor the PIT counts";
		tsc_hz = NS_PER_SECOND;
	}
	clock_tsc_base = start;
	clock_scale = scale_of(tsc_hz);
	log_info("time: TSC at %llu.%03llu MHz by the %s", (unsigned long long)tsc_hz / 1000000,
		 (unsigned long long)tsc_hz / 1000 % 1000, by);
}
