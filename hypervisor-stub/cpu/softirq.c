/* SPDX-License-Identifier: MIT */
/*
 * Soft interrupts: work that interrupt handlers leave for a moment when locks may be taken.
 *
 * One bit each in cpu_info of the pCPU. They run on the way back to a guest and in the idle loop, with
 * interrupts on, in the order of enum softirq.
 */
#include "cpu/cpu.h"

static void (*handlers[SOFTIRQ_COUNT])(void);

void softirq_register(enum softirq nr, void (*handler)(void))
{
	handlers[nr] = handler;
}

static uint32_t take_all(void)
{
	return __atomic_exchange_n((uint32_t *)&cpu_info()->softirqs, 0, __ATOMIC_ACQUIRE);
}

void softirq_run(void)
{
	uint32_t pending;

	while ((pending = take_all()))
		for (unsigned int nr = 0; nr < SOFTIRQ_COUNT; nr++)
			if ((pending & 1u << nr) && handlers[nr])
				handlers[nr]();
}

void softirq_raise_on(struct pcpu *cpu, enum softirq nr)
{
	/* One pCPU so far: it looks at its bits before it returns to a guest or halts. */
	ASSERT(cpu == this_pcpu());
	(void)cpu;
	softirq_raise(nr);
}
