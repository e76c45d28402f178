/* SPDX-License-Identifier: MIT */
/*
 * A kernel stack that is read-only: a page table, of all things.
 *
 * Mechanism: the hypervisor writes a trap's frame with the guest's rights, never with its own; or
 * a guest could write a page table by trapping on it.
 * Steps: 1. point the stack pointer at the top of the root table; 2. ud2.
 * Fails by: a result line, no crash report, or a failed audit.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

void test_main(void)
{
	trap_init();
	expect_death("frame on a page table");
	asm volatile("mov %0, %%" SP "; ud2" : : "r"(start_info->pt_base + PAGE_SIZE));
	__builtin_unreachable();
}
