/* SPDX-License-Identifier: MIT */
/*
 * Hello: the smallest guest that can be seen.
 *
 * Mechanism: a domain starts at the entry its ELF note names, on a small stack, with the hypercall
 * page filled in. console_io writes a line; SCHEDOP_shutdown ends the domain.
 * Steps: 1. print; 2. shut down with reason poweroff (the library does this).
 * Fails by: no line at all, or a run that ends in a time-out.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

void test_main(void)
{
	printk("Hello from a %u-bit guest, %lu pages\n", 8 * (unsigned int)sizeof(long),
	       start_info->nr_pages);
	ensure(is_dom0() || !(start_info->flags & SIF_PRIVILEGED), "privileged, but no domain 0");
}
