/* SPDX-License-Identifier: MIT */
/*
 * SCHEDOP_shutdown with reason crash: the domain reports itself dead.
 *
 * Mechanism: a guest that panics says so by shutdown; the hypervisor reports it as a crash and the
 * call does not return.
 * Steps: 1. shutdown, reason crash.
 * Fails by: a result line, or no crash report.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

void test_main(void)
{
	struct sched_shutdown arg = { .reason = SHUTDOWN_crash };

	expect_death("shutdown, reason crash");
	hv_sched_op(SCHEDOP_shutdown, &arg);
	test_failure("shutdown came back");
}
