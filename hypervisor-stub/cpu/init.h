/* SPDX-License-Identifier: MIT */
/*
 * Bringing a processor up, in the order of these calls.
 */
#ifndef CPU_INIT_H
#define CPU_INIT_H

/*
 * Before anything else: cpu_info (`current` is NULL until the scheduler sets it), descriptor tables,
 * interrupt stacks, IDT. From here on a fault is reported.
 */
void cpu_tables_init(void);
/* Find what the processor can; before the text becomes read-only, since it is patched here. */
void cpu_features_init(void);
/* With the final page tables: the GDT is used through the pCPU's window. */
void cpu_window_init(void);
/*
 * Another pCPU's, made by the boot pCPU before it starts: its stack (with cpu_info), window, descriptor
 * tables. False: no memory.
 */
struct pcpu;
bool cpu_tables_prepare(struct pcpu *p);
/* And taken into use by itself, on that stack. */
void cpu_tables_load(void);
/* Control registers, then SYSCALL and SYSENTER entries, and only then EFER.SCE. */
void cpu_modes_init(void);

struct cpu_features {
	bool smep, smap, nx, page1gb, intel;
	bool tcg; /* QEMU's emulator: cpu/features.c says why that matters */
	char vendor[13];
};

extern struct cpu_features cpu_features;

#endif
