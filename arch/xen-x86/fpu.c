/* SPDX-License-Identifier: MIT */
/*
 * The FPU, switched lazily.
 *
 * Its numbers stay in the processor when a thread leaves the CPU; a thread that comes back and finds
 * its own still there loses nothing. TS makes the first use by another one trap: the hypervisor
 * clears TS and bounces #NM, and only then the numbers are exchanged.
 */
#include "xen-x86.h"
#include "switch.h"
#include "arch/fpu.h"
#include "lib/string.h"

static struct machine_thread *owner; /* whose numbers the processor holds */
static bool trapping;		     /* TS is set; a new domain starts with it clear */

unsigned fpu_switch_calls(struct multicall_entry *calls, const struct machine_thread *to)
{
	bool want = to != owner;

	if (want == trapping)
		return 0;
	trapping = want;
	calls[0].op = __HYPERVISOR_fpu_taskswitch;
	calls[0].args[0] = want;
	return 1;
}

static void set_trapping(bool want)
{
	if (want != trapping)
		hypercall_fpu_taskswitch(want);
	trapping = want;
}

void fpu_save_current(struct machine_thread *t)
{
	unsigned long state = irq_save();

	if (owner == t) {
		set_trapping(false);
		fpu_save(t->fpu);
	}
	irq_restore(state);
}

void fpu_drop(struct machine_thread *t)
{
	unsigned long state = irq_save();

	t->fpu_used = false;
	if (owner == t) {
		owner = NULL;
		set_trapping(true);
	}
	irq_restore(state);
}

/* The first use of the FPU by a thread that does not own it. TS is clear already. */
void fpu_device_not_available(void)
{
	unsigned long state = irq_save();

	trapping = false;
	if (owner != switch_running) {
		if (owner)
			fpu_save(owner->fpu);
		owner = switch_running;
		if (owner->fpu_used)
			fpu_restore(owner->fpu);
		else
			fpu_reset();
		owner->fpu_used = true;
	}
	irq_restore(state);
}

/* For signal frames: the running thread's numbers in memory; false when it never used the FPU. */
bool fpu_get(struct machine_thread *t, void *image)
{
	if (!t->fpu_used)
		return false;
	fpu_save_current(t);
	memcpy(image, t->fpu, sizeof(t->fpu));
	return true;
}

void fpu_set(struct machine_thread *t, const void *image)
{
	unsigned long state = irq_save();

	memcpy(t->fpu, image, sizeof(t->fpu));
	fpu_sanitise(t->fpu);
	t->fpu_used = true;
	/* Loaded at once if the processor holds ours anyway: cheaper than to trap for it. */
	if (owner == t) {
		set_trapping(false);
		fpu_restore(t->fpu);
	}
	irq_restore(state);
}
