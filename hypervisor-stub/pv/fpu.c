/* SPDX-License-Identifier: MIT */
/*
 * The FPU, loaded when a guest uses it.
 *
 * The processor's CR0.TS is on whenever the registers do not hold the running vCPU's state, or the guest
 * itself wants a #NM (its own, virtual TS). At #NM we load the state if it is not there, and the guest
 * sees the trap only if its virtual TS was on; then TS is already off when its handler runs, as the ABI
 * has it. A vCPU that gives up the pCPU gives up the registers at once, so that it may run elsewhere.
 */
#include "cpu/fpu.h"
#include "lib/string.h"
#include "pv/internal.h"

#define FXSAVE_MXCSR	   24 /* byte offsets in the FXSAVE area */
#define FXSAVE_MASK	   28
#define MXCSR_MASK_DEFAULT 0xffbf /* SDM: if the mask field reads zero */

static void load_state(struct vcpu *v)
{
	fpu_clts();
	if (v->pv.fpu_live)
		return;
	fpu_load(v->pv.fpu);
	v->pv.fpu_live = true;
	this_pcpu()->fpu_owner = v;
}

void fpu_leave(struct vcpu *v)
{
	if (!v->pv.fpu_live)
		return;
	fpu_clts(); /* the guest's own TS may be on */
	fpu_save(v->pv.fpu);
	v->pv.fpu_live = false;
	this_pcpu()->fpu_owner = NULL;
	fpu_stts();
}

void fpu_enter(struct vcpu *v)
{
	(void)v;
	fpu_stts();
}

bool fpu_device_not_available(struct vcpu *v)
{
	bool guests = v->pv.ts;

	v->pv.ts = false;
	load_state(v);
	return guests;
}

void fpu_set_ts(struct vcpu *v, bool ts)
{
	v->pv.ts = ts;
	if (ts)
		fpu_stts();
	else if (v->pv.fpu_live)
		fpu_clts();
}

/*
 * From a guest's memory: reserved bits of MXCSR would make FXRSTOR fault, so only those that this
 * processor has get in.
 */
void pv_set_fpu(struct vcpu *v, const void *fxsave)
{
	uint8_t *area = v->pv.fpu;
	uint32_t mask, mxcsr;

	memcpy(&mask, area + FXSAVE_MASK, sizeof(mask));
	memcpy(area, fxsave, FPU_AREA_SIZE);
	memcpy(&mxcsr, area + FXSAVE_MXCSR, sizeof(mxcsr));
	mxcsr &= mask ? mask : MXCSR_MASK_DEFAULT;
	memcpy(area + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
}

long do_fpu_taskswitch(int set)
{
	fpu_set_ts(current, set != 0);
	return 0;
}
