/* SPDX-License-Identifier: MIT */
/*
 * All other pCPUs stand still: for a moment, at a place where they hold nothing; or for ever, wherever
 * they are.
 *
 * For a moment: a softirq, which runs on the way back to a guest or in the idle loop, so no lock is held
 * and no count is between two values. A round has an odd number while it lasts, and each pCPU says which
 * one it has seen. Two that want a round at once take turns: who waits for its turn stands still for the
 * other, and so does who waits for something that a parked pCPU would do (cpu_park_point()). One that does
 * not come in time is reported, and not waited for.
 *
 * For ever: an NMI, which nothing holds off. What the others were doing is lost, so only who ends the
 * machine asks for it; who is second to ask is halted itself.
 */
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "cpu/irq.h"
#include "time/timer.h"

#define PARK_PATIENCE MS(10000) /* emulated processors share few real ones */

uint32_t park_round;	 /* odd: the others are to stand still */
static uint32_t halting; /* 0, or 1 + the pCPU that ends the machine */

static uint32_t round_now(void)
{
	return __atomic_load_n(&park_round, __ATOMIC_ACQUIRE);
}

/* Interrupts are on: it answers flushes. Says which round it has seen: the next one asks anew. */
void cpu_stand_still(void)
{
	uint32_t round = round_now();

	if (!(round & 1))
		return;
	__atomic_store_n(&this_pcpu()->park_seen, round, __ATOMIC_RELEASE);
	while (round_now() == round)
		cpu_relax();
}

/* Begin a round as soon as nobody else's lasts. */
static uint32_t begin_round(void)
{
	for (;;) {
		uint32_t round = round_now();

		if (round & 1)
			cpu_stand_still();
		else if (__atomic_compare_exchange_n(&park_round, &round, round + 1, false,
						     __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			return round + 1;
	}
}

static void wait_parked(const struct pcpu *p, uint32_t round, stime_t end)
{
	while (__atomic_load_n(&p->park_seen, __ATOMIC_ACQUIRE) != round) {
		if (now() > end) {
			log_warning("cpu: processor %u does not stand still", p->id);
			return;
		}
		cpu_relax();
	}
}

void cpus_park_others(void)
{
	stime_t end = now() + PARK_PATIENCE;
	uint32_t round;

	if (pcpu_count == 1)
		return;
	round = begin_round();
	for (unsigned int i = 0; i < pcpu_count; i++)
		if (i != this_pcpu()->id)
			softirq_raise_on(&pcpus[i], SOFTIRQ_PARK);
	for (unsigned int i = 0; i < pcpu_count; i++)
		if (i != this_pcpu()->id)
			wait_parked(&pcpus[i], round, end);
}

void cpus_unpark(void)
{
	if (pcpu_count > 1)
		__atomic_add_fetch(&park_round, 1, __ATOMIC_RELEASE);
}

static noreturn void halt_here(void)
{
	for (;;)
		asm volatile("cli; hlt" : : : "memory");
}

void cpus_halt_others(void)
{
	uint32_t me = this_pcpu()->id + 1, before = 0;

	if (!__atomic_compare_exchange_n(&halting, &before, me, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED)) {
		if (before != me)
			halt_here();
		return;
	}
	for (unsigned int i = 0; i < pcpu_count; i++)
		if (i != this_pcpu()->id)
			lapic_send_nmi(pcpus[i].apic_id);
}

void cpu_halt_if_asked(void)
{
	uint32_t who = READ_ONCE(halting);

	if (unlikely(who) && who != this_pcpu()->id + 1)
		halt_here();
}

void stop_init(void)
{
	softirq_register(SOFTIRQ_PARK, cpu_stand_still);
}
