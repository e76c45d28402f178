/* SPDX-License-Identifier: MIT */
/*
 * A kernel stack that is not there: the frame cannot be written, so the domain ends.
 *
 * Mechanism: a trap in a 32-bit kernel pushes on the current stack, in a 64-bit kernel too. When
 * the page below is not mapped, there is no way to tell the guest, and nobody else may suffer.
 * Steps: 1. point the stack pointer at an unmapped page; 2. ud2.
 * Fails by: a result line, no crash report, or a hypervisor that stops.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

void test_main(void)
{
	char *window = window_init();

	trap_init();
	expect_death("frame on an unmapped stack");
	asm volatile("mov %0, %%" SP "; ud2" : : "r"(window + 8 * PAGE_SIZE));
	__builtin_unreachable();
}
