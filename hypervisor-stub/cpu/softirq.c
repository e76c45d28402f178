/* SPDX-License-Identifier: MIT */
/*
 * Soft interrupts: work that interrupt handlers leave for a moment when locks may be taken.
 *
 * One bit each in cpu_info of the pCPU. They run on the way back to a guest and in the idle loop, with
 * interrupts on, in the order of enum softirq.
 */
#include "cpu/cpu.h"
#include "cpu/irq.h"

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
	uint32_t bit = 1u << nr, before;

	before = __atomic_fetch_or((uint32_t *)&cpu->info->softirqs, bit, __ATOMIC_SEQ_CST);
	/* Whoever set it first has sent the interrupt; it looks before it halts or goes to a guest. */
	if (!(before & bit) && cpu != this_pcpu())
		lapic_send(cpu->apic_id, VECTOR_KICK);
}

/* The interrupt itself is the message: the way out looks at the bits. */
static void kicked(void)
{
}

void softirq_init(void)
{
	irq_register(VECTOR_KICK, kicked);
}
