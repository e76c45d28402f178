/* SPDX-License-Identifier: MIT */
/*
 * The FPU's instructions, and its image in memory (FXSAVE format, 512 bytes, 16-byte aligned).
 */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <machine.h>

struct fxsave {
	uint16_t cw, sw;
	uint8_t tag, reserved0;
	uint16_t opcode;
	uint32_t fip, fcs, fdp, fds;
	uint32_t mxcsr, mxcsr_mask;
	struct {
		uint8_t number[10], reserved[6];
	} st[8];
	uint8_t xmm[16][16];
	uint8_t reserved1[96];
};

static inline void fpu_save(void *image)
{
	asm volatile("fxsave %0" : "=m"(*(uint8_t(*)[512])image));
}

static inline void fpu_restore(const void *image)
{
	asm volatile("fxrstor %0" : : "m"(*(const uint8_t(*)[512])image));
}

static inline void fpu_reset(void)
{
	uint32_t mxcsr = 0x1f80; /* all exceptions masked, round to nearest: the reset value */

	asm volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
}

/* An image from a program: bits that would make fxrstor fault are cleared. */
static inline void fpu_sanitise(void *image)
{
	struct fxsave *f = image;
	uint32_t mask = f->mxcsr_mask ? f->mxcsr_mask & 0xffff : 0xffbf;

	f->mxcsr &= mask & 0xffbf;
}

/* Provided by the port, for signal frames; t is the running thread. */
bool fpu_get(struct machine_thread *t, void *image);
void fpu_set(struct machine_thread *t, const void *image);

#endif
