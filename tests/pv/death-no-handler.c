/* SPDX-License-Identifier: MIT */
/*
 * A trap that nobody handles ends the domain, with a report.
 *
 * Mechanism: an exception whose entry of the trap table is empty cannot be delivered.
 * Steps: 1. clear the table; 2. ud2.
 * Fails by: a result line, or no crash report.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

void test_main(void)
{
	expect(hv_set_trap_table(NULL), 0, "clear the table");
	expect_death("#UD without a handler");
	asm volatile("ud2");
	test_failure("ud2 came back");
}
