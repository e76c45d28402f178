/* SPDX-License-Identifier: MIT */
/*
 * Time as guests read it: from shared memory, without a call.
 *
 * A vCPU's time record says what the clock was at a value of the TSC, and how to go on from there. It
 * is written anew at each switch to the vCPU and once a second while it runs; its version is odd while
 * that happens. The wall clock is the moment when our clock was 0; the guest adds system time.
 */
#include "abi/shared.h"
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "time/clock.h"
#include "time/timer.h"

#define REFRESH_PERIOD MS(1000)
#define SANE_TIMEOUT   (1ULL << 50) /* ns from now: 13 days */
#define FALLBACK_DELAY MS(100)

static uint64_t boot_seconds;	  /* wall clock when ours was 0 ... */
static uint32_t boot_nanoseconds; /* ... and the rest of that second */
static struct timer refresh_timers[MAX_PCPUS];

static void fill(struct vcpu_time_info *t, uint64_t tsc)
{
	WRITE_ONCE(t->version, (t->version + 1) | 1);
	barrier();
	t->tsc_timestamp = tsc;
	t->system_time = clock_from_tsc(tsc);
	t->tsc_to_system_mul = clock_scale.mul;
	t->tsc_shift = clock_scale.shift;
	t->flags = 0;
	barrier();
	WRITE_ONCE(t->version, t->version + 1);
}

void time_update_vcpu(struct vcpu *v)
{
	if (!v->vcpu_info)
		return;
	fill(vcpu_time_info(v), rdtsc());
	/* The copy lies at a guest's address: only its own page tables lead there. */
	if (!gptr_is_null(v->time_area) && v == current)
		(void)copy_to_guest(v->time_area, vcpu_time_info(v), sizeof(struct vcpu_time_info));
}

void time_update_wallclock(struct domain *d)
{
	uint64_t seconds = boot_seconds + (uint64_t)READ_ONCE(d->wallclock_offset);

	shared_set_wallclock(d, seconds, boot_nanoseconds);
}

void time_set_wallclock(uint64_t seconds, uint32_t nanoseconds, stime_t at)
{
	uint64_t second = MS(1000), rest = at % second;

	boot_seconds = seconds - at / second - (nanoseconds < rest);
	boot_nanoseconds = (uint32_t)(nanoseconds + (nanoseconds < rest ? second : 0) - rest);
	domains_each(time_update_wallclock);
}

static void refresh(void *data)
{
	if (!vcpu_is_idle(current))
		time_update_vcpu(current);
	timer_set(data, now() + REFRESH_PERIOD);
}

void time_init(void)
{
	clock_init();
	timer_queue_init();
	boot_seconds = cmos_read() - now() / 1000000000;
	time_start_pcpu();
}

void time_start_pcpu(void)
{
	struct timer *t = &refresh_timers[this_pcpu()->id];

	timer_init(t, refresh, t);
	timer_set(t, now() + REFRESH_PERIOD);
}

/*
 * Zero stops the timer. A deadline that lies absurdly far away, or that is negative, is taken for a
 * kernel's overflowed arithmetic and fires soon instead of never, as real Xen does it.
 */
long do_set_timer_op(uint64_t deadline)
{
	struct vcpu *v = current;
	stime_t t = now();

	if (!deadline) {
		timer_stop(&v->singleshot);
		return 0;
	}
	if ((int64_t)deadline < 0 || (deadline > t && (deadline - t) >= SANE_TIMEOUT))
		deadline = t + FALLBACK_DELAY;
	timer_set(&v->singleshot, deadline);
	return 0;
}
