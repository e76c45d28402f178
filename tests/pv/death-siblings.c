/* SPDX-License-Identifier: MIT */
/*
 * Two vCPUs of a domain that die at the same moment.
 *
 * Mechanism: each takes an exception that nobody handles. The domain is crashed once, with one report that nobody
 * writes into; the other vCPU's is a line, or nothing when the domain has stopped before.
 * Steps: each clears its trap table; both meet, then both execute an undefined instruction.
 * Fails by: no report, or a machine that hangs (one waits for the other to stop or to report).
 * Run with: vcpus=2 smp=2
 * Also runs on: real Xen, no: two processors.
 */
#include "lib/pv.h"
#include "lib/smp.h"

static void die(unsigned int vcpu)
{
	expect(hv_set_trap_table(NULL), 0, "clear the table of vCPU %u", vcpu);
	smp_barrier(2);
	asm volatile("ud2");
}

void test_main(void)
{
	shared_info_map();
	smp_vcpus(2);
	expect_death("#UD on two vCPUs without a handler");
	smp_run(2, die);
}
