/* SPDX-License-Identifier: MIT */
/*
 * The floating-point unit's state of a vCPU that has not used it yet.
 */
#include "cpu/fpu.h"
#include "lib/string.h"

#define FXSAVE_FCW   0	/* x87 control word */
#define FXSAVE_MXCSR 24 /* SSE control and status */
#define FCW_INIT     0x037f
#define MXCSR_INIT   0x1f80

void fpu_area_init(void *area)
{
	const uint16_t fcw = FCW_INIT;
	const uint32_t mxcsr = MXCSR_INIT;

	memset(area, 0, FPU_AREA_SIZE);
	memcpy((char *)area + FXSAVE_FCW, &fcw, sizeof(fcw));
	memcpy((char *)area + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
}
