/* SPDX-License-Identifier: MIT */
/*
 * Traps that are the hypervisor's own: called by entry.S, and how each becomes a report.
 */
#ifndef CPU_TRAPS_H
#define CPU_TRAPS_H

/* A fault at one of our instructions. Mended by the fault table, or a panic. */
void hv_trap(struct cpu_user_regs *regs, uint64_t cr2);
/* Double fault, machine check. */
noreturn void fatal_trap(struct cpu_user_regs *regs);
void nmi_handle(struct cpu_user_regs *regs);
/* How many NMIs there were since the last call, and whom the chip set blames for the last one. */
unsigned int nmi_take(const char **source);

/* panic() with the registers of the place where it happened. Implemented by console/panic.c. */
noreturn void panic_regs(const struct cpu_user_regs *regs, const char *fmt, ...) printf_like(2, 3);

const char *vector_name(unsigned int vector);

#endif
