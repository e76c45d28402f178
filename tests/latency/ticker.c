/* SPDX-License-Identifier: MIT */
/*
 * The second domain of the latency test: sleeps a millisecond at a time and notes how late it wakes.
 *
 * Mechanism: a domain that sleeps most of the time gets the pCPU soon after its timer fired, whatever
 * the other one asks the hypervisor to do.
 * Steps: as many sleeps as the command line says; print median, 99th percentile and the worst.
 * Fails by: a timer that does not fire. How late is a figure of this machine and is not judged.
 */
#include "lib/pv.h"
#include "lib/event.h"

enum { SLEEPS = 80, BUCKETS = 1000 };

#define PERIOD 1000000ULL
#define BUCKET 100000ULL /* ns */

static unsigned int histogram[BUCKETS + 1];

static uint32_t percentile(unsigned int percent)
{
	unsigned int seen = 0, i;

	for (i = 0; i < BUCKETS && (seen += histogram[i]) * 100 < percent * SLEEPS; i++)
		;
	return (uint32_t)(i + 1) * (uint32_t)(BUCKET / 1000);
}

static void sleep_until(evtchn_port_t port, uint64_t deadline)
{
	struct sched_poll poll = { .nr_ports = 1 };

	set_xen_guest_handle(poll.ports, &port);
	port_clear(port);
	hv_set_timer_op(deadline);
	while (!port_pending(port))
		hv_sched_op(SCHEDOP_poll, &poll);
}

void test_main(void)
{
	evtchn_port_t port;

	shared_info_map();
	port = (evtchn_port_t)evtchn_bind_virq(VIRQ_TIMER, 0);
	for (unsigned int i = 0; i < SLEEPS; i++) {
		uint64_t deadline = system_time() + PERIOD, late;

		sleep_until(port, deadline);
		late = system_time() - deadline;
		histogram[late < BUCKET * BUCKETS ? (uint32_t)late / (uint32_t)BUCKET : BUCKETS]++;
	}
	printk("ticker: late by %u us at the median, %u us at the 99th percentile, %u us at most\n",
	       percentile(50), percentile(99), percentile(100));
}
