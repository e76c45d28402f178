/* SPDX-License-Identifier: MIT */
/*
 * All other pCPUs stand still: for a moment, at a place where they hold nothing; or for ever, wherever
 * they are.
 *
 * For a moment: a softirq, which runs on the way back to a guest or in the idle loop, so no lock is held
 * and no count is between two values. Two that want it at once take turns; who waits for its turn
 * stands still for the other. A pCPU that does not come in time is reported, and not waited for.
 *
 * For ever: an NMI, which nothing holds off. What the others were doing is lost, so only who ends the
 * machine asks for it.
 */
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "cpu/irq.h"
#include "time/timer.h"

#define PARK_PATIENCE MS(2000)

static uint8_t parking; /* somebody has asked */
static unsigned int parked;
static bool halting;

static void stand_still(void)
{
	__atomic_fetch_add(&parked, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&parking, __ATOMIC_ACQUIRE))
		cpu_relax();
	__atomic_fetch_sub(&parked, 1, __ATOMIC_SEQ_CST);
}

void cpus_park_others(void)
{
	stime_t end;

	if (pcpu_count == 1)
		return;
	while (__atomic_exchange_n(&parking, 1, __ATOMIC_SEQ_CST))
		stand_still();
	for (unsigned int i = 0; i < pcpu_count; i++)
		if (i != this_pcpu()->id)
			softirq_raise_on(&pcpus[i], SOFTIRQ_PARK);
	end = now() + PARK_PATIENCE;
	while (__atomic_load_n(&parked, __ATOMIC_ACQUIRE) != pcpu_count - 1) {
		if (now() > end) {
			log_warning("cpu: only %u of %u other processors stand still", parked,
				    pcpu_count - 1);
			return;
		}
		cpu_relax();
	}
}

void cpus_unpark(void)
{
	__atomic_store_n(&parking, 0, __ATOMIC_RELEASE);
}

void cpus_halt_others(void)
{
	WRITE_ONCE(halting, true);
	for (unsigned int i = 0; i < pcpu_count; i++)
		if (i != this_pcpu()->id)
			lapic_send_nmi(pcpus[i].apic_id);
}

void cpu_halt_if_asked(void)
{
	if (likely(!READ_ONCE(halting)))
		return;
	for (;;)
		asm volatile("cli; hlt" : : : "memory");
}

void stop_init(void)
{
	softirq_register(SOFTIRQ_PARK, stand_still);
}
