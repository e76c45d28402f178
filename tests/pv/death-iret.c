/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_iret with a stack that cannot be read.
 *
 * Mechanism: the frame of an iret is read from the guest's stack pointer; there is no caller to
 * return an error to.
 * Steps: 1. point the stack pointer at an unmapped page; 2. the hypercall.
 * Fails by: a result line, or no crash report.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

void test_main(void)
{
	char *window = window_init();

	trap_init();
	expect_death("iret from an unmapped stack");
#ifdef __i386__
	asm volatile("mov %0, %%esp; mov $23, %%eax; int $0x82" : : "r"(window + 8 * PAGE_SIZE));
#else
	asm volatile("mov %0, %%rsp; mov $23, %%eax; syscall" : : "r"(window + 8 * PAGE_SIZE));
#endif
	__builtin_unreachable();
}
