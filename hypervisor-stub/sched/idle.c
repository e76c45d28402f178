/* SPDX-License-Identifier: MIT */
/*
 * What a pCPU does when no vCPU wants it: clean free memory, and halt until an interrupt brings work.
 *
 * The pCPU's stack is its only one, so going idle throws away whatever lay on it (a guest's registers
 * are saved by then). Interrupts go on and the processor halts in one step: `sti` takes effect after the
 * next instruction, so an interrupt between the check and the halt ends the halt at once.
 */
#include "cpu/cpu.h"
#include "mm/mm.h"
#include "sched/sched.h"

static noreturn __attribute__((used)) void idle_loop(void)
{
	sched_join();
	for (;;) {
		if (heap_scrub_some() && !preempt_wanted())
			continue;
		asm volatile("cli" : : : "memory");
		if (!preempt_wanted()) {
			asm volatile("sti; hlt" : : : "memory");
			continue;
		}
		asm volatile("sti" : : : "memory");
		softirq_run();
	}
}

noreturn void idle_enter(void)
{
	asm volatile("mov %0, %%rsp; xor %%ebp, %%ebp; call *%1; ud2"
		     :
		     : "r"(cpu_info()), "r"(idle_loop)
		     : "memory");
	__builtin_unreachable();
}
