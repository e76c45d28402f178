/* SPDX-License-Identifier: MIT */
/*
 * Traps that are the hypervisor's own.
 *
 * A fault in ring 0 is expected at exactly the instructions that the fault table names: copies to and
 * from guests, loads of guests' selectors, and the IRETQ that leaves. Everything else is a bug of ours,
 * and is reported instead of becoming a silent triple fault.
 */
#include "cpu/traps.h"
#include "console/console.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "cpu/entry.h"

#define NMI_SOURCE_PORT 0x61
#define NMI_SERR	(1u << 7)
#define NMI_IOCHK	(1u << 6)

extern const uint8_t guest_iretq[];

const char *vector_name(unsigned int vector)
{
	static const char *const names[] = { "#DE", "#DB", "NMI",  "#BP", "#OF", "#BR", "#UD",
					     "#NM", "#DF", "#CSO", "#TS", "#NP", "#SS", "#GP",
					     "#PF", "?",   "#MF",  "#AC", "#MC", "#XM" };

	return vector < ARRAY_SIZE(names) ? names[vector] : "?";
}

/*
 * The guest's own frame is intact and the guest is to get the fault, as if it had happened at the place
 * where it wanted to go: entry.S builds the rest of its frame.
 */
static void note_refused_iretq(const struct cpu_user_regs *regs)
{
	struct cpu_user_regs *guest = guest_regs();

	guest->error_code = regs->error_code;
	guest->entry_vector = regs->entry_vector;
}

/*
 * A debug exception at an instruction of ours is never ours: a guest's watchpoint on memory that a copy
 * touched, or its trap flag or pending watchpoint carried into SYSENTER or SYSCALL. It is dropped.
 */
static void drop_debug(struct cpu_user_regs *regs)
{
	regs->rflags &= ~EFLAGS_TF;
	regs->rflags |= EFLAGS_RF;
}

void hv_trap(struct cpu_user_regs *regs, uint64_t cr2)
{
	unsigned int vector = regs->entry_vector;

	if (vector == VECTOR_DB) {
		drop_debug(regs);
		return;
	}
	if (regs->rip == (uint64_t)guest_iretq)
		note_refused_iretq(regs);
	if (extable_fixup(regs))
		return;
	if (vector == VECTOR_PF)
		panic_regs(regs, "page fault (error code %x) at address %016lx", regs->error_code,
			   cr2);
	panic_regs(regs, "%s (vector %u, error code %x)", vector_name(vector), vector,
		   regs->error_code);
}

void fatal_trap(struct cpu_user_regs *regs)
{
	if (regs->entry_vector == VECTOR_DF)
		panic_regs(regs, "double fault (#DF), cr2 %016lx", read_cr2());
	panic_regs(regs, "%s",
		   regs->entry_vector == VECTOR_MC ? "machine check (#MC)" : "fatal trap");
}

/*
 * On its own stack, or on the normal one if a guest was interrupted. No lock may be taken here, so
 * NMIs are counted, and a softirq says what there is to say.
 */
static uint32_t nmi_count;
static uint8_t nmi_source;

void nmi_handle(struct cpu_user_regs *regs)
{
	(void)regs;
	cpu_halt_if_asked();
	WRITE_ONCE(nmi_source, inb(NMI_SOURCE_PORT));
	__atomic_fetch_add(&nmi_count, 1, __ATOMIC_RELAXED);
	softirq_raise(SOFTIRQ_CONSOLE);
}

unsigned int nmi_take(const char **source)
{
	uint8_t port = READ_ONCE(nmi_source);

	*source = port & NMI_SERR    ? "system error"
		  : port & NMI_IOCHK ? "I/O check"
				     : "no source known";
	return __atomic_exchange_n(&nmi_count, 0, __ATOMIC_RELAXED);
}
