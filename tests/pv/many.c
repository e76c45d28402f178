/* SPDX-License-Identifier: MIT */
/*
 * Many domains at once, each with a channel to domain 0.
 *
 * Mechanism: a domain is found by its number, whatever the number of domains; a channel costs its two
 * ends and nobody else; what sleeps costs nothing.
 * Steps: 1. every domain makes a port for domain 0, its first; 2. domain 0 binds to all, so all are
 * alive at once; 3. it sends to each, and each sends back and ends; 4. all numbers become free.
 * Fails by: the first domain that is missing in a step.
 * Run with: domu=128*mem=4M hv=dom0_mem=64M mem=1024
 * Also runs on: real Xen, no: it starts a second domain only from a toolstack.
 */
#include "lib/event.h"
#include "lib/pv.h"

#define DOMAINS	 128
#define PATIENCE 20000000000ULL

static int ports[DOMAINS + 1];

static void sleep_for(evtchn_port_t port, uint64_t ns)
{
	struct sched_poll poll = { .nr_ports = 1, .timeout = system_time() + ns };

	set_xen_guest_handle(poll.ports, &port);
	hv_sched_op(SCHEDOP_poll, &poll);
}

static void echo(void)
{
	struct sched_shutdown s = { SHUTDOWN_poweroff };
	int port = evtchn_alloc_unbound(DOMID_SELF, 0);
	struct evtchn_status status = { 0 };

	/* Binding makes both ends pending once: that is not the call yet. */
	while (status.status != EVTCHNSTAT_interdomain) {
		evtchn_status(DOMID_SELF, port, &status);
		sleep_for(port, 10000000);
	}
	while (!port_pending(port))
		sleep_for(port, PATIENCE);
	evtchn_send(port);
	hv_sched_op(SCHEDOP_shutdown, &s);
}

static void give_up_after(uint64_t end, unsigned int d, const char *what)
{
	if (system_time() > end) {
		test_failure("domain %u %s", d, what);
		test_exit();
	}
	hv_sched_op(SCHEDOP_yield, NULL);
}

void test_main(void)
{
	uint64_t end;

	trap_init();
	shared_info_map();
	if (!is_dom0())
		echo();
	end = system_time() + PATIENCE;
	for (unsigned int d = 1; d <= DOMAINS; d++) {
		/* A domu module's first ports are its store's and its console's. */
		while (ports[d] <= 0) {
			for (evtchn_port_t p = 1; p < 8 && ports[d] <= 0; p++)
				ports[d] = evtchn_bind_interdomain(d, p);
			give_up_after(end, d, "offers no port");
		}
		port_clear(ports[d]);
	}
	for (unsigned int d = 1; d <= DOMAINS; d++)
		expect(evtchn_send(ports[d]), 0, "send to domain %u", d);
	for (unsigned int d = 1; d <= DOMAINS; d++)
		while (!port_pending(ports[d]))
			give_up_after(end, d, "does not answer");
	for (unsigned int d = 1; d <= DOMAINS; d++) {
		domid_t dom = d;

		while (hv_memory_op(XENMEM_current_reservation, &dom) != -XEN_ESRCH)
			give_up_after(end, d, "does not go away");
	}
}
