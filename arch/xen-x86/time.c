/* SPDX-License-Identifier: MIT */
/*
 * Time: the clock that the hypervisor writes into shared_info, and the one-shot timer.
 *
 * system_time was true when the TSC read tsc_timestamp; since then the TSC counts, scaled by a
 * fixed-point factor. version is odd while the hypervisor writes.
 */
#include "xen-x86.h"

#define NS_PER_SEC 1000000000ull

static bool has_singleshot;

static uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

/* (ticks * 2^shift * mul) >> 32 without losing high bits. */
static uint64_t scale(uint64_t ticks, int8_t shift, uint32_t mul)
{
	if (shift >= 0)
		ticks <<= shift;
	else
		ticks >>= -shift;
	return (((ticks & 0xffffffffu) * mul) >> 32) + (ticks >> 32) * mul;
}

uint64_t machine_now(void)
{
	static uint64_t last;
	const volatile struct vcpu_time_info *t = &this_vcpu()->time;
	unsigned long state = irq_save();
	uint32_t version;
	uint64_t now;

	do {
		version = t->version;
		barrier();
		now = t->system_time +
		      scale(rdtsc() - t->tsc_timestamp, t->tsc_shift, t->tsc_to_system_mul);
		barrier();
	} while (version & 1 || version != t->version);
	/* A new scale may put us a hair before what we said already. */
	if (now < last)
		now = last;
	last = now;
	irq_restore(state);
	return now;
}

uint64_t machine_wall_clock(void)
{
	const volatile shared_info_t *s = &xen_shared_info;
	uint32_t version;
	uint64_t ns;

	do {
		version = s->wc_version;
		barrier();
		ns = (s->wc_sec | (uint64_t)s->xen_wc_sec_hi << 32) * NS_PER_SEC + s->wc_nsec;
		barrier();
	} while (version & 1 || version != s->wc_version);
	return ns;
}

void machine_timer_set(uint64_t deadline)
{
	struct vcpu_set_singleshot_timer op = { .timeout_abs_ns = deadline };

	if (!has_singleshot)
		hypercall_set_timer_op(deadline == ~0ull ? 0 : deadline ? deadline : 1);
	else if (deadline == ~0ull)
		hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL);
	else
		hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 0, &op);
}

uint64_t machine_entropy(void)
{
	/* The low bits of the TSC at an interrupt, and a seed that differs from boot to boot. */
	return rdtsc() ^ xen_shared_info.wc_nsec ^ (uint64_t)xen_start_info->shared_info << 20;
}

static void timer_event(void *unused)
{
	(void)unused;
	kernel_timer();
}

void time_init(void)
{
	if (event_bind_virq(VIRQ_TIMER, timer_event, NULL) < 0)
		panic("the hypervisor gave us no timer");
	hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	has_singleshot = !hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL);
}
