/* SPDX-License-Identifier: MIT */
/*
 * The floating-point unit: saving, loading, and CR0.TS, which makes its next use trap.
 *
 * The hypervisor uses no floating-point or vector registers, so what is in them always belongs to a
 * guest (pcpu.fpu_owner). CR4.OSXSAVE stays off: FXSAVE's 512 bytes are all the state there is.
 */
#ifndef CPU_FPU_H
#define CPU_FPU_H

#include "cpu/asm.h"

#define FPU_AREA_SIZE 512 /* 16-byte aligned */

static inline void fpu_save(void *area)
{
	asm volatile("fxsaveq (%0)" : : "r"(area) : "memory");
}

static inline void fpu_load(const void *area)
{
	asm volatile("fxrstorq (%0)" : : "r"(area) : "memory");
}

/* CR0.TS on: the next floating-point instruction raises #NM. */
static inline void fpu_stts(void)
{
	write_cr0(read_cr0() | CR0_TS);
}

static inline void fpu_clts(void)
{
	asm volatile("clts" : : : "memory");
}

/* What the processor has after FNINIT with all exceptions masked; for a fresh vCPU's area. */
void fpu_area_init(void *area);

#endif
