/* SPDX-License-Identifier: MIT */
/*
 * Where the entry code goes: three ways in, one way out.
 *
 * cpu/ may use nobody above it, so these are its upward calls, each implemented by one other folder.
 * All run on the pCPU's stack with interrupts on (off for fatal ones); regs is guest_regs() if the
 * trap came from a guest.
 */
#ifndef CPU_ENTRY_H
#define CPU_ENTRY_H

/*
 * regs->entry_vector for the ways in that have no vector. The first also stands for int $0x82: one push
 * of -1 fills vector and error code, and whoever handles a hypercall looks at neither.
 */
#define ENTRY_SYSCALL64 0xffffffff
#define ENTRY_SYSCALL32 0x101
#define ENTRY_SYSENTER	0x102

#ifndef __ASSEMBLER__

/* pv/traps.c: an exception or a software interrupt of the guest; vector in regs->entry_vector.
 * For #PF, cr2 was read before interrupts went on. */
void guest_trap(struct cpu_user_regs *regs, uint64_t cr2);
/*
 * pv/traps.c: a SYSCALL (regs->entry_vector says by which entry) or SYSENTER. A 64-bit SYSCALL in kernel
 * mode is a hypercall: guest_syscall() passes it on to guest_hypercall(). After the 32-bit entry cs and
 * ss are FLAT_RING3_CS32 and _SS32 of the 64-bit ABI; after SYSENTER, which saves nothing, rip and rsp
 * are 0, cs is 3, ss FLAT_RING3_SS32.
 */
void guest_syscall(struct cpu_user_regs *regs);
void guest_sysenter(struct cpu_user_regs *regs);
/* abi/dispatch.c: int $0x82 from ring 1, or SYSCALL from a 64-bit guest kernel. */
void guest_hypercall(struct cpu_user_regs *regs);
/*
 * abi/dispatch.c: the last stop before the guest runs, interrupts off: softirqs, then an unfinished
 * hypercall, then a pending NMI or upcall. Returns when there is nothing left to do.
 */
void guest_return(struct cpu_user_regs *regs);
/* cpu/irq.c: a device's or APIC's interrupt, already acknowledged where that is safe. */
void irq_dispatch(unsigned int vector);

/* cpu/extable.c: a fault inside the hypervisor at an instruction that may fault; false: a bug. */
bool extable_fixup(struct cpu_user_regs *regs);

#endif /* __ASSEMBLER__ */

#endif
